"""Rows of an embedding for tokens that are none: 0 as torch makes them, 0 in what the model sees."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from pqtheory._arrays import Array, Namespace, constant_like, namespace
from pqtheory._checks import check_count
from pqtheory.methods.maps import Map, Prox
from pqtheory.quantizers import Quantizer
from pqtheory.regularizers.base import Regularizer
from pqtheory.schedules import Schedule
from pqtheory.sets import Set


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

    @property
    def quantized_by(self) -> Set | Quantizer:
        """As the other rows."""
        return self.regularizer.quantized_by

    def quantize(self, theta: Any) -> Array:
        """The quantized point, 0 in the row."""
        return self.kept(theta, self.regularizer.quantize(theta))

    def kept(self, theta: Any, result: Any) -> Any:
        """``result``, made of ``theta``, with a row that was 0 as it was; in place."""
        return with_zero_row(result, self.row, is_zero_row(theta, self.row))

    def _values(self, theta: Array) -> Array:
        return self.kept(theta, self.regularizer._values(theta))

    def _prox(self, theta: Array, weight: Any, out: Array | None) -> Array:
        # ``out`` may be theta
        keep = is_zero_row(theta, self.row)
        return with_zero_row(self.regularizer._prox(theta, weight, out), self.row, keep)

    def _weight_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return self.regularizer._weight_shape(shape)


@final
@dataclass(frozen=True)
class MapBesidesZeroRow(Map):
    """The same of a map that is not the prox of a regularizer.

    Parameters
    ----------
    map : Map
        Of the other rows.
    row : int
        The row along the first axis.
    """

    map: Map
    row: int

    @property
    def strength(self) -> Schedule:  # type: ignore[override]
        """As the other rows."""
        return self.map.strength

    @property
    def separable(self) -> bool:
        """Not: the row is one."""
        return False

    @property
    def quantized_by(self) -> Set | Quantizer:
        """As the other rows."""
        return self.map.quantized_by

    def apply(self, theta: Any, weight: Any, out: Array | None = None) -> Array:
        """The point mapped with this weight, 0 in the row."""
        keep = is_zero_row(theta, self.row)
        return with_zero_row(self.map.apply(theta, weight, out), self.row, keep)

    def quantize(self, theta: Any) -> Array:
        """The quantized point, 0 in the row."""
        return with_zero_row(self.map.quantize(theta), self.row, is_zero_row(theta, self.row))


def check_zero_row(group: Mapping[str, Any]) -> int | None:
    """The "zero_row" of a group, if it has one and each of its parameters has such a row.

    Raises
    ------
    TypeError, ValueError
        If it is no integer, or beyond the rows of a parameter.
    """
    row = group.get("zero_row")
    if row is None:
        return None
    rows = min(p.shape[0] if p.dim() else 0 for p in group["params"])
    return check_count(row, "zero_row", -rows, rows - 1)


def keeping_zero_row(mapping: Map, row: int | None) -> Map:
    """The map of a group with "zero_row", which stays 0 while it is; the map itself where there is no such row."""
    if row is None:
        return mapping
    if isinstance(mapping, Prox):
        return Prox(BesidesZeroRow(mapping.regularizer, row), mapping.strength)
    return MapBesidesZeroRow(mapping, row)


def is_zero_row(theta: Array, row: int) -> Array:
    """Whether all in the row is 0."""
    xp: Namespace = namespace(theta)
    return xp.all(theta[row] == 0)


def with_zero_row(result: Array, row: int, keep: Array) -> Array:
    """``result`` with 0 in the row, where ``keep``; in place."""
    xp = namespace(result)
    found = result[row]
    result[row] = xp.where(keep, constant_like(xp, 0, found), found)
    return result
