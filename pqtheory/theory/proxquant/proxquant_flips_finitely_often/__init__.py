"""The claim ``proxquant-flips-finitely-often``: its statement in ``claim.py``, what it is proved from beside it."""
