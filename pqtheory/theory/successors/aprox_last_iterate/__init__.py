"""The claim ``aprox-last-iterate``: its statement in ``claim.py``, what it is proved from beside it."""
