"""The claim ``grid-oscillation``: its statement in ``claim.py``, what it is proved from beside it."""
