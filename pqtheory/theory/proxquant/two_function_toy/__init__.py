"""The claim ``two-function-toy``: its statement in ``claim.py``, what it is proved from beside it."""
