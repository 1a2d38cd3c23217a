r"""x + (q - x), by which networks are usually shown their quantized weights, rounds twice; it is q for q = +-1 up to 2^11.

In half precision (11 bits), q = +-1 nearest to x. Up to |x| = 2^11 the numbers are spaced by 1 or less, so that q - x is a number
again or, for |x| < 1/2, half a spacing off at most, which the sum rounds back to the even 1. From 2^11 on the spacing
is 2, and q - x falls between two numbers. A scale a that has more bits than 1 is in that place earlier: a - x needs the
last bit of a, and so the spacing of x to be no wider. So all of [1, 2) fail before 2^11, but 1.

A projection is written in place of the weights, as the optimizers here do it, and is exact by definition.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array
from pqtheory.claims import Budget, Claim, Control, Evidence, Part, Step, all_of
from pqtheory.sets import Binary
from pqtheory.theory.readings import projection_readings

BITS = 11
#: all scales of [1, 2) in half precision
SCALES = 1 + np.arange(1 << (BITS - 1)) / (1 << (BITS - 1))
FIRST = "least |x| at which x + (q - x) is off: scale 1"
SHARE = "numbers |x| <= 8 that are off, of 36,866: scales 1, 1.1, 0.05"


def halves(bound: float = np.inf) -> Array:
    """All finite numbers of half precision with |x| <= bound."""
    everything = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    return everything[np.isfinite(everything) & (np.abs(everything) <= bound)]


def detached(x: Array, scale: float) -> tuple[Array, Array]:
    """(x + (q - x) as half precision rounds it, q), q = +-scale the nearest to x."""
    with np.errstate(over="ignore", invalid="ignore"):
        q = Binary(scale).project(x)
        return x + (q - x), q


@final
@dataclass(frozen=True, eq=False)
class Exhausted:
    """A check that looks at every number.

    Attributes
    ----------
    text : str
        What it shows.
    failures : callable
        Returns how many numbers were looked at, and those at which it fails.
    """

    text: str
    failures: Callable[[], tuple[int, Array]]

    def __call__(self, budget: Budget) -> Evidence:
        """Proved by exhaustion, or refuted by the first number."""
        count, failures = self.failures()
        if len(failures):
            return Evidence("refuted", count, counterexample={"x": float(failures[0])})
        return Evidence("proved", count, proof=(Step(self.text),))


def exact_up_to(scale: float, bound: float) -> Exhausted:
    """X + (q - x) = q for all |x| <= bound."""

    def failures() -> tuple[int, Array]:
        x = halves(bound)
        found, q = detached(x, scale)
        return len(x), x[found != q]

    return Exhausted(f"all numbers of float16 with |x| <= {bound:g}, scale {scale:g}", failures)


def first_failure(scale: float) -> float:
    """The least |x| at which it is off."""
    x = halves()
    x = x[x > 0]
    found, q = detached(x, scale)
    off = x[found != q]
    return float(off.min()) if len(off) else np.inf


def _sharp() -> tuple[int, Array]:
    beyond = halves()
    beyond = beyond[np.abs(beyond) > 1 << BITS]
    after = beyond[np.abs(beyond) == np.abs(beyond).min()]
    found, q = detached(after, 1.0)
    return len(after), after[found == q]


def _other_scales() -> tuple[int, Array]:
    """The scales that are exact for all |x| <= 2^11."""
    x = halves(1 << BITS)
    x = x[x >= 1]
    kept = [scale for scale in SCALES[1:] if not np.not_equal(*detached(x, scale)).any()]
    return len(x) * (len(SCALES) - 1), np.array(kept)


def _figures(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    x = halves(8)
    off = [int(np.not_equal(*detached(x, scale)).sum()) for scale in (1.0, 1.1, 0.05)]
    return {FIRST: first_failure(1.0), SHARE: off}, {FIRST: float((1 << BITS) + 2)}


CLAIM = Claim(
    name="detach-is-inexact",
    source="the straight-through idiom w + (q - w).detach() of deep-learning frameworks",
    statement=(
        "In half precision, q the nearest of +-a to x: for a = 1, x + (q - x) is exactly q for all |x| <= 2^11, and is not at the "
        "next number; of the 1,024 scales a in [1, 2) it is the only one: each other is off at some 1 <= x <= 2^11, so that "
        "a network shown x + (q - x) holds more than two weights. A projection is exact for every x (on all paths of "
        "the code, for a = 1 and 1.1 rounded)."
    ),
    formula="fl(x + fl(q - x)) = q for all |x| <= 2^11  <=>  a = 1,  for a in [1, 2), q = +-a, float16",
    formula_latex=(
        r"\operatorname{fl}(x + \operatorname{fl}(q - x)) = q \ \ \forall\, |x| \le 2^{11} \iff a = 1,"
        r"\qquad a \in [1, 2),\ q = \pm a,\ \text{half precision}"
    ),
    derivation_latex=(
        r"Up to $2^{11}$ numbers are spaced by at most $1$: $q - x$ is a number again, or for $|x| < \tfrac12$ half a"
        r" spacing off, which the sum rounds back to the even $1$. The difference $a - x$ needs the last bit of $a$,"
        r" which a wider spacing of $x$ does not have."
    ),
    parts=(
        Part("exact for +-1", "x + (q - x) = q for all |x| <= 2^11", exact_up_to(1.0, 1 << BITS)),
        Part(
            "no further",
            "at the next number it is not",
            all_of(
                Exhausted("the two numbers of float16 next beyond 2^11, scale 1", _sharp),
                figures=_figures,
            ),
        ),
        Part(
            "no other scale",
            "every other scale of [1, 2) is off at some 1 <= x <= 2^11",
            Exhausted(
                "all other 1,023 scales in [1, 2) of float16, each at all its 1 <= x <= 2^11",
                _other_scales,
            ),
        ),
        Part(
            "projection",
            "the projection is exact on every path",
            all_of(*(projection_readings(Binary(scale)) for scale in (1.0, 1.1))),
        ),
    ),
    controls=(
        Control("a scale", "5/4 is exact for all |x| <= 2^11", exact_up_to(1.25, 1 << BITS)),
        Control("everywhere", "+-1 is exact for every x", exact_up_to(1.0, np.inf)),
    ),
    headline=FIRST,
    operators=("pqtheory.sets.Binary.project",),
)
