"""The claim ``lazy-minimises-what``: its statement in ``claim.py``, what it is proved from beside it."""
