"""The claim ``stochastic-rounding-never-anneals``: its statement in ``claim.py``, what it is proved from beside it."""
