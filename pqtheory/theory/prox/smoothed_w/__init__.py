"""The claim ``smoothed-w``: its statement in ``claim.py``, what it is proved from beside it."""
