r"""Exact cycles: x_{t + period} = x_t for all t >= start, from the first state that returns.

One returning state proves a cycle if the next state is a function of the state alone: full
gradients, a constant step size and strength, and a method whose memory is its latent point. The
path cannot tell whether that was so. What it can tell is checked: if the path stops repeating
before it ends, its states do not determine their successors (a stochastic or scheduled run), and
there is no cycle.

Hand over latent points: a quantized point may return before the state does. Where BinaryConnect
stays at a vertex its latent point may move on for ever; for that see
:func:`~pqtheory.stability.is_fixed_point`.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array, as_array, is_torch
from pqtheory._elementwise import widen
from pqtheory._messages import brief
from pqtheory.trajectory import Trajectory


@final
@dataclass(frozen=True)
class Cycle:
    """The states from step ``start`` on repeat with the smallest ``period`` (1: a fixed state)."""

    start: int
    period: int


def find_cycle(path: Any) -> Any:
    """Find the cycle that ``path`` enters, by exact equality of its states.

    -0.0 equals 0.0, NaN equals nothing. The search takes O(T dim) for each path of the batch.

    Parameters
    ----------
    path : Trajectory or array of shape (T + 1, ..., dim)
        Latent points, every step recorded; of a trajectory its ``latent`` is taken.

    Returns
    -------
    Cycle or None, or array of them
        For a path of shape (T + 1, dim) the cycle with the smallest start and period, None if no
        state returns or the repetition stops. For batches an object array of shape (...,).

    Raises
    ------
    TypeError
        If ``path`` is neither a trajectory nor a real floating-point array.
    ValueError
        If ``path`` is not of shape (T + 1, ..., dim), or a trajectory lacks steps.
    """
    states = _states(path)
    batch = states.shape[1:-1]
    found = np.empty(batch, dtype=object)
    for index in np.ndindex(batch):
        found[index] = _find_in_one(states[:, *index])
    return found if batch else found[()]


def _states(path: Any) -> Array:
    """Latent points as a NumPy array of native types."""
    if isinstance(path, Trajectory):
        if not np.array_equal(path.steps, np.arange(len(path.steps))):
            raise ValueError(
                "path: expected a trajectory with every step recorded (record='all'), "
                f"got steps {brief(path.steps.tolist())}"
            )
        path = path.latent
    xp, states = as_array(path, "path")
    if states.ndim < 2 or states.shape[0] == 0:
        raise ValueError(f"path: expected shape (T + 1, ..., dim), got {tuple(states.shape)}")
    states = widen(xp, states)
    return states.detach().cpu().numpy() if is_torch(states) else np.asarray(states)


def _find_in_one(states: Array) -> Cycle | None:
    """Find the first state that returns; None unless the path repeats to its end."""
    seen: dict[Any, int] = {}
    for step, key in enumerate(_keys(states)):
        if key is None:
            continue
        start = seen.setdefault(key, step)
        if start != step:
            period = step - start
            repeats = states[start + period :] == states[start:-period]
            return Cycle(start, period) if repeats.all() else None
    return None


def _keys(states: Array) -> list[Any]:
    """Hashable values that are equal exactly where rows are; None for rows with NaN."""
    if states.dtype == object:
        keys: list[Any] = [tuple(row) for row in states]
    else:
        rows = np.ascontiguousarray(states) + 0.0  # turns -0.0 into 0.0
        raw, width = rows.tobytes(), rows.itemsize * rows.shape[1]
        keys = [raw[i * width : (i + 1) * width] for i in range(len(rows))]
    unequal = (states != states).any(axis=1)
    return [None if bad else key for key, bad in zip(keys, unequal.tolist(), strict=True)]
