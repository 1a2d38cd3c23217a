"""The metrics of a code tracker by name, ours and those of others; docs/flip_ratios.md has formulas and sources."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import final

from pqtheory._messages import brief, nearest


@final
@dataclass(frozen=True)
class CodeMetric:
    """One of what :class:`pqtheory.signs.CodeMetrics` holds.

    Attributes
    ----------
    name : str
        Of the attribute.
    label : str
        On axes and over columns.
    known_as : tuple of str
        By which names others have it.
    share : bool
        Whether it is a share of the weights, shown in percent.
    per_level : bool
        Whether it is one number for each level.
    needs : str
        The option without which the tracker does not measure it.
    """

    name: str
    label: str
    known_as: tuple[str, ...] = ()
    share: bool = True
    per_level: bool = False
    needs: str = ""

    @property
    def axis(self) -> str:
        """The label with its unit."""
        return f"{self.label},\n% of weights" if self.share else self.label


CODE_METRICS: Mapping[str, CodeMetric] = {
    metric.name: metric
    for metric in (
        CodeMetric("change_from_start", "changed since start", ("sign change",)),
        CodeMetric("c2i", "C2I", ("correlation to initialization",), share=False),
        CodeMetric("flips", "flips", ("FF ratio", "flip-flops", "transition rate", "k_t")),
        CodeMetric("flips_per_weight", "flips of a weight since start", share=False),
        CodeMetric("pi", "pi = log(flips + e^-9)", ("pi_t",), share=False),
        CodeMetric("wasted_flips", "wasted flips, share of all flips", share=False),
        CodeMetric("reversals", "reversals", ("oscillation",)),
        CodeMetric("reversals_per_weight", "reversals of a weight since start", share=False),
        CodeMetric(
            "frequency", "moving average of reversals", ("oscillation frequency",), share=False
        ),
        CodeMetric("oscillating", "oscillating", ("oscillating weights",), needs="frequencies"),
        CodeMetric("path_ratio", "path ratio", ("oscillation ratio",), share=False, needs="window"),
        CodeMetric("long_paths", "long paths", needs="window"),
        CodeMetric("near_threshold", "near a threshold", ("threshold share",), needs="near"),
        CodeMetric("occupation", "at each level", per_level=True),
        CodeMetric("mean_occupation", "at each level, mean over the run", per_level=True),
        CodeMetric("dwell", "dwell time, updates", ("dwell time",), share=False, per_level=True),
    )
}


def code_metric(name: object) -> CodeMetric:
    """The metric of that name, ours or another's, however it is spelled: ff-ratio, "transition rate", C2I.

    Raises
    ------
    TypeError, ValueError
        If there is none.
    """
    if not isinstance(name, str):
        raise TypeError(f"metrics: expected names, got {brief(name)}")
    found = _SPELLINGS.get(_letters(name))
    if found is None:
        allowed = tuple(CODE_METRICS)
        raise ValueError(
            f"metrics: expected names out of {', '.join(allowed)}, got {brief(name)}{nearest(name, allowed)}"
        )
    return found


def code_metrics(names: Iterable[object]) -> tuple[str, ...]:
    """Our names of these metrics, each once.

    Raises
    ------
    TypeError, ValueError
        As ``code_metric``; for a word in place of names too.
    """
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise TypeError(f"metrics: expected a list of names, got {brief(names)}")
    return tuple(dict.fromkeys(code_metric(name).name for name in names))


def _letters(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


_SPELLINGS = {
    _letters(name): metric
    for metric in CODE_METRICS.values()
    for name in (metric.name, *metric.known_as)
}
