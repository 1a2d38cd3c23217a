r"""Greedy k bits: alpha_i = mean|r_i|, b_i = sign(r_i), r_{i+1} = r_i - alpha_i b_i, from r_1 = t.

References
----------
Guo et al., Network Sketching, CVPR 2017; Xu et al., ICLR 2018, arXiv 1802.00150, section 2.
"""

from dataclasses import dataclass, field
from typing import final

from pqtheory._arrays import Array, Namespace, sign
from pqtheory._checks import store
from pqtheory._elementwise import narrow
from pqtheory._groups import Axis, Per, check_groups, exact_mean, mean
from pqtheory.quantizers._multi_bit import check_bits, levels_naive, read
from pqtheory.quantizers.base import Fit, Quantizer, Row, RowFit, RowSigns


@final
@dataclass(frozen=True)
class GreedyMultiBit(Quantizer):
    """Residual signs, one bit after the other; the levels are the 2^bits sums of +-alpha_i.

    Each step is the exact minimiser of ||r - alpha b||^2 over one more b and its alpha. The whole
    minimises nothing for bits >= 2, and an entry need not get its nearest level; for one bit it is
    the global minimum of ||t - alpha b||^2.

    Parameters
    ----------
    bits : int
        1 to 4.
    axis : int or tuple of int, optional
        The axes that share a codebook; None: all of them, -1: each last axis, such as a row of a matrix (but three
        weights of a 3 x 3 kernel).
    per : {"tensor", "channel", "row"} or int, optional
        The same by name: one codebook per tensor, per output channel (the first axis), per row of the matrix
        (outputs, inputs x ...), or per so many consecutive weights of such a row. Instead of ``axis``.

    Raises
    ------
    TypeError, ValueError
        If ``bits`` is not an integer from 1 to 4, or ``axis`` and ``per`` name no groups.
    """

    bits: int
    axis: Axis = None
    per: Per = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        axis, per = check_groups(self.axis, self.per)
        store(self, bits=check_bits(self.bits), axis=axis, per=per)

    def fit_row(self, row: Row, signs: RowSigns | None = None) -> RowFit:
        """Slow twin of ``fit`` for one group; ``signs`` are ignored."""
        residual, scales = list(row), []
        found: list[tuple[int, ...]] = [()] * len(row)
        for _ in range(self.bits):
            alpha = exact_mean([abs(r) for r in residual])
            found = [(*b, 1 if r >= 0 else -1) for b, r in zip(found, residual, strict=True)]
            residual = [r - alpha * b[-1] for b, r in zip(found, residual, strict=True)]
            scales.append(alpha)
        values = [t - r for t, r in zip(row, residual, strict=True)]
        return RowFit(values, [level for level, _ in levels_naive(scales)], found)

    def _signs_per_entry(self) -> int:
        return self.bits

    def _fit_rows(self, xp: Namespace, rows: Array, signs: Array | None) -> Fit:
        residual, scales, columns = rows, [], []
        for _ in range(self.bits):
            scale = narrow(xp, mean(xp, xp.abs(residual)), rows)
            column = sign(xp, residual)
            residual = residual - scale[:, None] * column
            scales.append(scale)
            columns.append(column)
        alpha, found = xp.stack(scales, axis=-1), xp.stack(columns, axis=-1)
        return Fit(*read(xp, alpha, found), alpha, found)
