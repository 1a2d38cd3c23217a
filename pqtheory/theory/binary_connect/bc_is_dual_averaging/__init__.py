"""The claim ``bc-is-dual-averaging``: its statement in ``claim.py``, what it is proved from beside it."""
