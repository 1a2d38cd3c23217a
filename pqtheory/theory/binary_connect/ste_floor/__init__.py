"""The claim ``ste-floor``: its statement in ``claim.py``, what it is proved from beside it."""
