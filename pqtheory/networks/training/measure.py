"""What is measured of a network: its error, latent and quantized, and how its weights stand to the levels."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from pqtheory.networks.optim import QuantizingOptimizer
from pqtheory.networks.training.batches import Batches

#: training batches from which batch-norm statistics are estimated anew
ESTIMATED = 20


@torch.no_grad()
def error(model: nn.Module, batches: Batches, which: str = "test") -> float:
    """Share of the images that ``model`` gets wrong, in evaluation mode."""
    was_training = model.training
    model.eval()
    wrong, count = torch.zeros((), device=batches.device), 0
    for x, y in batches.plain(which):
        wrong += (model(x).argmax(1) != y).sum()
        count += len(y)
    model.train(was_training)
    return float(wrong) / max(count, 1)


@contextmanager
def reestimated(model: nn.Module, batches: Batches, count: int = ESTIMATED) -> Iterator[None]:
    """Batch-norm statistics of the weights as they are now, from ``count`` batches of plain training images.

    The statistics that training keeps come back afterwards.
    """
    norms = [m for m in model.modules() if isinstance(m, _BatchNorm)]
    kept = [{k: v.clone() for k, v in m.state_dict().items()} for m in norms]
    momenta = [m.momentum for m in norms]
    was_training = model.training
    try:
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
        model.train()
        with torch.no_grad():
            for x, _ in islice(batches.plain("train", batches.batch_size), count):
                model(x)
        yield
    finally:
        for norm, state, momentum in zip(norms, kept, momenta, strict=True):
            norm.load_state_dict(state)
            norm.momentum = momentum
        model.train(was_training)


def errors(
    model: nn.Module, optimizer: Any, sets: dict[str, Batches], trained: Batches
) -> dict[str, dict[str, float]]:
    """For each set: error of the network as it stands, quantized, and with statistics estimated anew on ``trained``."""
    if not isinstance(optimizer, QuantizingOptimizer):
        return {name: {"latent": error(model, b)} for name, b in sets.items()}
    with latent(optimizer):
        found = {name: {"latent": error(model, b)} for name, b in sets.items()}
    with optimizer.quantized():
        for name, b in sets.items():
            found[name]["quantized"] = error(model, b)
        with reestimated(model, trained):
            for name, b in sets.items():
                found[name]["quantized, reestimated"] = error(model, b)
    return found


@contextmanager
def latent(optimizer: QuantizingOptimizer) -> Iterator[None]:
    """Let the model hold its latent weights; what it held comes back."""
    pairs = list(optimizer.latent_parameters())
    held = [p.detach().clone() for p, _ in pairs]
    try:
        for p, value in pairs:
            p.data.copy_(value)
        yield
    finally:
        for (p, _), value in zip(pairs, held, strict=True):
            p.data.copy_(value)


@torch.no_grad()
def quantization_error(names: dict[int, str], optimizer: QuantizingOptimizer) -> dict[str, float]:
    """Root mean square distance of the latent weights to their levels, for each layer and for all."""
    latents = {names[id(p)]: value.clone() for p, value in optimizer.latent_parameters()}
    with optimizer.quantized():
        squares = {
            names[id(p)]: (latents[names[id(p)]] - p).double().square()
            for p, _ in optimizer.latent_parameters()
        }
    found = {name: float(s.mean().sqrt()) for name, s in squares.items()}
    every = torch.cat([s.flatten() for s in squares.values()])
    return {**found, "all": float(every.mean().sqrt())}


def fixed_point_share(
    model: nn.Module, optimizer: QuantizingOptimizer, names: dict[int, str], batches: Batches
) -> dict[str, float]:
    """Share of the weights that satisfy Theorem 5.3's condition s g <= 0 at the quantized point, by layer and for all.

    g is the gradient of the mean loss over the whole training set, in evaluation mode with statistics estimated anew.
    """
    loss_of = nn.CrossEntropyLoss(reduction="sum")
    with optimizer.quantized(), reestimated(model, batches):
        model.eval()
        kept = [p.grad for p in model.parameters()]
        model.zero_grad()
        for x, y in batches.plain("train"):
            loss_of(model(x), y).backward()
        holds = {names[id(p)]: _not_pushed(p) for p, _ in optimizer.latent_parameters()}
        for p, grad in zip(model.parameters(), kept, strict=True):
            p.grad = grad
    found = {name: float(h.double().mean()) for name, h in holds.items()}
    every = torch.cat([h.flatten() for h in holds.values()]).double()
    return {**found, "all": float(every.mean())}


def _not_pushed(p: nn.Parameter) -> Tensor:
    if p.grad is None:
        raise ValueError("model: a quantized parameter has no gradient")
    return p.detach() * p.grad <= 0
