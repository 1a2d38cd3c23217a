"""The claim ``fixed-points-are-vertices``: its statement in ``claim.py``, what it is proved from beside it."""
