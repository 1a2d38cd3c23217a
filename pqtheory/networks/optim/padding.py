"""Rows of an embedding for tokens that are none: 0 as torch makes them, 0 in what the model sees."""

from dataclasses import dataclass
from typing import Any, final

from pqtheory._arrays import Array, Namespace, constant_like, namespace
from pqtheory.methods.maps import Prox
from pqtheory.regularizers.base import Regularizer


@final
@dataclass(frozen=True)
class BesidesZeroRow(Regularizer):
    """``regularizer`` on a table one row of which stays 0 as long as it is.

    Without it a padding row would become levels such as +1, as no gradient moves it from 0. A row with anything but 0
    in it, as of an embedding tied to the layer behind it, is like the others.

    Parameters
    ----------
    regularizer : Regularizer
        R of the other rows; a scale that all rows share is still fitted to all of them.
    row : int
        The row along the first axis.
    """

    regularizer: Regularizer
    row: int

    def quantize(self, theta: Any) -> Array:
        """The quantized point, 0 in the row."""
        keep = self._is_zero(theta)
        return self._kept(self.regularizer.quantize(theta), keep)

    def _values(self, theta: Array) -> Array:
        return self._kept(self.regularizer._values(theta), self._is_zero(theta))

    def _prox(self, theta: Array, weight: Any, out: Array | None) -> Array:
        # ``out`` may be theta
        keep = self._is_zero(theta)
        return self._kept(self.regularizer._prox(theta, weight, out), keep)

    def _weight_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return self.regularizer._weight_shape(shape)

    def _is_zero(self, theta: Array) -> Array:
        xp: Namespace = namespace(theta)
        return xp.all(theta[self.row] == 0)

    def _kept(self, result: Array, keep: Array) -> Array:
        xp = namespace(result)
        row = result[self.row]
        result[self.row] = xp.where(keep, constant_like(xp, 0, row), row)
        return result


def keeping_zero_row(mapping: Prox, row: int | None) -> Prox:
    """The map of a group with "zero_row", which stays 0 while it is; the map itself where there is no such row."""
    if row is None:
        return mapping
    return Prox(BesidesZeroRow(mapping.regularizer, row), mapping.strength)
