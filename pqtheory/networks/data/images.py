"""A labelled image set: uint8 arrays in memory, a held-out split, one hash."""

from dataclasses import dataclass
from typing import Self, final

import numpy as np
from numpy.typing import NDArray

from pqtheory._checks import check_count
from pqtheory._messages import brief
from pqtheory.provenance import data_hash


@final
@dataclass(frozen=True, eq=False)
class Images:
    """Training and test images.

    Attributes
    ----------
    name : str
        Of the set.
    train, test : array of uint8, shape (n, channels, height, width)
        Pixels.
    train_labels, test_labels : array of int64, shape (n,)
        Classes from 0.
    mean, std : tuple of float
        For each channel, of pixels in [0, 1]: what training normalises with.
    classes : int
        How many.
    """

    name: str
    train: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test: NDArray[np.uint8]
    test_labels: NDArray[np.int64]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    classes: int

    @property
    def sha256(self) -> str:
        """Hash of all pixels and labels."""
        return data_hash(
            {
                "train": self.train,
                "train_labels": self.train_labels,
                "test": self.test,
                "test_labels": self.test_labels,
            }
        )

    def held_out(self, count: int, seed: int = 0) -> Self:
        """The same set with ``count`` random training images in place of the test set.

        Raises
        ------
        ValueError
            If that leaves nothing to train on.
        """
        check_count(count, "held_out", 1)
        if count >= len(self.train):
            raise ValueError(f"held_out: expected fewer than {len(self.train)}, got {brief(count)}")
        order = np.random.default_rng(seed).permutation(len(self.train))
        kept, out = np.sort(order[count:]), np.sort(order[:count])
        return type(self)(
            self.name,
            self.train[kept],
            self.train_labels[kept],
            self.train[out],
            self.train_labels[out],
            self.mean,
            self.std,
            self.classes,
        )
