"""BinaryConnect with full gradients of the mean loss on a part of the digits: what flips_end and flip_law share.

Latent weights move by theta - eta grad L(sign theta), all other parameters by plain gradient steps, in double
precision, from the full-precision network of a seed. Both scripts keep their runs in one folder: these are made once.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from experiments.counted import Found, new_run, subset, there, trained
from experiments.error_and_flips import warm_settings
from experiments.law import Law
from pqtheory.networks import optim
from pqtheory.networks.models import binary_weights
from pqtheory.sets import Binary

SEEDS = (0, 1, 2)
#: whose mean loss full gradients are of
IMAGES = 512
STEPS = 400
#: of the quantized weights, whose flips do not depend on it at last, and of all others
ETA, OTHERS = 10.0, 0.15
#: steps at the end over which the law is looked at
WINDOW = 200
#: where runs are, by name
FOLDER = "flip_law"
PLAIN = "BinaryConnect"


def network(data: Any, seed: int, warm: Path) -> tuple[nn.Module, Tensor, Tensor]:
    """The full-precision network in double precision, and all images and labels."""
    run = new_run(warm_settings("digits", seed), data)
    run.model.load_state_dict(torch.load(warm, weights_only=True))
    images, labels = zip(*run.batches.plain("train"), strict=True)
    return run.model.double().train(), torch.cat(images).double(), torch.cat(labels)


def binaryconnect(seed: int, data: Any, warm: Path) -> dict[str, Any]:
    """With full gradients and plain steps: flips at each step, and the law at the end."""
    model, x, y = network(data, seed, warm)
    groups = optim.split_parameters(model, binary_weights)
    for group in groups:
        group["lr"] = ETA if group.get("quantize") else OTHERS
    made = optim.BinaryConnect(torch.optim.SGD(groups, lr=OTHERS), Binary())
    law, flips = Law(made, model), []
    for step in range(STEPS):
        model.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        made.step()
        flips.append(law.look(counts=step >= STEPS - WINDOW))
    return {"flips": flips, "weights": law.weights, "law": law.by_layer()}


def full_runs(
    seed: int, folder: Path, load: Callable[[], Any]
) -> dict[str, Callable[[], Mapping[str, Any]]]:
    """The full-precision network of a seed, and BinaryConnect with full gradients from it."""
    warm = folder / f"warm-{seed}.pt"
    return {
        f"warm {seed}": partial(_warm, seed, load, warm),
        f"{PLAIN} {seed}": partial(_binaryconnect, seed, load, warm),
    }


def _warm(seed: int, load: Callable[[], Any], file: Path) -> dict[str, Any]:
    return trained(warm_settings("digits", seed), load(), file)


def _binaryconnect(seed: int, load: Callable[[], Any], warm: Path) -> dict[str, Any]:
    data = subset(load(), IMAGES)
    return {"data_sha256": data.sha256, **binaryconnect(seed, data, warm)}


def of(found: Found, kind: str) -> list[Mapping[str, Any]]:
    """Runs of a kind by seed, if all are there."""
    return there(found, [f"{kind} {seed}" for seed in SEEDS])
