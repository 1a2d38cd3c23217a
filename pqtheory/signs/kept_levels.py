"""Levels that were fitted some time ago and are kept: weights have the codes of these, not of a fit to them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

from pqtheory._arrays import Array, as_array
from pqtheory._groups import Axis, Per, find_groups
from pqtheory.regularizers import FittedBump


@final
@dataclass(frozen=True)
class KeptLevels:
    """Of each group the nearest level of the codebook in use, the upper of two.

    Attributes
    ----------
    bump : FittedBump
        On whose quantizer's groups.
    codebooks : callable
        () -> the levels in use, (..., L) as ``bump.codebooks`` gave them.
    """

    bump: FittedBump
    codebooks: Callable[[], Array]

    @property
    def axis(self) -> Axis:
        """As the quantizer has it."""
        return self.bump.quantizer.axis

    @property
    def per(self) -> Per:
        """As the quantizer has it."""
        return self.bump.quantizer.per

    def quantize(self, theta: Any) -> tuple[Array, Array]:
        """Values and codebooks; of no weights those of the groups that there are."""
        groups = find_groups(tuple(as_array(theta)[1].shape), self.axis, self.per)
        books = self.codebooks()[tuple(map(slice, groups.lead))]
        return self.bump.prox_on(theta, books, math.inf), books
