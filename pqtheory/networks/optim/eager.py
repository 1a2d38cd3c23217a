r"""Eager memory: theta <- map_t(base step of theta); the model sees the latent weights.

ProxQuant: the map is prox_{lr lambda_t R}, whatever the base optimizer.
"""

from collections.abc import Sequence
from typing import Any, final

from torch import Tensor
from torch.optim import Optimizer

from pqtheory.methods.maps import Prox
from pqtheory.networks.optim.storage import storages
from pqtheory.networks.optim.wrapper import QuantizedGroup, QuantizingOptimizer, only


@final
class EagerGroup(QuantizedGroup):
    """The parameters hold the latent weights."""

    def __init__(self, group: dict[str, Any], mapping: Prox) -> None:
        super().__init__(group, mapping)
        self.storages = storages(self.parameters, mapping.separable)
        for storage in self.storages:
            storage.show()

    def before_step(self) -> None:
        """Follow a model that was moved, or whose weights were replaced."""
        for storage in self.storages:
            if not storage.shown:
                storage.make()
                storage.show()

    def weight(self, step: int, eta: float) -> Any:
        """The step size times lambda_step."""
        return self.map.weight(step, eta, self.storages[0].values)

    def after_step(self, weight: Any, clip: float | None) -> None:
        """The map in place."""
        for storage in self.storages:
            self.map.apply(storage.values, weight, storage.values)
            if clip is not None:
                storage.values.clamp_(-clip, clip)

    def latents(self) -> Sequence[Tensor]:
        """What the parameters hold."""
        return [p.detach() for p in self.parameters]

    def load_latents(self, values: Sequence[Tensor], step: int) -> None:
        """Copy into the parameters."""
        for parameter, value in zip(self.parameters, values, strict=True):
            parameter.data.copy_(value)

    def shown(self) -> Sequence[Tensor]:
        """Where the latent weights are."""
        self.before_step()
        return [storage.values for storage in self.storages]

    def quantize(self) -> None:
        """Quantize in place."""
        for values in self.shown():
            values.copy_(self.map.quantize(values))


@final
class ProxQuant(QuantizingOptimizer):
    """ProxQuant round any optimizer: theta <- prox_{lr lambda_t R}(theta after the step of ``optimizer``).

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        With the groups to quantize marked ``{"quantize": True}``; such a group may carry a ``regularizer`` and a
        ``strength`` of its own.
    regularizer : Regularizer, optional
        R for the groups that carry none.
    strength : float or Schedule, optional
        lambda_t >= 0 by step, likewise; ``Staircase(schedule, steps_per_epoch)`` counts epochs.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.

    Raises
    ------
    TypeError, ValueError
        If no group is marked, or a marked one has no regularizer or no strength.

    References
    ----------
    ProxQuant, arXiv 1810.00861, Algorithm 1.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        regularizer: Any = None,
        strength: Any = None,
        *,
        clip: float | None = None,
    ) -> None:
        self._common = {"regularizer": regularizer, "strength": strength}
        super().__init__(optimizer, clip=clip)

    def _quantized_group(self, group: dict[str, Any], options: dict[str, Any]) -> QuantizedGroup:
        only(options, "regularizer", "strength")
        return EagerGroup(group, prox_map({**self._common, **options}))


def prox_map(options: dict[str, Any]) -> Prox:
    """The prox with the regularizer and the strength of a group.

    Raises
    ------
    ValueError
        If one of them is missing.
    """
    for name in ("regularizer", "strength"):
        if options[name] is None:
            raise ValueError(f"{name}: expected one for each quantized group or for all")
    return Prox(options["regularizer"], options["strength"])
