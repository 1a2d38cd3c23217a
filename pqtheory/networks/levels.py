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
#: what shares its levels: a tensor, an output channel (the first axis), a row of the matrix
PER = ("tensor", "channel", "row")


def bits_of(levels: str) -> int | None:
    """K of "k-bit"; None of other names."""
    number, _, ending = levels.partition("-")
    return int(number) if ending == "bit" and levels in LEVELS else None
