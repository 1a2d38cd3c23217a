"""A result file as pictures: sign changes by layer, and the quantized network's test error (the paper's appendix C).

Finished runs of one setting are one line with a band; every network and kind of levels has a picture of its own, with a
panel for each layer that all its runs recorded.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pqtheory.networks.metrics import error_of
from pqtheory.networks.tables.results import Group, grouped
from pqtheory.plotting.files import save
from pqtheory.plotting.sign_curves import sign_curves

#: the curves of sign changes, before the name of the layer
SIGNS = "change_from_start, "


def draw(content: Mapping[str, Any], file: Path) -> list[Path]:
    """Draw what is finished; ``file`` is the picture, or where there are several each has its network in its name."""
    groups = [g for g in grouped(content["runs"]) if g.method != "full-precision"]
    kinds = list(dict.fromkeys((g.model, g.levels) for g in groups))
    drawn = []
    for kind in kinds:
        shown = [g for g in groups if (g.model, g.levels) == kind]
        layers = _layers(shown)
        curves = {_name(g): {layer: _signs(g, layer) for layer in layers} for g in shown}
        errors = {_name(g): _errors(g) for g in shown}
        to = file if len(kinds) == 1 else file.with_stem("-".join((file.stem, *kind)))
        freezes = {_name(g): f for g in shown if (f := g.runs[0]["settings"]["freeze_epoch"])}
        save(sign_curves(curves, layers, errors=errors, freezes=freezes), to)
        drawn.append(to)
    return drawn


def _name(group: Group) -> str:
    return f"{group.method}, {group.label}"


def _layers(groups: Iterable[Group]) -> list[str]:
    runs = [[c for c in r["curves"] if c.startswith(SIGNS)] for g in groups for r in g.runs]
    return [c.removeprefix(SIGNS) for c in runs[0] if all(c in other for other in runs)]


def _signs(group: Group, layer: str) -> list[list[float]]:
    return [run["curves"][SIGNS + layer] for run in group.runs]


def _errors(group: Group) -> tuple[list[int], list[list[float]]]:
    """Where all runs measured it."""
    by_run = [{m["epoch"]: error_of(m["test"]) for m in r["curves"]["error"]} for r in group.runs]
    epochs = sorted(set.intersection(*(set(found) for found in by_run)))
    return epochs, [[found[epoch] for epoch in epochs] for found in by_run]
