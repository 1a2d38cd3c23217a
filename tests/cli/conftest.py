"""Claim files of a test's own, checkpoints, and pictures that are asked for but not drawn."""

import importlib

import numpy as np
import pytest

import pqtheory as pq

from .running import CLAIM_FILE


@pytest.fixture
def claim_file(tmp_path):
    def write(name="mine", part=0.0, control=-1.0):
        path = tmp_path / f"{name}.py"
        path.write_text(CLAIM_FILE.format(name=name, part=part, control=control))
        return str(path)

    return write


CHECKPOINTS = (
    {"w": [[1.0, -1.0, 1.0, 1.0]], "v": [[1.0, float("nan")]], "n": [[1, 2]]},
    {"w": [[-1.0, -1.0, 1.0, 1.0]], "v": [[1.0, -1.0]], "n": [[1, 2]]},
    {"w": [[1.0, -1.0, -1.0, 1.0]], "v": [[1.0, -1.0]], "n": [[1, 2]]},
)


@pytest.fixture
def checkpoints(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in zip("abc", CHECKPOINTS, strict=True):
        np.savez(f"{name}.npz", **{k: np.array(v) for k, v in content.items()})
    return ("a.npz", "b.npz", "c.npz")


@pytest.fixture
def asked(monkeypatch):
    """What the pictures are asked for, by their options."""
    plot, found = importlib.import_module("pqtheory.cli.plot"), []

    def write(out, draw):
        found.append(out)
        draw()

    def recorded(name):
        return lambda **given: found.append((name, given))

    monkeypatch.setattr(plot, "write_picture", write)
    monkeypatch.setattr(plot, "PICTURES", {name: recorded(name) for name in pq.plotting.REGISTRY})
    return found
