"""The claim ``bc-fixed-points``: its statement in ``claim.py``, what it is proved from beside it."""
