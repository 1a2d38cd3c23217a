r"""Sign changes along a recorded path: (1/d) sum_i [event_i(t)] for the three kinds of event."""

import math
from typing import Any

from pqtheory._arrays import Array, Namespace, as_array
from pqtheory._checks import python_number
from pqtheory._messages import brief

Axis = int | tuple[int, ...] | None


def change_from_start(latent: Any, axis: Axis = -1) -> Array:
    """Fraction of coordinates whose sign differs from the start; entry 0 is 0.

    Parameters
    ----------
    latent : array of shape (T + 1, ..., dim)
        Points along a path, time first.
    axis : int, tuple of int or None
        Axes of ``latent`` averaged over; the time axis 0 is not allowed. None: no average.

    Returns
    -------
    array
        Float64 fractions of shape (T + 1, ...), or the events, booleans of the shape of ``latent``,
        for ``axis=None``. NaN counts as negative.

    Raises
    ------
    TypeError
        If ``latent`` is not a real floating-point array, or ``axis`` holds no integers.
    ValueError
        If ``latent`` has no time step, or ``axis`` is out of range or the time axis.
    """
    xp, points, axis = _check_path(latent, "latent", axis)
    positive = points >= 0
    return _fraction(xp, positive != positive[:1], axis)


def flips_per_step(latent: Any, axis: Axis = -1) -> Array:
    """Fraction of coordinates whose sign differs from the step before; entry 0 is 0.

    Parameters, result and errors are those of :func:`change_from_start`.
    """
    xp, points, axis = _check_path(latent, "latent", axis)
    positive = points >= 0
    flips = xp.zeros_like(positive)
    flips[1:] = positive[1:] != positive[:-1]
    return _fraction(xp, flips, axis)


def reversals(quantized: Any, axis: Axis = -1) -> Array:
    """Fraction of coordinates whose level moves against its own last move; entry 0 is 0.

    Any levels will do: a move up counts if the coordinate's last move, however long ago, was down,
    and conversely. For signs these are all flips but the first. A step into or out of NaN is no
    move. Parameters, result and errors are otherwise those of :func:`change_from_start`.
    """
    xp, points, axis = _check_path(quantized, "quantized", axis)
    up, down = points[1:] > points[:-1], points[1:] < points[:-1]
    reverses = xp.zeros_like(points > points)
    last_up = last_down = reverses[0]
    for t in range(up.shape[0]):
        reverses[t + 1] = (up[t] & last_down) | (down[t] & last_up)
        last_up, last_down = up[t] | (last_up & ~down[t]), down[t] | (last_down & ~up[t])
    return _fraction(xp, reverses, axis)


def _check_path(points: Any, name: str, axis: Axis) -> tuple[Namespace, Array, Axis]:
    xp, points = as_array(points, name)
    if points.ndim == 0 or points.shape[0] == 0:
        raise ValueError(f"{name}: expected shape (T + 1, ..., dim), got {tuple(points.shape)}")
    if axis is None:
        return xp, points, None
    axes = tuple(python_number(a) for a in (axis if isinstance(axis, tuple) else (axis,)))
    for a in axes:
        if type(a) is not int:
            raise TypeError(
                f"axis: expected None, an integer or a tuple of them, got {brief(axis)}"
            )
        if a == 0 or not -points.ndim < a < points.ndim:
            raise ValueError(
                f"axis: expected axes of {name} other than its time axis 0, "
                f"got {brief(axis)} for shape {tuple(points.shape)}"
            )
    return xp, points, axes


def _fraction(xp: Namespace, events: Array, axis: Axis) -> Array:
    """Mean of booleans over ``axis``, in float64; 0 where there are no coordinates."""
    if axis is None:
        return events
    count = math.prod(events.shape[a] for a in (axis if isinstance(axis, tuple) else (axis,)))
    return xp.sum(events, axis=axis, dtype=xp.float64) / max(count, 1)
