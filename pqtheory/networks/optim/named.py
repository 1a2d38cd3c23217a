"""The methods that have a name, round any optimizer, which has the step size; all else is their array method's."""

from typing import Any, final

from torch.optim import Optimizer

from pqtheory import methods
from pqtheory.networks.optim.oscillation import Freezing
from pqtheory.networks.optim.wrapper import QuantizingOptimizer


@final
class ProxQuant(QuantizingOptimizer):
    """ProxQuant round any optimizer: theta <- prox_{lr lambda_t R}(theta after the step of ``optimizer``).

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        With the groups to quantize marked ``{"quantize": True}``; such a group may carry a ``regularizer`` and a
        ``strength`` of its own.
    regularizer : Regularizer, Set or Quantizer, optional
        R for the groups that carry none; on a set the distance to it, and so for levels that are fitted.
    strength : float or Schedule, optional
        lambda_t >= 0 by step, likewise; ``Staircase(schedule, steps_per_epoch)`` counts epochs.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.
    dampening, freezing
        As for :class:`QuantizingOptimizer`.

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
        dampening: Any = None,
        freezing: Freezing | None = None,
    ) -> None:
        super().__init__(
            optimizer,
            methods.ProxQuant,
            regularizer=regularizer,
            strength=strength,
            clip=clip,
            dampening=dampening,
            freezing=freezing,
        )


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
    dampening, freezing
        As for :class:`QuantizingOptimizer`.

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
        dampening: Any = None,
        freezing: Freezing | None = None,
    ) -> None:
        super().__init__(
            optimizer,
            methods.LazyProx,
            regularizer=regularizer,
            strength=strength,
            clip=clip,
            dampening=dampening,
            freezing=freezing,
        )


@final
class BinaryConnect(QuantizingOptimizer):
    """The straight-through method round any optimizer: gradients at P(theta), steps on theta.

    theta is kept apart from what the model shows; what is written into the model later becomes theta.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        With the groups to quantize marked ``{"quantize": True}``; such a group may carry a ``set`` of its own.
    set : Set or Quantizer, optional
        For the groups that carry none; {-1, +1} by default.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.
    dampening, freezing
        As for :class:`QuantizingOptimizer`.

    Raises
    ------
    TypeError, ValueError
        If no group is marked, or an option does not fit.

    References
    ----------
    Courbariaux et al., NeurIPS 2015; ProxQuant, arXiv 1810.00861, section 3.1.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        set: Any = None,
        *,
        clip: float | None = None,
        dampening: Any = None,
        freezing: Freezing | None = None,
    ) -> None:
        super().__init__(
            optimizer,
            methods.BinaryConnect,
            set=set,
            clip=clip,
            dampening=dampening,
            freezing=freezing,
        )


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
    set : Set or Quantizer, optional
        {-1, +1} by default.
    clip : float, optional
        Latent weights are clipped to [-clip, clip] after each step.
    dampening, freezing
        As for :class:`QuantizingOptimizer`.

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
        dampening: Any = None,
        freezing: Freezing | None = None,
    ) -> None:
        super().__init__(
            optimizer,
            methods.BinaryRelax,
            set=set,
            strength=strength,
            harden_at=harden_at,
            clip=clip,
            dampening=dampening,
            freezing=freezing,
        )
