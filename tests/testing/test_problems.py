"""``check_problem``: every registered problem passes, and each thing that can be wrong is said."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

import pqtheory as pq
from pqtheory.problems import REGISTRY, Problem
from pqtheory.testing import ConformanceError, check_problem

from .whole import fits


@pytest.mark.parametrize("name", REGISTRY)
def test_registered_problems_conform(name: str) -> None:
    check_problem(REGISTRY[name]())


class Bowl(Problem):
    """|theta|^2 / 2, right in every respect, from which each wrong one differs in one."""

    smoothness = 1.0
    lower_bound = 0.0
    is_convex = True
    noise = 0.5

    def __init__(self, dim: int = 3) -> None:
        self.dim = dim
        self.minimisers = np.zeros((1, dim))

    def _value(self, xp: Any, theta: Any) -> Any:
        return xp.sum(theta * theta, axis=-1) / 2

    def _gradient(self, xp: Any, theta: Any) -> Any:
        return theta + 0

    def _stochastic_gradient(self, xp: Any, theta: Any, rng: np.random.Generator) -> Any:
        drawn = self.noise * rng.standard_normal(theta.shape)
        gradient = self._gradient(xp, theta)
        if isinstance(theta, torch.Tensor):
            return gradient + xp.asarray(drawn, dtype=theta.dtype)
        return (gradient + drawn.astype(theta.dtype)).astype(theta.dtype)


def test_a_right_problem_passes() -> None:
    check_problem(Bowl())
    check_problem(Bowl(1), scale=0.5)


def test_it_is_one_line_of_pytest_and_in_the_public_face() -> None:
    pq.testing.check_problem(Bowl())
    assert "testing" in dir(pq)


class WrongSign(Bowl):
    def _gradient(self, xp: Any, theta: Any) -> Any:
        return -theta


class WrongCoordinate(Bowl):
    def _gradient(self, xp: Any, theta: Any) -> Any:
        return xp.concat([theta[..., :2], 2 * theta[..., 2:]], axis=-1)


class OnePercent(Bowl):
    def _gradient(self, xp: Any, theta: Any) -> Any:
        return theta + theta / 100


class WrongFarOut(Bowl):
    """Wrong where |theta_0| > 1 alone."""

    def _gradient(self, xp: Any, theta: Any) -> Any:
        return xp.where(abs(theta) > 1, 2 * theta, theta)


class WrongTogether(Bowl):
    def _value_and_gradient(self, xp: Any, theta: Any) -> Any:
        return self._value(xp, theta), self._gradient(xp, theta) * 2


class WrongValueTogether(Bowl):
    def _value_and_gradient(self, xp: Any, theta: Any) -> Any:
        return 2 * self._value(xp, theta), self._gradient(xp, theta)


class Sums(Bowl):
    """The value of the whole batch."""

    def _value(self, xp: Any, theta: Any) -> Any:
        return xp.sum(theta * theta) / 2


class Coupled(Bowl):
    """Each row sees the mean of the batch."""

    def _value(self, xp: Any, theta: Any) -> Any:
        return super()._value(xp, theta) + 0 * xp.sum(theta)


class Biased(Bowl):
    def _stochastic_gradient(self, xp: Any, theta: Any, rng: np.random.Generator) -> Any:
        return super()._stochastic_gradient(xp, theta, rng) + 1


class Doubled(Bowl):
    def _stochastic_gradient(self, xp: Any, theta: Any, rng: np.random.Generator) -> Any:
        return 2 * super()._stochastic_gradient(xp, theta, rng)


class OneDraw(Bowl):
    def _stochastic_gradient(self, xp: Any, theta: Any, rng: np.random.Generator) -> Any:
        return self._gradient(xp, theta) + float(rng.standard_normal())


class OwnDice(Bowl):
    def _stochastic_gradient(self, xp: Any, theta: Any, rng: np.random.Generator) -> Any:
        return super()._stochastic_gradient(xp, theta, np.random.default_rng())


class TooSmooth(Bowl):
    smoothness = 0.9


class Negative(Bowl):
    smoothness = -1.0


class TooHigh(Bowl):
    lower_bound = 0.01


class NoBound(Bowl):
    lower_bound = float("nan")


class WrongMinimiser(Bowl):
    def __init__(self) -> None:
        super().__init__()
        self.minimisers = np.array([[0.0, 0.1, 0.0]])


class FlatMinimisers(Bowl):
    def __init__(self) -> None:
        super().__init__()
        self.minimisers = np.zeros(3)


class Hill(Bowl):
    smoothness = 3.0
    lower_bound = -np.inf

    def __init__(self) -> None:
        self.dim = 3

    def _value(self, xp: Any, theta: Any) -> Any:
        return -xp.sum(theta * theta, axis=-1) / 2

    def _gradient(self, xp: Any, theta: Any) -> Any:
        return -theta


class Widened(Bowl):
    def _gradient(self, xp: Any, theta: Any) -> Any:
        return theta.astype(np.float64) if isinstance(theta, np.ndarray) else theta.double()


class OffInFloat32(Bowl):
    def _gradient(self, xp: Any, theta: Any) -> Any:
        return theta * 1.01 if "float32" in str(theta.dtype) else theta + 0


class InFloats(Bowl):
    def _value(self, xp: Any, theta: Any) -> Any:
        return xp.sum(0.5 * theta * theta, axis=-1)


class NumPyAlone(Bowl):
    def _value(self, xp: Any, theta: Any) -> Any:
        return np.sum(np.square(theta), axis=-1) / 2


class Overwrites(Bowl):
    def _value(self, xp: Any, theta: Any) -> Any:
        theta *= theta
        return xp.sum(theta, axis=-1) / 2


class Shared(Bowl):
    def _gradient(self, xp: Any, theta: Any) -> Any:
        return theta


class NotFinite(Bowl):
    def _value(self, xp: Any, theta: Any) -> Any:
        return xp.sum(xp.where(theta > 0.5, theta * np.inf, theta), axis=-1)


class Raises(Bowl):
    def _gradient(self, xp: Any, theta: Any) -> Any:
        raise RuntimeError("line one\nline two " + "x" * 5000)


class Wide(Bowl):
    def _gradient(self, xp: Any, theta: Any) -> Any:
        return xp.concat([theta, theta], axis=-1)


class ForgetsNaN(Bowl):
    def _value(self, xp: Any, theta: Any) -> Any:
        return super()._value(xp, xp.where(theta == theta, theta, 0 * xp.ones_like(theta)))


class AnyShape(Bowl):
    def value(self, theta: Any) -> Any:
        t = theta if isinstance(theta, torch.Tensor) else np.asarray(theta)
        return (t * t).sum(-1) / 2


class NoDimension(Bowl):
    def __init__(self) -> None:
        self.dim = 3.0  # type: ignore[assignment]


class Kink(Bowl):
    """The sum of |theta_j|, whose gradient at 0 is said to be 2."""

    smoothness = None

    def _value(self, xp: Any, theta: Any) -> Any:
        return xp.sum(abs(theta), axis=-1)

    def _gradient(self, xp: Any, theta: Any) -> Any:
        slope = xp.where(theta > 0, xp.ones_like(theta), -xp.ones_like(theta))
        return xp.where(theta == 0, 2 * xp.ones_like(theta), slope)


BROKEN = [
    (
        WrongSign,
        (
            "WrongSign: gradient: expected 1, the slope of value, at [0.0, 0.0, 1.0] in "
            "coordinate 2, got -1"
        ),
    ),
    (
        WrongCoordinate,
        (
            "WrongCoordinate: gradient: expected 1, the slope of value, at [0.0, 0.0, 1.0] in "
            "coordinate 2, got 2"
        ),
    ),
    (
        OnePercent,
        (
            "OnePercent: gradient: expected 1, the slope of value, at [0.0, 0.0, 1.0] in "
            "coordinate 2, got 1.01"
        ),
    ),
    (
        WrongFarOut,
        (
            "WrongFarOut: gradient: expected 2, the slope of value, at [0.0, 0.0, 2.0] in "
            "coordinate 2, got 4"
        ),
    ),
    (
        Kink,
        (
            "Kink: gradient: expected 0, the slope of value, at [0.0, 0.0, 0.0] in coordinate 0, "
            "got 2"
        ),
    ),
    (
        WrongTogether,
        (
            "WrongTogether: value_and_gradient: its gradient differs from gradient(theta) at "
            "[0.5, 0.5, 0.5]"
        ),
    ),
    (
        WrongValueTogether,
        (
            "WrongValueTogether: value_and_gradient: its value differs from value(theta) at [0.5,"
            " 0.5, 0.5]"
        ),
    ),
    (Sums, "Sums: value: expected shape (29,), got ()"),
    (Coupled, "Coupled: value: NaN in one row changes the others"),
    (
        Biased,
        (
            "Biased: stochastic_gradient: expected … in the mean at [0.3, …, …] in coordinate 2, "
            "got … over 10000 draws"
        ),
    ),
    (
        Doubled,
        (
            "Doubled: stochastic_gradient: expected … in the mean at [0.3, …, …] in coordinate 2,"
            " got … over 10000 draws"
        ),
    ),
    (
        OneDraw,
        (
            "OneDraw: stochastic_gradient: expected 0.3 in the mean at [0.3, …, …] in coordinate "
            "0, got … over 10000 draws"
        ),
    ),
    (
        OwnDice,
        (
            "OwnDice: stochastic_gradient: two generators of one seed give different gradients; "
            "all its random numbers come from rng"
        ),
    ),
    (
        TooSmooth,
        (
            "TooSmooth: smoothness: expected at least 1, from the gradients at [0.0, 0.0, 0.0] "
            "and [0.0, 0.0, 1.0], got 0.9"
        ),
    ),
    (Negative, "Negative: smoothness: expected a number >= 0, got -1.0"),
    (TooHigh, "TooHigh: lower_bound: expected at most 0, the value at [0.0, 0.0, 0.0], got 0.01"),
    (NoBound, "NoBound: lower_bound: expected a number, got nan"),
    (
        WrongMinimiser,
        (
            "WrongMinimiser: minimisers: expected none with less value than [0.0, 0.1, 0.0], "
            "which has 0.005; … has …"
        ),
    ),
    (FlatMinimisers, "FlatMinimisers: minimisers: expected shape (count, 3), got (3,)"),
    (
        Hill,
        (
            "Hill: is_convex: expected False: between [0.0, 0.0, 0.0] and [0.0, 0.0, 1.0] the "
            "value is larger than its mean at both"
        ),
    ),
    (
        Widened,
        (
            "Widened: gradient: expected ndarray of float32, shape (29, 3), got ndarray of "
            "float64, shape (29, 3)"
        ),
    ),
    (
        OffInFloat32,
        "OffInFloat32: gradient: numpy-float32 differs from NumPy's float64 at […, …, …]",
    ),
    (
        InFloats,
        (
            "InFloats: value: expected fractions for fractions, got 0.0; constants become "
            "fractions by number_like and constant_like, and what needs exp or log says so as "
            "`transcendental`"
        ),
    ),
    (NumPyAlone, "NumPyAlone: value of a torch-float32 array raised …"),
    (Overwrites, "Overwrites: value or gradient changes the array it is given"),
    (
        Shared,
        "Shared: gradient: expected a fresh array, got one that theta or the next call shares",
    ),
    (
        NotFinite,
        ("NotFinite: value: expected a finite number at [1.0, 1.0, 1.0]; a smaller scale=, maybe"),
    ),
    (
        Raises,
        (
            "Raises: gradient of an array of shape (29, 3) raised RuntimeError: 'line one\\nline "
            "two "
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'"
        ),
    ),
    (Wide, "Wide: gradient: expected shape (29, 3), got (29, 6)"),
    (ForgetsNaN, "ForgetsNaN: value: expected NaN where theta has NaN, got [0.25]"),
    (
        AnyShape,
        ("AnyShape: value: expected ValueError for ndarray of float64, shape (4,), got an answer"),
    ),
    (NoDimension, "NoDimension: dim: expected an integer >= 1, got 3.0"),
]


@pytest.mark.parametrize(("make", "message"), BROKEN)
def test_what_is_wrong_is_said(make: Any, message: str) -> None:
    with pytest.raises(ConformanceError) as caught:
        check_problem(make())
    assert fits(str(caught.value), message), str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_array_libraries_can_be_left_out() -> None:
    check_problem(NumPyAlone(), arrays=("numpy", "fractions"))
    check_problem(InFloats(), arrays=("numpy", "torch"))
    with pytest.raises(
        ValueError, match="arrays: expected some of numpy, torch, fractions, got 'jax'"
    ):
        check_problem(Bowl(), arrays=("jax",))


def test_a_transcendental_problem_refuses_fractions() -> None:
    class Exact(Bowl):
        transcendental = "exp"

    check_problem(Exact())

    class Careless(Exact):
        def _checked(self, theta: Any) -> Any:
            return np, np.asarray(theta) if np.asarray(theta).dtype == object else super()._checked(
                theta
            )[1]

    with pytest.raises(
        ConformanceError, match="value: expected a TypeError for fractions, which lack exp"
    ):
        check_problem(Careless(), arrays=("numpy", "fractions"))


def test_what_is_no_problem_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="problem: expected a problem, got Fraction"):
        check_problem(Fraction(1))  # type: ignore[arg-type]
