"""The claim ``ste-is-dual-subgradient``: its statement in ``claim.py``, what it is proved from beside it."""
