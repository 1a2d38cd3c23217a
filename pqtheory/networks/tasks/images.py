"""Images: CIFAR-10 and the digits, the paper's ResNets and a small network, top-1 error."""

from collections.abc import Callable, Mapping
from typing import Any, final

import torch
from torch import Tensor, nn

from pqtheory.methods.registry import FULL_PRECISION
from pqtheory.networks.data import NAMES, Images, load
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
        return ternary_weights(data.train.shape[1]) if levels == "ternary" else binary_weights

    def preset(self, method: str, levels: str, data: str) -> Mapping[str, Any]:
        """The paper's: section 5.1 and appendix C."""
        binary = levels in ("binary", "scaled-binary", "1-bit")
        # what the paper has not trained is trained as BinaryConnect
        like = method if method in ("proxquant", "binaryrelax") else "binaryconnect"
        chosen = _FULL if method == FULL_PRECISION.name else _PUBLISHED[like, binary]
        return {**chosen, "held_out": HELD_OUT.get(data, 0), "augment": data == "cifar10"}


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
