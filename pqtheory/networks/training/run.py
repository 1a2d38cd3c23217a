"""A run: the state between two epochs, how an epoch changes it, what is measured and kept after it."""

import math
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any, final

import numpy as np
import torch
from torch import Tensor, nn

from pqtheory._messages import brief
from pqtheory.networks.data import Images
from pqtheory.networks.metrics import error_of
from pqtheory.networks.optim import LATENT, QuantizingOptimizer
from pqtheory.networks.training import measure
from pqtheory.networks.training.batches import Batches, DeviceImages
from pqtheory.networks.training.build import make_model, make_optimizer
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
from pqtheory.networks.training.settings import Settings
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

    ``on_device`` holds the images for several runs; ``record`` makes recordings of steps, on a GPU by itself.
    """

    def __init__(
        self,
        settings: Settings,
        images: Images,
        folder: RunFolder,
        device: torch.device,
        on_device: DeviceImages | None = None,
        record: Recorder | None = None,
    ) -> None:
        self.settings, self.folder, self.device = settings, folder, device
        if device.type == "cpu":
            keep_memory()
        on_device = DeviceImages(images, device) if on_device is None else on_device
        trained = on_device.split(settings.held_out)
        sets = {"test": images, "held_out": trained} if settings.held_out else {"test": images}
        size, seed = settings.batch_size, settings.seed
        self.batches = Batches(trained, device, size, settings.augment, seed, on_device)
        self.sets = {
            name: self.batches if s is trained else Batches(s, device, size, False, seed, on_device)
            for name, s in sets.items()
        }
        begun = (folder.path / "checkpoint.pt").exists()
        start = replace(settings, warm_start=None) if begun else settings
        self.model = make_model(start, images).to(device)
        self.forward: Callable[[Tensor], Tensor] = self.model
        if settings.compile:
            # one graph, for full batches: one for any size would be slower, and a second takes as long to compile
            self.forward = torch.compile(self.model, dynamic=False)
        self.channels = images.train.shape[1]
        if record is None and device.type == "cuda":
            record = record_on_cuda
        self.graphed = None if record is None else GraphedSteps(self.batches, self._loss, record)
        self.optimizer = self._optimizer()
        self.names = {id(p): name for name, p in self.model.named_parameters()}
        self.tracker = SignTracker(self._tracked())
        self.epoch = 0
        self.best = math.inf
        #: what was measured after the last epoch
        self.last: dict[str, Any] = {}

    def _optimizer(self) -> Any:
        made = make_optimizer(self.settings, self.model, self.channels, len(self.batches))
        set_up_base(made, self.graphed is not None)
        return made

    def _tracked(self) -> dict[str, Tensor]:
        if isinstance(self.optimizer, QuantizingOptimizer):
            return {self.names[id(p)]: v for p, v in self.optimizer.latent_parameters()}
        return {n: p.detach() for n, p in self.model.named_parameters() if p.dim() > 1}

    def restore(self) -> None:
        """Take up the checkpoint; without one, measure the start."""
        state = self.folder.load("checkpoint.pt")
        if state is None:
            self.folder.keep_metrics(-1)
            self._record(None, 0.0)
            return
        missing = [name for name in KEPT if name not in state]
        if missing:
            file = self.folder.path / "checkpoint.pt"
            raise ValueError(f"{file}: not the state of a run: {brief(missing[0])} is missing")
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        set_up_base(self.optimizer, self.graphed is not None)
        self.tracker.load_state_dict(
            {k: v.numpy() if isinstance(v, Tensor) else v for k, v in state["tracker"].items()}
        )
        self.epoch, self.best = state["epoch"], state["best"]
        self.last = self.folder.keep_metrics(self.epoch)[-1]

    def train_epoch(self, progress: Progress | None) -> None:
        """One epoch, its measurements, and the checkpoint."""
        for _ in self.steps(progress):
            pass

    def steps(self, progress: Progress | None = None) -> Iterator[None]:
        """The same step by step; measurements and checkpoint come after the last."""
        settings, epoch = self.settings, self.epoch
        if settings.renew and epoch:
            self._renew()
        if epoch == settings.freeze_epoch and isinstance(self.optimizer, QuantizingOptimizer):
            self._freeze()
        for group in self.optimizer.param_groups:
            group["lr"] = settings.lr_at(epoch)
        began = time.perf_counter()
        self.model.train()
        losses: list[Tensor] = []
        for step, loss in enumerate(self.losses(epoch)):
            losses.append(loss)
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
        self._record(float(torch.stack(losses).mean()), time.perf_counter() - began)

    def losses(self, epoch: int) -> Iterator[Tensor]:
        """Train an epoch; the loss of each step as it is made."""
        if self.graphed is not None:
            return self.graphed.epoch(epoch, self.optimizer)
        return (self._step(x, y) for x, y in self.batches.epoch(epoch))

    def _loss(self, x: Tensor, y: Tensor) -> Tensor:
        forward = self.forward if len(x) == self.settings.batch_size else self.model
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.amp):
            loss: Tensor = nn.functional.cross_entropy(forward(x), y)
        return loss

    def _step(self, x: Tensor, y: Tensor) -> Tensor:
        self.optimizer.zero_grad(set_to_none=True)
        loss = self._loss(x, y)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

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
            place: {name: value for name, value in state.items() if name == LATENT}
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
            metrics["error"] = measure.errors(self.model, self.optimizer, self.sets, self.batches)
            better = self._is_better(metrics["error"])
        if self.epoch:
            signs = self.tracker.update(self._tracked())
            metrics["signs"] = {name: asdict(m) for name, m in signs.items()}
        if isinstance(self.optimizer, QuantizingOptimizer):
            metrics["quantization_error"] = measure.quantization_error(self.names, self.optimizer)
            if self.epoch == self.settings.freeze_epoch:
                # before the next epoch freezes them; afterwards all are on their levels
                metrics["distance"] = distances(self.names, self.optimizer)
            if landmark and self.settings.levels == "binary":
                # the theorem is about signs
                metrics["fixed_point_share"] = measure.fixed_point_share(
                    self.model, self.optimizer, self.names, self.batches
                )
        state = {
            "epoch": self.epoch,
            "best": self.best,
            "settings": self.settings.to_dict(),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "tracker": {
                k: torch.from_numpy(np.array(v)) if isinstance(v, np.ndarray) else v
                for k, v in self.tracker.state_dict().items()
            },
        }
        self.folder.add_metrics(metrics)
        if better:
            self.folder.save("best.pt", state)
        self.folder.save("checkpoint.pt", state)
        self.folder.add_time(self.epoch, seconds)
        self.last = metrics

    def _is_better(self, found: dict[str, dict[str, float]]) -> bool:
        """Whether no epoch before had as small an error, where and among which the best is picked; remember it."""
        score = error_of(found[self.settings.select_on])
        better = self.epoch > (self.settings.freeze_epoch or 0) and score < self.best
        if better:
            self.best = score
        return better
