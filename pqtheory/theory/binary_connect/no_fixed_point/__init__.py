"""The claim ``no-fixed-point``: its statement in ``claim.py``, what it is proved from beside it."""
