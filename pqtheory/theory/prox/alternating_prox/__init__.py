"""The claim ``alternating-prox``: its statement in ``claim.py``, what it is proved from beside it."""
