"""Trajectories: what a simulation recorded, as plain arrays; and one step of it, for what watches while it runs."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike, fspath
from pathlib import Path
from typing import Any, ClassVar, Self, final

import numpy as np

from pqtheory._arrays import Array, dtype_name
from pqtheory._files import whole_file
from pqtheory._messages import brief, counted
from pqtheory._notebook import described, floats, shown, sketch

FIELDS = ("latent", "quantized", "gradients", "values")


class Records:
    """Fields of a run, those of :data:`FIELDS` that were recorded; another raises where it is asked for."""

    recorded: Mapping[str, Array | None]

    @property
    def latent(self) -> Array:
        """The weights that the method remembers."""
        return self._field("latent")

    @property
    def quantized(self) -> Array:
        """The quantized weights."""
        return self._field("quantized")

    @property
    def gradients(self) -> Array:
        """Gradients at the query points."""
        return self._field("gradients")

    @property
    def values(self) -> Array:
        """Loss at the query points."""
        return self._field("values")

    def _field(self, name: str) -> Array:
        found = self.recorded.get(name)
        if found is None:
            raise ValueError(f"{name}: not recorded; ask simulate for fields=({brief(name)}, ...)")
        return found


@final
@dataclass(frozen=True, eq=False)
class Snapshot(Records):
    """One step of a run, before the next one is made: the fields of a trajectory without its axis of time.

    The arrays are the run's own: copy what is to be kept, and change nothing.

    Attributes
    ----------
    step : int
        Its number; 0 is the start.
    """

    step: int
    recorded: Mapping[str, Array | None]


class Tracker(ABC):
    """What reduces a run while it runs, so that nothing else of it is kept in memory.

    Attributes
    ----------
    fields : sequence of str
        What it looks at; nothing else is computed for it.
    """

    fields: ClassVar[Sequence[str]] = ("latent",)

    @abstractmethod
    def update(self, snapshot: Snapshot) -> None:
        """Take in one step; called for step 0, 1, 2, ... and the last."""


@dataclass(frozen=True, eq=False)
class Trajectory(Records):
    """A recorded run. R is the number of recorded steps: ``steps + 1`` where everything was recorded.

    Attributes
    ----------
    steps : array of int, shape (R,)
        The step number of each record; 0 is the start.
    latent : array of shape (R, ..., dim)
        The weights that the method remembers.
    quantized : array of shape (R, ..., dim)
        The quantized weights, its output.
    gradients : array of shape (R, ..., dim)
        Gradients at the query points.
    values : array of shape (R, ...)
        Loss at the query points (eager methods: the latent weights; lazy ones: the mapped weights).
    diverged : array of int, shape (...), or None
        The step after which a start was no longer finite, -1 where it always was; its records are NaN from there on.
        None unless the run was to mask such starts.
    reduced : list
        What the function given as ``record`` returned, step by step.

    A field that was not recorded is None in ``recorded`` and raises where it is asked for.
    """

    steps: Array
    recorded: Mapping[str, Array | None]
    diverged: Array | None = None
    reduced: list[Any] = field(default_factory=list)

    def __repr__(self) -> str:
        kept = ", ".join(f"{k}: {described(v)}" for k, v in self.recorded.items() if v is not None)
        return f"<Trajectory of {counted(len(self.steps), 'record')}, steps {self._ends()}; {kept or 'no fields'}>"

    def _ends(self) -> str:
        return f"{self.steps[0]} to {self.steps[-1]}" if len(self.steps) else "none"

    def _repr_html_(self) -> str:
        """What was recorded, and the first run's weights over the steps."""
        kept = {k: v for k, v in self.recorded.items() if v is not None}
        facts = {"steps": self._ends(), **{k: described(v) for k, v in kept.items()}}
        if self.diverged is not None:
            facts["diverged"] = (
                f"{int((self.diverged >= 0).sum())} of {counted(self.diverged.size, 'start')}"
            )
        plots = []
        for name in ("latent", "quantized"):
            if name in kept and len(self.steps) > 1 and kept[name].size:
                first = floats(kept[name].reshape(len(self.steps), -1, kept[name].shape[-1])[:, 0])
                caption = f"{name} weights of the first run, by step"
                plots.append(sketch(self.steps, list(first.T), caption))
        return shown("Trajectory", facts=facts, plots=plots)

    def save(self, file: str | PathLike[str]) -> None:
        """Write to an uncompressed ``.npz`` file (NumPy arrays; torch ones become NumPy), whole or not at all.

        What a function given as ``record`` returned is not written.

        Raises
        ------
        TypeError
            If the records are exact fractions or bfloat16, which the format lacks.
        OSError
            If it cannot be written; what was there before is still there.
        """
        kept = {k: v for k, v in self.recorded.items() if v is not None}
        if any(dtype_name(v) == "bfloat16" for v in kept.values()):
            raise TypeError("save: expected float16, float32 or float64 records, got bfloat16")
        arrays = {k: np.asarray(v) for k, v in kept.items()}
        if any(a.dtype == object for a in arrays.values()):
            raise TypeError("save: expected floating-point records, got exact fractions")
        if self.diverged is not None:
            arrays["diverged"] = self.diverged
        with whole_file(Path(file)) as stream:
            np.savez(stream, steps=self.steps, **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, file: str | PathLike[str]) -> Self:
        """Read what ``save`` wrote.

        Raises
        ------
        ValueError
            If the file holds something else, or is damaged.
        OSError
            If it cannot be read.
        """
        try:
            with open(file, "rb") as stream:
                stored = np.load(stream, allow_pickle=False)
                arrays = dict(stored) if isinstance(stored, Mapping) else {}
        except (OSError, MemoryError):
            raise
        except Exception as error:
            # whatever a damaged archive makes its readers say
            raise _foreign(file, "no whole .npz archive of numbers") from error
        if fault := _fault(arrays):
            raise _foreign(file, fault)
        steps, diverged = arrays["steps"], arrays.get("diverged")
        return cls(steps, {name: arrays.get(name) for name in FIELDS}, diverged)


def _foreign(file: Any, fault: str) -> ValueError:
    return ValueError(f"{brief(fspath(file))}: expected what Trajectory.save wrote, got {fault}")


def _fault(arrays: Mapping[str, Array]) -> str:
    """What keeps ``arrays`` from being a trajectory's; "" for nothing."""
    if "steps" not in arrays:
        return "no archive with steps"
    unknown = arrays.keys() - {"steps", "diverged", *FIELDS}
    if unknown:
        return f"unknown entries {brief(sorted(unknown))}"
    steps = arrays["steps"]
    if steps.ndim != 1 or steps.dtype.kind not in "iu" or not (steps[1:] > steps[:-1]).all():
        return "steps that do not ascend"
    points = [arrays[name].shape[1:] for name in FIELDS[:3] if name in arrays]
    # where no weights were kept
    starts = arrays["diverged"].shape if "diverged" in arrays else ()
    starts = arrays["values"].shape[1:] if "values" in arrays else starts
    vectors = (len(steps), *(points[0] if points else (*starts, 0)))
    expected = {**dict.fromkeys(FIELDS, vectors), "values": vectors[:-1], "diverged": vectors[1:-1]}
    for name, array in arrays.items():
        kind = "iu" if name in ("steps", "diverged") else "f"
        fits = array.shape == expected.get(name, steps.shape)
        if array.dtype.kind not in kind or not fits:
            return f"{name} of dtype {array.dtype} and shape {array.shape}"
    return ""


__all__ = [
    "Records",
    "Snapshot",
    "Tracker",
    "Trajectory",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
