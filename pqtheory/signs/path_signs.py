"""The three sign-change metrics of a simulation while it runs: four bits per coordinate for any number of steps."""

from typing import Any, ClassVar, final

import numpy as np

from pqtheory._arrays import Array
from pqtheory.signs.named import ALL
from pqtheory.signs.tracker import SignMetrics, SignTracker
from pqtheory.trajectory import Snapshot, Tracker


@final
class PathSigns(Tracker):
    """Means over all starts and coordinates, one for each step; for ``simulate(..., record=PathSigns())``.

    What :func:`~pqtheory.signs.change_from_start`, :func:`~pqtheory.signs.flips_per_step` and
    :func:`~pqtheory.signs.reversals` (of the signs) give for the whole recorded path, averaged over all axes but the
    first.

    Attributes
    ----------
    tracker : SignTracker
        The bits of every coordinate, for what else is asked of them.

    Examples
    --------
    >>> signs = PathSigns()
    >>> run = pq.simulate(method, problem, starts, 100_000, record=signs, fields=())
    >>> signs.flips_per_step
    """

    fields: ClassVar[tuple[str, ...]] = ("latent",)

    def __init__(self) -> None:
        self.tracker: SignTracker | None = None
        self._metrics: list[SignMetrics] = []

    def update(self, snapshot: Snapshot) -> None:
        """Compare with the start and the step before."""
        if snapshot.step == 0:
            self.tracker, self._metrics = SignTracker(snapshot.latent), []
        elif self.tracker is None:
            raise ValueError(f"snapshot: expected step 0 first, got step {snapshot.step}")
        else:
            self._metrics.append(self.tracker.update(snapshot.latent)[ALL])

    @property
    def change_from_start(self) -> Array:
        """Fraction of coordinates whose sign differs from the start: shape (steps + 1,)."""
        return self._series("change_from_start")

    @property
    def flips_per_step(self) -> Array:
        """Fraction of coordinates whose sign differs from the step before: shape (steps + 1,)."""
        return self._series("flips")

    @property
    def reversals(self) -> Array:
        """Fraction of coordinates whose sign moves against its own last move: shape (steps + 1,)."""
        return self._series("reversals")

    def _series(self, name: str) -> Array:
        series: list[Any] = [getattr(m, name) for m in self._metrics]
        return np.array([0.0] * (self.tracker is not None) + series)
