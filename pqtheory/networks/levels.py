"""Which levels weights are quantized to, by name; without torch, so that command lines need not load it.

===============  ======================================================================  =====================
name             levels                                                                  of each group of ``per``
===============  ======================================================================  =====================
binary           -1, +1                                                                  none: they are fixed
scaled-binary    -a, +a with a = mean |theta|                                            one a
ternary          theta-, 0, theta+ (adaptive, Delta = 0.7 mean |theta|)                  two levels
absmean-ternary  -a, 0, a with a = mean |theta|, the nearest                             one a
k-bit            all sums of +-alpha_1 ... +-alpha_k, fitted by alternation              k scales
===============  ======================================================================  =====================
"""

from typing import Any

from pqtheory._checks import check_count
from pqtheory._messages import brief, nearest

#: "1-bit" has the levels of "scaled-binary"
LEVELS = (
    "binary",
    "scaled-binary",
    "ternary",
    "absmean-ternary",
    "1-bit",
    "2-bit",
    "3-bit",
    "4-bit",
)
#: those of three levels
TERNARY = ("ternary", "absmean-ternary")
#: what shares its levels: a tensor, an output channel (the first axis), a row of the matrix; or so many consecutive
#: weights of such a row
PER = ("tensor", "channel", "row")


def bits_of(levels: str) -> int | None:
    """K of "k-bit"; None of other names."""
    number, _, ending = levels.partition("-")
    return int(number) if ending == "bit" and levels in LEVELS else None


def check_per(per: Any) -> str | int:
    """``per`` if it says what shares its levels.

    Raises
    ------
    TypeError, ValueError
        If it is no name in ``PER`` and no number of weights >= 1; suggests the nearest name.
    """
    if isinstance(per, str):
        if per not in PER:
            known = f"{', '.join(PER)} or a number of weights"
            raise ValueError(f"per: expected {known}, got {brief(per)}{nearest(per, PER)}")
        return per
    return check_count(per, "per")
