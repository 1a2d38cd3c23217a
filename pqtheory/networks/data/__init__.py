"""Image data in memory: CIFAR-10 from the layouts that users have, the digits that scikit-learn ships."""

from pqtheory.networks.data.augment import Augmentation
from pqtheory.networks.data.images import Images
from pqtheory.networks.data.load import NAMES, load

__all__ = ["NAMES", "Augmentation", "Images", "load"]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
