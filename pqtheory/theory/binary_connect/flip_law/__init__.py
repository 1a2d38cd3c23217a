"""The claim ``flip-law``: its statement in ``claim.py``, what it is proved from beside it."""
