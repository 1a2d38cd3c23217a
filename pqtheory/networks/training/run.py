"""A run: the state between two epochs, how an epoch changes it, what is measured and kept after it."""

import math
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn

from pqtheory._messages import brief
from pqtheory.networks.metrics import error_of
from pqtheory.networks.optim import OURS, QuantizingOptimizer
from pqtheory.networks.optim.trained_ternary import ternary_layers
from pqtheory.networks.states import taken_up
from pqtheory.networks.tasks import answers, find_task
from pqtheory.networks.training import measure
from pqtheory.networks.training.build import make_model, make_optimizer
from pqtheory.networks.training.codes import CodeChanges
from pqtheory.networks.training.distances import (
    FarFromLevelsWarning,
    advice,
    distances,
    off_the_levels,
)
from pqtheory.networks.training.folder import RunFolder
from pqtheory.networks.training.graphs import (
    GraphedSteps,
    Recorder,
    record_on_cuda,
    set_up_base,
)
from pqtheory.networks.training.memory import keep_memory
from pqtheory.networks.training.randomness import Randomness
from pqtheory.networks.training.settings import TTQ_NAME, Settings, check_task
from pqtheory.networks.training.tracked import TrackedCodes
from pqtheory.signs import SignTracker

#: what a run goes on from
KEPT = ("epoch", "best", "model", "optimizer", "tracker")
#: (epoch that is done, epochs, step, steps, last metrics)
Progress = Callable[[int, int, int, int, dict[str, Any]], None]


@final
class NonFiniteLossError(ArithmeticError):
    """The loss or a weight is NaN or infinite; the last checkpoint is kept.

    Attributes
    ----------
    epoch, step : int
        Where, both from 0.
    """

    def __init__(self, epoch: int, step: int, what: str = "the loss is") -> None:
        super().__init__(f"{what} not finite at step {step} of epoch {epoch}")
        self.epoch, self.step = epoch, step


class Run:
    """The state of a run between two epochs.

    ``shared`` holds the data for several runs; ``record`` makes recordings of steps, on a GPU by itself.
    """

    def __init__(
        self,
        settings: Settings,
        data: Any,
        folder: RunFolder,
        device: torch.device,
        shared: Any = None,
        record: Recorder | None = None,
    ) -> None:
        self.settings, self.folder, self.device = settings, folder, device
        if device.type == "cpu":
            keep_memory()
        check_task(settings)
        self.task, self.data = find_task(settings.task), data
        self.batches, self.sets = answers.sets(
            self.task,
            self.task.on_device(data, device) if shared is None else shared,
            batch_size=settings.batch_size,
            held_out=settings.held_out,
            augment=settings.augment,
            seed=settings.seed,
            options=settings.options,
        )
        begun = (folder.path / "checkpoint.pt").exists()
        start = replace(settings, warm_start=None) if begun else settings
        self.model = make_model(start, data).to(device)
        self.forward: Callable[..., Any] = self.model
        if settings.compile:
            # one graph, for full batches: one for any size would be slower, and a second takes as long to compile
            self.forward = torch.compile(self.model, dynamic=False)
        self.memory = answers.memory(self.task, self.model, settings.batch_size)
        self.random = Randomness(settings.seed, device)
        if record is None and device.type == "cuda":
            record = record_on_cuda
        self.graphed = None
        if record is not None:
            self.graphed = GraphedSteps(self.batches, self._loss, record, self._adjust)
        self.optimizer = self._optimizer()
        self.names = {id(p): name for name, p in self.model.named_parameters()}
        self.tracker = SignTracker(self._tracked())
        by_rows = settings.per == "row" or isinstance(settings.per, int)
        self.codes = CodeChanges() if by_rows else None
        self.tracked = None
        if settings.metrics and isinstance(self.optimizer, QuantizingOptimizer):
            self.tracked = TrackedCodes(
                self.optimizer, self.model, settings.metrics, settings.track
            )
        self.epoch = 0
        #: epochs whose figure was no better than the best before
        self.stalls = 0
        self._least = math.inf
        self.best = math.inf
        #: what was measured after the last epoch
        self.last: dict[str, Any] = {}

    def _optimizer(self) -> Any:
        made = make_optimizer(self.settings, self.task, self.data, self.model, len(self.batches))
        set_up_base(made, self.graphed is not None)
        if self.settings.compile and self.graphed is None and isinstance(made, QuantizingOptimizer):
            made.compile()
        return made

    def _tracked(self) -> dict[str, Tensor]:
        """The latent weights by name; where nothing is quantized, the matrices."""
        if isinstance(self.optimizer, QuantizingOptimizer):
            return {self.names[id(p)]: v for p, v in self.optimizer.latent_parameters()}
        if self.settings.method == TTQ_NAME:
            return {name: latent for name, _, latent in ternary_layers(self.model)}
        return {n: p.detach() for n, p in self.model.named_parameters() if p.dim() > 1}

    def restore(self) -> None:
        """Take up the checkpoint; without one, measure the start."""
        state = self.folder.load("checkpoint.pt")
        if state is None:
            self.folder.keep_metrics(-1)
            self._record(None, 0.0)
            return
        file = self.folder.path / "checkpoint.pt"
        missing = [name for name in KEPT if name not in state]
        if missing:
            raise ValueError(f"{file}: not the state of a run: {brief(missing[0])} is missing")
        if self.tracked is not None and "codes" not in state:
            raise ValueError(f"{file}: not the state of a run with metrics: 'codes' is missing")
        with taken_up(str(file)):
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            set_up_base(self.optimizer, self.graphed is not None)
            self.tracker.load_state_dict(_arrays(state["tracker"]))
            if self.tracked is not None:
                self.tracked.codes.load_state_dict(_arrays(state["codes"]))
        self.epoch, self.best = state["epoch"], state["best"]
        if self.codes is not None and isinstance(self.optimizer, QuantizingOptimizer):
            self.codes.update(self.names, self.optimizer)
        kept = self.folder.keep_metrics(self.epoch)
        for line in kept:
            self._count_stalls(line)
        self.last = kept[-1]

    def train_epoch(self, progress: Progress | None) -> None:
        """One epoch, its measurements, and the checkpoint."""
        for _ in self.steps(progress):
            pass

    def steps(self, progress: Progress | None = None) -> Iterator[None]:
        """The same step by step; measurements and checkpoint come after the last."""
        began = time.perf_counter()
        loss = yield from self.unmeasured_steps(progress)
        self._record(loss, time.perf_counter() - began)

    def unmeasured_steps(self, progress: Progress | None = None) -> Generator[None, None, float]:
        """The steps of an epoch alone: nothing is measured, nothing is kept; gives the mean loss."""
        settings, epoch = self.settings, self.epoch
        if settings.renew and epoch:
            self._renew()
        if epoch == settings.freeze_epoch and isinstance(self.optimizer, QuantizingOptimizer):
            self._freeze()
        for group in self.optimizer.param_groups:
            group["lr"] = settings.lr_at(epoch, self.stalls) * group.get("lr_factor", 1.0)
        self.random.begin(epoch)
        for kept in self.memory:
            kept.zero_()
        self.model.train()
        losses: list[Tensor] = []
        made = self.losses(epoch)
        for step in range(len(self.batches)):
            with self.random.lent():
                loss = next(made)
            losses.append(loss)
            if self.tracked is not None:
                self.tracked.after_step()
            # on a GPU the host runs ahead
            if step % 50 == 49 and not self.graphed and not math.isfinite(float(loss)):
                break
            if progress is not None:
                progress(epoch, settings.epochs, step + 1, len(self.batches), self.last)
            yield
        bad = ~torch.isfinite(torch.stack(losses))
        if bool(bad.any()):
            raise NonFiniteLossError(epoch, int(bad.nonzero()[0, 0]))
        if not all(bool(torch.isfinite(v).all()) for v in self._tracked().values()):
            raise NonFiniteLossError(epoch, len(losses) - 1, "weights are")
        self.epoch += 1
        return float(torch.stack(losses).mean())

    def losses(self, epoch: int) -> Iterator[Tensor]:
        """Train an epoch; the loss of each step as it is made."""
        if self.graphed is not None:
            return self.graphed.epoch(epoch, self.optimizer)
        return (self._step(*batch) for batch in self.batches.epoch(epoch))

    def _loss(self, *batch: Tensor) -> Tensor:
        forward = self.forward if len(batch[0]) == self.settings.batch_size else self.model
        # the memory itself is overwritten before the gradient is taken
        memory = tuple(kept.clone() for kept in self.memory)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.amp):
            loss, new = answers.loss(self.task, forward, batch, memory)
        for kept, value in zip(self.memory, new, strict=True):
            kept.copy_(value.detach())
        return loss

    def _step(self, *batch: Tensor) -> Tensor:
        self.optimizer.zero_grad(set_to_none=True)
        loss = self._loss(*batch)
        loss.backward()
        self._adjust()
        self.optimizer.step()
        return loss.detach()

    def _adjust(self) -> None:
        """Clip the gradients, and weigh those of the quantized weights."""
        settings = self.settings
        if settings.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip_norm)
        if settings.gradient_factor != 1 and isinstance(self.optimizer, QuantizingOptimizer):
            for p, _ in self.optimizer.latent_parameters():
                if p.grad is not None:
                    p.grad.mul_(settings.gradient_factor)

    def _renew(self) -> None:
        """A new base optimizer without moments, as the published code has it; steps and freeze go on."""
        if self.graphed is not None:
            self.graphed.renew(self.optimizer)
            return
        kept = self.optimizer
        if not isinstance(kept, QuantizingOptimizer):
            self.optimizer = self._optimizer()
            return
        whole = kept.state_dict()
        latents = {
            place: {name: value for name, value in state.items() if name in OURS}
            for place, state in whole["state"].items()
        }
        kept.load_state_dict({**whole, "state": latents})

    def _freeze(self) -> None:
        if said := advice(off_the_levels(self.optimizer), self.settings):
            warnings.warn(said, FarFromLevelsWarning, stacklevel=2)
        self.optimizer.freeze()

    def _record(self, loss: float | None, seconds: float) -> None:
        """Measure, write the line and the checkpoint."""
        landmark = self.settings.is_landmark(self.epoch)
        metrics: dict[str, Any] = {"epoch": self.epoch, "loss": loss}
        better = False
        if landmark or self.epoch % self.settings.measure_every == 0:
            found = measure.errors(self.task, self.model, self.optimizer, self.sets, self.batches)
            metrics[self.task.measure] = found
            better = self._is_better(found)
            self._count_stalls(metrics)
            watched = measure.watched(
                self.task, self.model, self.optimizer, self.sets.get("held_out", self.batches)
            )
            if watched:
                metrics["watched"] = watched
        if self.epoch:
            signs = self.tracker.update(self._tracked())
            metrics["signs"] = {name: asdict(m) for name, m in signs.items()}
            if self.tracked is not None:
                metrics["codes"] = self.tracked.line()
        if isinstance(self.optimizer, QuantizingOptimizer):
            if self.codes is not None:
                changes = self.codes.update(self.names, self.optimizer)
                if self.epoch:
                    metrics["code_changes"] = changes
            metrics["quantization_error"] = measure.quantization_error(self.names, self.optimizer)
            if self.epoch == self.settings.freeze_epoch:
                # before the next epoch freezes them; afterwards all are on their levels
                metrics["distance"] = distances(self.names, self.optimizer)
            if landmark and self.settings.levels == "binary" and self.task.whole_gradient:
                # the theorem is about signs
                metrics["fixed_point_share"] = measure.fixed_point_share(
                    self.task, self.model, self.optimizer, self.names, self.batches
                )
        elif self.settings.method == TTQ_NAME:
            metrics["quantization_error"] = measure.trained_ternary_error(self.model)
            levels = {name: t.levels for name, t, _ in ternary_layers(self.model)}
            metrics["levels"] = {n: {"below": b, "above": a} for n, (b, _, a) in levels.items()}
        state = {
            "epoch": self.epoch,
            "best": self.best,
            "settings": self.settings.to_dict(),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "tracker": _tensors(self.tracker.state_dict()),
        }
        if self.tracked is not None:
            state["codes"] = _tensors(self.tracked.codes.state_dict())
        self.folder.add_metrics(metrics)
        if better:
            self.folder.save("best.pt", state)
        # before what says that the epoch is done: of one that is run twice the last counts
        self.folder.add_time(self.epoch, seconds)
        self.folder.save("checkpoint.pt", state)
        self.last = metrics

    def _is_better(self, found: dict[str, dict[str, float]]) -> bool:
        """Whether no epoch before had as small an error, where and among which the best is picked; remember it."""
        score = error_of(found[self.settings.select_on])
        better = self.epoch > (self.settings.freeze_epoch or 0) and score < self.best
        if better:
            self.best = score
        return better

    def _count_stalls(self, line: dict[str, Any]) -> None:
        """See whether a line of the metrics has a better figure than all before; the start is no epoch."""
        if self.task.measure in line and line["epoch"]:
            score = error_of(line[self.task.measure][self.settings.select_on])
            self.stalls += score >= self._least
            self._least = min(score, self._least)


def _tensors(state: Mapping[str, Any]) -> dict[str, Any]:
    """The state of a tracker as checkpoints have it."""
    return {
        k: torch.from_numpy(np.array(v)) if isinstance(v, np.ndarray) else v
        for k, v in state.items()
    }


def _arrays(state: Mapping[str, Any]) -> dict[str, Any]:
    """The same as a tracker has it."""
    return {k: v.numpy() if isinstance(v, Tensor) else v for k, v in state.items()}
