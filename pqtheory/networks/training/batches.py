"""Batches: the whole set in the device's memory, order and augmentation from (seed, epoch) alone."""

from collections.abc import Iterator
from typing import final

import numpy as np
import torch
from torch import Tensor

from pqtheory.networks.data import Augmentation, Images

#: images of an evaluation batch, by device: on a CPU what stays in its cache takes half the time
EVALUATED = {"cpu": 200}
EVALUATED_ELSEWHERE = 1000


@final
class Batches:
    """Normalised batches of an image set on a device.

    Parameters
    ----------
    images : Images
        uint8; normalised on the device, channels last.
    device : torch.device or str
        Where.
    batch_size : int
        Of training; the last batch of an epoch may be smaller.
    augment : bool
        Whether training images are padded, cropped and mirrored.
    seed : int
        With the epoch's number it fixes order and augmentation, so nothing need be saved to resume.
    """

    def __init__(
        self, images: Images, device: torch.device | str, batch_size: int, augment: bool, seed: int
    ) -> None:
        self.batch_size, self.seed = batch_size, seed
        self.augmentation = Augmentation() if augment else None
        self.device = torch.device(device)
        self.train = self._pair(images.train, images.train_labels)
        self.test = self._pair(images.test, images.test_labels)
        shape = (1, -1, 1, 1)
        self._mean = 255 * torch.tensor(images.mean, device=self.device).reshape(shape)
        self._scale = 1 / (255 * torch.tensor(images.std, device=self.device).reshape(shape))

    def __len__(self) -> int:
        """Steps in an epoch."""
        return -(-len(self.train[0]) // self.batch_size)

    def epoch(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """(images, labels) of an epoch, in its order."""
        generator = torch.Generator().manual_seed(_mixed(self.seed, epoch))
        pixels, labels = self.train
        order = torch.randperm(len(pixels), generator=generator).to(self.device)
        for picked in order.split(self.batch_size):
            batch = pixels[picked]
            if self.augmentation is not None:
                batch = self.augmentation(batch, generator)
            yield self.normalised(batch), labels[picked]

    def plain(self, which: str, size: int | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """The "train" or the "test" images as they are, in batches."""
        if size is None:
            size = EVALUATED.get(self.device.type, EVALUATED_ELSEWHERE)
        pixels, labels = self.train if which == "train" else self.test
        for start in range(0, len(pixels), size):
            part = slice(start, start + size)
            yield self.normalised(pixels[part]), labels[part]

    def normalised(self, pixels: Tensor) -> Tensor:
        """float32, channels last."""
        scaled = (pixels.to(torch.float32) - self._mean) * self._scale
        return scaled.contiguous(memory_format=torch.channels_last)

    def _pair(self, pixels: np.ndarray, labels: np.ndarray) -> tuple[Tensor, Tensor]:
        return (
            torch.from_numpy(pixels).to(self.device),
            torch.from_numpy(labels).to(self.device),
        )


def _mixed(seed: int, epoch: int) -> int:
    """One 63-bit number from two."""
    words = np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)
    return int(words[0] >> np.uint64(1))
