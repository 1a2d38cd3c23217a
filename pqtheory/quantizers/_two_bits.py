r"""One and two bits by their symmetry: the same alternation as for any k, in a few passes over float32 numbers.

The levels are -+a for one bit, -+a and -+b with a >= b >= 0 for two; each takes the sign of its weight. For two bits

    alpha_1 + alpha_2 = a = mean of |t| over the outer entries,   alpha_1 - alpha_2 = b = mean over the inner ones,

is the least squares solution (the two groups of columns B_1 +- B_2 are orthogonal); where one group is empty, the
shortest solution has b = 0 and the mean of all for a. The greedy start has mean |t| in its place. The
nearest assignment is by the midpoint of a and b. So two bits are two means of |t|, in the sense of Lloyd.
"""

from pqtheory._arrays import Array, Namespace
from pqtheory.quantizers._multi_bit import thresholds_of

#: entries that are fitted at a time: they stay in a cache
BLOCK = 1 << 16


def fitted(xp: Namespace, rows: Array, bits: int, rounds: int) -> tuple[Array, Array]:
    """Values (g, n) and codebook (g, 2^bits) of finite or other float32 rows (g, n), n > 0; NaN for the others."""
    step = max(1, BLOCK // rows.shape[1])
    parts = [
        _block(xp, rows[start : start + step], bits, rounds)
        for start in range(0, rows.shape[0], step)
    ]
    if len(parts) == 1:
        return parts[0]
    values, codebooks = zip(*parts, strict=True)
    return xp.concat(values, axis=0), xp.concat(codebooks, axis=0)


def _block(xp: Namespace, rows: Array, bits: int, rounds: int) -> tuple[Array, Array]:
    size, count = xp.abs(rows), rows.shape[1]
    total = _sum(xp, size)
    # in float64 no sum of finite float32 numbers overflows
    total = xp.where(xp.isfinite(total), total, xp.full_like(total, float("nan")))
    mean = total / count
    if bits == 1:
        a = xp.astype(mean, rows.dtype)
        return xp.where(rows < 0, -a, a), xp.concat([-a, a], axis=1)
    middle = xp.astype(mean, rows.dtype)
    # a tie goes to the upper level, in the start and ever after
    outer = (rows >= middle) | (rows < -middle)
    for _ in range(rounds):
        a, b = _two_means(xp, size, outer, total, count)
        codebook = xp.concat([-a, -b, b, a], axis=1)
        thresholds = thresholds_of(xp, codebook)
        outer = (rows >= thresholds[:, 2:]) | (rows < thresholds[:, :1])
    level = xp.where(outer, a, b)
    values = xp.where(rows < 0, -level, level)
    # comparisons with NaN are false, and b of such a row is NaN
    return values, codebook


def _two_means(
    xp: Namespace, size: Array, outer: Array, total: Array, count: int
) -> tuple[Array, Array]:
    """A and b, (g, 1) each, of the assignment."""
    number = _sum(xp, outer)
    above = _sum(xp, size * outer)
    whole = (number == 0) | (number == count)
    zero = xp.zeros_like(total)
    a = xp.where(whole, total / count, above / xp.where(whole, zero + 1, number))
    b = xp.where(whole, zero * total, (total - above) / xp.where(whole, zero + 1, count - number))
    return xp.astype(a, size.dtype), xp.astype(b, size.dtype)


def _sum(xp: Namespace, rows: Array) -> Array:
    """(g, 1), in float64."""
    return xp.sum(rows, axis=-1, dtype=xp.float64, keepdims=True)
