"""The six methods against plain loops over steps and coordinates, and their wrong arguments."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import pqtheory as pq
from pqtheory.methods import (
    FULL_PRECISION,
    REGISTRY,
    BinaryConnect,
    BinaryRelax,
    DualAveraging,
    LazyProx,
    ProjectedSGD,
    ProxQuant,
    registered,
)
from pqtheory.methods.maps import Prox
from pqtheory.problems import Quadratic
from pqtheory.quantizers import AlternatingMultiBit
from pqtheory.regularizers import (
    AlternatingDistance,
    DistanceL1,
    DistanceL2,
    Indicator,
    SmoothedL1,
)
from pqtheory.schedules import Constant, Exponential, Hardened, Linear, Polynomial
from pqtheory.sets import Binary, Codebook, ScaledBinary, Ternary, UniformGrid

A = [[1.0, 0.5], [0.5, 2.0]]
B = [0.3, -0.7]
PROBLEM = Quadratic(A, B)
START = [0.4, -1.3]
STEPS = 60
W = DistanceL1(Binary())

Point = list[float]


def gradient(x: Point) -> Point:
    return [sum(A[i][j] * x[j] for j in range(2)) + B[i] for i in range(2)]


def sign(t: float) -> float:
    return 1.0 if t >= 0 else -1.0


def w_prox(t: float, weight: float) -> float:
    s = sign(t)
    if abs(t - s) <= weight:
        return s
    return t - weight if t > s else t + weight


def ternary(t: float) -> float:
    return 1.0 if t >= 0.5 else 0.0 if t >= -0.5 else -1.0


def clipped(t: float, bound: float) -> float:
    return min(max(t, -bound), bound)


def lazy(mapped: Callable[[float, int], float], eta: Callable[[int], float], bound: float) -> Any:
    latent, path, queries = list(START), [list(START)], []
    for t in range(STEPS):
        query = [mapped(v, t) for v in latent]
        queries.append(query)
        g = gradient(query)
        latent = [clipped(v - eta(t) * s, bound) for v, s in zip(latent, g, strict=True)]
        path.append(latent)
    return path, queries


def eager(mapped: Callable[[float, int], float], eta: Callable[[int], float], bound: float) -> Any:
    latent, path, queries = list(START), [list(START)], []
    for t in range(STEPS):
        queries.append(latent)
        g = gradient(latent)
        latent = [clipped(mapped(v - eta(t) * s, t), bound) for v, s in zip(latent, g, strict=True)]
        path.append(latent)
    return path, queries


def dual_averaging(eta: Callable[[int], float]) -> Any:
    total, path, queries = [0.0, 0.0], [list(START)], []
    for t in range(STEPS):
        query = []
        for z, start in zip(total, START, strict=True):
            # < sum eta g, s > + 1/2 (s - theta_0)^2, the largest of several minimisers
            query.append(max((-1.0, 1.0), key=lambda s: (-(z * s + 0.5 * (s - start) ** 2), s)))
        queries.append(query)
        total = [z + eta(t) * g for z, g in zip(total, gradient(query), strict=True)]
        path.append([start - z for z, start in zip(total, START, strict=True)])
    return path, queries


CONSTANT, DECAY = (lambda t: 0.07), (lambda t: 0.2 / (t + 1) ** 0.5)
DECAYING = Polynomial(0.2, -0.5, 1)
NO_BOUND = math.inf

CASES = {
    "binary-connect": (BinaryConnect(0.07), lazy(lambda v, t: sign(v), CONSTANT, NO_BOUND)),
    "binary-connect-clipped": (
        BinaryConnect(DECAYING, clip=0.5),
        lazy(lambda v, t: sign(v), DECAY, 0.5),
    ),
    "binary-connect-ternary": (
        BinaryConnect(0.07, set=Ternary()),
        lazy(lambda v, t: ternary(v), CONSTANT, NO_BOUND),
    ),
    "dual-averaging": (DualAveraging(Binary(), DECAYING), dual_averaging(DECAY)),
    "projected": (ProjectedSGD(Binary(), 0.07), eager(lambda v, t: sign(v), CONSTANT, NO_BOUND)),
    "projected-large-steps": (
        ProjectedSGD(Ternary(), 0.9),
        eager(lambda v, t: ternary(v), lambda t: 0.9, NO_BOUND),
    ),
    "lazy-prox": (
        LazyProx(W, 0.07, Linear(0.02)),
        lazy(lambda v, t: w_prox(v, 0.02 * t), CONSTANT, NO_BOUND),
    ),
    "lazy-prox-clipped": (
        LazyProx(W, 0.07, 0.3, clip=0.4),
        lazy(lambda v, t: w_prox(v, 0.3), CONSTANT, 0.4),
    ),
    # eager: the strength is multiplied by the step size
    "prox-quant": (
        ProxQuant(W, DECAYING, Linear(0.02)),
        eager(lambda v, t: w_prox(v, DECAY(t) * 0.02 * t), DECAY, NO_BOUND),
    ),
    "prox-quant-clipped": (
        ProxQuant(W, 0.07, 0.5, clip=0.6),
        eager(lambda v, t: w_prox(v, 0.035), CONSTANT, 0.6),
    ),
    "binary-relax": (
        BinaryRelax(0.07),
        lazy(lambda v, t: (v + 1.02**t * sign(v)) / (1 + 1.02**t), CONSTANT, NO_BOUND),
    ),
    "binary-relax-hardened": (
        BinaryRelax(0.07, 0.5, harden_at=20, set=Ternary(), clip=2),
        lazy(lambda v, t: (v + 0.5 * ternary(v)) / 1.5 if t < 20 else ternary(v), CONSTANT, 2.0),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_against_a_plain_loop(name: str) -> None:
    method, (path, queries) = CASES[name]
    got = pq.simulate(method, PROBLEM, np.array(START), STEPS)
    np.testing.assert_allclose(got.latent, path, atol=1e-12)
    np.testing.assert_allclose(got.gradients[:-1], [gradient(q) for q in queries], atol=1e-12)
    losses = [sum(q[i] * (gradient(q)[i] + B[i]) / 2 for i in range(2)) for q in queries]
    np.testing.assert_allclose(got.values[:-1], losses, atol=1e-12)
    project = (
        ternary
        if "ternary" in name or name in ("projected-large-steps", "binary-relax-hardened")
        else sign
    )
    np.testing.assert_array_equal(got.quantized, [[project(v) for v in p] for p in got.latent])


def test_binary_connect_is_dual_averaging_in_exact_arithmetic() -> None:
    exact = Quadratic(
        [[Fraction(1), Fraction(1, 2)], [Fraction(1, 2), Fraction(2)]],
        [Fraction(1, 3), Fraction(-2, 3)],
    )
    start = np.array([[Fraction(2, 5), Fraction(-9, 7)], [Fraction(0), Fraction(1, 7)]])
    eta = Polynomial(Fraction(1, 5), -1, 1)
    one = pq.simulate(BinaryConnect(eta), exact, start, 30)
    other = pq.simulate(DualAveraging(Binary(), eta), exact, start, 30)
    assert (one.quantized == other.quantized).all()
    assert (one.latent == other.latent).all()
    assert len({tuple(q) for q in one.quantized[:, 0]}) > 1


def test_clipping_keeps_fractions() -> None:
    problem = Quadratic([[Fraction(1)]], [Fraction(3)])
    path = pq.simulate(
        BinaryConnect(Fraction(1, 2), clip=0.75), problem, np.array([Fraction(1, 3)]), 6
    )
    assert all(isinstance(v, Fraction) for v in path.latent.flat)
    assert path.latent[-1, 0] == Fraction(-3, 4)


def test_an_infinite_clip_is_none() -> None:
    free = pq.simulate(BinaryConnect(0.3), PROBLEM, np.array(START), 10).latent
    loose = pq.simulate(BinaryConnect(0.3, clip=math.inf), PROBLEM, np.array(START), 10).latent
    np.testing.assert_array_equal(free, loose)


def test_overflowing_strength_projects() -> None:
    method = BinaryRelax(0.1, Exponential(1.0, 1e200))
    path = pq.simulate(method, PROBLEM, np.array(START), 4)
    reference = pq.simulate(BinaryConnect(0.1), PROBLEM, path.latent[1], 3)
    np.testing.assert_allclose(path.latent[1:], reference.latent, atol=1e-12)


def test_coupled_sets_work_where_a_projection_is_enough() -> None:
    path = pq.simulate(BinaryConnect(0.1, set=ScaledBinary()), PROBLEM, np.array(START), 3)
    np.testing.assert_allclose(np.abs(path.quantized[0]), np.mean(np.abs(START)))
    relaxed = BinaryRelax(0.1, set=ScaledBinary(axis=-1))
    assert pq.simulate(relaxed, PROBLEM, np.array([START, START]), 3).latent.shape == (4, 2, 2)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: BinaryConnect(0.1, clip=0), ValueError, "clip: expected a number > 0, got 0"),
        (lambda: BinaryConnect(0.1, clip="a"), TypeError, "clip: expected a number, got 'a'"),
        (
            lambda: BinaryConnect(0.1, set=3),
            TypeError,
            "set: expected a quantization set or a quantizer, got 3",
        ),
        (
            lambda: ProjectedSGD(W, 0.1),
            TypeError,
            "set: expected a quantization set or .*, got Dist",
        ),
        (
            lambda: BinaryRelax(0.1, set="b"),
            TypeError,
            "set: expected a quantization set or .*, got 'b'",
        ),
        (lambda: BinaryRelax(0.1, harden_at=-1), ValueError, "harden_at: expected an integer >= 0"),
        (lambda: BinaryRelax(0.1, harden_at=1.5), TypeError, "harden_at: expected an integer, got"),
        (lambda: BinaryRelax(0.1, -1), ValueError, "strength: expected a number >= 0, got -1"),
        (
            lambda: BinaryRelax(0.1, -1, harden_at=3),
            ValueError,
            "strength: expected a number >= 0, got -1",
        ),
        (lambda: LazyProx(W, 0.1, -1), ValueError, "strength: expected a number >= 0, got -1"),
        (lambda: ProxQuant(W, 0.1, math.nan), ValueError, "strength: expected .* got nan"),
        (lambda: ProxQuant(W, 0.1, "a"), TypeError, "strength: expected a number, got 'a'"),
        (
            lambda: ProxQuant("binary", 0.1, 1),
            TypeError,
            "regularizer: expected a regularizer, a quantization set or a quantizer, got 'binary'",
        ),
        (
            lambda: LazyProx(None, 0.1, 1),
            TypeError,
            "regularizer: expected a regularizer, .* got None",
        ),
        (
            lambda: DualAveraging(ScaledBinary(), 0.1),
            TypeError,
            "DualAveraging: expected a set with fixed levels .* got ScaledBinary",
        ),
    ],
)
def test_wrong_arguments(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    "make",
    [lambda s: LazyProx(W, 0.1, s), lambda s: ProxQuant(W, 0.1, s), lambda s: BinaryRelax(0.1, s)],
)
def test_a_strength_that_goes_wrong_later(make: Any) -> None:
    with pytest.raises(ValueError, match=r"strength at step 3: expected a number >= 0, got -0.5"):
        pq.simulate(make(Linear(-0.5, 1)), PROBLEM, np.array(START), 6)


@pytest.mark.parametrize(
    "method",
    [
        *(make(0.1) for make in pq.methods.REGISTRY.values()),
        BinaryConnect(Fraction(1, 3), set=Ternary(0.5), clip=1),
        BinaryRelax(Linear(0.1), 2, harden_at=7, set=Codebook((-1, 0.25)), clip=2.5),
        DualAveraging(UniformGrid(2, -1, 1), Polynomial(1, -0.5, 1)),
        ProjectedSGD(ScaledBinary(axis=(0, -1)), 0.1, clip=math.inf),
        LazyProx(SmoothedL1(Binary(), 0.25), 0.1, math.inf),
        ProxQuant(
            AlternatingDistance(AlternatingMultiBit(2, -1), 3), 0.1, Exponential(1, 2), clip=1
        ),
    ],
)
def test_evaluated_the_repr_is_an_equal_method(method: Any) -> None:
    names = {**vars(pq.methods), **vars(pq.sets), **vars(pq.regularizers), **vars(pq.schedules)}
    again = eval(
        repr(method), {**names, **vars(pq.quantizers), "Fraction": Fraction, "inf": math.inf}
    )
    assert again == method
    assert hash(again) == hash(method)
    assert repr(again) == repr(method)


def test_methods_are_equal_where_their_arguments_are() -> None:
    assert BinaryConnect(0.1) == BinaryConnect(Constant(0.1), set=Binary(1.0))
    assert len({BinaryConnect(0.1), BinaryConnect(0.1), BinaryConnect(0.2)}) == 2
    assert BinaryConnect(0.1) != ProjectedSGD(Binary(), 0.1)
    assert BinaryConnect(0.1) != BinaryConnect(0.1, clip=1)
    assert ProxQuant(W, 0.1, 1) != LazyProx(W, 0.1, 1)
    assert repr(BinaryConnect(0.1, clip=1)) == (
        "BinaryConnect(set=Binary(scale=1.0), step_size=Constant(value=0.1), clip=1)"
    )

    class Mine(DualAveraging.__base__):  # type: ignore[misc, name-defined]
        step_size = Constant(1)

        def query(self, state: Any) -> Any: ...
        def step(self, state: Any, gradient: Any) -> Any: ...
        def output(self, state: Any) -> Any: ...

    mine = Mine()
    assert mine == mine
    assert mine != Mine()
    assert len({mine, mine, Mine()}) == 2
    assert "Mine object at" in repr(mine)


@pytest.mark.parametrize(
    ("method", "regularizer", "strength"),
    [
        (BinaryConnect(0.1), Indicator(Binary()), Constant(math.inf)),
        (ProjectedSGD(Ternary(), 0.1), Indicator(Ternary()), Constant(math.inf)),
        (LazyProx(W, 0.1, 2), W, Constant(2)),
        (ProxQuant(W, 0.1, Linear(3)), W, Linear(3)),
        (BinaryRelax(0.1, 2), DistanceL2(Binary()), Constant(2)),
        (BinaryRelax(0.1, 2, harden_at=7), DistanceL2(Binary()), Hardened(Constant(2), 7)),
    ],
)
def test_every_map_is_the_prox_of_a_regularizer_at_a_strength(
    method: Any, regularizer: Any, strength: Any
) -> None:
    assert method.map == Prox(regularizer, strength)
    weights = [method.map.weight(step, 0.5, np.array(START)) for step in (0, 7)]
    assert weights == [0.5 * strength(step) for step in (0, 7)]
    assert method.map.separable


def test_an_infinite_strength_stays_infinite_whatever_the_step_size() -> None:
    for eta in (1e-300, Fraction(1, 3), 2):
        assert Prox(W, math.inf).weight(0, eta, np.array(START)) == math.inf


def test_the_registry_carries_class_name_label_and_colour() -> None:
    for name, entry in REGISTRY.items():
        assert entry.method is not None
        assert type(entry(0.1)) is entry.method
        assert (entry.name, entry.label) == (name, entry.method.__name__)
        assert name == entry.label.lower()
        assert entry.colour.startswith("#")
    assert FULL_PRECISION.name == "full-precision"
    with pytest.raises(TypeError, match="full precision: expected a method that quantizes"):
        FULL_PRECISION(0.1)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("BinaryConnect", "binaryconnect"),
        ("binary-connect", "binaryconnect"),
        ("Prox Quant", "proxquant"),
        ("binary_relax", "binaryrelax"),
        ("full precision", "full-precision"),
        ("full-precision", "full-precision"),
    ],
)
def test_methods_are_found_by_every_spelling(spelling: str, name: str) -> None:
    found = registered(spelling)
    assert found is not None
    assert found.name == name
    assert registered("magic") is None
