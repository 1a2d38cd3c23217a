"""``check_method``: every registered method passes, and each thing that can be wrong is said."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

from pqtheory._arrays import as_array
from pqtheory.methods import (
    REGISTRY,
    BinaryConnect,
    Bop,
    Eager,
    Lazy,
    Method,
    ProjectedSGD,
    Prox,
    ProxQuant,
)
from pqtheory.methods.base import State, check_step_size, descend
from pqtheory.regularizers import DistanceL1, SmoothedL1
from pqtheory.schedules import Exponential
from pqtheory.sets import Binary, ScaledBinary, Ternary
from pqtheory.testing import ConformanceError, check_method
from tests.own_parts import GrowingHuber, LazyHuber

from .whole import fits

MORE = [
    BinaryConnect(0.1, set=ScaledBinary()),
    BinaryConnect(0.1, set=ScaledBinary(axis=-1)),
    BinaryConnect(0.1, clip=1.0),
    ProxQuant(SmoothedL1(Ternary(), 0.1), 0.1, Exponential(0.1, 1.1)),
    GrowingHuber(0.1, Ternary(), 0.01),
    LazyHuber(0.1, Ternary(), 0.5),
    # a gradient within the threshold, and a scale that grows where weights below 0 fall
    Bop(0.3, 0.1),
    ProjectedSGD(ScaledBinary(axis=-1), 0.1),
]


#: points of memory x map whose steps are not their memory's
STEPS_OF_THEIR_OWN = ("dampened", "eagerpull", "proxconnectplus")


@pytest.mark.parametrize("name", REGISTRY)
def test_registered_methods_conform(name: str) -> None:
    check_method(REGISTRY[name](0.125), formula=name not in STEPS_OF_THEIR_OWN)


@pytest.mark.parametrize("name", STEPS_OF_THEIR_OWN)
def test_a_step_of_its_own_is_noticed(name: str) -> None:
    with pytest.raises(ConformanceError, match=r"step: expected|query: expected"):
        check_method(REGISTRY[name](0.125))


@pytest.mark.parametrize("method", MORE)
def test_others_conform(method: Method) -> None:
    check_method(method)


class Mine(Method):
    """The straight-through step, right in every respect, from which each wrong one differs in one."""

    def __init__(self) -> None:
        self.step_size = check_step_size(0.125)

    def query(self, state: Any) -> Any:
        return Binary().project(state.latent)

    def step(self, state: Any, gradient: Any) -> Any:
        eta = self.eta(state.step, state.latent)
        return State(descend(state.latent, eta, gradient), state.step + 1)

    def output(self, state: Any) -> Any:
        return Binary().project(state.latent)


def test_a_right_method_passes() -> None:
    check_method(Mine())


class NoSchedule(Mine):
    def __init__(self) -> None:
        self.step_size = 0.125  # type: ignore[assignment]


class Ascends(Mine):
    def step(self, state: Any, gradient: Any) -> Any:
        return super().step(state, -gradient)


def copied(array: Any) -> Any:
    xp, found = as_array(array)
    return xp.asarray(found, copy=True)


class StandsStill(Mine):
    def step(self, state: Any, gradient: Any) -> Any:
        return State(copied(state.latent), state.step + 1)


class DoesNotCount(Mine):
    def step(self, state: Any, gradient: Any) -> Any:
        return State(super().step(state, gradient).latent, state.step)


class InPlace(Mine):
    def step(self, state: Any, gradient: Any) -> Any:
        moved = super().step(state, gradient)
        state.latent[...] = moved.latent
        return moved


class EatsTheGradient(Mine):
    def step(self, state: Any, gradient: Any) -> Any:
        moved = super().step(state, gradient)
        gradient *= 0
        return moved


class Remembers(Mine):
    """Momentum kept outside the state."""

    calls = 0

    def step(self, state: Any, gradient: Any) -> Any:
        self.calls += 1
        return super().step(state, gradient * (1 + self.calls % 2))


class ObservesAnother(Mine):
    def observe(self, state: Any) -> Any:
        return state.latent, self.output(state)


class Widens(Mine):
    def query(self, state: Any) -> Any:
        t = super().query(state)
        return t.astype(np.float64) if isinstance(t, np.ndarray) and t.dtype != object else t


class FixedShape(Mine):
    def output(self, state: Any) -> Any:
        return super().output(state).reshape(-1)


class MeanOfTheBatch(Mine):
    """A step that looks at the other starts."""

    def step(self, state: Any, gradient: Any) -> Any:
        shift = gradient.sum() / 1000 if len(gradient.shape) > 1 else 0
        return super().step(state, gradient + shift)


class SpreadsNaN(Mine):
    def query(self, state: Any) -> Any:
        t = super().query(state)
        return t + (0 * t.sum() if t.shape == (2,) else 0)


class RoundsFractions(Mine):
    def query(self, state: Any) -> Any:
        t = super().query(state)
        return (
            t.astype(float).astype(object) if getattr(t, "dtype", None) == np.dtype(object) else t
        )


class OtherStart(Mine):
    def init(self, theta0: Any) -> Any:
        return State(super().init(theta0).latent * 2, 0)


class TorchAnotherWay(Mine):
    def step(self, state: Any, gradient: Any) -> Any:
        factor = 2 if isinstance(gradient, torch.Tensor) else 1
        return super().step(state, gradient * factor)


class WrongEager(Eager):
    """Doubles the strength of its map in a step."""

    def __init__(self) -> None:
        super().__init__(Prox(DistanceL1(Binary()), 0.25), 0.125)

    def step(self, state: Any, gradient: Any) -> Any:
        eta = self.eta(state.step, state.latent)
        moved = descend(state.latent, eta, gradient)
        return State(self.map(moved, state.step, 2 * eta), state.step + 1)


class WrongLazy(Lazy):
    """Takes the gradient at the unmapped point."""

    def __init__(self) -> None:
        super().__init__(Prox(DistanceL1(Binary()), 0.25), 0.125)

    def query(self, state: Any) -> Any:
        return copied(state.latent)


class LatentOutput(Eager):
    def __init__(self) -> None:
        super().__init__(Prox(DistanceL1(Binary()), 0.25), 0.125)

    def output(self, state: Any) -> Any:
        return copied(state.latent)


@dataclass
class Changeable:
    latent: Any
    step: int


class ChangesWhenAsked(Mine):
    def init(self, theta0: Any) -> Any:
        return Changeable(super().init(theta0).latent, 0)

    def step(self, state: Any, gradient: Any) -> Any:
        moved = super().step(state, gradient)
        return Changeable(moved.latent, moved.step)

    def output(self, state: Any) -> Any:
        result = super().output(state)
        state.latent = result
        return result


BROKEN = [
    (NoSchedule, "NoSchedule: step_size: expected a schedule, as check_step_size makes one"),
    (
        Ascends,
        (
            "Ascends: step: expected a gradient of 0.25 to lower the latent weights, got -1.46875"
            " from -1.5, and -1.5 without a gradient"
        ),
    ),
    (
        StandsStill,
        (
            "StandsStill: step: expected a gradient of 0.25 to lower the latent weights, got -1.5"
            " from -1.5, and -1.5 without a gradient"
        ),
    ),
    (DoesNotCount, "DoesNotCount: state.step: expected 1 after 1 step, got 0"),
    (
        InPlace,
        "InPlace: step: changes the state it is given (numpy-float16); a step makes a new one",
    ),
    (EatsTheGradient, "EatsTheGradient: step: changes the gradient it is given (numpy-float16)"),
    (
        Remembers,
        (
            "Remembers: step: the same state and gradient give two results (numpy-float16); "
            "nothing is kept outside the state"
        ),
    ),
    (
        ObservesAnother,
        (
            "ObservesAnother: observe: its query differs from query(state) after 0 steps "
            "(numpy-float16)"
        ),
    ),
    (
        Widens,
        (
            "Widens: query: expected ndarray of float16, shape (3,), got ndarray of float64, "
            "shape (3,)"
        ),
    ),
    (
        FixedShape,
        (
            "FixedShape: output: expected ndarray of float16, shape (2, 3), got ndarray of "
            "float16, shape (6,)"
        ),
    ),
    (
        MeanOfTheBatch,
        (
            "MeanOfTheBatch: step: a batch of starts is not its rows: [0.5, -0.25, 1.5] goes "
            "elsewhere alone (numpy-float16)"
        ),
    ),
    (SpreadsNaN, "SpreadsNaN: query: NaN in one coordinate spreads to another (numpy-float16)"),
    (
        RoundsFractions,
        "RoundsFractions: query: expected fractions for fractions after 0 steps, got 1.0",
    ),
    (
        OtherStart,
        (
            "OtherStart: init: expected state.latent to be theta0, got [[1.0, -0.5, 3.0], [-1.5, "
            "0.25, 0.75]] for [[0.5, -0.25, 1.5], [-0.75, 0.125, 0.375]]"
        ),
    ),
    (
        TorchAnotherWay,
        "TorchAnotherWay: step: torch-float64 runs another way than NumPy's float64 (latent)",
    ),
    (
        WrongEager,
        (
            "WrongEager(regularizer=DistanceL1(set=Binary(scale=1.0)), "
            "...ngth=Constant(value=0.25), step_size=Constant(value=0.125)): step: expected "
            "prox(theta - eta gradient) at step 0, [[0.484375, -0.3515625, 1.453125], "
            "[-0.8671875, 0.09765625, 0.35546875]], got [[0.515625, -0.3828125, 1.421875], "
            "[-0.8984375, 0.12890625, 0.38671875]]"
        ),
    ),
    (
        WrongLazy,
        (
            "WrongLazy(regularizer=DistanceL1(set=Binary(scale=1.0)), "
            "strength=Constant(value=0.25), step_size=Constant(value=0.125)): query: expected "
            "prox(theta) at step 0"
        ),
    ),
    (
        LatentOutput,
        (
            "LatentOutput(regularizer=DistanceL1(set=Binary(scale=1.0))...ngth=Constant(value=0.25),"
            " step_size=Constant(value=0.125)): output: expected the latent weights, quantized"
        ),
    ),
    (ChangesWhenAsked, "ChangesWhenAsked: query or output changes the state (numpy-float16)"),
]


@pytest.mark.parametrize(("make", "message"), BROKEN)
def test_what_is_wrong_is_said(make: Any, message: str) -> None:
    with pytest.raises(ConformanceError) as caught:
        check_method(make())
    assert fits(str(caught.value), message), str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_fractions_are_asked_for_by_name_where_a_map_is_not_exact() -> None:
    with pytest.raises(ConformanceError, match="query: expected fractions for fractions"):
        check_method(LazyHuber(0.1, Ternary(), 0.5), arrays=("numpy", "fractions"))


def test_what_is_no_method_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="method: expected a method, got ABCMeta"):
        check_method(ProxQuant)  # type: ignore[arg-type]
