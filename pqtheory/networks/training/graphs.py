r"""Training steps as a CUDA graph: recorded once, then one launch a step.

What changes from step to step lives on the device, filled once per epoch: the order of the data, crops of images, the
weights of the maps, and a counter that picks their part. The first steps train as they are, and so warm everything up;
what changes seldom (step sizes, the freeze) begins a new recording.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, final

import torch
from torch import Tensor
from torch.optim import Optimizer

from pqtheory.networks.optim import OURS, QuantizingOptimizer
from pqtheory.networks.tasks import Batches

#: records what a function does, without doing it; gives what does it
Recorder = Callable[[Callable[[], None]], Callable[[], None]]
#: steps that are made before they are recorded
WARM = 3


def record_on_cuda(function: Callable[[], None]) -> Callable[[], None]:
    """Record as a CUDA graph, on the current stream, which must not be the default one."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=torch.cuda.current_stream()):
        function()
    replay: Callable[[], None] = graph.replay
    return replay


def own_stream(device: torch.device) -> Callable[[], AbstractContextManager[Any]]:
    """Gives contexts in which all work goes to one CUDA stream of its own; elsewhere they do nothing."""
    if device.type != "cuda":
        return nullcontext
    stream = torch.cuda.Stream(device)
    # what was begun elsewhere, such as moving images, is there
    torch.cuda.synchronize(device)
    return lambda: torch.cuda.stream(stream)


def set_up_base(optimizer: Any, recorded: bool) -> None:
    """Let a base optimizer keep its counters where its parameters are, or on the host, whatever it was loaded from.

    On a CPU it gets the fused kernels, which are faster there and whose counters a record can hold. They take for
    granted that gradients and moments lie in memory as the parameters do: lay a model out before it has an optimizer.
    """
    base: Optimizer = optimizer.base if isinstance(optimizer, QuantizingOptimizer) else optimizer
    # the warning is for those who record nothing
    base._warned_capturable_if_run_uncaptured = True
    for group in base.param_groups:
        device = group["params"][0].device.type
        group["fused"] = True if device == "cpu" else None
        if "capturable" in group:
            group["capturable"] = recorded and device == "cuda"
        for p in group["params"]:
            state = base.state.get(p, {})
            if "step" in state:
                state["step"] = state["step"].to(p.device if recorded else "cpu", torch.float32)


@final
class GraphedSteps:
    """The full batches of epochs, recorded.

    Parameters
    ----------
    batches : Batches
        What to train on.
    loss_of : callable
        The loss of the model on a batch.
    adjust : callable
        Changes the gradients before the step.
    record : Recorder
        ``record_on_cuda``.
    """

    def __init__(
        self,
        batches: Batches,
        loss_of: Callable[..., Tensor],
        record: Recorder,
        adjust: Callable[[], None],
    ) -> None:
        self.batches, self.loss_of, self.record, self.adjust = batches, loss_of, record, adjust
        self.full = batches.count // batches.per_step
        device = batches.device
        self._drawn: list[Tensor] = []
        self._losses = torch.zeros(self.full, device=device)
        self._counter = torch.zeros(1, dtype=torch.int64, device=device)
        self._part = torch.arange(batches.per_step, device=device)
        self._weights = torch.zeros(0, device=device)
        self._replay: Callable[[], None] | None = None
        self._made: tuple[Any, ...] = ()
        self._warm = 0

    def epoch(self, epoch: int, optimizer: Any) -> Iterator[Tensor]:
        """The losses of the epoch's steps, each a part of one tensor that is filled when the device comes to it."""
        self._fill(epoch, optimizer)
        for step in range(self.full):
            if self._warm < WARM:
                self._step(optimizer)
                self._warm += 1
            else:
                if self._replay is None:
                    self._replay = self._recorded(optimizer)
                self._replay()
            if isinstance(optimizer, QuantizingOptimizer):
                optimizer.steps += 1
            yield self._losses[step]
        if len(self.batches) > self.full:
            rest = self.full * self.batches.per_step
            batch = self.batches.batch(*(t[..., rest:] for t in self._drawn))
            optimizer.zero_grad(set_to_none=True)
            loss = self.loss_of(*batch)
            loss.backward()
            self.adjust()
            optimizer.step()
            yield loss.detach()

    def renew(self, optimizer: Any) -> None:
        """Moments and counters of the base optimizer back to 0, where they are: as if it were made anew."""
        for state in optimizer.state.values():
            for name, value in state.items():
                if isinstance(value, Tensor) and name not in OURS:
                    value.zero_()

    def _fill(self, epoch: int, optimizer: Any) -> None:
        drawn = self.batches.drawn(epoch)
        table, frozen = torch.zeros(self.full, 1), False
        if isinstance(optimizer, QuantizingOptimizer):
            weights = [optimizer.weights(optimizer.steps + step) for step in range(self.full)]
            table = torch.tensor(weights, dtype=torch.float32).reshape(self.full, -1)
            frozen = optimizer.frozen
            # recorded steps do not look whether somebody wrote into the model
            optimizer.follow()
        if not self._drawn:
            self._drawn, self._weights = drawn, table.to(self.batches.device)
        for kept, new in zip((*self._drawn, self._weights), (*drawn, table), strict=True):
            kept.copy_(new)
        self._counter.zero_()
        made = (id(optimizer), frozen, *(float(g["lr"]) for g in optimizer.param_groups))
        if made != self._made:
            self._made, self._warm, self._replay = made, 0, None

    def _recorded(self, optimizer: Any) -> Callable[[], None]:
        # gradients are made anew while recording, in memory that belongs to the recording
        optimizer.zero_grad(set_to_none=True)
        return self.record(lambda: self._step(optimizer))

    def _step(self, optimizer: Any) -> None:
        """One step on tensors alone."""
        at = self._counter * self.batches.per_step + self._part
        batch = self.batches.batch(*(t.index_select(-1, at) for t in self._drawn))
        optimizer.zero_grad(set_to_none=True)
        loss = self.loss_of(*batch)
        loss.backward()
        self.adjust()
        if isinstance(optimizer, QuantizingOptimizer):
            optimizer.move(self._weights.index_select(0, self._counter)[0].unbind())
        else:
            optimizer.step()
        self._losses.index_copy_(0, self._counter, loss.detach().float().reshape(1))
        self._counter.add_(1)
