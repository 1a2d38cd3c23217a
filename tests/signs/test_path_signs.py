"""Sign metrics while a simulation runs are those of the whole recorded path."""

from typing import Any

import numpy as np
import pytest
import torch

import pqtheory as pq
from pqtheory.methods import BinaryConnect, ProxQuant
from pqtheory.problems import Quadratic
from pqtheory.regularizers import DistanceL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary
from pqtheory.signs import PathSigns
from pqtheory.trajectory import Snapshot

PROBLEM = Quadratic.random(dim=5, seed=1, noise=0.5)
START = np.random.default_rng(0).standard_normal((3, 4, 5))


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("stochastic", [False, True])
@pytest.mark.parametrize(
    "method", [BinaryConnect(0.2), ProxQuant(DistanceL1(Binary()), 0.1, Linear(0.05))]
)
def test_the_means_of_the_recorded_path(method: Any, stochastic: bool, backend: str) -> None:
    start = torch.asarray(START) if backend == "torch" else START
    path = pq.simulate(method, PROBLEM, start, 60, stochastic=stochastic)
    streamed = PathSigns()
    run = pq.simulate(method, PROBLEM, start, 60, record=streamed, stochastic=stochastic, fields=())
    assert all(field is None for field in run.recorded.values())
    latent, axes = np.asarray(path.latent), (1, 2, 3)
    for name in ("change_from_start", "flips_per_step"):
        expected = getattr(pq.signs, name)(latent, axes)
        assert expected.any()
        np.testing.assert_allclose(getattr(streamed, name), expected, rtol=1e-12)
    expected = pq.signs.reversals(np.where(latent >= 0, 1.0, -1.0), axes)
    np.testing.assert_allclose(streamed.reversals, expected, rtol=1e-12)
    assert streamed.tracker is not None
    assert streamed.tracker.updates == 60


def test_a_second_run_starts_anew() -> None:
    streamed = PathSigns()
    for steps in (7, 3):
        pq.simulate(BinaryConnect(0.2), PROBLEM, START, steps, record=streamed, fields=())
        assert streamed.flips_per_step.shape == (steps + 1,)


def test_before_any_run_and_out_of_turn() -> None:
    streamed = PathSigns()
    assert streamed.flips_per_step.shape == (0,)
    with pytest.raises(ValueError, match="snapshot: expected step 0 first, got step 4"):
        streamed.update(Snapshot(4, {"latent": START}))
