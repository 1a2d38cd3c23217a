"""Batches of images: the whole set in the device's memory, order and augmentation from (seed, epoch) alone."""

from collections.abc import Iterator
from typing import final

import numpy as np
import torch
from torch import Tensor

from pqtheory.networks.data import Augmentation, Images
from pqtheory.networks.tasks.batches import Batches, mixed

#: images of an evaluation batch, by device: on a CPU what stays in its cache takes half the time
EVALUATED = {"cpu": 200, "cuda": 5000}
EVALUATED_ELSEWHERE = 1000


@final
class ImageBatches(Batches):
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
    on_device : DeviceImages, optional
        Holds the images for several runs.
    """

    def __init__(
        self,
        images: Images,
        device: torch.device | str,
        batch_size: int,
        augment: bool,
        seed: int,
        on_device: "DeviceImages | None" = None,
    ) -> None:
        self.per_step, self.seed = batch_size, seed
        self.augmentation = Augmentation() if augment else None
        self.device = torch.device(device)
        held = DeviceImages(images, device) if on_device is None else on_device
        self.train = held.tensor(images.train), held.tensor(images.train_labels)
        self.test = held.tensor(images.test), held.tensor(images.test_labels)
        self.count = len(self.train[0])
        shape = (1, -1, 1, 1)
        self._mean = 255 * torch.tensor(images.mean, device=self.device).reshape(shape)
        self._scale = 1 / (255 * torch.tensor(images.std, device=self.device).reshape(shape))

    def drawn(self, epoch: int) -> list[Tensor]:
        """All chance of an epoch, on the device: the order (n,); if augmented, shifts (2, n) and mirrored (n,)."""
        generator = torch.Generator().manual_seed(mixed(self.seed, epoch))
        order = torch.randperm(len(self.train[0]), generator=generator)
        drawn = [order]
        if self.augmentation is not None:
            sizes = [len(part) for part in order.split(self.per_step)]
            parts = [self.augmentation.draw(size, generator) for size in sizes]
            drawn += [torch.cat(column, -1) for column in zip(*parts, strict=True)]
        return [t.to(self.device) for t in drawn]

    def batch(self, picked: Tensor, *crops: Tensor) -> tuple[Tensor, Tensor]:
        """(images, labels) for a part of what was drawn; the host does not wait for the device."""
        pixels, labels = self.train
        batch = pixels[picked]
        if self.augmentation is not None:
            batch = self.augmentation.crop(batch, *crops)
        return self.normalised(batch), labels[picked]

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


@final
class DeviceImages:
    """An image set on a device, and its held-out splits: each array is there once, for all runs that use it."""

    def __init__(self, images: Images, device: torch.device | str) -> None:
        self.images, self.device = images, torch.device(device)
        self._splits: dict[int, Images] = {0: images}
        self._tensors: dict[int, tuple[np.ndarray, Tensor]] = {}

    def split(self, held_out: int) -> Images:
        """The set with ``held_out`` training images in place of the test set; itself for 0."""
        if held_out not in self._splits:
            self._splits[held_out] = self.images.held_out(held_out)
        return self._splits[held_out]

    def tensor(self, array: np.ndarray) -> Tensor:
        """``array`` on the device."""
        # the array is kept, so that no other one gets its id
        if id(array) not in self._tensors:
            self._tensors[id(array)] = array, torch.from_numpy(array).to(self.device)
        return self._tensors[id(array)][1]
