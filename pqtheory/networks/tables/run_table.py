"""What each finished run of a result file found, a row for each.

Errors and sign changes are those of the quantized network after the last epoch, flips a weight their number over all
epochs; RMS is the distance of the latent weights to their levels at the freeze. The network is calm from the epoch on
from which under 0.1 % of the signs flip in each until the freeze.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pqtheory.networks.metrics import error_of
from pqtheory.networks.tables.markdown import markdown
from pqtheory.networks.tables.paired import paired
from pqtheory.networks.tables.results import is_finished

#: share of the signs that flip in an epoch, from which on it is not calm
CALM = 1e-3
HEADS = (
    "run",
    "test error, %",
    "re-estimated, %",
    "held-out error, %",
    "signs changed, %",
    "flips a weight",
    "flips at the freeze, %",
    "reversals at the freeze, %",
    "calm from epoch",
    "RMS at the freeze",
    "fixed-point share: start, freeze, end",
)


def run_table(runs: Sequence[Mapping[str, Any]]) -> str:
    """Markdown, a row for each finished run of a result file."""
    return markdown(HEADS, [_row(run) for run in runs if is_finished(run)])


def paired_table(runs: Sequence[Mapping[str, Any]]) -> str:
    """Markdown, a row for each two settings of more than one pair."""
    found = paired(runs)
    count = found.heads.index("pairs")
    return markdown(found.heads, [row for row in found.rows if int(row[count]) > 1])


def _row(run: Mapping[str, Any]) -> tuple[str, ...]:
    last, curves, freeze = run["last"]["error"], run["curves"], run["settings"]["freeze_epoch"]
    test = last["test"]
    held_out = error_of(last["held_out"]) if "held_out" in last else None
    errors = [error_of(test), test.get("quantized, reestimated"), held_out]
    shown = [_percent(error) for error in errors]
    if run["settings"]["method"] == "full-precision" or not freeze:
        return (run["name"], *shown, *["-"] * (len(HEADS) - 4))
    flips, reversals = curves["flips, all"], curves["reversals, all"]
    restless = [epoch for epoch, share in enumerate(flips[:freeze], 1) if share >= CALM]
    calm = max(restless, default=0) + 1
    return (
        run["name"],
        *shown,
        _percent(curves["change_from_start, all"][-1], 1),
        f"{sum(flips):.2f}",
        _percent(flips[freeze - 1]),
        _percent(reversals[freeze - 1]),
        str(calm) if calm <= freeze else "-",
        f"{curves['quantization_error'][freeze]:.3f}",
        ", ".join(f"{share:.3f}" for share in run["fixed_point_share"].values()),
    )


def _percent(share: float | None, digits: int = 2) -> str:
    return "-" if share is None else f"{100 * share:.{digits}f}"
