"""ResNets on CIFAR-10, binary or ternary, from full-precision warm starts: the paper's Tables 1 and 3.

    python -m experiments.cifar10 --epochs 20 --seeds 2 --data-dir DIR --runs RUNS --time-budget 60

Stops in time and goes on when it is called again. Runs are kept below ``--runs``; what they found goes to
``results/cifar10.json``, with a picture beside it.
"""

from collections.abc import Mapping
from typing import Any

import click

from experiments.options import Script, go, shared_options
from pqtheory.networks.models import REGISTRY
from pqtheory.networks.sweeps import Planned
from pqtheory.networks.training import PRESETS, Settings, preset

#: published epochs: of a quantized run, of its warm start
PUBLISHED, WARM = 300, 200
METHODS = ("binaryconnect", "proxquant")
DEPTHS = tuple(name.removeprefix("resnet") for name in REGISTRY if name.startswith("resnet"))


def plan(
    depths: tuple[int, ...],
    seeds: int,
    epochs: int = PUBLISHED,
    *,
    warm_epochs: int | None = None,
    presets: tuple[str, ...] = ("corrected",),
    levels: str = "binary",
    methods: tuple[str, ...] = METHODS,
    equal_steps: bool = False,
    rate: float | None = None,
    tried_rates: tuple[float, ...] = (),
    freeze_epoch: int | None = None,
    optimizer: str | None = None,
    data: str = "cifar10",
    model: str | None = None,
    **common: object,
) -> list[Planned]:
    """One warm start for each depth, and from it each of ``methods`` with every preset and seed.

    ``equal_steps`` adds a run of each method at the same constant step size; ``tried_rates`` come first, one run of
    ProxQuant each with the first seed, to choose ``rate`` by; ``optimizer`` is that of the quantized runs, where it is
    not the preset's.
    """
    before = max(1, round(epochs * WARM / PUBLISHED)) if warm_epochs is None else warm_epochs
    common = {"data": data, "augment": data == "cifar10", "held_out": 5000, **common}
    quantized: dict[str, Any] = {"epochs": epochs, "levels": levels}
    if freeze_epoch is not None:
        quantized["freeze_epoch"] = freeze_epoch
    if optimizer is not None:
        quantized["optimizer"] = optimizer
    tag = "" if optimizer is None else f"-{optimizer}"
    pulled = {} if rate is None else {"rate": rate}

    # (preset, method, label, what else is set)
    ways: list[tuple[str, str, str, dict[str, Any]]] = [
        (presets[0], "proxquant", presets[0], {"rate": tried}) for tried in tried_rates
    ]
    for kind in presets:
        for seed in range(seeds):
            ways += [(kind, m, kind, {"seed": seed, **_of(m, pulled)}) for m in methods]
    if equal_steps:
        ways += [("corrected", m, "equal-steps", {"drops": (), **_of(m, pulled)}) for m in methods]

    runs: dict[tuple[Settings, str | None], Planned] = {}
    for depth in depths:
        name = model or f"resnet{depth}"
        warm, shared = f"{name}-warm", {**common, "model": name}
        start = preset("corrected", "full-precision", epochs=before, **shared)
        runs[start, None] = Planned(warm, start)
        for kind, method, label, own in ways:
            chosen = preset(kind, method, **{**shared, **quantized, **own})
            at = f"-rate{own['rate']:g}" if "rate" in own else ""
            planned = Planned(
                f"{name}-{levels}-{method}-{label}{at}{tag}-{chosen.seed}", chosen, warm
            )
            # a constant step size already: one run is that at equal steps too
            runs.setdefault((chosen, warm), planned)
    return list(runs.values())


def _of(method: str, pulled: Mapping[str, float]) -> Mapping[str, float]:
    return pulled if method == "proxquant" else {}


@click.command(cls=Script)
@shared_options("cifar10", PUBLISHED)
@click.option(
    "--depth",
    "depths",
    multiple=True,
    type=click.Choice(DEPTHS),
    default=("20",),
    show_default=True,
    callback=lambda context, option, value: tuple(map(int, value)),
)
@click.option("--levels", type=click.Choice(("binary", "ternary")), default="binary")
@click.option("--try-rate", "tried_rates", multiple=True, type=float, help="First, one run each.")
@click.option("--freeze-epoch", type=click.IntRange(min=1), help="Else scaled like the epochs.")
@click.option("--measure-every", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--equal-steps", is_flag=True, help="Also each method at one constant step size.")
@click.option(
    "--preset",
    "presets",
    multiple=True,
    type=click.Choice(PRESETS),
    default=("corrected",),
    show_default=True,
)
def main(**given: Any) -> None:
    """Train, or go on training, and write what was found."""
    go(plan, **given)


if __name__ == "__main__":
    main()
