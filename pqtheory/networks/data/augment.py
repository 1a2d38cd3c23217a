r"""Pad, crop, flip: a whole batch at once on its device, with random numbers from one generator.

x'[n, c, i, j] = padded[n, c, i + dy_n, j' + dx_n], j' = j or its mirror image, dy, dx uniform on 0 .. 2 pad.
"""

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor
from torch.nn.functional import pad as padded


@final
@dataclass(frozen=True)
class Augmentation:
    """Random crops of the padded image, and random mirror images.

    Attributes
    ----------
    pad : int
        Pixels of zeros on each side.
    flip : bool
        Whether half of the images are mirrored.
    """

    pad: int = 4
    flip: bool = True

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Augmented copies, shape and dtype of ``images`` (n, channels, height, width).

        The random numbers come from ``generator``, on the CPU: the same ones on every device.
        """
        return self.crop(images, *(t.to(images.device) for t in self.draw(len(images), generator)))

    def draw(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Shifts (2, n) and whether to mirror (n,), on the CPU."""
        shifts = torch.randint(0, 2 * self.pad + 1, (2, n), generator=generator)
        return shifts, torch.rand(n, generator=generator) < 0.5 if self.flip else torch.zeros(n) > 0

    def crop(self, images: Tensor, shifts: Tensor, mirrored: Tensor) -> Tensor:
        """The images shifted and mirrored so; all on one device, which waits for nothing."""
        n, _, height, width = images.shape
        device = images.device
        dy, dx = shifts
        rows = torch.arange(height, device=device) + dy[:, None]
        columns = torch.arange(width, device=device)
        columns = torch.where(mirrored[:, None], width - 1 - columns, columns) + dx[:, None]
        wide = padded(images, (self.pad,) * 4)
        picked = torch.arange(n, device=device)[:, None, None]
        # indices at both ends of a slice put the channels last
        return wide[picked, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
