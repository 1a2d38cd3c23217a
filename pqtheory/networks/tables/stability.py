"""Methods and levels beside each other: perplexity, and how codes move in the last epoch, layer by layer."""

from collections.abc import Iterable, Mapping
from typing import Any

from pqtheory.networks.metrics import error_of

NONE = "-"
Run = Mapping[str, Any]


def kind_of(layer: str) -> str:
    """What a layer is in all blocks: "out" of "blocks.3.out.weight", "decoder" of "decoder.weight"."""
    parts = [part for part in layer.split(".") if part != "weight"]
    return parts[-1]


def kinds(runs: Iterable[Run]) -> tuple[str, ...]:
    """The kinds of layers that are quantized, in the order of the network, and "all"."""
    found = dict.fromkeys(kind_of(name) for run in runs for name in run["last_epoch"])
    return (*(kind for kind in found if kind != "all"), "all")


def moves(run: Run, kind: str = "all") -> tuple[float, float] | None:
    """Share of the codes that change at a step, and share that goes back, over the layers of a kind; None: no codes."""
    layers = [
        m
        for name, m in run["last_epoch"].items()
        if (name if kind == "all" else kind_of(name)) == kind
    ]
    size = sum(m["size"] for m in layers)
    if not size:
        return None
    flips, back = (
        sum(m["size"] * m[key] for m in layers) / size
        for key in ("flips_per_step", "reversals_per_step")
    )
    return flips, back


def perplexity(run: Run, which: str = "test") -> float:
    """Of the quantized network, at the end."""
    return error_of(run["last"]["perplexity"][which])


def rows(runs: Iterable[Run], columns: Iterable[str]) -> list[tuple[str, ...]]:
    """Name, perplexity, and for each kind "flips (reversals)" per 1,000 codes and step."""
    return [
        (
            run["name"],
            f"{perplexity(run):.2f}",
            *(
                NONE if (m := moves(run, kind)) is None else f"{1e3 * m[0]:.2f} ({1e3 * m[1]:.2f})"
                for kind in columns
            ),
        )
        for run in runs
    ]
