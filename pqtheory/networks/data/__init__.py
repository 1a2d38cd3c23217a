"""Image data in memory: CIFAR-10 from the layouts that users have, the digits that scikit-learn ships."""

from pqtheory.networks.data.augment import Augmentation
from pqtheory.networks.data.images import Images, load

__all__ = ["Augmentation", "Images", "load"]
