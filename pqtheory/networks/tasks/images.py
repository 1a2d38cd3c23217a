"""Images: CIFAR-10 and the digits, the paper's ResNets and a small network, top-1 error."""

from collections.abc import Callable, Mapping
from typing import Any, final

import torch
from torch import Tensor, nn

from pqtheory.methods.registry import FULL_PRECISION, TTQ
from pqtheory.networks.data import NAMES, Images, load
from pqtheory.networks.levels import TERNARY
from pqtheory.networks.models import REGISTRY, binary_weights, ternary_weights
from pqtheory.networks.optim.groups import Predicate
from pqtheory.networks.tasks.base import Memory, Options, Task
from pqtheory.networks.tasks.batches import Batch, Batches
from pqtheory.networks.tasks.image_batches import DeviceImages, ImageBatches

#: training images kept apart by default, so that nothing is selected on the test set
HELD_OUT = {"digits": 200, "cifar10": 5000}
_FULL = {"epochs": 200, "drops": (100, 150), "optimizer": "sgd", "lr": 0.1, "weight_decay": 1e-4}
#: published epochs, and what goes with them; of other levels than binary those of ternary ones
_PUBLISHED: dict[tuple[str, bool], dict[str, Any]] = {
    ("proxquant", True): {"epochs": 300, "freeze_epoch": 200, "rate": 1e-4},
    ("binaryconnect", True): {"epochs": 300, "freeze_epoch": 200, "drops": (81, 122)},
    ("binaryrelax", True): {"epochs": 300, "freeze_epoch": 200, "rate": 1.02},
    # the paper's 1e-4 is that of the whole squared distance, ours of half of it
    ("proxquant", False): {"epochs": 600, "freeze_epoch": 400, "rate": 2e-4},
    ("binaryconnect", False): {"epochs": 600, "freeze_epoch": 400, "drops": (162, 244)},
    ("binaryrelax", False): {"epochs": 600, "freeze_epoch": 400, "rate": 1.02},
}
#: methods whose lambda the paper or its kin has settings for
_LAMBDA = ("proxquant", "binaryrelax")
#: where the published settings are for, and their steps
PUBLISHED_ON = "cifar10"
_STEPS = {"batch_size": 128, "lr": 0.01}
#: of runs that quantize: where an epoch has few steps they are small ones and many
_OF_DATA: dict[str, dict[str, Any]] = {"digits": {"batch_size": 16, "lr": 0.1}}
#: training images of each set, those held out among them
TRAINING = {"digits": 1347, "cifar10": 50000}
#: lambda at the freeze is at least so many step sizes: the scatter about the levels is then little beside their gap
SETTLED = 5.0


@final
class ImageTask(Task):
    """Which class an image is of."""

    measure = "error"
    data = NAMES
    models = tuple(REGISTRY)

    def load(self, name: str, data_dir: Any, options: Options) -> Images:
        """The image set of that name."""
        return load(name, data_dir)

    def make_model(self, name: str, data: Images, options: Options) -> nn.Module:
        """The network of that name."""
        return REGISTRY[name](data.train.shape[1], data.classes)

    def on_device(self, data: Images, device: torch.device) -> DeviceImages:
        """The images, moved once."""
        return DeviceImages(data, device)

    def sets(
        self,
        shared: DeviceImages,
        *,
        batch_size: int,
        held_out: int,
        augment: bool,
        seed: int,
        options: Options,
    ) -> tuple[Batches, dict[str, Batches]]:
        """Training images, the test images, and ``held_out`` of the training images."""
        images, device = shared.images, shared.device
        trained = shared.split(held_out)
        batches = ImageBatches(trained, device, batch_size, augment, seed, shared)
        measured: dict[str, Batches] = {"test": batches}
        if held_out:
            measured = {
                "test": ImageBatches(images, device, batch_size, False, seed, shared),
                "held_out": batches,
            }
        return batches, measured

    def loss(
        self, forward: Callable[[Tensor], Tensor], batch: Batch, memory: Memory
    ) -> tuple[Tensor, Memory]:
        """Cross-entropy."""
        x, y = batch
        return nn.functional.cross_entropy(forward(x), y), ()

    def measured(self, model: nn.Module, batches: Batches, which: str = "test") -> float:
        """Share of the images that ``model`` gets wrong."""
        return share_wrong(model, batches, which)

    def quantized(self, levels: str, data: Images) -> Predicate:
        """As the paper: ternary leaves the first convolution and the linear layer, all others quantize them too."""
        return ternary_weights(data.train.shape[1]) if levels in TERNARY else binary_weights

    def preset(self, method: str, levels: str, data: str) -> Mapping[str, Any]:
        """The paper's: section 5.1 and appendix C."""
        binary = levels in ("binary", "scaled-binary", "1-bit")
        full = method == FULL_PRECISION.name
        # what the paper has not trained is trained as BinaryConnect
        like = method if method in _LAMBDA else "binaryconnect"
        chosen = dict(_FULL if full else _PUBLISHED[like, binary])
        if method == TTQ.name:
            # its levels train to the end
            del chosen["freeze_epoch"]
        steps = {} if full else _OF_DATA.get(data, {})
        kept_apart = {"held_out": HELD_OUT.get(data, 0), "augment": data == "cifar10"}
        return {**_STEPS, **chosen, **steps, **kept_apart}

    def suited(self, settings: Any) -> Mapping[str, Any]:
        """On images that the paper has no settings for: lambda that comes to the levels by the freeze, small steps
        after it.
        """  # noqa: D205
        data, method = settings.data, settings.method
        if data == PUBLISHED_ON or data not in TRAINING or method not in _LAMBDA:
            return {}
        frozen = settings.epochs if settings.freeze_epoch is None else max(settings.freeze_epoch, 1)
        steps = frozen * -(-max(TRAINING[data] - settings.held_out, 1) // settings.batch_size)
        # what has no drops of its own trains on after the freeze in small steps
        drops = () if settings.freeze_epoch is None else (settings.freeze_epoch,)
        if method == "proxquant":
            pull = published_pull(settings.levels)
            return {"drops": drops, "rate": strength_at_freeze(settings.lr, steps, pull) / frozen}
        return {"drops": drops}


def strength_at_freeze(lr: float, steps: int, pull: float) -> float:
    """Lambda after so many steps in which it has grown evenly: enough to come to rest on the levels.

    Parameters
    ----------
    lr : float
        Step size of the base optimizer.
    steps : int
        Until the freeze.
    pull : float
        What the prox weights until then must add up to at least.
    """
    return max(SETTLED * lr, 2 * pull / (lr * steps))


def published_pull(levels: str) -> float:
    """What the prox weights of the published run add up to until its freeze, eta times the sum of all lambda_t."""
    published = ImageTask().preset("proxquant", levels, PUBLISHED_ON)
    steps_per_epoch = -(-TRAINING[PUBLISHED_ON] // published["batch_size"])
    epochs: int = published["freeze_epoch"]
    pull: float = published["lr"] * steps_per_epoch * published["rate"] * epochs**2 / 2
    return pull


def share_wrong(model: nn.Module, batches: Batches, which: str = "test") -> float:
    """Share of the examples whose class ``model`` gets wrong, in evaluation mode."""
    was_training = model.training
    model.eval()
    wrong, count = torch.zeros((), device=batches.device), 0
    with torch.no_grad():
        for x, y in batches.plain(which):
            wrong += (model(x).argmax(1) != y).sum()
            count += len(y)
    model.train(was_training)
    return float(wrong) / max(count, 1)
