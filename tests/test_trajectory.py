"""Trajectories: save, load, and what cannot be saved."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch

import pqtheory as pq
from pqtheory.methods import BinaryConnect
from pqtheory.problems import Quadratic
from pqtheory.trajectory import FIELDS

PROBLEM = Quadratic.random(dim=3)
START = np.random.default_rng(0).standard_normal((2, 3))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("fields", [FIELDS, ("latent",), ("values", "gradients")])
def test_round_trip(tmp_path: Path, fields: tuple[str, ...], backend: str, dtype: Any) -> None:
    start = START.astype(dtype)
    start = torch.asarray(start) if backend == "torch" else start
    path = pq.simulate(BinaryConnect(0.1), PROBLEM, start, 6, record=4, fields=fields)
    file = tmp_path / "run"  # no suffix is added
    path.save(file)
    back = pq.Trajectory.load(str(file))
    assert back.steps.tolist() == [0, 4, 6]
    for field in FIELDS:
        if field in fields:
            assert getattr(back, field).dtype == np.dtype(dtype)
            np.testing.assert_array_equal(getattr(back, field), np.asarray(getattr(path, field)))
        else:
            with pytest.raises(ValueError, match=f"{field}: not recorded"):
                getattr(back, field)


@pytest.mark.parametrize(
    ("start", "got"),
    [
        (START.astype(ml_dtypes.bfloat16), "bfloat16"),
        (torch.asarray(START, dtype=torch.bfloat16), "bfloat16"),
        (np.array([Fraction(1, 3)] * 3), "exact fractions"),
    ],
    ids=["numpy", "torch", "fractions"],
)
def test_what_the_format_lacks(tmp_path: Path, start: Any, got: str) -> None:
    path = pq.simulate(BinaryConnect(0.5), PROBLEM, start, 2)
    with pytest.raises(TypeError, match=f"save: expected .* got {got}"):
        path.save(tmp_path / "run.npz")
    assert not (tmp_path / "run.npz").exists()


def test_trajectories_compare_by_identity() -> None:
    one, other = (pq.simulate(BinaryConnect(0.5), PROBLEM, START, 2) for _ in range(2))
    assert one == one
    assert one != other
