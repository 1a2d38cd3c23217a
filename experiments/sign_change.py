"""The sign-change experiment of the paper's appendix C: ResNet-20, several warm starts, runs of each method from each.

    python -m experiments.sign_change --epochs 30 --warm-starts 1 --seeds 2 --data-dir DIR --runs RUNS --time-budget 60

As published: 600 epochs with the freeze at 400, three warm starts, four runs of each. Panels: first convolution, last
convolution, linear layer, all weights, error of the binarised network. Writes ``results/sign_change.json`` and a
picture of it; give a dry run another ``--name``.
"""

from typing import Any

import click

from experiments.options import Script, go, shared_options
from pqtheory.networks.sweeps import Planned
from pqtheory.networks.training import PRESETS, preset

#: published epochs, freeze, and epochs of the warm start
EPOCHS, FREEZE, WARM = 600, 400, 200
METHODS = ("binaryconnect", "proxquant")


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


@click.command(cls=Script)
@shared_options("sign_change", EPOCHS, "resnet20")
@click.option("--warm-starts", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--preset", "kind", type=click.Choice(PRESETS), default="faithful", show_default=True)
def main(**given: Any) -> None:
    """Train, or go on training, and write what was found."""
    go(plan, **given)


if __name__ == "__main__":
    main()
