r"""Alternating k bits, for the min over B in {-1,+1}^{n x k} and alpha in R^k of ||t - B alpha||^2.

Greedy start, then in turn: alpha = (B^T B)^+ B^T t, the least squares solution; and for each entry
the row of B whose level is nearest among all 2^k sums of +-alpha_i, a tie going to the upper level.

References
----------
Xu et al., Alternating Multi-bit Quantization for Recurrent Neural Networks, ICLR 2018,
arXiv 1802.00150, Algorithm 2.
"""

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, final

from pqtheory._arrays import Array, Namespace, dtype_name
from pqtheory._checks import check_count, store
from pqtheory._groups import Axis, Per, check_groups
from pqtheory.quantizers._least_squares import least_squares, shortest_solution
from pqtheory.quantizers._multi_bit import check_bits, levels_naive, nearest
from pqtheory.quantizers._two_bits import fits_in_memory, fitted
from pqtheory.quantizers.base import Fit, Quantizer, Row, RowFit, RowSigns
from pqtheory.quantizers.greedy_multi_bit import GreedyMultiBit


@final
@dataclass(frozen=True)
class AlternatingMultiBit(Quantizer):
    """Exact minimisation of ||t - B alpha||^2 in alpha and in B by turns: it never increases.

    It tends to a point that is best in each block, in general not to the global minimum (for one
    bit the greedy start is that already). Of the minimisers alpha the shortest is taken; a scale
    may be negative. It ends with B, so alpha need not be the least squares solution for it.

    Parameters
    ----------
    bits : int
        1 to 4.
    axis : int or tuple of int, optional
        The axes that share a codebook; None: all of them, -1: each last axis, such as a row of a matrix (but three
        weights of a 3 x 3 kernel).
    rounds : int
        Rounds of (alpha, B) after the start: the greedy fit, or the ``start`` given to ``fit``.
    per : {"tensor", "channel", "row"} or int, optional
        The same by name: one codebook per tensor, per output channel (the first axis), per row of the matrix
        (outputs, inputs x ...), or per so many consecutive weights of such a row. Instead of ``axis``.

    Raises
    ------
    TypeError, ValueError
        If ``bits`` is not an integer from 1 to 4, ``rounds`` not one >= 1, or ``axis`` and ``per`` name no groups.
    """

    bits: int
    axis: Axis = None
    rounds: int = 2
    per: Per = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        axis, per = check_groups(self.axis, self.per)
        bits, rounds = check_bits(self.bits), check_count(self.rounds, "rounds")
        store(self, bits=bits, axis=axis, rounds=rounds, per=per)

    def fit_row(self, row: Row, signs: RowSigns | None = None) -> RowFit:
        """Slow twin of ``fit`` for one group in exact arithmetic."""
        signs = GreedyMultiBit(self.bits).fit_row(row).signs if signs is None else signs
        for _ in range(self.rounds):
            columns = [[b[i] for b in signs] for i in range(self.bits)]
            gram = [
                [sum(x * y for x, y in zip(a, b, strict=True)) for b in columns] for a in columns
            ]
            moment = [sum(b * t for b, t in zip(a, row, strict=True)) for a in columns]
            levels = levels_naive(shortest_solution(gram, moment))
            chosen = [levels[_nearest_index(t, [level for level, _ in levels])] for t in row]
            values, signs = [level for level, _ in chosen], [b for _, b in chosen]
        return RowFit(values, [level for level, _ in levels], signs)

    def quantize(self, theta: Any) -> tuple[Array, Array]:
        """As every quantizer; one and two bits of float32 in a few passes, equal to ``fit`` but for rounding."""
        xp, t, groups = self._groups(theta)
        if self.bits > 2 or dtype_name(t) != "float32" or not math.prod(groups.shape):
            return super().quantize(theta)
        values, codebook = fitted(xp, groups.rows(xp, t), self.bits, self.rounds)
        return groups.entries(xp, values), groups.per_group(xp, codebook)

    def fits_in_memory(self, theta: Array) -> bool:
        """One and two bits of float32 on a CPU."""
        return fits_in_memory(theta, self.bits)

    def _signs_per_entry(self) -> int:
        return self.bits

    def _fit_rows(self, xp: Namespace, rows: Array, signs: Array | None) -> Fit:
        if signs is None:
            signs = GreedyMultiBit(self.bits)._fit_rows(xp, rows, None).signs
        for _ in range(self.rounds):
            scales = least_squares(xp, signs, rows)
            values, codebook, signs = nearest(xp, rows, scales)
        return Fit(values, codebook, scales, signs)


def _nearest_index(t: Fraction, levels: list[Fraction]) -> int:
    """How many midpoints of neighbouring levels are not above ``t``."""
    return sum(1 for j in range(1, len(levels)) if t >= (levels[j - 1] + levels[j]) / 2)
