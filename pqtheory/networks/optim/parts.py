"""What a method is to a group of parameters: its map, what corrects the gradient, and what else was asked for."""

from dataclasses import dataclass
from typing import Any, final

from torch import Tensor

from pqtheory._messages import brief
from pqtheory.methods.corrections import Correction
from pqtheory.methods.maps import Map, Prox
from pqtheory.networks.optim.oscillation import Freezing
from pqtheory.networks.optim.padding import BesidesZeroRow
from pqtheory.regularizers import FittedBump, Regularizer


@final
@dataclass(frozen=True)
class Parts:
    """Of one group.

    Attributes
    ----------
    map : Map
        Of the latent weights.
    corrections : tuple of Correction
        Of the gradient, one after the other.
    sums_steps : bool
        Whether the map's strength is multiplied by the sum of the step sizes so far.
    freezing : Freezing or None
        Of weights that oscillate.
    refit_every : int or None
        After how many steps levels are fitted anew; None: at each look.

    Raises
    ------
    TypeError
        If levels are to be kept for a while, but not those of a ``FittedBump``; or weights frozen to levels that the
        map does not say.
    """

    map: Map
    corrections: tuple[Correction, ...] = ()
    sums_steps: bool = False
    freezing: Freezing | None = None
    refit_every: int | None = None

    def __post_init__(self) -> None:
        if self.refit_every is not None:
            self.bump  # noqa: B018
        if self.freezing is not None:
            self.map.quantized_by  # noqa: B018

    def on_codebooks(self, theta: Tensor, codebooks: Tensor, weight: Any) -> Tensor:
        """The bump's prox on levels that were fitted before."""
        moved: Tensor = self.bump.prox_on(theta, codebooks, weight)
        regularizer = _regularizer(self.map)
        return regularizer.kept(theta, moved) if isinstance(regularizer, BesidesZeroRow) else moved

    @property
    def bump(self) -> FittedBump:
        """The regularizer on levels that are fitted now and then."""
        regularizer = _regularizer(self.map)
        if isinstance(regularizer, BesidesZeroRow):
            regularizer = regularizer.regularizer
        if not isinstance(regularizer, FittedBump):
            raise TypeError(
                f"refit_every: expected the regularizer FittedBump, whose levels can be kept, got {brief(self.map)}"
            )
        return regularizer


def _regularizer(mapping: Map) -> Regularizer | None:
    return mapping.regularizer if isinstance(mapping, Prox) else None
