r"""Sign changes in the three meanings in use; sign(0) = sign(-0.0) = +1, NaN counts as negative.

=================  ======================================================================
change_from_start  sign differs from the start: ||sign(a) - sign(b)||_1 / (2 d), the paper's
flips_per_step     sign differs from the step before (binary-network libraries)
reversals          level moves against its own last move (the oscillation literature)
=================  ======================================================================

They differ: a weight that flips once and stays has changed for ever, flipped once, never reversed;
one that flips at every step has changed at every other step. :class:`SignTracker` measures all
three while a network trains, on one bit per weight for each sign that it remembers; :class:`PathSigns` does so while a
simulation runs, for runs that are too long to keep. :class:`CodeTracker` is the tracker of ternary and k-bit codes,
with what each community measures of them (docs/flip_ratios.md); :func:`threshold_distances` is how far weights are
from where their code changes.

References
----------
Bai, Wang, Liberty, *ProxQuant* (arXiv 1810.00861): the sign change.
"""

from pqtheory.signs.code_metrics import CodeMetrics
from pqtheory.signs.code_tracker import CodeTracker
from pqtheory.signs.codes import threshold_distances
from pqtheory.signs.metric_names import CODE_METRICS, CodeMetric, code_metric
from pqtheory.signs.path_signs import PathSigns
from pqtheory.signs.paths import change_from_start, flips_per_step, reversals
from pqtheory.signs.tracker import SignMetrics, SignTracker

__all__ = [
    "CODE_METRICS",
    "CodeMetric",
    "CodeMetrics",
    "CodeTracker",
    "PathSigns",
    "SignMetrics",
    "SignTracker",
    "change_from_start",
    "code_metric",
    "flips_per_step",
    "reversals",
    "threshold_distances",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
