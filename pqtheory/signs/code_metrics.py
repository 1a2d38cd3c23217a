"""What one update of a code tracker saw, under our names; docs/flip_ratios.md has those of others."""

import math
from dataclasses import dataclass
from typing import final

#: Bop's floor under the logarithm
FLIP_FLOOR = math.exp(-9)


@final
@dataclass(frozen=True)
class CodeMetrics:
    """What one update of a :class:`CodeTracker` saw, for one name or for all of them together.

    Shares are of the weights; what was not asked for is None.

    Attributes
    ----------
    size : int
        Number of weights.
    change_from_start, flips, reversals : float
        Shares whose code now differs from the start, differs from the update before, moves against its own last move.
    flips_per_weight, reversals_per_weight : float
        Numbers of flips and of reversals since the start, divided by ``size``.
    frequency : float
        Mean over the weights of Nagel's moving average, f <- m o + (1 - m) f with o = [reversal], from f = 0.
    oscillating : float, optional
        Share with f > ``threshold`` (0.005).
    occupation, mean_occupation : tuple of float, optional
        Share at each level, now and on average over the start and all updates; None for arrays with different numbers
        of levels together.
    dwell : tuple of float, optional
        Mean length of a stay at each level, in updates; 0 at levels never held. Stays that have not ended count as
        long as they have lasted.
    near_threshold : float, optional
        Share within ``near`` steps of a threshold.
    path_ratio : float, optional
        sum |change of q| / sum |change of w| over all weights in the last whole window.
    long_paths : float, optional
        Share whose own such ratio is above 16.
    """

    size: int
    change_from_start: float
    flips: float
    reversals: float
    flips_per_weight: float
    reversals_per_weight: float
    frequency: float
    oscillating: float | None = None
    occupation: tuple[float, ...] | None = None
    mean_occupation: tuple[float, ...] | None = None
    dwell: tuple[float, ...] | None = None
    near_threshold: float | None = None
    path_ratio: float | None = None
    long_paths: float | None = None

    @property
    def c2i(self) -> float:
        """Correlation to the initialization, 1 - change from the start."""
        return 1 - self.change_from_start

    @property
    def pi(self) -> float:
        """Bop's log(flips + e^-9)."""
        return math.log(self.flips + FLIP_FLOOR)

    @property
    def wasted_flips(self) -> float:
        """Share of the flips that took no weight from its start: 1 - change / flips per weight; 0 without flips."""
        return 1 - self.change_from_start / self.flips_per_weight if self.flips_per_weight else 0.0
