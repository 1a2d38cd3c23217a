"""Maps that fit levels, compiled: the same steps, compiled once for all of them."""

import copy
import pickle
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from pqtheory.networks import optim
from pqtheory.networks.optim import QuantizingOptimizer
from pqtheory.networks.optim.applied import _ISOLATED
from pqtheory.networks.training import RunFolder, preset
from pqtheory.networks.training.build import load_data
from pqtheory.networks.training.run import Run
from pqtheory.quantizers import AdaptiveTernary, AlternatingMultiBit, Quantizer
from pqtheory.regularizers import AlternatingDistance
from pqtheory.schedules import Linear

ROWS = AlternatingMultiBit(2, per="row")
METHODS: dict[str, Callable[[Any, Quantizer], QuantizingOptimizer]] = {
    "proxquant": lambda base, q: optim.ProxQuant(base, AlternatingDistance(q, 1), Linear(0.1)),
    "lazy-prox": lambda base, q: optim.LazyProx(base, AlternatingDistance(q, 2), Linear(0.1)),
    "binary-connect": optim.BinaryConnect,
}


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """What is compiled here is of no use elsewhere."""
    torch.compiler.reset()
    yield
    torch.compiler.reset()


def _made(
    method: str, quantizer: Quantizer = ROWS, shapes: Sequence[tuple[int, ...]] = ((6, 5),)
) -> QuantizingOptimizer:
    torch.manual_seed(0)
    parameters = [nn.Parameter(torch.randn(s)) for s in shapes]
    base = torch.optim.SGD([{"params": parameters, "quantize": True}], lr=0.1, momentum=0.9)
    return METHODS[method](base, quantizer)


def _stepped(optimizer: QuantizingOptimizer, steps: int, seed: int = 1) -> list[torch.Tensor]:
    torch.manual_seed(seed)
    for _ in range(steps):
        for group in optimizer.param_groups:
            for p in group["params"]:
                p.grad = torch.randn_like(p)
        optimizer.step()
    return [p.detach().clone() for g in optimizer.param_groups for p in g["params"]]


@pytest.mark.parametrize(
    ("method", "quantizer"),
    [*((m, ROWS) for m in METHODS), ("proxquant", AdaptiveTernary(axis=-1))],
)
def test_steps_are_the_same(method: str, quantizer: Quantizer) -> None:
    shapes = (6, 5), (4, 7), (3, 5)
    plain, compiled = (_made(method, quantizer, shapes) for _ in range(2))
    calls: list[Any] = []

    def backend(graph: torch.fx.GraphModule, inputs: Any) -> Any:
        calls.append(graph)
        return graph.forward

    compiled.compile(backend=backend)
    for ours, theirs in zip(_stepped(compiled, 4), _stepped(plain, 4), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-6)
    assert calls
    made = len(calls)
    # the strength of a step is no reason to compile it anew
    with torch.compiler.set_stance("fail_on_recompile"):
        later = _stepped(compiled, 3, seed=2)
    assert len(calls) == made
    for ours, theirs in zip(later, _stepped(plain, 3, seed=2), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-6)


def test_two_bits_of_rows_are_one_graph() -> None:
    compiled = _made("proxquant")
    compiled.compile(fullgraph=True, backend="eager")
    _stepped(compiled, 2)


def test_the_freeze_is_the_same() -> None:
    plain, compiled = _made("proxquant"), _made("proxquant")
    compiled.compile(backend="eager")
    for optimizer in (plain, compiled):
        _stepped(optimizer, 2)
        optimizer.freeze()
    for ours, theirs in zip(_stepped(compiled, 0), _stepped(plain, 0), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))], ids=["copy", "pickle"]
)
def test_what_was_compiled_is_copied(copied: Callable[[Any], QuantizingOptimizer]) -> None:
    first = _made("proxquant")
    first.compile(backend="eager")
    _stepped(first, 2)
    second = copied(first)
    for ours, theirs in zip(_stepped(second, 2, 3), _stepped(first, 2, 3), strict=True):
        assert torch.equal(ours, theirs)
    assert all(g.compiled == {"backend": "eager"} for g in second.quantized_groups.values())


def test_the_options_are_those_of_the_last_call() -> None:
    compiled = _made("proxquant")
    compiled.compile(backend="eager")
    _stepped(compiled, 1)
    calls: list[Any] = []

    def backend(graph: torch.fx.GraphModule, inputs: Any) -> Any:
        calls.append(graph)
        return graph.forward

    compiled.compile(backend=backend)
    _stepped(compiled, 1)
    assert calls


@pytest.mark.parametrize("compiled", [True, False])
def test_a_run_that_is_compiled_has_its_maps_compiled(
    compiled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "compile", lambda model, **_: model)
    chosen = preset("corrected", "proxquant", task="language", levels="2-bit", compile=compiled)
    run = Run(chosen, load_data(chosen), RunFolder(tmp_path), torch.device("cpu"))
    groups = run.optimizer.quantized_groups.values()
    assert [g.compiled for g in groups] == [{} if compiled else None] * len(groups)


@pytest.mark.skipif(not _ISOLATED, reason="needs a torch that compiles functions apart")
def test_many_optimizers_are_compiled_in_one_process() -> None:
    calls: list[Any] = []

    def backend(graph: torch.fx.GraphModule, inputs: Any) -> Any:
        calls.append(graph)
        return graph.forward

    for number in range(10):
        before = len(calls)
        one = _made("binary-connect", AlternatingMultiBit(1, per="row", rounds=1 + number))
        one.compile(backend=backend)
        _stepped(one, 1)
        assert len(calls) > before
