"""One optimizer step on ResNet-20's parameters against the bare base optimizer with the same flags, 2 threads.

Where torchao is installed (``pip install --no-deps torchao``; 0.18 was tried), its steps with 1 bit are timed beside
that of ProxQuant: the hard map and PARQ's, with the quantizer fitted anew every 10 steps.
"""

import dataclasses
import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

import torch

from experiments.benchmarks.timing import Row, compare
from pqtheory.networks import models, optim
from pqtheory.regularizers import DistanceL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary

W = DistanceL1(Binary())
#: base optimizer -> how it is made, and the limits for ProxQuant and for BinaryConnect
BASES: dict[str, tuple[Callable[[Any], torch.optim.Optimizer], float, float]] = {
    "SGD-momentum": (lambda groups: torch.optim.SGD(groups, lr=1e-3, momentum=0.9), 1.5, 1.8),
    "Adam": (lambda groups: torch.optim.Adam(groups, lr=1e-3), 1.3, 1.4),
}


def measure(repeats: int = 9, optimizer_steps: int = 50) -> list[Row]:
    """ProxQuant and BinaryConnect round each base."""

    def steps(optimizer: torch.optim.Optimizer) -> Callable[[], None]:
        return lambda: _steps(optimizer, optimizer_steps)

    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    rows = []
    for name, (make, prox_limit, lazy_limit) in BASES.items():
        bare = steps(make(_groups()))
        for method, limit, opt in (
            ("ProxQuant", prox_limit, optim.ProxQuant(make(_groups()), W, Linear(1e-6))),
            ("BinaryConnect", lazy_limit, optim.BinaryConnect(make(_groups()))),
        ):
            what = f"{method} step / {name} step, ResNet-20"
            rows.append(compare(what, steps(opt), bare, limit, repeats=repeats))
        if importlib.util.find_spec("torchao") is not None:
            ours = steps(optim.ProxQuant(make(_groups()), W, Linear(1e-6)))
            for peer, opt in _torchao(make):
                what = f"torchao {peer} step / ProxQuant step on {name}, ResNet-20"
                row = compare(what, ours, steps(opt), 1.0, repeats=repeats)
                rows.append(dataclasses.replace(row, ratio=1 / row.ratio, at_least=True))
    torch.set_num_threads(threads)
    return rows


def _torchao(
    make: Callable[[Any], torch.optim.Optimizer],
) -> Iterator[tuple[str, torch.optim.Optimizer]]:
    from torchao.prototype import parq

    steps = 1_000_000
    for name, mapping in (
        ("hard", parq.ProxHardQuant()),
        ("PARQ", parq.ProxPARQ(anneal_start=0, anneal_end=steps)),
    ):
        groups = _groups()
        groups[0]["quant_bits"] = 1
        yield name, parq.QuantOptimizer(make(groups), parq.LSBQuantizer(), mapping, quant_period=10)


def _groups() -> list[dict[str, Any]]:
    torch.manual_seed(0)
    net = models.resnet(20)
    for p in net.parameters():
        p.grad = torch.randn_like(p) * 1e-3
    return optim.split_parameters(net, models.binary_weights)


def _steps(optimizer: torch.optim.Optimizer, count: int) -> None:
    for _ in range(count):
        optimizer.step()
