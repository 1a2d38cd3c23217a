"""The claim ``bc-average``: its statement in ``claim.py``, what it is proved from beside it."""
