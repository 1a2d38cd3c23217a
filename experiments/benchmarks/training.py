"""A training step of ResNet-20, augmentation included: quantized against plain, ours against the usual loop.

The tracker's update is counted as its share: once in an epoch, 391 steps of batch 128. The usual loop pads, crops,
mirrors and normalises image by image, and trains eagerly in float32, channels first, without quantization. It has a
process of its own, so that neither lives on the memory that the other has left.
"""

import dataclasses
import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from experiments.benchmarks.timing import Row, compare, elsewhere
from pqtheory.networks import models, optim
from pqtheory.networks.data import Images
from pqtheory.networks.data.cifar10 import MEAN, STD
from pqtheory.networks.tasks.image_batches import ImageBatches
from pqtheory.networks.training.graphs import set_up_base
from pqtheory.networks.training.memory import keep_memory
from pqtheory.regularizers import DistanceL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary
from pqtheory.signs import SignTracker

BATCH, STEPS, STEPS_PER_EPOCH, PAD = 128, 4, 391, 4
OVERHEAD, SPEED_UP = 1.08, 2.5
Pairs = Iterator[tuple[Tensor, Tensor]]


def measure(
    depth: int = 20, batch: int = BATCH, compiled: bool = True, repeats: int = 9
) -> list[Row]:
    """ProxQuant and BinaryConnect on Adam, tracked; and ProxQuant against the usual loop."""
    pictures = images(4 * batch)
    keep_memory()
    amp = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()

    def ours(wrap: Callable[[Any], Any]) -> tuple[Callable[[], None], Any, nn.Module]:
        net = network(depth).to(memory_format=torch.channels_last)
        opt = wrap(torch.optim.Adam(optim.split_parameters(net, models.binary_weights)))
        set_up_base(opt, recorded=False)
        batches = ImageBatches(pictures, "cpu", batch, augment=True, seed=0)
        pairs = itertools.chain.from_iterable(map(batches.epoch, itertools.count()))
        forward = torch.compile(net, dynamic=False) if compiled else net
        return _steps(forward, opt, pairs, amp), opt, net

    plain, _, _ = ours(lambda base: base)
    kind = f"{'bfloat16' if amp else 'float32'}, {'compiled' if compiled else 'eager'}"
    rows, quantized = [], plain
    for method, wrap in (
        ("BinaryConnect", optim.BinaryConnect),
        ("ProxQuant", lambda base: optim.ProxQuant(base, DistanceL1(Binary()), Linear(1e-6))),
    ):
        quantized, opt, net = ours(wrap)
        name = f"ResNet-{depth} training step, {method} tracked / full precision, Adam, {kind}"
        row = compare(name, quantized, plain, OVERHEAD, repeats=repeats)
        seconds = row.seconds + STEPS * _update_seconds(opt, net, repeats) / STEPS_PER_EPOCH
        rows.append(dataclasses.replace(row, ratio=seconds / row.baseline_seconds, seconds=seconds))
    name = f"usual loop, eager float32, per-image transforms / ours, ProxQuant, {kind}"
    with elsewhere(_usual, depth, batch) as usual:
        row = compare(name, quantized, usual, SPEED_UP, repeats=repeats)
    return [*rows, dataclasses.replace(row, ratio=1 / row.ratio, at_least=True)]


def images(count: int) -> Images:
    """Noise of the shape of CIFAR-10."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (count, 3, 32, 32), dtype=np.uint8)
    labels = rng.integers(0, 10, count)
    return Images("noise", pixels, labels, pixels[:1], labels[:1], MEAN, STD, 10)


def network(depth: int) -> nn.Module:
    """The ResNet, the same each time."""
    torch.manual_seed(0)
    return models.resnet(depth)


def _steps(
    forward: Callable[[Tensor], Tensor], optimizer: Any, pairs: Pairs, amp: bool
) -> Callable[[], None]:
    def work() -> None:
        for x, y in itertools.islice(pairs, STEPS):
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16, enabled=amp):
                loss = nn.functional.cross_entropy(forward(x), y)
            loss.backward()
            optimizer.step()

    return work


def _usual(depth: int, batch: int) -> Callable[[], None]:
    net, pictures = network(depth), images(4 * batch)
    return _steps(net, torch.optim.Adam(net.parameters()), _one_by_one(pictures, batch), False)


def _update_seconds(optimizer: Any, net: nn.Module, repeats: int) -> float:
    """Of the sign tracker, least of ``repeats``."""
    names = {id(p): name for name, p in net.named_parameters()}
    tracker = SignTracker({names[id(p)]: v for p, v in optimizer.latent_parameters()})
    spent = []
    for _ in range(repeats):
        start = time.perf_counter()
        tracker.update({names[id(p)]: v for p, v in optimizer.latent_parameters()})
        spent.append(time.perf_counter() - start)
    return min(spent)


def _one_by_one(pictures: Images, batch: int) -> Pairs:
    """What a data loader does with transforms of single images, in this process."""
    rng = np.random.default_rng(0)
    mean, std = (np.array(v, dtype=np.float32).reshape(3, 1, 1) for v in (MEAN, STD))
    while True:
        for picked in np.split(rng.permutation(len(pictures.train)), len(pictures.train) // batch):
            seen = []
            for pixels in pictures.train[picked]:
                dy, dx = rng.integers(0, 2 * PAD + 1, 2)
                wide = np.pad(pixels, ((0, 0), (PAD, PAD), (PAD, PAD)))
                image = wide[:, dy : dy + 32, dx : dx + 32]
                if rng.random() < 0.5:
                    image = image[:, :, ::-1]
                seen.append(torch.from_numpy((image.astype(np.float32) / 255 - mean) / std))
            yield torch.stack(seen), torch.from_numpy(pictures.train_labels[picked])
