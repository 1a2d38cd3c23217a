"""ResNets on CIFAR-10, binary or ternary, from full-precision warm starts: the paper's Tables 1 and 3.

    python -m experiments.cifar10 --epochs 20 --seeds 2 --data-dir DIR --runs RUNS --time-budget 60

Stops in time and goes on when it is called again. Runs are kept below ``--runs``; what they found goes to
``results/cifar10.json``, with a picture beside it.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from experiments.plan import Planned, carry_out, write
from pqtheory.networks.training import Settings, preset

#: published epochs: of a quantized run, of its warm start
PUBLISHED, WARM = 300, 200
METHODS = ("binaryconnect", "proxquant")
LAYERS = ("conv.weight", "stages.2.2.conv2.weight", "fc.weight", "all")


def plan(
    depths: tuple[int, ...],
    seeds: int,
    epochs: int = PUBLISHED,
    *,
    warm_epochs: int | None = None,
    presets: tuple[str, ...] = ("corrected",),
    levels: str = "binary",
    equal_steps: bool = False,
    rate: float | None = None,
    tried_rates: tuple[float, ...] = (),
    freeze_epoch: int | None = None,
    optimizer: str | None = None,
    data: str = "cifar10",
    model: str | None = None,
    **common: object,
) -> list[Planned]:
    """One warm start for each depth, and from it every method with every preset and seed.

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
            ways += [(kind, m, kind, {"seed": seed, **_of(m, pulled)}) for m in METHODS]
    if equal_steps:
        ways += [("corrected", m, "equal-steps", {"drops": (), **_of(m, pulled)}) for m in METHODS]

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


@click.command()
@click.option("--runs", type=click.Path(path_type=Path), required=True, help="Where runs are kept.")
@click.option("--data-dir", help="Else the variable PQTHEORY_DATA.")
@click.option("--device", default="cpu", show_default=True)
@click.option("--depth", "depths", multiple=True, type=int, default=(20,), show_default=True)
@click.option("--levels", type=click.Choice(("binary", "ternary")), default="binary")
@click.option("--epochs", type=click.IntRange(min=3), default=PUBLISHED, show_default=True)
@click.option("--warm-epochs", type=click.IntRange(min=1), help="Of the warm start.")
@click.option("--seeds", type=click.IntRange(min=1), default=4, show_default=True)
@click.option("--rate", type=float, help="ProxQuant's lambda per epoch.")
@click.option("--try-rate", "tried_rates", multiple=True, type=float, help="First, one run each.")
@click.option("--freeze-epoch", type=click.IntRange(min=1), help="Else scaled like the epochs.")
@click.option("--measure-every", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--equal-steps", is_flag=True, help="Also each method at one constant step size.")
@click.option("--preset", "presets", multiple=True, default=("corrected",), show_default=True)
@click.option("--amp", is_flag=True, help="bfloat16 autocast.")
@click.option("--compile", "compiled", is_flag=True, help="torch.compile.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--time-budget", type=float, default=math.inf, metavar="MINUTES")
@click.option("--data", default="cifar10", show_default=True, help="digits for a dry run.")
@click.option("--model", help="In place of the ResNets, for a dry run.")
@click.option("--held-out", type=int, default=5000, show_default=True)
@click.option("--name", default="cifar10", show_default=True, help="Of the result file.")
def main(
    runs: Path,
    data_dir: str | None,
    device: str,
    depths: tuple[int, ...],
    levels: str,
    epochs: int,
    warm_epochs: int | None,
    seeds: int,
    rate: float | None,
    tried_rates: tuple[float, ...],
    freeze_epoch: int | None,
    measure_every: int,
    equal_steps: bool,
    presets: tuple[str, ...],
    amp: bool,
    compiled: bool,
    jobs: int,
    time_budget: float,
    data: str,
    model: str | None,
    held_out: int,
    name: str,
) -> None:
    """Train, or go on training, and write what was found."""
    planned = plan(
        depths,
        seeds,
        epochs,
        warm_epochs=warm_epochs,
        presets=presets,
        levels=levels,
        equal_steps=equal_steps,
        rate=rate,
        tried_rates=tried_rates,
        freeze_epoch=freeze_epoch,
        measure_every=measure_every,
        data=data,
        model=model,
        amp=amp,
        compile=compiled,
        held_out=held_out,
    )
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("runs", total=len(planned))
        done = carry_out(
            planned,
            runs,
            device=device,
            data_dir=data_dir,
            minutes=time_budget,
            jobs=jobs,
            told=lambda count, total, text: bar.update(task, completed=count, description=text),
        )
    write(name, planned, runs, LAYERS if model is None else ("all",))
    click.echo(
        f"results/{name}.json: {'all runs done' if done else 'not all runs done; call again'}"
    )


if __name__ == "__main__":
    main()
