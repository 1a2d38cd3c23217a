"""What is measured of a network: its error, latent and quantized, and how its weights stand to the levels."""

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import islice
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from pqtheory._messages import brief
from pqtheory.networks.optim import QuantizingOptimizer
from pqtheory.networks.optim.trained_ternary import (
    is_trained_ternary,
    latent_shown,
    ternary_layers,
)
from pqtheory.networks.tasks import Batches, Task, answers

#: training batches from which batch-norm statistics are estimated anew
ESTIMATED = 20


@contextmanager
def reestimated(
    task: Task, model: nn.Module, batches: Batches, count: int = ESTIMATED
) -> Iterator[None]:
    """Batch-norm statistics of the weights as they are now, from ``count`` batches of plain training data.

    The statistics that training keeps come back afterwards.
    """
    norms = _norms(model)
    kept = [{k: v.clone() for k, v in m.state_dict().items()} for m in norms]
    momenta = [m.momentum for m in norms]
    was_training = model.training
    try:
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
        model.train()
        memory = answers.memory(task, model, batches.per_step)
        with torch.no_grad():
            for batch in islice(batches.plain("train", batches.per_step), count if norms else 0):
                _, memory = answers.loss(task, model, batch, memory)
        yield
    finally:
        for norm, state, momentum in zip(norms, kept, momenta, strict=True):
            norm.load_state_dict(state)
            norm.momentum = momentum
        model.train(was_training)


def _norms(model: nn.Module) -> list[_BatchNorm]:
    return [m for m in model.modules() if isinstance(m, _BatchNorm)]


def errors(
    task: Task, model: nn.Module, optimizer: Any, sets: dict[str, Batches], trained: Batches
) -> dict[str, dict[str, float]]:
    """For each set: the task's measure of the network as it stands, quantized, and, where it has batch norms, with
    statistics estimated anew on ``trained``.

    Raises
    ------
    NotFiniteError
        If one is not a finite number.
    """  # noqa: D205
    shown: AbstractContextManager[None] = nullcontext()
    if isinstance(optimizer, QuantizingOptimizer):
        shown = latent(optimizer)
    elif is_trained_ternary(model):
        shown = latent_shown(model)
    with shown:
        found = {name: {"latent": _finite(task, model, b, name)} for name, b in sets.items()}
    if not isinstance(optimizer, QuantizingOptimizer) and not is_trained_ternary(model):
        return found
    # with trained levels the network as it stands is the quantized one
    with optimizer.quantized() if isinstance(optimizer, QuantizingOptimizer) else nullcontext():
        for name, b in sets.items():
            found[name]["quantized"] = _finite(task, model, b, name)
        if _norms(model):
            with reestimated(task, model, trained):
                for name, b in sets.items():
                    found[name]["quantized, reestimated"] = _finite(task, model, b, name)
    return found


@final
class NotFiniteError(ArithmeticError):
    """What is measured of a network overflows or is not a number."""


def _finite(task: Task, model: nn.Module, batches: Batches, name: str) -> float:
    value = answers.measured(task, model, batches)
    if not math.isfinite(value):
        where = name.replace("_", "-")
        overflows = ": it overflows" if value == math.inf else ""
        raise NotFiniteError(
            f"{task.measure}: expected a finite number on the {where} data, got {brief(value)}{overflows}"
        )
    return value


def watched(
    task: Task, model: nn.Module, optimizer: Any, batches: Batches
) -> dict[str, dict[str, float]]:
    """What the task follows of its own, of the latent and of the quantized network; nothing where there is nothing."""
    found: dict[str, dict[str, float]] = {}
    if isinstance(optimizer, QuantizingOptimizer):
        with latent(optimizer):
            found["latent"] = answers.watched(task, model, batches)
        with optimizer.quantized():
            found["quantized"] = answers.watched(task, model, batches)
    else:
        found["latent"] = answers.watched(task, model, batches)
    return {kind: numbers for kind, numbers in found.items() if numbers}


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
    return _root_mean(squares)


@torch.no_grad()
def trained_ternary_error(model: nn.Module) -> dict[str, float]:
    """The same of a network whose ternary levels are trained."""
    layers = ternary_layers(model)
    return _root_mean({name: (t - ternary(t)).double().square() for name, ternary, t in layers})


def _root_mean(squares: dict[str, Tensor]) -> dict[str, float]:
    found = {name: float(s.mean().sqrt()) for name, s in squares.items()}
    every = torch.cat([s.flatten() for s in squares.values()])
    return {**found, "all": float(every.mean().sqrt())}


def fixed_point_share(
    task: Task,
    model: nn.Module,
    optimizer: QuantizingOptimizer,
    names: dict[int, str],
    batches: Batches,
) -> dict[str, float]:
    """Share of the weights that satisfy Theorem 5.3's condition s g <= 0 at the quantized point, by layer and for all.

    g is the gradient of the mean loss over the whole training set, in evaluation mode with statistics estimated anew.
    """
    with optimizer.quantized(), reestimated(task, model, batches):
        model.eval()
        kept = [p.grad for p in model.parameters()]
        model.zero_grad()
        for batch in batches.plain("train"):
            # the mean over the batch, and so the sum
            (answers.loss(task, model, batch, ())[0] * len(batch[-1])).backward()
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
