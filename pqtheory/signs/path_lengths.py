r"""How far the quantized weights travel for each step of the latent ones, over windows of T updates:

ratio = sum_t |q_t - q_{t-1}| / sum_t |w_t - w_{t-1}|.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, final

import numpy as np

from pqtheory._arrays import Array
from pqtheory.signs.code_memory import entry
from pqtheory.signs.memory import check_total

#: a weight whose ratio is above this oscillates (TetraJet)
LARGE_RATIO = 16.0
#: what is remembered of each weight
ARRAYS = ("latent", "value", "latent_length", "value_length")


class Window(NamedTuple):
    """A whole window: the two lengths over all weights, and how many weights have a large ratio."""

    value_length: float = 0.0
    latent_length: float = 0.0
    large: int = 0


@final
class PathLengths:
    """Both lengths for each weight since the window began: four numbers a weight."""

    __slots__ = (*ARRAYS, "elapsed", "last", "window")

    def __init__(self, window: int, latent: Array, value: Array) -> None:
        self.window, self.elapsed = window, 0
        self.latent, self.value = np.array(latent), np.array(value)
        self.latent_length, self.value_length = np.zeros_like(latent), np.zeros_like(value)
        self.last: Window | None = None

    @property
    def ends(self) -> tuple[Array, Array]:
        """Latent weights and values at the last update."""
        return self.latent, self.value

    def update(self, latent: Array, value: Array) -> None:
        """Add a step; at the end of a window it becomes ``last`` and the next one begins."""
        with np.errstate(invalid="ignore", over="ignore"):
            self.latent_length += np.abs(latent - self.latent)
            self.value_length += np.abs(value - self.value)
            # weights may come in another precision; what is kept stays in that of the start
            self.latent = np.array(latent, dtype=self.latent.dtype)
            self.value = np.array(value, dtype=self.value.dtype)
        self.elapsed += 1
        if self.elapsed == self.window:
            large = self.value_length > LARGE_RATIO * self.latent_length
            lengths = (self.value_length, self.latent_length)
            value_sum, latent_sum = (float(length.sum(dtype=np.float64)) for length in lengths)
            self.last = Window(value_sum, latent_sum, int(large.sum()))
            self.elapsed = 0
            for length in lengths:
                length[...] = 0

    def state(self, name: str) -> dict[str, Any]:
        """Copy everything into a flat dict whose keys end in ``/name``."""
        state: dict[str, Any] = {f"{key}/{name}": getattr(self, key).copy() for key in ARRAYS}
        last = () if self.last is None else self.last
        return state | {f"elapsed/{name}": self.elapsed, f"window/{name}": np.array(last, float)}

    def loaded(self, name: str, state: Mapping[str, Any]) -> "PathLengths":
        """Make one of the same window and size from the entries of ``state`` that end in ``/name``.

        Raises
        ------
        ValueError
            If an entry does not fit.
        """
        lengths = PathLengths(self.window, self.latent, self.value)
        for key in ARRAYS:
            like = getattr(self, key)
            setattr(lengths, key, entry(state, f"{key}/{name}", like.dtype, like.shape))
        lengths.elapsed = check_total(state, f"elapsed/{name}")
        last = np.asarray(state[f"window/{name}"])
        if last.shape not in ((0,), (3,)) or lengths.elapsed >= self.window:
            raise ValueError(
                f"state: expected no or 3 numbers and fewer than {self.window} updates of a window, "
                f"got shape {last.shape} and {lengths.elapsed:d}"
            )
        if last.size:
            lengths.last = Window(float(last[0]), float(last[1]), int(last[2]))
        return lengths


def path_state_keys(name: str) -> list[str]:
    """List the keys of :meth:`PathLengths.state`."""
    return [f"{key}/{name}" for key in (*ARRAYS, "elapsed", "window")]
