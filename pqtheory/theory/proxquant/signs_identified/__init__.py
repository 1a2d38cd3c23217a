"""The claim ``signs-identified``: its statement in ``claim.py``, what it is proved from beside it."""
