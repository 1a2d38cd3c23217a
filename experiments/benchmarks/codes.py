"""Code trackers: an update of 10 million weights, and a training step of ResNet-20 that tracks the codes of each step.

An update is timed against one pass of the comparisons that find the codes, ``(w >= threshold).sum()`` for each
threshold: one for binary weights, two for ternary ones, three for 2 bits.
"""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from experiments.benchmarks.timing import Row, compare
from experiments.benchmarks.training import BATCH, STEPS, images, network
from pqtheory.networks import models, optim
from pqtheory.networks.tasks.image_batches import ImageBatches
from pqtheory.networks.tracking import OptimizerCodes
from pqtheory.networks.training.memory import keep_memory
from pqtheory.sets import Binary, Codebook, FiniteSet, Ternary
from pqtheory.signs import CodeTracker

SIZE = 10_000_000
PASS, TRACKED = 2.0, 1.05
LEVELS: dict[str, FiniteSet] = {
    "binary": Binary(),
    "ternary": Ternary(),
    "2-bit": Codebook([-1.5, -0.5, 0.5, 1.5]),
}


def measure(size: int = SIZE, depth: int = 20, batch: int = BATCH, repeats: int = 9) -> list[Row]:
    """Updates on NumPy and torch arrays that move as in training, then the step."""
    rng = np.random.default_rng(0)
    start = rng.standard_normal(size, dtype=np.float32)
    pair = [start, start + np.float32(0.01) * rng.standard_normal(size, dtype=np.float32)]
    tensors = [torch.from_numpy(w) for w in pair]
    rows = [
        _row(f"{name}, NumPy float32", levels, pair, repeats) for name, levels in LEVELS.items()
    ]
    rows.append(_row("ternary, torch float32", LEVELS["ternary"], tensors, repeats))
    return [*rows, _tracked_step(depth, batch, repeats)]


def _row(name: str, levels: FiniteSet, pair: list[Any], repeats: int) -> Row:
    tracker = CodeTracker(pair[0], levels)
    thresholds = levels.cells(pair[0]).thresholds
    updated, compared = itertools.cycle(pair[::-1]), itertools.cycle(pair)

    def one_pass() -> None:
        w = next(compared)
        for threshold in thresholds:
            (w >= threshold).sum()

    return compare(
        f"code tracker update / one pass of comparisons, {name}",
        lambda: tracker.update(next(updated)),
        one_pass,
        PASS,
        repeats=repeats,
    )


def _tracked_step(depth: int, batch: int, repeats: int) -> Row:
    """BinaryConnect on Adam with ternary weights; the codes of each step, with every weight's moving average."""
    keep_memory()

    def steps(tracked: bool) -> Callable[[], None]:
        net = network(depth).to(memory_format=torch.channels_last)
        base = torch.optim.Adam(optim.split_parameters(net, models.binary_weights), fused=True)
        opt = optim.BinaryConnect(base, Ternary(0.05))
        codes = OptimizerCodes(opt, net.named_parameters(), ["oscillating"]) if tracked else None
        batches = ImageBatches(images(4 * batch), "cpu", batch, augment=True, seed=0)
        pairs = itertools.chain.from_iterable(map(batches.epoch, itertools.count()))

        def work() -> None:
            for x, y in itertools.islice(pairs, STEPS):
                opt.zero_grad(set_to_none=True)
                torch.nn.functional.cross_entropy(net(x), y).backward()
                opt.step()
                if codes is not None:
                    codes.update()

        return work

    name = f"ResNet-{depth} training step, codes of each step tracked / not tracked, eager float32"
    return compare(name, steps(True), steps(False), TRACKED, repeats=repeats)
