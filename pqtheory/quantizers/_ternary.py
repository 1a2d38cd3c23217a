"""What the ternary quantizers have in common: how they are constructed, and two signs an entry."""

from dataclasses import dataclass, field

from pqtheory._checks import store
from pqtheory._groups import Axis, Per, check_groups
from pqtheory.quantizers.base import Quantizer


@dataclass(frozen=True)
class TernaryQuantizer(Quantizer):
    """A codebook (lower, 0, upper) for each group; ``Fit.signs`` are 0 and 1, (below, above).

    Parameters
    ----------
    axis : int or tuple of int, optional
        The axes that share a codebook; None: all of them, -1: each last axis, such as a row of a matrix (but three
        weights of a 3 x 3 kernel).
    per : {"tensor", "channel", "row"} or int, optional
        The same by name: one codebook per tensor, per output channel (the first axis), per row of the matrix
        (outputs, inputs x ...), or per so many consecutive weights of such a row. Instead of ``axis``.

    Raises
    ------
    TypeError, ValueError
        If ``axis`` and ``per`` name no groups.
    """

    axis: Axis = None
    per: Per = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        axis, per = check_groups(self.axis, self.per)
        store(self, axis=axis, per=per)

    def _signs_per_entry(self) -> int:
        return 2
