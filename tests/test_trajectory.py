"""Trajectories: save, load, and what cannot be saved."""

import errno
import io
import pickle
from fractions import Fraction
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch

import pqtheory as pq
from pqtheory._notebook import described, shown, sketch
from pqtheory.methods import BinaryConnect
from pqtheory.problems import Quadratic
from pqtheory.trajectory import FIELDS, Trajectory

PROBLEM = Quadratic.random(dim=3)
START = np.random.default_rng(0).standard_normal((2, 3))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("fields", [FIELDS, ("latent",), ("values",), ("values", "gradients")])
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
            with pytest.raises(ValueError, match=f"^{field}: not recorded; ask"):
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
    with pytest.raises(TypeError, match=f"^save: expected .* got {got}$"):
        path.save(tmp_path / "run.npz")
    assert not (tmp_path / "run.npz").exists()


def test_trajectories_compare_by_identity() -> None:
    one, other = (pq.simulate(BinaryConnect(0.5), PROBLEM, START, 2) for _ in range(2))
    assert one == one
    assert one != other


def test_the_masked_starts_are_saved_too(tmp_path: Path) -> None:
    start = START.copy()
    start[1, 0] = np.nan
    path = pq.simulate(BinaryConnect(0.1), PROBLEM, start, 3, on_nonfinite="mask")
    path.save(tmp_path / "run.npz")
    assert pq.Trajectory.load(tmp_path / "run.npz").diverged.tolist() == [-1, 0]
    pq.simulate(BinaryConnect(0.1), PROBLEM, START, 3).save(tmp_path / "run.npz")
    assert pq.Trajectory.load(tmp_path / "run.npz").diverged is None


@pytest.mark.parametrize("fields", [(), ("values",)])
def test_where_starts_diverged_is_saved_without_their_weights(
    tmp_path: Path, fields: tuple[str, ...]
) -> None:
    start = np.array([[0.0, 0, 0], [np.nan, 0, 0]])
    for kept, expected in ((start, [-1, 0]), (start[1], 0)):
        run = pq.simulate(BinaryConnect(0.1), PROBLEM, kept, 2, fields=fields, on_nonfinite="mask")
        run.save(tmp_path / "run.npz")
        assert pq.Trajectory.load(tmp_path / "run.npz").diverged.tolist() == expected


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "run.npz"
    path = pq.simulate(BinaryConnect(0.1), PROBLEM, START, 3)
    path.save(file)
    before = file.read_bytes()
    plain = np.savez

    def full(stream: Any, **arrays: Any) -> None:
        plain(stream, **arrays)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match=r"No space left on device.*run\.npz"):
        path.save(file)
    assert file.read_bytes() == before
    assert [f.name for f in tmp_path.iterdir()] == ["run.npz"]


def npz(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def npy() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.ones(3))
    return stream.getvalue()


GOOD = npz(steps=np.arange(2), latent=np.ones((2, 3)))


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (b"", "no whole .npz archive"),
        (b"some text", "no whole .npz archive"),
        (GOOD[: len(GOOD) // 2], "no whole .npz archive"),
        (GOOD.replace(np.float64(1).tobytes(), np.float64(2).tobytes()), "no whole .npz archive"),
        (pickle.dumps({"steps": 1}), "no whole .npz archive"),
        (npz(steps=np.array([None])), "no whole .npz archive"),
        (npy(), "no archive with steps"),
        (npz(weights=np.ones(3)), "no archive with steps"),
        (npz(steps=np.arange(2), weights=np.ones(3)), r"unknown entries \['weights'\]"),
        (npz(steps=np.array([1, 1])), "steps that do not ascend"),
        (npz(steps=np.ones(2)), "steps that do not ascend"),
        (npz(steps=np.array([5, 3], np.uint64)), "steps that do not ascend"),
        (npz(steps=np.arange(2), latent=np.ones((3, 3))), r"latent of .* shape \(3, 3\)"),
        (npz(steps=np.arange(2), latent=np.ones((2, 3), int)), "latent of dtype int64"),
        (npz(steps=np.arange(2), latent=np.ones((2, 3)), values=np.ones((2, 3))), "values of"),
        (npz(steps=np.arange(2), latent=np.ones((2, 3)), quantized=np.ones((2, 4))), "quantized"),
        (npz(steps=np.arange(2), latent=np.ones((2, 3)), diverged=np.ones(4, int)), "diverged"),
    ],
)
def test_a_foreign_file_says_so(tmp_path: Path, content: bytes, got: str) -> None:
    file = tmp_path / "other.npz"
    file.write_bytes(content)
    with pytest.raises(
        ValueError, match=f"other.npz.*: expected what Trajectory.save wrote, got {got}"
    ):
        pq.Trajectory.load(file)


def test_a_file_that_is_not_there_is_no_foreign_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        pq.Trajectory.load(tmp_path / "none.npz")


def test_repr_says_what_was_recorded() -> None:
    recorded = {"latent": np.zeros((2, 3)), "quantized": None, "values": np.zeros(2)}
    path = Trajectory(np.array([0, 4]), recorded)
    latent, values = described(recorded["latent"]), described(recorded["values"])
    shown = f"<Trajectory of 2 records, steps 0 to 4; latent: {latent}, values: {values}>"
    assert repr(path) == shown
    assert repr(Trajectory(np.arange(0), {})) == "<Trajectory of 0 records, steps none; no fields>"


def test_a_notebook_shows_what_was_recorded_and_the_first_run() -> None:
    latent = np.arange(12.0).reshape(2, 2, 3)
    diverged = np.array([-1, 1])
    path = Trajectory(np.array([0, 4]), {"latent": latent, "values": None}, diverged)
    curves = sketch(path.steps, list(latent[:, 0].T), "latent weights of the first run, by step")
    facts = {"steps": "0 to 4", "latent": described(latent), "diverged": "1 of 2 starts"}
    assert path._repr_html_() == shown("Trajectory", facts=facts, plots=[curves])
    alone = Trajectory(np.array([0]), {"latent": latent[:1]})
    facts = {"steps": "0 to 0", "latent": described(latent[:1])}
    assert alone._repr_html_() == shown("Trajectory", facts=facts)


def test_a_notebook_shows_a_run_from_no_starts() -> None:
    path = pq.simulate(BinaryConnect(0.1), PROBLEM, np.zeros((0, 3)), 2)
    assert "svg" not in path._repr_html_()
