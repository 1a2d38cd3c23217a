"""What a recorder keeps of the steps, what it asks for, and what it says of fields and steps that are none."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from pqtheory._arrays import namespace
from pqtheory._recording import Recorder
from pqtheory.trajectory import FIELDS, Snapshot, Tracker

START = np.zeros((2, 3), np.float32)


def recorder(record: Any = "all", steps: int = 6, fields: Any = FIELDS) -> Recorder:
    return Recorder(record, np, START, steps, fields)


class Watching(Tracker):
    """A tracker of fields that are given."""

    def __init__(self, *fields: str) -> None:
        self.fields = fields  # type: ignore[misc]
        self.seen: list[Snapshot] = []

    def update(self, snapshot: Snapshot) -> None:
        self.seen.append(snapshot)


@pytest.mark.parametrize(
    ("record", "steps", "kept"),
    [
        ("all", 3, [0, 1, 2, 3]),
        ("all", 0, [0]),
        ("last", 3, [3]),
        (1, 3, [0, 1, 2, 3]),
        (2, 6, [0, 2, 4, 6]),
        (4, 6, [0, 4, 6]),
        (5, 6, [0, 5, 6]),
        (6, 6, [0, 6]),
        (7, 6, [0, 6]),
        (10**30, 6, [0, 6]),
        (np.int8(4), 6, [0, 4, 6]),
        (torch.tensor(4), 6, [0, 4, 6]),
        (3, 0, [0]),
        (lambda snapshot: None, 6, [6]),
        (Watching("latent"), 6, [6]),
    ],
)
def test_the_steps_that_are_kept(record: Any, steps: int, kept: list[int]) -> None:
    found = recorder(record, steps).trajectory(None)
    assert found.steps.tolist() == kept
    assert found.steps.dtype.kind == "i"
    assert found.latent.shape == (len(kept), 2, 3)
    assert found.values.shape == (len(kept), 2)


def test_memory_is_like_the_start() -> None:
    kept = recorder("all", 3, ("latent", "values")).trajectory(None).recorded
    assert list(kept) == list(FIELDS)
    assert (kept["quantized"], kept["gradients"]) == (None, None)
    assert {kept[name].dtype for name in ("latent", "values")} == {START.dtype}  # type: ignore[union-attr]
    start = torch.zeros((2, 3), dtype=torch.float16, device="meta")
    there = Recorder("last", namespace(start), start, 3, FIELDS).trajectory(None)
    for name, shape in (("latent", (1, 2, 3)), ("values", (1, 2))):
        field = getattr(there, name)
        assert (field.device.type, field.dtype) == ("meta", torch.float16)
        assert tuple(field.shape) == shape


def test_what_is_asked_for_at_each_step() -> None:
    found = recorder(2, 3, ("latent",))
    asked = []
    for step in range(4):
        wants = found.wants(step)
        asked.append(wants)
        if wants is not None:
            found.keep(step, {"latent": np.full((2, 3), step)})
    assert asked == [("latent",), None, ("latent",), ("latent",)]
    assert found.trajectory(None).latent[:, 0, 0].tolist() == [0, 2, 3]


def test_a_tracker_asks_at_every_step_for_its_own_fields() -> None:
    tracker = Watching("values", "gradients")
    found = recorder(tracker, 2, ("latent", "values"))
    assert [found.wants(step) for step in range(3)] == [
        ("values", "gradients"),
        ("values", "gradients"),
        ("values", "gradients", "latent", "values"),
    ]
    records = {"values": np.ones(2), "gradients": START, "latent": START + 2}
    for step in range(3):
        found.keep(step, records)
    assert [snapshot.step for snapshot in tracker.seen] == [0, 1, 2]
    assert all(list(seen.recorded) == ["values", "gradients"] for seen in tracker.seen)
    assert tracker.seen[0].values is records["values"]
    kept = found.trajectory(None)
    assert (kept.steps.tolist(), kept.reduced) == ([2], [])
    assert kept.latent.tolist() == [(START + 2).tolist()]
    assert kept.values.tolist() == [[1.0, 1.0]]


def test_a_function_sees_the_fields_that_are_kept_and_leaves_what_it_returns() -> None:
    answers = iter([0, None, "b"])
    seen: list[Any] = []

    def watch(snapshot: Snapshot) -> Any:
        seen.append((snapshot.step, list(snapshot.recorded)))
        return next(answers)

    found = recorder(watch, 2, ("values",))
    assert [found.wants(step) for step in range(3)] == [
        ("values",),
        ("values",),
        ("values", "values"),
    ]
    for step in range(3):
        found.keep(step, {"values": np.full(2, step)})
    assert seen == [(step, ["values"]) for step in range(3)]
    diverged = np.array([-1, 2])
    kept = found.trajectory(diverged)
    assert kept.reduced == [0, "b"]
    assert kept.diverged is diverged
    assert kept.values.tolist() == [[2, 2]]


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        (
            {"record": "none"},
            ValueError,
            "record: expected 'all', 'last' or an integer >= 1, a function or a Tracker, got 'none'",
        ),
        ({"record": 0}, ValueError, "record: expected an integer >= 1, got 0"),
        ({"record": True}, TypeError, "record: expected an integer, got True"),
        ({"record": 2.5}, TypeError, "record: expected an integer, got 2.5"),
        ({"record": None}, TypeError, "record: expected an integer, got None"),
        (
            {"record": SimpleNamespace},
            TypeError,
            "record: expected an integer, got <class 'types.SimpleNamespace'>",
        ),
        ({"fields": "latent"}, ValueError, f"fields: expected names out of {FIELDS}, got 'latent'"),
        ({"fields": 3}, ValueError, f"fields: expected names out of {FIELDS}, got 3"),
        (
            {"fields": ("latent", "loss")},
            ValueError,
            f"fields: expected names out of {FIELDS}, got ('latent', 'loss')",
        ),
        (
            {"record": Watching("latent", "loss")},
            ValueError,
            f"record: its fields: expected names out of {FIELDS}, got ('latent', 'loss')",
        ),
    ],
)
def test_what_is_refused(changes: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error) as refused:
        recorder(**changes)
    assert str(refused.value) == said


class Counted(int):
    """An integer that can be called."""

    def __call__(self) -> None:
        """Nothing."""


def test_an_integer_is_one_even_where_it_can_be_called() -> None:
    assert recorder(Counted(4), 6).trajectory(None).steps.tolist() == [0, 4, 6]
