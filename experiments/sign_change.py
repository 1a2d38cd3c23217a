"""The sign-change experiment of the paper's appendix C: ResNet-20, several warm starts, runs of each method from each.

    python -m experiments.sign_change --epochs 30 --warm-starts 1 --seeds 2 --data-dir DIR --runs RUNS --time-budget 60

As published: 600 epochs with the freeze at 400, three warm starts, four runs of each. Panels: first convolution, last
convolution, linear layer, error of the binarised network. Writes ``results/sign_change.json`` and a picture of it.
"""

import math
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from experiments.plan import Planned, carry_out, write
from pqtheory.networks.training import preset

#: published epochs, freeze, and epochs of the warm start
EPOCHS, FREEZE, WARM = 600, 400, 200
METHODS = ("binaryconnect", "proxquant")
LAYERS = ("conv.weight", "stages.2.2.conv2.weight", "fc.weight", "all")


def plan(
    warm_starts: int = 3,
    seeds: int = 4,
    epochs: int = EPOCHS,
    *,
    kind: str = "faithful",
    warm_epochs: int | None = None,
    rate: float | None = None,
    data: str = "cifar10",
    model: str = "resnet20",
    **common: object,
) -> list[Planned]:
    """All runs from the first warm start come before those from the second."""
    runs = []
    scale = epochs / EPOCHS
    shared = {
        "data": data,
        "model": model,
        "augment": data == "cifar10",
        "held_out": 5000,
        **common,
    }
    before = max(1, round(scale * WARM)) if warm_epochs is None else warm_epochs
    for number in range(warm_starts):
        warm = f"{model}-warm{number or ''}"
        start = preset("corrected", "full-precision", epochs=before, seed=number, **shared)
        runs.append(Planned(warm, start))
        for seed in range(seeds):
            for method in METHODS:
                own = {"rate": rate} if rate is not None and method == "proxquant" else {}
                chosen = preset(
                    kind,
                    method,
                    epochs=epochs,
                    freeze_epoch=round(scale * FREEZE),
                    seed=100 * number + seed,
                    **shared,
                    **own,
                )
                runs.append(Planned(f"{model}-signs-{method}-{kind}-{number}-{seed}", chosen, warm))
    return runs


@click.command()
@click.option("--runs", type=click.Path(path_type=Path), required=True, help="Where runs are kept.")
@click.option("--data-dir", help="Else the variable PQTHEORY_DATA.")
@click.option("--device", default="cpu", show_default=True)
@click.option("--epochs", type=click.IntRange(min=3), default=EPOCHS, show_default=True)
@click.option("--warm-epochs", type=click.IntRange(min=1), help="Of the warm starts.")
@click.option("--warm-starts", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--seeds", type=click.IntRange(min=1), default=4, show_default=True)
@click.option("--rate", type=float, help="ProxQuant's lambda per epoch.")
@click.option("--preset", "kind", default="faithful", show_default=True)
@click.option("--amp", is_flag=True, help="bfloat16 autocast.")
@click.option("--compile", "compiled", is_flag=True, help="torch.compile.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--time-budget", type=float, default=math.inf, metavar="MINUTES")
@click.option("--data", default="cifar10", show_default=True, help="digits for a dry run.")
@click.option("--model", default="resnet20", show_default=True)
@click.option("--held-out", type=int, default=5000, show_default=True)
def main(
    runs: Path,
    data_dir: str | None,
    device: str,
    epochs: int,
    warm_epochs: int | None,
    warm_starts: int,
    seeds: int,
    rate: float | None,
    kind: str,
    amp: bool,
    compiled: bool,
    jobs: int,
    time_budget: float,
    data: str,
    model: str,
    held_out: int,
) -> None:
    """Train, or go on training, and write what was found."""
    planned = plan(
        warm_starts,
        seeds,
        epochs,
        kind=kind,
        warm_epochs=warm_epochs,
        rate=rate,
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
    write("sign_change", planned, runs, LAYERS)
    click.echo(f"results/sign_change.json: {'all' if done else 'not all'} runs done")


if __name__ == "__main__":
    main()
