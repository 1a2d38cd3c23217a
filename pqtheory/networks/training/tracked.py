"""What a run records of its codes: the metrics that were asked for, after each epoch or of each step."""

import math
from dataclasses import replace
from typing import Any, final

from torch import nn

from pqtheory.networks.optim import QuantizingOptimizer
from pqtheory.networks.tracking import OptimizerCodes
from pqtheory.signs import CodeMetrics


@final
class TrackedCodes:
    """A code tracker and what it saw since the last line of the metrics.

    Parameters
    ----------
    optimizer : QuantizingOptimizer
        Whose codes.
    model : Module
        Names them.
    metrics : tuple of str
        Which are recorded.
    track : {"epoch", "step"}
        How often it looks. Of steps, flips and reversals are those of a step in the mean over the epoch.
    """

    def __init__(
        self, optimizer: QuantizingOptimizer, model: nn.Module, metrics: tuple[str, ...], track: str
    ) -> None:
        self.codes = OptimizerCodes(optimizer, model.named_parameters(), metrics)
        self.metrics, self.each_step = metrics, track == "step"
        #: what each step of the epoch saw, its flips and reversals added up
        self._seen: dict[str, CodeMetrics] = {}
        self._steps = 0

    def after_step(self) -> None:
        """Look, if each step is tracked."""
        if not self.each_step:
            return
        found = self.codes.update()
        if self._steps:
            found = {name: _added(seen, self._seen[name]) for name, seen in found.items()}
        self._seen = found
        self._steps += 1

    def line(self) -> dict[str, dict[str, Any]]:
        """The metrics of the epoch that ends here, by layer and for all."""
        found, steps = self._seen, self._steps
        if self.each_step:
            self._seen, self._steps = {}, 0
        else:
            found, steps = self.codes.update(), 1
        return {layer: self._recorded(seen, steps) for layer, seen in found.items()}

    def _recorded(self, seen: CodeMetrics, steps: int) -> dict[str, Any]:
        mean = replace(seen, flips=seen.flips / steps, reversals=seen.reversals / steps)
        found = {name: getattr(mean, name) for name in self.metrics}
        return {name: _plain(value) for name, value in found.items()}


def _plain(value: Any) -> Any:
    """As files have it; a ratio to a path of length 0 is none."""
    if isinstance(value, tuple):
        return list(value)
    return None if value is None or math.isinf(value) else value


def _added(seen: CodeMetrics, before: CodeMetrics) -> CodeMetrics:
    flips, reversals = seen.flips + before.flips, seen.reversals + before.reversals
    return replace(seen, flips=flips, reversals=reversals)
