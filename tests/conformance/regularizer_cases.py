"""The registered regularizers by what they have, and the marks that run a test over all of them."""

import pytest

from pqtheory.regularizers import REGISTRY, Indicator

from .helpers import KINDS, WEIGHTS, is_coupled, looped, names

FIXED = names(REGISTRY, lambda r: not is_coupled(r.set))
FINITE = names(REGISTRY, lambda r: not isinstance(r, Indicator))
DIFFERENTIABLE = [n for n in FIXED if n in FINITE]

all_kinds = pytest.mark.parametrize("kind", KINDS, ids=str)
all_regularizers = pytest.mark.parametrize("name", REGISTRY)
fixed_regularizers = pytest.mark.parametrize("name", FIXED)
all_weights = looped("weight", WEIGHTS)
