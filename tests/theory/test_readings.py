"""Paths of arrays that differ from the terms are noticed, each where a proof alone would not see it."""

from fractions import Fraction

import numpy as np
import pytest

import pqtheory as pq
from pqtheory.claims import Budget
from pqtheory.theory.readings import (
    StepReadings,
    envelope_readings,
    projection_readings,
    prox_readings,
    slope_readings,
    value_readings,
)

QUICK, FULL = Budget("quick"), Budget("full")
W = pq.regularizers.DistanceL1(pq.sets.Binary())
GRID = pq.sets.UniformGrid(2, -1.5, 1.5)
QUARTER = Fraction(1, 4)


@pytest.mark.parametrize(
    "check",
    [
        prox_readings(W, QUARTER),
        prox_readings(pq.regularizers.DistanceL1(GRID), Fraction(1, 8)),
        prox_readings(pq.regularizers.DistanceL2(pq.sets.Binary()), Fraction(1)),
        value_readings(W),
        value_readings(pq.regularizers.Bump(pq.sets.Binary()), ulps=1, finite=False),
        envelope_readings(W, QUARTER, ulps=1),
        projection_readings(GRID),
        slope_readings(W),
        StepReadings(pq.methods.ProxQuant(W, 0.5, 0.25)),
        StepReadings(pq.methods.BinaryConnect(0.5, clip=1.0)),
    ],
    ids=lambda check: getattr(check, "name", "steps"),
)
def test_all_paths_agree(check):
    found = check(QUICK)
    assert found.kind == "proved"
    assert found.cases >= 1000
    assert found.proof[0].text


def test_compiled_torch_is_a_path_of_the_full_budget():
    pytest.importorskip("torch")
    found = prox_readings(W, QUARTER)(FULL)
    assert found.kind == "proved"
    assert "torch, compiled" in found.proof[0].text


def test_what_is_compiled_is_so_each_time():
    """Beyond its limit torch runs a function as it is, and the reading would be the plain one twice."""
    torch = pytest.importorskip("torch")
    from pqtheory.networks.readings import on_tensors

    def operator(theta):
        return theta + 1 if torch.compiler.is_compiling() else theta

    with torch._dynamo.config.patch(recompile_limit=1):
        for dtype in (np.float32, np.float64, np.float16):
            found = on_tensors(operator, np.zeros(3, dtype), in_place=False, compiled=True)
            assert [found[path].tolist() for path in ("torch", "torch, compiled")] == [
                [0] * 3,
                [1] * 3,
            ]


def refuted(check):
    found = check(QUICK)
    assert found.kind == "refuted"
    return found.counterexample


def test_torch_with_sign_0_of_minus_1_is_noticed(monkeypatch):
    torch = pytest.importorskip("torch")
    right = pq.sets.Binary.project

    def wrong(self, theta, out=None):
        result = right(self, theta, out)
        if isinstance(theta, torch.Tensor):
            result = torch.where(theta == 0, -torch.ones_like(result), result)
        return result

    monkeypatch.setattr(pq.sets.Binary, "project", wrong)
    case = refuted(projection_readings(pq.sets.Binary()))
    assert case["path"].startswith("torch")
    assert case["theta"] == 0


def test_a_binary_search_that_is_off_by_one_is_noticed(monkeypatch):
    from pqtheory.sets import finite

    fine = pq.sets.UniformGrid(4, -1.875, 1.875)
    assert len(fine.level_values) > finite.CHAIN
    assert projection_readings(fine)(QUICK).kind == "proved"
    right = finite.step_function

    def wrong(xp, t, thresholds, levels):
        if xp is np and t.dtype != object:
            return np.asarray(levels, t.dtype)[np.searchsorted(np.asarray(thresholds, t.dtype), t)]
        return right(xp, t, thresholds, levels)

    monkeypatch.setattr(finite, "step_function", wrong)
    assert refuted(projection_readings(fine))["path"].startswith("NumPy")


def test_a_wrong_bound_in_place_is_noticed(monkeypatch):
    from pqtheory._elementwise import InPlace
    from pqtheory.regularizers import distance_l1

    def wrong(xp, out, t, p, w):
        distance_l1.write_toward(xp, out, t, p, 2 * w)

    monkeypatch.setattr(distance_l1, "_TOWARD", InPlace(distance_l1.toward, wrong))
    assert refuted(prox_readings(W, QUARTER))["path"] != "NumPy"


def test_a_subdifferential_without_its_midpoints_is_noticed(monkeypatch):
    monkeypatch.setattr(
        type(W.set), "at_tie", lambda self, xp, t, cells: (t != t) if t.dtype != object else t == 0
    )
    assert refuted(slope_readings(W))["theta"] == 0


def test_a_wrong_envelope_is_noticed(monkeypatch):
    right = pq.regularizers.DistanceL1.envelope

    def wrong(self, theta, weight, axis=None):
        result = right(self, theta, weight, axis)
        return result if theta.dtype == object else 2 * result

    monkeypatch.setattr(pq.regularizers.DistanceL1, "envelope", wrong)
    assert refuted(envelope_readings(W, QUARTER, ulps=1))


def test_a_torch_optimizer_without_the_step_size_is_noticed(monkeypatch):
    pytest.importorskip("torch")
    from pqtheory.networks.optim import eager

    right = eager.EagerGroup.weight

    def without(self, step, group):
        return right(self, step, {**group, "lr": 1.0})

    monkeypatch.setattr(eager.EagerGroup, "weight", without)
    case = refuted(StepReadings(pq.methods.ProxQuant(W, 0.5, 0.25)))
    assert case["path"] == "the torch optimizer"


def test_a_clip_before_the_prox_is_noticed(monkeypatch):
    right = pq.methods.Eager.step

    def wrong(self, state, gradient):
        if state.latent.dtype == object:
            return right(self, state, gradient)
        moved = np.clip(state.latent - 0.5 * gradient, -self.clip, self.clip)
        return type(state)(self.map(moved, state.step, 0.5), state.step + 1)

    monkeypatch.setattr(pq.methods.Eager, "step", wrong)
    assert refuted(StepReadings(pq.methods.ProxQuant(W, 0.5, 0.25, clip=0.75)))["path"] == "NumPy"
