r"""Lazy memory: theta <- base step of theta with the gradient at map_t(theta); the model sees the mapped weights.

BinaryConnect maps by projection, BinaryRelax by (theta + lambda_t P(theta)) / (1 + lambda_t), LazyProx by the prox.
"""

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor
from torch.optim import Optimizer

from pqtheory.methods.maps import Prox, as_strength
from pqtheory.networks.optim.eager import prox_map
from pqtheory.networks.optim.storage import storages
from pqtheory.networks.optim.wrapper import QuantizedGroup, QuantizingOptimizer, only
from pqtheory.regularizers import DistanceL2, Indicator
from pqtheory.schedules import Exponential, Hardened
from pqtheory.sets import Binary


@final
class LazyGroup(QuantizedGroup):
    """Two places: the latent weights, where the base optimizer steps, and the mapped ones, where the model runs."""

    def __init__(self, group: dict[str, Any], mapping: Prox) -> None:
        super().__init__(group, mapping)
        self.latent = storages(self.parameters, mapping.separable)
        self.mapped = storages(self.parameters, mapping.separable)
        with torch.no_grad():
            self._map(self.weight(-1, 1.0))
        self._show_mapped()

    def before_step(self) -> None:
        """Let the base optimizer see the latent weights; follow a model that was moved to a device or dtype."""
        self._follow()
        for latent in self.latent:
            latent.show()

    def weight(self, step: int, eta: float) -> Any:
        """lambda_{step + 1}: the map of the next step."""
        return self.map.weight(step + 1, 1, self.latent[0].values)

    def after_step(self, weight: Any, clip: float | None) -> None:
        """Map for the next step."""
        if clip is not None:
            for latent in self.latent:
                latent.values.clamp_(-clip, clip)
        self._map(weight)
        self._show_mapped()

    def latents(self) -> Sequence[Tensor]:
        """The unmapped weights."""
        found = {id(p): v for s in self.latent for p, v in zip(s.parameters, s.views, strict=True)}
        return [found[id(p)] for p in self.parameters]

    def load_latents(self, values: Sequence[Tensor], step: int) -> None:
        """Copy and map."""
        self._follow()
        for view, value in zip(self.latents(), values, strict=True):
            view.copy_(value)
        self._map(self.weight(step - 1, 1.0))

    def shown(self) -> Sequence[Tensor]:
        """Where the mapped weights are."""
        self._follow()
        return [mapped.values for mapped in self.mapped]

    def quantize(self) -> None:
        """Quantize what the model sees; the latent weights stay."""
        for latent, values in zip(self.latent, self.shown(), strict=True):
            values.copy_(self.map.quantize(latent.values))

    def _map(self, weight: Any) -> None:
        for latent, mapped in zip(self.latent, self.mapped, strict=True):
            self.map.apply(latent.values, weight, mapped.values)

    def _show_mapped(self) -> None:
        for mapped in self.mapped:
            mapped.show()

    def _follow(self) -> None:
        for latent, mapped in zip(self.latent, self.mapped, strict=True):
            if mapped.shown:
                continue
            # moved: the latent weights follow; replaced in place: they are the new latent weights
            kept = None if mapped.fits else latent.values
            latent.make()
            mapped.make()
            if kept is not None:
                latent.values.copy_(kept)
            mapped.show()


@final
class BinaryConnect(QuantizingOptimizer):
    """The straight-through method round any optimizer: gradients at P(theta), steps on theta.

    Give the model its weights before this is made: it keeps theta apart from what the model shows.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        With the groups to quantize marked ``{"quantize": True}``; such a group may carry a ``set`` of its own.
    set : Set, optional
        For the groups that carry none; {-1, +1} by default.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.

    Raises
    ------
    TypeError, ValueError
        If no group is marked, or an option does not fit.

    References
    ----------
    Courbariaux et al., NeurIPS 2015; ProxQuant, arXiv 1810.00861, section 3.1.
    """

    def __init__(self, optimizer: Optimizer, set: Any = None, *, clip: float | None = None) -> None:
        self._set = Binary() if set is None else set
        super().__init__(optimizer, clip=clip)

    def _quantized_group(self, group: dict[str, Any], options: dict[str, Any]) -> QuantizedGroup:
        only(options, "set")
        return LazyGroup(group, Prox(Indicator(options.get("set", self._set))))


@final
class BinaryRelax(QuantizingOptimizer):
    """BinaryConnect approached through a growing relaxation.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        As for BinaryConnect; a marked group may carry a ``set`` and a ``strength``.
    strength : float or Schedule, optional
        lambda_t >= 0 by step; by default it grows by 1.02 a step from 1.
    harden_at : int, optional
        From this step on the map is the projection.
    set : Set, optional
        {-1, +1} by default.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.

    Raises
    ------
    TypeError, ValueError
        If no group is marked, or an option does not fit.

    References
    ----------
    Yin et al., BinaryRelax, SIAM J. Imaging Sci. 2018.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        strength: Any = None,
        *,
        harden_at: int | None = None,
        set: Any = None,
        clip: float | None = None,
    ) -> None:
        self._harden_at = harden_at
        growing = Exponential(1.0, 1.02) if strength is None else strength
        self._common = {"set": Binary() if set is None else set, "strength": growing}
        super().__init__(optimizer, clip=clip)

    def _quantized_group(self, group: dict[str, Any], options: dict[str, Any]) -> QuantizedGroup:
        only(options, "set", "strength")
        chosen = {**self._common, **options}
        strength = as_strength(chosen["strength"])
        if self._harden_at is not None:
            strength = Hardened(strength, self._harden_at)
        return LazyGroup(group, Prox(DistanceL2(chosen["set"]), strength))


@final
class LazyProx(QuantizingOptimizer):
    """Lazy prox-gradient round any optimizer: gradients at prox_{lambda_t R}(theta), steps on theta.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        As for ProxQuant.
    regularizer, strength, clip
        As for ProxQuant; the weight that the prox sees is lambda_t, without the step size. A schedule that grows with
        the sum of step sizes gives ProxConnect and PARQ.

    Raises
    ------
    TypeError, ValueError
        If no group is marked, or a marked one has no regularizer or no strength.

    References
    ----------
    ProxQuant, arXiv 1810.00861, section 5.1; Dockhorn et al., arXiv 2110.13220; Jin et al., arXiv 2503.15748.
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
        return LazyGroup(group, prox_map({**self._common, **options}))
