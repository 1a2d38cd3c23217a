"""The claims, one file each: what is true, with its evidence, and what is nearly true, refuted."""

import difflib
import importlib

from pqtheory.evidence.base import Claim
from pqtheory.evidence.lookup import with_origin

#: in the order of the theory; a new claim is one file and one line
REGISTRY = (
    "bc-is-dual-averaging",
    "w-prox",
    "squared-prox",
    "codebook-prox",
    "smoothed-w",
    "alternating-prox",
    "proxquant-convergence",
    "nonsmooth-convergence",
    "lazy-oscillation",
    "lazy-minimises-what",
    "bc-fixed-points",
    "fixed-points-are-vertices",
    "no-fixed-point",
    "two-function-toy",
    "proxquant-fixed-points",
    "bc-average",
    "preconditioned-prox",
)


def names() -> tuple[str, ...]:
    """Names of the shipped claims."""
    return REGISTRY


def load(name: str) -> Claim:
    """The claim of that name.

    Raises
    ------
    ValueError
        If there is none; the nearest name is suggested, or all are listed.
    """
    if name not in REGISTRY:
        near = difflib.get_close_matches(name, REGISTRY, 1, 0.4)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(REGISTRY)}"
        raise ValueError(f"claim: no claim {name!r}; {hint}")
    module = importlib.import_module(f"pqtheory.claims.{name.replace('-', '_')}")
    return with_origin(module.CLAIM, module.__doc__)
