r"""Ternary, Delta = 0.7 mean|t|: theta+ where t >= Delta, theta- where t <= -Delta, else 0.

theta+ is the mean of t over t >= Delta, theta- its mean over t <= -Delta.

References
----------
ProxQuant, arXiv 1810.00861, the ternary quantizer; Li et al., Ternary Weight Networks,
arXiv 1605.04711, section 2 (the threshold).
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import final

from pqtheory._arrays import EXACT, Array, Namespace, constant_like, dtype_name
from pqtheory._elementwise import narrow
from pqtheory._groups import exact_mean, mean, total
from pqtheory.quantizers._ternary import TernaryQuantizer
from pqtheory.quantizers.base import Fit, Row, RowFit, RowSigns

THRESHOLD = Fraction(7, 10)


@final
@dataclass(frozen=True)
class AdaptiveTernary(TernaryQuantizer):
    """Codebook (theta-, 0, theta+), theta- <= 0 <= theta+, from a fixed threshold rule.

    The two means minimise ||t - values||^2 for the given three groups of entries. The threshold is
    a rule of thumb that minimises nothing, and an entry need not get its nearest level. A side
    without entries has the level 0 (the codebook always has three), and so has t = 0.

    Parameters
    ----------
    axis, per
        Which weights share a codebook, as of every quantizer: by axes, or by name.

    Raises
    ------
    TypeError, ValueError
        If ``axis`` and ``per`` name no groups.
    """

    def fit_row(self, row: Row, signs: RowSigns | None = None) -> RowFit:
        """Slow twin of ``fit`` for one group; ``signs`` are ignored."""
        delta = THRESHOLD * exact_mean([abs(t) for t in row])
        sides = [(0, 1) if t >= delta else (1, 0) if t <= -delta else (0, 0) for t in row]
        lower = exact_mean([t for t, side in zip(row, sides, strict=True) if side == (1, 0)])
        upper = exact_mean([t for t, side in zip(row, sides, strict=True) if side == (0, 1)])
        values = [below * lower + above * upper for below, above in sides]
        return RowFit(values, [lower, Fraction(0), upper], sides)

    def _fit_rows(self, xp: Namespace, rows: Array, signs: Array | None) -> Fit:
        share = THRESHOLD if dtype_name(rows) == EXACT else float(THRESHOLD)
        delta = share * mean(xp, xp.abs(rows))[:, None]
        zero, one = constant_like(xp, 0, rows), constant_like(xp, 1, rows)
        above = rows >= delta
        below = (rows <= -delta) & ~above
        upper, lower = _side_mean(xp, rows, above), _side_mean(xp, rows, below)
        values = xp.where(above, upper, xp.where(below, lower, zero))
        sides = xp.stack([xp.where(side, one, zero) for side in (below, above)], axis=-1)
        # adding 0 makes -0.0 a plain 0.0
        codebook = xp.concat([lower, 0 * lower, upper], axis=-1) + zero
        return Fit(values, codebook, xp.concat([lower, upper], axis=-1), sides)


def _side_mean(xp: Namespace, rows: Array, side: Array) -> Array:
    """Mean of the entries on one side, shape (g, 1); 0 where there is none."""
    zero, one = constant_like(xp, 0, rows), constant_like(xp, 1, rows)
    count = total(xp, xp.where(side, one, zero))
    count = xp.where(count > 0, count, Fraction(1) if dtype_name(rows) == EXACT else 1)
    return narrow(xp, (total(xp, xp.where(side, rows, zero)) / count), rows)[:, None]
