"""What runs are measured by, and how a line of their metrics is read; without torch, as tables do not need it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, final

#: from which on a number is shown by its power of ten
LARGE = 1e6


@final
@dataclass(frozen=True)
class Measure:
    """What a task measures of a network on held-out and test data; less is better.

    Attributes
    ----------
    name : str
        In the metrics of a run.
    scale, unit : float, str
        How it is shown: ``scale`` times the number, and what stands behind it.
    axis : str
        In pictures.
    low, high : float
        Between which it lies.
    digits : int
        Behind the point.
    """

    name: str
    scale: float
    unit: str
    axis: str
    low: float
    high: float
    digits: int = 2

    def shown(self, value: float) -> str:
        """``value`` with its unit; one in the millions by its power of ten."""
        number = self.scale * value
        form = f".{self.digits}f" if abs(number) < LARGE else f".{self.digits}e"
        return f"{number:{form}}{self.unit}"


ERROR = Measure("error", 100.0, " %", "%", 0.0, 1.0)
#: e to the mean negative log-likelihood of a word
PERPLEXITY = Measure("perplexity", 1.0, "", "perplexity per word", 1.0, float("inf"))
MEAN_LOSS = Measure("mean loss", 1.0, "", "mean loss", float("-inf"), float("inf"), 4)
#: by name; a task measures one of these
MEASURES: Mapping[str, Measure] = {m.name: m for m in (ERROR, PERPLEXITY, MEAN_LOSS)}


def measure_of(line: Mapping[str, Any]) -> Measure | None:
    """What a line of metrics, or the curves of a run, have measured; None where nothing."""
    return next((m for m in MEASURES.values() if m.name in line), None)


def measure_in(lines: Iterable[Mapping[str, Any]]) -> Measure:
    """What the lines of a run have measured; the error where nothing."""
    return next((found for line in lines if (found := measure_of(line)) is not None), ERROR)


def error_of(kinds: Mapping[str, float]) -> float:
    """Of the quantized network, as training left its batch norms; in full precision there is one figure only."""
    return kinds.get("quantized", kinds["latent"])
