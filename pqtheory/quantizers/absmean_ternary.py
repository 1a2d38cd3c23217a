r"""Ternary with the scale g = mean|t|: the level of -g, 0, g that is nearest to t.

That is g clip(round(t / g), -1, 1), but for ties: at a midpoint, t = -g/2 or g/2, the upper level.

References
----------
Ma et al., *The Era of 1-bit LLMs: All Large Language Models are in 1.58 Bits*, arXiv 2402.17764, section 2 (there round
takes ties to even numbers, and one scale is that of a whole matrix).
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import final

from pqtheory._arrays import Array, Namespace, constant_like
from pqtheory._groups import exact_mean, mean
from pqtheory.quantizers._ternary import TernaryQuantizer
from pqtheory.quantizers.base import Fit, Row, RowFit, RowSigns


@final
@dataclass(frozen=True)
class AbsMeanTernary(TernaryQuantizer):
    """Codebook (-g, 0, g), g = mean|t| of the group.

    Each entry gets its nearest level. The scale is a rule of thumb that minimises nothing: for the entries that are not
    0 the mean of their |t| would be nearer. A group of zeros has g = 0.

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
        scale = exact_mean([abs(t) for t in row])
        sides = [(0, 1) if t >= scale / 2 else (1, 0) if t < -scale / 2 else (0, 0) for t in row]
        values = [(above - below) * scale for below, above in sides]
        return RowFit(values, [-scale, Fraction(0), scale], sides)

    def _fit_rows(self, xp: Namespace, rows: Array, signs: Array | None) -> Fit:
        scale = mean(xp, xp.abs(rows))[:, None]
        zero, one = constant_like(xp, 0, rows), constant_like(xp, 1, rows)
        above, below = rows >= scale / 2, rows < -scale / 2
        values = xp.where(above, scale, xp.where(below, -scale, zero))
        sides = xp.stack([xp.where(side, one, zero) for side in (below, above)], axis=-1)
        # adding 0 makes -0.0 a plain 0.0
        lower, upper = -scale + zero, scale + zero
        codebook = xp.concat([lower, 0 * upper, upper], axis=-1)
        return Fit(values + zero, codebook, xp.concat([lower, upper], axis=-1), sides)
