"""NumPy's and torch's numbers are as good as Python's in every constructor and argument that takes one."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch

from pqtheory import (
    digits,
    methods,
    problems,
    quantizers,
    regularizers,
    schedules,
    simulate,
    stability,
)
from pqtheory.evidence import fixed_points, worst_case
from pqtheory.methods import (
    BinaryConnect,
    BinaryRelax,
    DualAveraging,
    LazyProx,
    ProjectedSGD,
    ProxQuant,
)
from pqtheory.problems import Quadratic
from pqtheory.regularizers import AlternatingDistance, DistanceL1, DistanceL2, Indicator, SmoothedL1
from pqtheory.sets import Binary, Codebook, ScaledBinary, Ternary, UniformGrid
from pqtheory.signs import flips_per_step

W = DistanceL1(Binary())
PROBLEM = Quadratic([[1.0, 0.25], [0.25, 0.5]], [0.5, -1.0])
START = np.array([[0.3, -0.7], [0.1, 0.2]])
PATH = np.random.default_rng(0).standard_normal((4, 2, 3))


def end(method: Any) -> list[Any]:
    return simulate(method, PROBLEM, START, 6).latent[-1].tolist()


#: how 0.25 can be given; every one of them holds it exactly
NUMBERS: dict[str, Any] = {
    "float16": np.float16(0.25),
    "float32": np.float32(0.25),
    "float64": np.float64(0.25),
    "longdouble": np.longdouble(0.25),
    "bfloat16": ml_dtypes.bfloat16(0.25),
    "array of no axes": np.array(0.25, np.float32),
    "array of a fraction": np.array(Fraction(1, 4), dtype=object),
    "torch": torch.tensor(0.25),
    "torch with gradient": torch.tensor(0.25, requires_grad=True),
    "torch bfloat16": torch.tensor(0.25, dtype=torch.bfloat16),
    "fraction of NumPy's": Fraction(np.int64(1), np.int64(4)),
}
#: how 2 can be given
COUNTS: dict[str, Any] = {
    "int8": np.int8(2),
    "uint8": np.uint8(2),
    "int32": np.int32(2),
    "int64": np.int64(2),
    "array of no axes": np.array(2),
    "torch": torch.tensor(2),
    "torch uint8": torch.tensor(2, dtype=torch.uint8),
}

TAKES_A_NUMBER: dict[str, Callable[[Any], Any]] = {
    "Binary": lambda v: [Binary(v), Binary(v).project(START).tolist()],
    "Ternary": lambda v: [Ternary(v), Ternary(v).project(START).tolist()],
    "UniformGrid, low": lambda v: [UniformGrid(2, v), UniformGrid(2, v).project(START).tolist()],
    "UniformGrid, high": lambda v: UniformGrid(2, -1, v).project(START).tolist(),
    "Codebook": lambda v: [Codebook([-1, v]), Codebook((-1, v)).project(START).tolist()],
    "SmoothedL1": lambda v: [
        SmoothedL1(Binary(), v),
        SmoothedL1(Binary(), v).prox(START, 0.1).tolist(),
    ],
    "SmoothedL1, value": lambda v: float(SmoothedL1(Binary(), v).value(START)),
    "SmoothedL1, minimisers": lambda v: SmoothedL1(Binary(), v).prox_set(0.125, 0.125),
    "minimisers, theta": lambda v: [float(x) for x in W.prox_set(v, 0.125)],
    "minimisers, weight": lambda v: W.prox_set(0.5, v),
    "Constant": lambda v: schedules.Constant(v)(3),
    "Linear": lambda v: [schedules.Linear(v), schedules.Linear(v, v)(3)],
    "Polynomial": lambda v: [float(schedules.Polynomial(v, v, v)(3)), schedules.Polynomial(v, 1)],
    "Summed": lambda v: [float(schedules.Summed(v, v)(3)), schedules.Summed(v, v)],
    "Exponential": lambda v: [float(schedules.Exponential(v, v)(3)), schedules.Exponential(v, v)],
    "Sigmoid": lambda v: schedules.Sigmoid(v, v, v)(3),
    "step size": lambda v: [end(make(v)) for make in methods.REGISTRY.values()],
    "clip": lambda v: end(BinaryConnect(0.5, clip=v)),
    "ProxQuant, strength": lambda v: end(ProxQuant(W, 0.5, v)),
    "LazyProx, strength": lambda v: end(LazyProx(W, 0.5, v)),
    "BinaryRelax, strength": lambda v: end(BinaryRelax(0.5, v)),
    "ProjectedSGD, clip": lambda v: end(ProjectedSGD(Ternary(), 0.5, clip=v)),
    "DualAveraging": lambda v: end(DualAveraging(Ternary(), v)),
    "Quadratic, noise": lambda v: Quadratic([[1.0]], [1.0], noise=v),
    "Quadratic, random": lambda v: Quadratic.random(2, condition=v + 1, noise=v),
    "Huber": lambda v: problems.Huber([[1.0]], [1.0], delta=v),
    "LogisticRegression": lambda v: problems.LogisticRegression([[1.0]], [1.0], v),
    "Rastrigin": lambda v: problems.Rastrigin(2, a=v, b=v, c=v, noise=v),
    "Rosenbrock": lambda v: problems.Rosenbrock(2, steepness=v, noise=v),
    "TanhNetwork": lambda v: problems.TanhNetwork([[1.0], [2.0]], [0, 1], hidden=2, gain=v),
    "TwoFunctionToy": lambda v: problems.TwoFunctionToy(1, noise=v),
    "is_fixed_point": lambda v: stability.is_fixed_point(PROBLEM, [1.0, -1.0], tolerance=v),
    "residual": lambda v: stability.residual(PROBLEM, [1.0, -1.0], tolerance=v),
    "basin_map": lambda v: stability.basin_map(
        BinaryConnect(0.1), PROBLEM, -v, v, 3, 5
    ).starts.tolist(),
    "basin_map, pairs": lambda v: stability.basin_map(
        BinaryConnect(0.1), PROBLEM, (-1, -v), [v, v], 3, 5
    ).starts.tolist(),
    "enumerate": lambda v: fixed_points.enumerate(PROBLEM, tolerance=v).tolist(),
    "certify_none": lambda v: fixed_points.certify_none(PROBLEM, time_limit=v).status,
    "prox_gradient": lambda v: round(worst_case.prox_gradient(v, 1).value, 6),
    "lazy_prox_gradient": lambda v: round(worst_case.lazy_prox_gradient(v, 1).value, 6),
    "DigitsSettings": lambda v: digits.DigitsSettings(gain=v, rate=v),
}
for _name in ("envelope", "prox"):
    TAKES_A_NUMBER |= {
        f"{type(R).__name__}, {_name}, weight": (
            lambda v, R=R, call=_name: np.asarray(getattr(R, call)(START, v)).tolist()
        )
        for R in (
            W,
            DistanceL2(Ternary()),
            DistanceL2(ScaledBinary()),
            SmoothedL1(Ternary(), 0.125),
            Indicator(Binary()),
            AlternatingDistance(quantizers.GreedyMultiBit(2)),
        )
    }

TAKES_A_COUNT: dict[str, Callable[[Any], Any]] = {
    "UniformGrid": lambda n: [UniformGrid(n), UniformGrid(n).project(START).tolist()],
    "Binary": lambda n: [Binary(n), Binary(n).project(START).tolist()],
    "Codebook": lambda n: [Codebook([-1, n]), Codebook([-1, n]).project(START).tolist()],
    "ScaledBinary": lambda n: ScaledBinary(n).project(PATH).tolist(),
    "ScaledBinary, axes": lambda n: ScaledBinary((0, n)).project(PATH).tolist(),
    "GreedyMultiBit": lambda n: quantizers.GreedyMultiBit(n).quantize(PATH)[0].tolist(),
    "GreedyMultiBit, axis": lambda n: quantizers.GreedyMultiBit(2, n).quantize(PATH)[0].tolist(),
    "AlternatingMultiBit": lambda n: (
        quantizers.AlternatingMultiBit(n, n, n).fit(PATH).values.tolist()
    ),
    "AdaptiveTernary": lambda n: quantizers.AdaptiveTernary(n).quantize(PATH)[0].tolist(),
    "AbsMeanTernary": lambda n: quantizers.AbsMeanTernary(n).quantize(PATH)[0].tolist(),
    "AlternatingDistance": lambda n: (
        AlternatingDistance(quantizers.GreedyMultiBit(n), n).prox(START, n).tolist()
    ),
    "value, axis": lambda n: W.value(PATH, axis=n).tolist(),
    "prox, weight": lambda n: DistanceL2(Binary()).prox(START, n).tolist(),
    "harden_at": lambda n: end(BinaryRelax(0.5, harden_at=n)),
    "Staircase": lambda n: [schedules.Staircase(schedules.Linear(n), n)(n), schedules.Linear(n)],
    "Hardened": lambda n: [schedules.Hardened(schedules.Linear(1), n)(k) for k in (1, n, 3)],
    "steps of schedules": lambda n: [
        schedule(n)
        for schedule in (
            schedules.Constant(0.5),
            schedules.Linear(0.5, 1),
            schedules.Polynomial(1.0, -1, 1),
            schedules.Exponential(1, Fraction(3, 2)),
            schedules.Sigmoid(1.0, 1, 1),
            schedules.Staircase(schedules.Exponential(1, 2), 1),
            schedules.Hardened(schedules.Exponential(1, 2), 3),
        )
    ],
    "simulate, steps": lambda n: simulate(BinaryConnect(0.1), PROBLEM, START, n).latent.tolist(),
    "simulate, record": lambda n: simulate(
        BinaryConnect(0.1), PROBLEM, START, 5, record=n
    ).steps.tolist(),
    "simulate, seed": lambda n: simulate(
        BinaryConnect(0.1), Quadratic.random(2, noise=0.5), START, 5, seed=n, stochastic=True
    ).latent.tolist(),
    "Quadratic.random": lambda n: Quadratic.random(n),
    "Huber.random": lambda n: problems.Huber.random(n, n, batch_size=n),
    "LogCosh.random": lambda n: problems.LogCosh.random(n, n, batch_size=n),
    "LogisticRegression.random": lambda n: problems.LogisticRegression.random(n, n, batch_size=n),
    "MatrixFactorisation": lambda n: problems.MatrixFactorisation.random(n, n, n, batch_size=n),
    "Rastrigin": lambda n: problems.Rastrigin(n, a=n, b=n, c=n),
    "Rosenbrock": lambda n: problems.Rosenbrock(n, steepness=n),
    "TanhNetwork": lambda n: problems.TanhNetwork.random(n, n, n, n, batch_size=n),
    "TrigonometricSum": lambda n: problems.TrigonometricSum.random(n, n, batch_size=n),
    "TwoFunctionToy": lambda n: problems.TwoFunctionToy(n - 1),
    "basin_map": lambda n: stability.basin_map(
        BinaryConnect(0.1), PROBLEM, 1, n, n, n, last=n
    ).labels.tolist(),
    "enumerate": lambda n: fixed_points.enumerate(PROBLEM, tolerance=n, max_dim=n).tolist(),
    "prox_gradient": lambda n: round(worst_case.prox_gradient(1, n).value, 6),
    "flips_per_step": lambda n: flips_per_step(PATH, n).tolist(),
    "DigitsSettings": lambda n: digits.DigitsSettings(hidden=n, seeds=n, seed=n),
}


def told(result: Any) -> str:
    return repr(result)


@pytest.mark.parametrize("given", NUMBERS)
@pytest.mark.parametrize("what", TAKES_A_NUMBER)
def test_numbers(what: str, given: str) -> None:
    call = TAKES_A_NUMBER[what]
    expected = told(call(Fraction(1, 4) if "fraction" in given else 0.25))
    assert told(call(NUMBERS[given])) == expected


@pytest.mark.parametrize("given", COUNTS)
@pytest.mark.parametrize("what", TAKES_A_COUNT)
def test_counts(what: str, given: str) -> None:
    call = TAKES_A_COUNT[what]
    assert told(call(COUNTS[given])) == told(call(2))


def test_statistics_of_arrays_are_scales() -> None:
    """The first things that come to mind: a mean, a maximum, a quantile of the weights."""
    for w in (np.random.default_rng(0).normal(size=9).astype(np.float32), torch.randn(9)):
        scale = float(abs(w).mean())
        assert sorted({abs(float(v)) for v in Binary(abs(w).mean()).project(w)}) == [scale]
        assert float(Ternary(w.max()).project(w).max()) == float(w.max())
        grid = UniformGrid(2, w.min(), w.max()).project(w)
        assert [float(grid.min()), float(grid.max())] == [float(w.min()), float(w.max())]


@pytest.mark.parametrize("wrong", [True, np.bool_(True), torch.tensor(True), "1", None, 1j, [1.0]])
@pytest.mark.parametrize("what", [*TAKES_A_NUMBER])
def test_what_is_no_number_is_refused(what: str, wrong: Any) -> None:
    takes_more = {
        "prox_gradient": [1.0],
        "lazy_prox_gradient": [1.0],
        "clip": None,
        "ProjectedSGD, clip": None,
        "BinaryRelax, strength": None,
    }
    if what.startswith(("basin_map", "Quadratic, random")) or takes_more.get(what, 2) == wrong:
        # they compute with the number first, or have a meaning for what is none
        return
    with pytest.raises((TypeError, ValueError), match=": expected"):
        TAKES_A_NUMBER[what](wrong)


def test_every_set_quantizer_regularizer_and_schedule_is_here() -> None:
    """A new class that takes a number has to be added above."""
    said = " ".join([*TAKES_A_NUMBER, *TAKES_A_COUNT])
    for module in (problems, quantizers, schedules):
        for name, found in vars(module).items():
            concrete = isinstance(found, type) and not getattr(found, "__abstractmethods__", None)
            if (
                concrete
                and found.__module__.startswith("pqtheory")
                and name not in ("Fit", "DigitsSplit")
            ):
                assert name in said, name
    for name in ("Binary", "Codebook", "ScaledBinary", "Ternary", "UniformGrid", "SmoothedL1"):
        assert name in said
    assert regularizers.DistanceL1 is DistanceL1
