r"""Two methods on the same seeds and warm starts: with differences d_1 ... d_n of the pairs,

    mean(d) ± t_{0.975, n-1} s(d) / sqrt(n),    p of Student's paired t-test (two-sided).

The pairs share the network that they start from, the order of the images and their augmentation: what those do to an
error is not taken for a difference of the methods. Student, *The Probable Error of a Mean*, Biometrika 6(1), 1908.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from pqtheory.networks.tables.comparison import Comparison
from pqtheory.networks.tables.results import Group, grouped

CONFIDENCE = 0.95
#: differences that are as near to each other, beside their size, differ by rounding
SAME = 1e-12
#: the method that the others are held against
REFERENCE = "binaryconnect"
_PERCENT = 100
_NONE = "-"
_HEADS = ("", ", interval", ", p")


def paired(runs: Sequence[Mapping[str, Any]]) -> Comparison:
    """Differences to BinaryConnect in the last test error and in sign changes, both in percentage points.

    A row for each two settings that share a network, levels and epochs, and a seed and warm start at least.
    """
    groups = [g for g in grouped(runs) if g.levels != _NONE]
    others = (g for g in groups if g.method != REFERENCE)
    references = [g for g in groups if g.method == REFERENCE]
    rows = (_row(a, b) for a, b in product(others, references) if _alike(a, b))
    return Comparison(
        f"Against {REFERENCE}, same seeds and warm starts; differences in percentage points",
        (
            "network",
            "levels",
            "epochs",
            "method",
            "its settings",
            f"settings of {REFERENCE}",
            "pairs",
            *(f"{of}{what}" for of in ("error", "signs changed") for what in _HEADS),
        ),
        tuple(row for row in rows if row is not None),
        f"Mean difference over the pairs, its {CONFIDENCE:.0%} interval and p by Student's paired t-test; negative "
        "where the method has less. One pair has no interval, and the intervals of few are wide. Nothing is corrected "
        "for the number of rows.",
    )


def difference(values: Iterable[float]) -> tuple[float, tuple[float, float] | None, float | None]:
    """Mean, confidence interval and p of differences; None where one alone, or all the same, give neither."""
    d = np.array(list(values))
    mean = float(d.mean())
    if len(d) < 2 or np.ptp(d) <= SAME * np.abs(d).max():
        return mean, None, None
    test = _stats().ttest_1samp(d, 0)
    low, high = test.confidence_interval(CONFIDENCE)
    return mean, (float(low), float(high)), float(test.pvalue)


def _stats() -> Any:
    try:
        from scipy import stats
    except ImportError as error:
        raise ImportError("the paired table needs scipy: pip install 'pqtheory[tables]'") from error
    return stats


def _alike(a: Group, b: Group) -> bool:
    return (a.model, a.levels, a.epochs) == (b.model, b.levels, b.epochs)


def _row(group: Group, reference: Group) -> tuple[str, ...] | None:
    theirs = {_pair_of(run): i for i, run in enumerate(reference.runs)}
    pairs = [(i, theirs[k]) for i, run in enumerate(group.runs) if (k := _pair_of(run)) in theirs]
    if not pairs:
        return None
    mine, others = map(list, zip(*pairs, strict=True))
    return (
        group.model,
        group.levels,
        str(group.epochs),
        group.method,
        group.label,
        reference.label,
        str(len(pairs)),
        *_cells(group.last[mine] - reference.last[others]),
        *_cells(group.signs[mine] - reference.signs[others]),
    )


def _pair_of(run: Mapping[str, Any]) -> tuple[Any, Any]:
    return run["settings"]["seed"], run["settings"]["warm_start"]


def _cells(differences: np.ndarray) -> Iterator[str]:
    mean, interval, p = difference(_PERCENT * differences)
    yield f"{mean:+.2f}"
    yield _NONE if interval is None else f"{interval[0]:+.2f} to {interval[1]:+.2f}"
    yield _NONE if p is None else f"{p:.2g}"
