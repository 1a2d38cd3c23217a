"""The claim ``stochastic-convergence``: its statement in ``claim.py``, what it is proved from beside it."""
