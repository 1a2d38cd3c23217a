"""``check_regularizer``: every registered one passes, and each thing that can be wrong is said."""

import math
from typing import Any

import numpy as np
import pytest

from pqtheory.quantizers import AdaptiveTernary, AlternatingMultiBit
from pqtheory.regularizers import (
    AlternatingDistance,
    Bump,
    DistanceL1,
    DistanceL2,
    Indicator,
    LevelRegularizer,
    PiecewiseAffine,
    Regularizer,
    SmoothedL1,
)
from pqtheory.sets import Binary, Codebook, ScaledBinary, Ternary, UniformGrid
from pqtheory.testing import ConformanceError, check_regularizer
from pqtheory.testing.minimisers import check_slopes
from pqtheory.testing.regularizers import objective_of
from tests.conformance.regularizer_cases import REGISTRY

from .whole import fits


@pytest.mark.parametrize("name", REGISTRY)
def test_registered_and_own_regularizers_conform(name: str) -> None:
    check_regularizer(REGISTRY[name]())


@pytest.mark.parametrize(
    "quantizer", [AlternatingMultiBit(1), AlternatingMultiBit(2), AdaptiveTernary()]
)
def test_fitted_distances_conform(quantizer: Any) -> None:
    check_regularizer(AlternatingDistance(quantizer))


FINE, FAR = UniformGrid(8), Codebook((-1e4, 0.1, 1e4))


@pytest.mark.parametrize(
    "regularizer",
    [
        SmoothedL1(Binary(), 1e-3),
        SmoothedL1(FAR, 2000.0),
        Bump(Binary(100)),
        Bump(FAR),
        DistanceL1(Codebook((1e-6, 2e-6))),
        Indicator(UniformGrid(3, -7.0, 0.1)),
        PiecewiseAffine(Codebook((-5, 3)), (-1, 0.5, 2)),
    ],
    ids=str,
)
def test_right_regularizers_of_any_scale_conform(regularizer: Regularizer) -> None:
    """Levels far apart, near each other, or rounded by the dtype; kinks rounded over little; pulls to some levels."""
    check_regularizer(regularizer)


def test_the_slopes_at_levels_finer_than_any_grid_of_points() -> None:
    check_slopes(DistanceL1(FINE))
    check_slopes(DistanceL2(FINE))


class Half(LevelRegularizer):
    """|x - P(x)| / 2, right in every respect, from which each wrong one differs in one."""

    factor = 2

    def __init__(self) -> None:
        self.set = Ternary()

    def _values(self, theta: Any) -> Any:
        return self.set.map(lambda xp, t, p: xp.abs(t - p) / self.factor, theta)

    def _prox(self, theta: Any, weight: Any, out: Any) -> Any:
        def toward(xp: Any, t: Any, p: Any, w: Any) -> Any:
            return xp.minimum(xp.maximum(p, t - w / 2), t + w / 2)

        return self.set.map(toward, theta, weight, out=out)


class WithCandidates(Half):
    def _candidates(self, theta: Any, weight: Any, levels: Any) -> Any:
        return (*levels, theta - weight / 2, theta + weight / 2, theta)


def test_a_right_regularizer_passes() -> None:
    check_regularizer(Half())
    check_regularizer(Half(), arrays=("fractions",))
    check_regularizer(WithCandidates())


class WrongValue(Half):
    factor = 3


class Negative(Half):
    def _values(self, theta: Any) -> Any:
        return super()._values(theta) - 0.125


class Elsewhere(Half):
    """Least at 3, not where it quantizes."""

    def _values(self, theta: Any) -> Any:
        return self.set.map(lambda xp, t, p: xp.abs(t - 3), theta)


class TooFar(Half):
    def _prox(self, theta: Any, weight: Any, out: Any) -> Any:
        return super()._prox(theta, 2 * weight, out)


class ForgetsWeight(Half):
    def _prox(self, theta: Any, weight: Any, out: Any) -> Any:
        return super()._prox(theta, 0 * weight if weight != math.inf else weight, out)


class TieDown(Half):
    def _prox(self, theta: Any, weight: Any, out: Any) -> Any:
        x = super()._prox(theta, weight, out)
        x[theta == 0.5] = 1 - x[theta == 0.5]
        return x


class FewCandidates(WithCandidates):
    def _candidates(self, theta: Any, weight: Any, levels: Any) -> Any:
        return levels


class WrongSlope(Half):
    def subdifferential(self, theta: Any) -> Any:
        t = np.asarray(theta)
        return np.full_like(t, -0.5), np.full_like(t, 0.5)


class HalfTheEnvelope(Half):
    def envelope(self, theta: Any, weight: Any, axis: Any = None) -> Any:
        return super().envelope(theta, weight, axis) / 2


class IgnoresOut(Half):
    def prox(self, theta: Any, weight: Any, out: Any = None) -> Any:
        return super().prox(theta, weight)


class AnyWeight(Half):
    def prox(self, theta: Any, weight: Any, out: Any = None) -> Any:
        scalar = isinstance(weight, float)
        return super().prox(
            theta, abs(weight) if scalar and weight == weight else 1.0 if scalar else weight, out
        )


class LosesNaN(Half):
    def prox(self, theta: Any, weight: Any, out: Any = None) -> Any:
        x = super().prox(theta, weight, out)
        if np.ndim(x):
            x[x != x] = 0
        return x


class QuantizesHalfway(Half):
    """An infinite weight that does not project."""

    def prox(self, theta: Any, weight: Any, out: Any = None) -> Any:
        if isinstance(weight, float) and weight == math.inf:
            weight = 0.25
        return super().prox(theta, weight, out)


class Rounds(WithCandidates):
    def prox(self, theta: Any, weight: Any, out: Any = None) -> Any:
        x = super().prox(theta, weight, out)
        return (
            x.astype(float).astype(object) if getattr(x, "dtype", None) == np.dtype(object) else x
        )


class Widens(Half):
    def prox(self, theta: Any, weight: Any, out: Any = None) -> Any:
        x = super().prox(theta, weight, out)
        return x.astype(np.float64) if isinstance(x, np.ndarray) and x.dtype != object else x


class Sums(Half):
    def value(self, theta: Any, axis: Any = None) -> Any:
        return 2 * super().value(theta, axis) if axis is None else super().value(theta, axis)


class DriftsAtZero(Half):
    """Too little for any objective to tell."""

    def prox(self, theta: Any, weight: Any, out: Any = None) -> Any:
        x = super().prox(theta, weight, out)
        return x * (1 + 1e-8) if np.ndim(weight) == 0 and weight == 0 else x


class Coupled(LevelRegularizer):
    """Half the squared distance to {alpha b}, with half the step."""

    def __init__(self) -> None:
        self.set = ScaledBinary()

    def _values(self, theta: Any) -> Any:
        return DistanceL2(self.set)._values(theta)

    def _prox(self, theta: Any, weight: Any, out: Any) -> Any:
        whole = weight == math.inf if isinstance(weight, float) else False
        return DistanceL2(self.set)._prox(theta, weight if whole else weight / 2, out)


BROKEN = [
    (
        WrongValue,
        (
            "WrongValue: prox: expected the minimiser for theta = 0.5, weight 0.01: 0.505 costs "
            "0.0016625, but 0.504 costs 0.00166133333"
        ),
    ),
    (Negative, "Negative: value: expected a number >= 0 at -1.1875, got -0.03125"),
    (
        Elsewhere,
        (
            "Elsewhere: value: expected least on quantized points, got 423 there and 422.901 "
            "elsewhere"
        ),
    ),
    (
        TooFar,
        (
            "TooFar: prox: expected the minimiser for theta = 0.5, weight 0.01: 0.51 costs "
            "0.0025, but 0.509 costs 0.0024955"
        ),
    ),
    (
        ForgetsWeight,
        (
            "ForgetsWeight: prox: expected the minimiser for theta = 0.5, weight 0.01: 0.5 costs "
            "0.0025, but 0.493956644 costs 0.0024880443"
        ),
    ),
    (
        TieDown,
        (
            "TieDown: prox: expected 0.505 for theta = 0.5, weight 0.01, as its definition has it"
            " (the largest minimiser at a tie), got 0.495"
        ),
    ),
    (
        FewCandidates,
        (
            "FewCandidates: prox: expected 0 for theta = -0.125, weight 0.0, as its definition "
            "has it (the largest minimiser at a tie), got -0.125"
        ),
    ),
    (
        WrongSlope,
        (
            "WrongSlope: subdifferential: expected (0.5, 0.5) at 1.5, the slopes on either side, "
            "got (-0.5, 0.5)"
        ),
    ),
    (
        HalfTheEnvelope,
        (
            "HalfTheEnvelope: envelope: expected 0.0087375 for theta = -2.75, weight 0.01, the "
            "least of the objective, got 0.00436875"
        ),
    ),
    (IgnoresOut, "IgnoresOut: prox: out= has another result (numpy-float16)"),
    (AnyWeight, "AnyWeight: prox: expected ValueError for weight -1.0, got an answer"),
    (LosesNaN, "LosesNaN: prox: expected NaN for NaN in numpy-float16, weight 0.3"),
    (
        QuantizesHalfway,
        (
            "QuantizesHalfway: prox: expected 0 for theta = -0.25, weight inf, as its definition "
            "has it (the largest minimiser at a tie), got -0.125"
        ),
    ),
    (Rounds, "Rounds: prox: expected fractions for fractions, weight 0, got -2.5"),
    (
        Widens,
        (
            "Widens: prox: expected ndarray of float16, shape (3, 4), got ndarray of float64, "
            "shape (3, 4)"
        ),
    ),
    (
        DriftsAtZero,
        "DriftsAtZero: prox: expected theta itself for weight 0, where its value is finite",
    ),
    (Sums, "Sums: value: separable, but of all entries it is …, and their sum …"),
    (
        Coupled,
        (
            "Coupled: prox: expected a minimiser for theta = …, weight 0.125: … costs …, but … "
            "costs …"
        ),
    ),
]


@pytest.mark.parametrize(("make", "message"), BROKEN)
def test_what_is_wrong_is_said(make: Any, message: str) -> None:
    with pytest.raises(ConformanceError) as caught:
        check_regularizer(make())
    assert fits(str(caught.value), message), str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_the_objective_of_the_whole_is_half_a_square_and_the_weighted_value() -> None:
    x, t = np.array([1.0, -1.0]), np.array([3.0, -2.0])
    regularizer = DistanceL2(ScaledBinary())
    assert objective_of(regularizer, x, t, 0.5) == (4 + 1) / 2
    away = np.array([2.0, -1.0])
    assert objective_of(regularizer, away, t, 0.5) == 1 + 0.5 * regularizer.value(away)
    each = objective_of(DistanceL1(Binary()), away, t, 0.5)
    assert each.tolist() == [0.5 + 0.5, 0.5]


def test_what_is_no_regularizer_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="regularizer: expected a regularizer, got Binary"):
        check_regularizer(Binary())  # type: ignore[arg-type]


def test_an_unknown_library_is_an_error() -> None:
    with pytest.raises(ValueError, match="arrays: expected some of"):
        check_regularizer(DistanceL1(Binary()), arrays=("cupy",))
