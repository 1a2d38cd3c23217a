"""Two bits fitted to each row of the LSTM's matrices: a step that pulls to them, and the fit alone.

Where torchao is installed (``pip install --no-deps torchao``; 0.18 was tried), its ``LSBQuantizer`` is timed beside
ours, which may be compiled too. Its fit is the greedy one, whose error is larger.
"""

import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from experiments.benchmarks.timing import Row, compare
from pqtheory.networks import optim
from pqtheory.networks.training.memory import keep_memory
from pqtheory.quantizers import AlternatingMultiBit
from pqtheory.regularizers import AlternatingDistance
from pqtheory.schedules import Linear

WORDS, WIDTH = 10_000, 300
#: of a step against one of SGD; of the peer's fit against ours
STEP, FIT = 2.0, 3.0
TWO_BITS = AlternatingMultiBit(2, per="row")


def measure(words: int = WORDS, compiled: bool = True, repeats: int = 9) -> list[Row]:
    """ProxQuant's step on SGD; then the peer's fit against ours."""
    keep_memory()
    regularizer = AlternatingDistance(TWO_BITS, rounds=1)
    rows = []
    for form in ("eager", "compiled")[: 1 + compiled]:
        ours = optim.ProxQuant(_sgd(words, quantize=True), regularizer, Linear(1e-6))
        if form == "compiled":
            ours.compile()
        name = f"ProxQuant step, {form}, 2-bit rows of the LSTM / SGD step"
        rows.append(compare(name, ours.step, _sgd(words).step, STEP, repeats=repeats))
    if importlib.util.find_spec("torchao") is not None:
        rows += _peers(words, compiled, repeats)
    return rows


def _peers(words: int, compiled: bool, repeats: int) -> Iterator[Row]:
    from torchao.prototype.parq import LSBQuantizer

    matrices, peer = _matrices(words), LSBQuantizer()
    forms: dict[str, Callable[[Tensor], tuple[Any, Any]]] = {"eager": TWO_BITS.quantize}
    if compiled:
        forms["compiled"] = torch.compile(TWO_BITS.quantize, dynamic=False)
    for form, quantize in forms.items():
        yield compare(
            f"torchao LSBQuantizer, 2 bits per channel / ours, {form}, the LSTM's matrices",
            lambda: [peer.quantize(m, 2, dim=-1) for m in matrices],
            lambda quantize=quantize: [quantize(m) for m in matrices],  # type: ignore[misc]
            FIT,
            repeats=repeats,
            at_least=True,
        )


def _matrices(words: int) -> list[Tensor]:
    """Encoder, both transitions, decoder."""
    torch.manual_seed(0)
    shapes = ((words, WIDTH), (4 * WIDTH, WIDTH), (4 * WIDTH, WIDTH), (words, WIDTH))
    return [torch.empty(shape).uniform_(-0.1, 0.1) for shape in shapes]


def _sgd(words: int, quantize: bool = False) -> torch.optim.Optimizer:
    parameters = [nn.Parameter(m) for m in _matrices(words)]
    for p in parameters:
        p.grad = 1e-3 * torch.randn_like(p)
    return torch.optim.SGD([{"params": parameters, "quantize": quantize}], lr=1e-3)
