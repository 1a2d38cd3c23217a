"""Published figures beside ours: the rows of ``pqtheory table cifar10`` and ``pqtheory table sign-change``."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from pqtheory._messages import counted
from pqtheory.networks.tables.published import CIFAR10, PROXQUANT, RECALLED, SIGN_CHANGE, Published
from pqtheory.networks.tables.results import Group, grouped, is_finished

NONE = "-"
_KEY, _START = ("network", "levels", "method"), ("warm start", "method")
_HEADS = ("our error, last", "held-out", "our epochs", "our runs", "our settings")
_OURS = (
    "Ours: test error of the quantized network (in full precision: of the network) after the last epoch, and after "
    "the epoch, of those after the freeze, with the least error on held-out training images; "
    "mean ± standard deviation over the runs."
)


@final
@dataclass(frozen=True)
class Comparison:
    """A table: its title, heads, rows of cells, and what must be said about the figures."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str


def cifar10(runs: Sequence[Mapping[str, Any]]) -> Comparison:
    """Test errors by network, levels and method; each published row once, ours that match none at the end."""
    groups = grouped(runs)
    rows = []
    for row in CIFAR10:
        mine = [g for g in groups if row.source == PROXQUANT and _key(g) == _key(row)]
        groups = [g for g in groups if g not in mine]
        paper = (row.source, _plain(row.error, row.deviation), _count(row.runs), row.mark)
        rows += _beside((*_key(row), *paper), mine)
    for group in groups:
        rows += _beside((*_key(group), *[NONE] * 4), [group])
    return Comparison(
        "CIFAR-10, top-1 test error in %",
        (*_KEY, "paper", "its error", "its runs", "that figure is", *_HEADS),
        tuple(rows),
        f"{_OURS} ProxQuant's paper trains a binary network for 300 epochs and a ternary one for 600, and its code "
        f"picks the epoch on the test set; PARQ quantizes all weights. {_left_out(runs)}",
    )


def sign_change(runs: Sequence[Mapping[str, Any]]) -> Comparison:
    """Sign changes and test errors by warm start and method."""
    groups = grouped(runs, by_warm_start=True)
    quantized = [g for g in groups if g.levels != NONE]
    starts = sorted({str(g.warm_start) for g in quantized})
    rows = []
    for row in SIGN_CHANGE:
        start = starts[row.warm_start - 1] if row.warm_start <= len(starts) else None
        mine = [g for g in quantized if (g.warm_start, g.method) == (start, row.method)]
        paper = (f"{row.change:.3f}", f"{row.error:.3f}", str(row.runs), row.mark)
        signs = [_spread(group.signs, 1, 3) for group in mine] or [NONE]
        beside = _beside((str(row.warm_start), row.method, *paper), mine)
        # our sign change stands between the paper's figures and our errors
        rows += [(*c[:6], sign, *c[6:]) for c, sign in zip(beside, signs, strict=True)]
    return Comparison(
        "Sign change against the warm start, ResNet-20 on CIFAR-10, and test error in %",
        (*_START, "paper's change", "its error", "its runs", "those figures are", "ours", *_HEADS),
        tuple(rows),
        f"The paper's raw runs: frozen at epoch 400 of 600; read, some of their digits {RECALLED}. Sign change: share "
        "of the quantized weights whose sign is not that of the warm start, at the last epoch. Our warm starts are "
        f"other networks than the paper's of the same number. {_OURS} {_left_out(runs)}",
    )


def _key(row: Published | Group) -> tuple[str, str, str]:
    return row.model, row.levels, row.method


def _beside(paper: tuple[str, ...], mine: Iterable[Group]) -> list[tuple[str, ...]]:
    """One row for each group, or one without ours."""
    found = [(*paper, *_cells(group)) for group in mine]
    return found or [(*paper, *[NONE] * 5)]


def _cells(group: Group) -> Iterator[str]:
    yield _spread(group.last, 100, 2)
    yield _spread(group.picked, 100, 2)
    yield str(group.epochs)
    yield str(len(group.last))
    yield group.label


def _spread(values: np.ndarray, scale: float, digits: int) -> str:
    if not np.isfinite(values).all():
        return NONE
    deviation = float(scale * values.std(ddof=1)) if len(values) > 1 else None
    return _plain(float(scale * values.mean()), deviation, digits)


def _plain(mean: float, deviation: float | None, digits: int = 2) -> str:
    shown = f"{mean:.{digits}f}"
    return shown if deviation is None else f"{shown} ± {deviation:.{digits}f}"


def _count(runs: int | None) -> str:
    return NONE if runs is None else str(runs)


def _left_out(runs: Sequence[Mapping[str, Any]]) -> str:
    count = sum(not is_finished(run) for run in runs)
    left = f"{counted(count, 'run')} that {'is' if count == 1 else 'are'} not finished"
    return f"Left out: {left}." if count else ""
