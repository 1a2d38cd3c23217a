"""What a simulation keeps of its steps: arrays made beforehand, and what a function or a tracker reduces them to."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pqtheory._arrays import Array, Namespace
from pqtheory._checks import check_count, python_number
from pqtheory._messages import brief
from pqtheory.trajectory import FIELDS, Snapshot, Tracker, Trajectory

Record = str | int | Tracker | Callable[[Snapshot], Any]


class Recorder:
    """Keeps the wanted fields of the wanted steps; hands every step to the function or tracker, if there is one."""

    def __init__(
        self, record: Record, xp: Namespace, start: Array, steps: int, fields: Sequence[str]
    ) -> None:
        record = python_number(record)
        self.watcher = None if isinstance(record, (str, int)) else _watcher(record)
        self.steps = _recorded_steps("last" if self.watcher else record, steps)
        self.fields = _check_fields(fields, "fields")
        self.watched: tuple[str, ...] = ()
        if isinstance(record, Tracker):
            self.watched = _check_fields(record.fields, "record: its fields")
        elif self.watcher:
            self.watched = self.fields
        self.count = 0
        self.reduced: list[Any] = []
        self.kept: dict[str, Array | None] = dict.fromkeys(FIELDS)
        shape = (len(self.steps), *start.shape)
        for name in self.fields:
            field_shape = shape[:-1] if name == "values" else shape
            if xp is np:
                self.kept[name] = np.empty(field_shape, dtype=start.dtype)
            else:
                self.kept[name] = xp.empty(field_shape, dtype=start.dtype, device=start.device)

    def wants(self, step: int) -> tuple[str, ...] | None:
        """The fields that are looked at after ``step``; None where nobody looks."""
        kept = self.fields if self.steps[self.count] == step else None
        if self.watcher is None:
            return kept
        return self.watched if kept is None else (*self.watched, *kept)

    def keep(self, step: int, records: Mapping[str, Array | None]) -> None:
        """Take in the records of a step that is wanted."""
        if self.watcher is not None:
            shown = {name: records[name] for name in self.watched}
            result = self.watcher(Snapshot(step, shown))
            if result is not None:
                self.reduced.append(result)
        if self.steps[self.count] == step:
            for name in self.fields:
                field = self.kept[name]
                if field is not None:
                    field[self.count] = records[name]
            self.count += 1

    def trajectory(self, diverged: Array | None) -> Trajectory:
        """All that was kept."""
        return Trajectory(self.steps, self.kept, diverged, self.reduced)


def _watcher(record: Any) -> Callable[[Snapshot], Any]:
    if isinstance(record, Tracker):
        return record.update
    if isinstance(record, type) or not callable(record):
        # the message of an integer, which is what is neither a word nor anything to call
        check_count(record, "record")
        raise TypeError(f"record: expected a function or a Tracker, got {brief(record)}")
    return record


def _check_fields(fields: Any, name: str) -> tuple[str, ...]:
    names = (None,) if isinstance(fields, str) or not isinstance(fields, Iterable) else (*fields,)
    if not all(f in FIELDS for f in names):
        raise ValueError(f"{name}: expected names out of {FIELDS}, got {brief(fields)}")
    return names


def _recorded_steps(record: Any, steps: int) -> Array:
    if record == "all":
        return np.arange(steps + 1)
    if record == "last":
        return np.array([steps])
    if isinstance(record, str):
        raise ValueError(
            "record: expected 'all', 'last' or an integer >= 1, a function or a Tracker, "
            f"got {brief(record)}"
        )
    every = check_count(record, "record")
    return np.unique(np.append(np.arange(0, steps + 1, min(every, steps + 1)), steps))
