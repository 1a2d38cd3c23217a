"""Sign changes of one's own simulations against steps: a line for each, a band over its starts."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import array_api_compat
import numpy as np

from pqtheory import signs
from pqtheory._arrays import Array, as_array, is_torch
from pqtheory._messages import brief, counted
from pqtheory.plotting.looks import looks
from pqtheory.plotting.parts import describe, draw_band, grid_of_axes, legend_below, title
from pqtheory.plotting.sign_curves import METRICS, at_the_end, late
from pqtheory.plotting.styles import picture
from pqtheory.signs import CODE_METRICS, PathSigns
from pqtheory.trajectory import Trajectory

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MEASURES = {
    "change_from_start": signs.change_from_start,
    "flips": signs.flips_per_step,
    "reversals": lambda latent: signs.reversals(_signs(latent)),
}


@final
class _Series:
    """A metric at steps: fractions of shape (points, starts)."""

    def __init__(self, steps: Array, fractions: Array) -> None:
        self.steps, self.fractions = steps, fractions.reshape(len(steps), -1)


@picture
def flips(paths: Mapping[str, Any], metric: str = "flips", *, style: str | None = None) -> "Figure":
    """Draw a sign metric of simulations: the mean over the starts as a line, one standard deviation as a band.

    Every name of a method has that method's colour, however it is spelled; a second name of one has another dash.

    Parameters
    ----------
    paths : mapping of str to path
        By name. A path is a :class:`~pqtheory.trajectory.Trajectory` or an array of shape (steps + 1, ..., dim), time
        first, whose axes between are the starts; a file of either, as ``Trajectory.save`` and ``numpy.save`` write
        them; what recorded the signs while a run was simulated, a :class:`~pqtheory.signs.PathSigns`, which has the
        mean over all starts alone; or a list of these, such as one for each seed. Of a trajectory the signs of the
        latent weights count, where these were not recorded those of the quantized ones; between records of every
        k-th step, changes since the record before.
    metric : {"flips", "change_from_start", "reversals"}
        Which.
    style : str, optional
        One of ``STYLES``.

    Returns
    -------
    matplotlib.figure.Figure
        Its axis of steps begins at 0, before which nothing can have flipped.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    TypeError
        If ``paths`` is no mapping, or one of them is no path.
    ValueError
        If there is none, the metric is unknown, or an array or a file is not of such a shape.
    OSError
        If a file cannot be read.

    Examples
    --------
    >>> runs = {name: pq.simulate(m, problem, starts, 500) for name, m in methods.items()}
    >>> pq.plotting.save(pq.plotting.flips(runs), "flips.png")
    """
    if not isinstance(paths, Mapping):
        raise TypeError(f"paths: expected a mapping of names to paths, got {brief(paths)}")
    if not paths:
        raise ValueError("paths: expected at least one, got none")
    if metric not in METRICS:
        raise ValueError(f"metric: expected one of {', '.join(METRICS)}, got {brief(metric)}")
    series = {str(name): _series(path, metric, f"paths[{name!r}]") for name, path in paths.items()}
    figure, axes = grid_of_axes(1, 1, 7.0, 4.4)
    axis = axes[0, 0]
    lines = looks(list(series), one_colour=True)
    for (name, found), look in zip(series.items(), lines, strict=True):
        draw_band(axis, found.steps, 100 * found.fractions, look, name)
    axis.set_xlabel("step")
    axis.set_ylabel(CODE_METRICS[metric].axis)
    axis.set_xlim(0, max(1, *(int(found.steps[-1]) for found in series.values())))
    axis.set_ylim(bottom=0)
    legend_below(figure, axis)
    what = at_the_end(metric, {name: found.fractions for name, found in series.items()})
    title(axis, what)
    seen = (f"{name}: {_seen(found)}." for name, found in series.items())
    return describe(
        figure, f"{what} (means, and bands of one standard deviation). {' '.join(seen)}"
    )


def _series(path: Any, metric: str, name: str) -> _Series:
    if isinstance(path, (list, tuple)) and any(_is_run(run) for run in path):
        return _together([_series(run, metric, f"{name}[{i}]") for i, run in enumerate(path)], name)
    if isinstance(path, (str, PathLike)):
        path = _read(Path(path), name)
    if isinstance(path, PathSigns):
        recorded = {"flips": "flips_per_step"}.get(metric, metric)
        fractions = np.asarray(getattr(path, recorded))
        if not len(fractions):
            raise ValueError(f"{name}: expected signs of a run, got those of none yet")
        return _Series(np.arange(len(fractions)), fractions)
    if isinstance(path, Trajectory):
        steps, latent = path.steps, path.recorded.get("latent")
        latent = path.recorded.get("quantized") if latent is None else latent
        if latent is None:
            raise ValueError(
                f"{name}: expected a trajectory with latent or quantized weights, got one without; "
                "what recorded the signs while it ran, such as PathSigns, can be given in its place"
            )
    else:
        latent, steps = path, None
    return _of_array(latent, steps, metric, name)


def _is_run(value: Any) -> bool:
    """Whether an entry of a list is a path itself, and not a step of one that is written in numbers."""
    whole = isinstance(value, (str, PathLike, PathSigns, Trajectory))
    return whole or (array_api_compat.is_array_api_obj(value) and value.ndim > 0)


def _together(series: list[_Series], name: str) -> _Series:
    steps = series[0].steps
    if any(not np.array_equal(found.steps, steps) for found in series):
        raise ValueError(
            f"{name}: expected runs of the same recorded steps, got others beside them"
        )
    return _Series(steps, np.concatenate([found.fractions for found in series], axis=1))


def _of_array(latent: Any, steps: Array | None, metric: str, name: str) -> _Series:
    if isinstance(latent, np.ndarray) and latent.dtype.kind in "iu":
        # codes and signs
        latent = latent.astype(np.float64)
    _, points = as_array(latent, name)
    if points.ndim < 2 or not points.shape[0]:
        raise ValueError(
            f"{name}: expected shape (steps + 1, ..., dim), time first, got {tuple(points.shape)}"
        )
    if not all(points.shape[1:]):
        raise ValueError(
            f"{name}: expected at least one start and weight, got {tuple(points.shape)}"
        )
    fractions = _MEASURES[metric](points)
    if is_torch(fractions):
        fractions = fractions.detach().cpu().numpy()
    return _Series(np.arange(len(points)) if steps is None else steps, np.asarray(fractions))


def _signs(latent: Array) -> Array:
    """+1 and -1, with the sign of 0 positive."""
    return 2.0 * (latent >= 0) - 1.0


def _read(file: Path, name: str) -> Any:
    """A trajectory or an array."""
    if file.suffix == ".npy":
        try:
            return np.load(file, allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise ValueError(
                f"{name}: {brief(str(file))} is no array of numbers: {error}"
            ) from error
    if file.is_dir():
        raise ValueError(
            f"{name}: expected a file of Trajectory.save or numpy.save, got the folder {brief(str(file))}"
        )
    return Trajectory.load(file)


def _seen(found: _Series) -> str:
    """How many starts and steps, and the mean at the end."""
    starts = found.fractions.shape[-1]
    return (
        f"{counted(starts, 'start')}, {counted(found.steps[-1], 'step')}, "
        f"{100 * late(found.fractions):.3g} % on average in the last tenth"
    )
