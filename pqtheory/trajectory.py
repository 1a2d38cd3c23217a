"""Trajectories: what a simulation recorded, as plain arrays."""

from dataclasses import dataclass
from os import PathLike
from typing import Any, Self

import numpy as np

from pqtheory._arrays import Array, dtype_name

FIELDS = ("latent", "quantized", "gradients", "values")


@dataclass(frozen=True, eq=False)
class Trajectory:
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

    A field that was not recorded is None in ``recorded`` and raises where it is asked for.
    """

    steps: Array
    recorded: dict[str, Array | None]

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
        field = self.recorded.get(name)
        if field is None:
            raise ValueError(f"{name}: not recorded; ask simulate for fields=({name!r}, ...)")
        return field

    def save(self, file: str | PathLike[str]) -> None:
        """Write to an uncompressed ``.npz`` file (NumPy arrays; torch ones become NumPy).

        Raises
        ------
        TypeError
            If the records are exact fractions or bfloat16, which the format lacks.
        """
        kept = {k: v for k, v in self.recorded.items() if v is not None}
        if any(dtype_name(v) == "bfloat16" for v in kept.values()):
            raise TypeError("save: expected float16, float32 or float64 records, got bfloat16")
        arrays = {k: np.asarray(v) for k, v in kept.items()}
        if any(a.dtype == object for a in arrays.values()):
            raise TypeError("save: expected floating-point records, got exact fractions")
        with open(file, "wb") as stream:
            np.savez(stream, steps=self.steps, **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, file: str | PathLike[str]) -> Self:
        """Read what ``save`` wrote."""
        with np.load(file, allow_pickle=False) as stored:
            arrays: dict[str, Any] = dict(stored)
        return cls(arrays.pop("steps"), {name: arrays.get(name) for name in FIELDS})
