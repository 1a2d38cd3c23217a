r"""A method = which memory x which regularizer's prox, at which strength.

========  ==============================================  =====================================
memory    update                                          the gradient is taken at
========  ==============================================  =====================================
eager     theta_{t+1} = map_t(theta_t - eta_t g_t)        theta_t          (the mapped point is kept)
lazy      theta_{t+1} = theta_t - eta_t g_t               map_t(theta_t)   (the unmapped point is kept)
========  ==============================================  =====================================

The map is a prox: ``maps.py`` says which regularizer and strength give projection, relaxation and hardening, and which
other map there is. A new method is a new pair, not a new loop.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pqtheory._arrays import (
    HALF_PRECISION,
    Array,
    as_array,
    dtype_name,
    is_symbolic,
    number_like,
)
from pqtheory._checks import check_number
from pqtheory._elementwise import narrow, widen
from pqtheory.methods.corrections import Correction
from pqtheory.methods.maps import Map, Prox
from pqtheory.schedules import Schedule, as_schedule


@dataclass(frozen=True, slots=True)
class State:
    """What a method remembers: the latent weights and the number of steps made."""

    latent: Array
    step: int


class Method(ABC):
    """An update rule as pure functions of a state.

    Attributes
    ----------
    step_size : Schedule
        eta_t > 0.
    transcendental : str
        A function that the method needs and that fractions lack, such as "exp"; "" where it is exact on them.
    """

    step_size: Schedule
    transcendental: ClassVar[str] = ""

    def _arguments(self) -> Mapping[str, Any] | None:
        """The constructor's arguments by name, for ``repr`` and equality; None where they are not known."""
        return None

    def __repr__(self) -> str:
        arguments = self._arguments()
        if arguments is None:
            return object.__repr__(self)
        written = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        return f"{type(self).__name__}({written})"

    def __eq__(self, other: object) -> bool:
        if self is other or not isinstance(other, Method) or type(self) is not type(other):
            return self is other
        arguments = self._arguments()
        return arguments is not None and arguments == other._arguments()

    def __hash__(self) -> int:
        arguments = self._arguments()
        return hash((type(self), id(self) if arguments is None else tuple(arguments.values())))

    def init(self, theta0: Any) -> Any:
        """State before the first step, latent weights ``theta0`` of shape (..., dim).

        Raises
        ------
        TypeError
            If ``theta0`` is not real floating-point.
        """
        _, latent = as_array(theta0, "theta0")
        return State(latent, 0)

    @abstractmethod
    def query(self, state: Any) -> Array:
        """The point whose gradient the next step uses."""

    @abstractmethod
    def step(self, state: Any, gradient: Array) -> Any:
        """State after one step with the gradient taken at ``query(state)``."""

    @abstractmethod
    def output(self, state: Any) -> Array:
        """The quantized weights: the latent ones, projected."""

    def observe(self, state: Any) -> tuple[Array, Array]:
        """``(query(state), output(state))``; one evaluation where the two are the same."""
        return self.query(state), self.output(state)

    def eta(self, step: int, latent: Array) -> Any:
        """The step size at ``step``.

        Raises
        ------
        ValueError
            If the schedule gives a value that is not > 0 there.
        """
        value = self.step_size(step)
        if is_symbolic(value):
            # that it is > 0 is for the proof to assume
            return value
        name = f"step_size at step {step}"
        return number_like(check_number(value, name, 0, open_low=True, finite=True), latent)


def check_step_size(step_size: Any) -> Schedule:
    """``step_size`` as a schedule; a number must be finite and > 0."""
    if not isinstance(step_size, Schedule):
        check_number(step_size, "step_size", 0, open_low=True, finite=True)
    return as_schedule(step_size, "step_size")


def descend(latent: Array, eta: Any, gradient: Array) -> Array:
    """``latent - eta * gradient`` in the dtype of ``latent``; half precision is computed in float32."""
    if dtype_name(latent) not in HALF_PRECISION:
        # latent - eta * gradient, the same bit for bit: NumPy writes a sum into the product's memory, not a difference
        return latent + -eta * gradient
    xp, latent = as_array(latent)
    return narrow(xp, widen(xp, latent) - eta * widen(xp, gradient), latent)


class MappedMethod(Method):
    """Memory x map, with an optional clip of the latent weights to [-clip, clip] after each step.

    Attributes
    ----------
    describe : callable
        The map from what the method is described by: a regularizer and a strength, unless a method says otherwise.
        Arrays and torch optimizers have it from here.
    sums_steps : bool
        Whether the strength is a number that is multiplied by the sum of the step sizes so far.
    correct : callable or None
        The correction of the gradient from what the method is described by, likewise; None: it has none.
    """

    describe: ClassVar[Callable[..., Any]] = Prox
    correct: ClassVar[Callable[..., Correction] | None] = None
    sums_steps: ClassVar[bool] = False
    correction: Correction | None = None
    #: a ``Map``; of most methods a ``Prox``
    map: Any

    def __init__(
        self, mapping: Map, step_size: Any, clip: Any = None, correction: Correction | None = None
    ) -> None:
        self.map, self.correction = mapping, correction
        self.step_size = check_step_size(step_size)
        self.clip = None if clip is None else check_number(clip, "clip", 0, open_low=True)

    def output(self, state: State) -> Array:
        """The latent weights, quantized."""
        return self.map.quantize(state.latent)

    def _direction(self, state: State, gradient: Array) -> Array:
        """What the step descends along: the gradient, corrected."""
        if self.correction is None:
            return gradient
        weight = self.correction.weight(state.step, state.latent)
        return self.correction.apply(state.latent, gradient, weight, self.map.quantize)

    def _clipped(self, latent: Array) -> Array:
        if self.clip is None or self.clip == math.inf:
            return latent
        xp, latent = as_array(latent)
        bound = number_like(self.clip, latent)
        return narrow(xp, xp.clip(latent, -bound, bound), latent)

    def _arguments(self) -> Mapping[str, Any]:
        clip = {} if self.clip is None else {"clip": self.clip}
        return {**self._map_arguments(), "step_size": self.step_size, **clip}

    def _map_arguments(self) -> Mapping[str, Any]:
        """The constructor's arguments that make the map."""
        return {"regularizer": self.map.regularizer, "strength": self.map.strength}


class Eager(MappedMethod):
    """theta_{t+1} = map_t(theta_t - eta_t grad L(theta_t)); the prox weight is eta_t lambda_t."""

    def query(self, state: State) -> Array:
        """theta_t."""
        return state.latent

    def step(self, state: State, gradient: Array) -> State:
        """The mapped gradient step."""
        eta = self.eta(state.step, state.latent)
        moved = descend(state.latent, eta, self._direction(state, gradient))
        return State(self._clipped(self.map(moved, state.step, eta)), state.step + 1)


class Lazy(MappedMethod):
    """theta_{t+1} = theta_t - eta_t grad L(map_t(theta_t)); the prox weight is lambda_t."""

    def query(self, state: State) -> Array:
        """map_t(theta_t)."""
        return self.map(state.latent, state.step, 1)

    def step(self, state: State, gradient: Array) -> State:
        """The plain gradient step from the unmapped point."""
        eta = self.eta(state.step, state.latent)
        moved = descend(state.latent, eta, self._direction(state, gradient))
        return State(self._clipped(moved), state.step + 1)
