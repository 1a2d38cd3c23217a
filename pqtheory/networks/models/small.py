"""A small convolutional network: for tests, and for the digits in seconds."""

from typing import final

from torch import Tensor, nn

from pqtheory._checks import check_count
from pqtheory.networks.models.norm import norm_relu


@final
class SmallNet(nn.Module):
    """Two convolutions with batch norm, and a linear layer.

    Parameters
    ----------
    channels, classes : int
        Of the images.
    width : int
        Channels of the first convolution; the second has twice as many.

    Raises
    ------
    TypeError, ValueError
        If one of them is no integer >= 1.
    """

    def __init__(self, channels: int = 1, classes: int = 10, width: int = 16) -> None:
        super().__init__()
        channels, classes = check_count(channels, "channels"), check_count(classes, "classes")
        width = check_count(width, "width")
        self.conv = nn.Conv2d(channels, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, 2 * width, 3, 2, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(2 * width)
        self.fc = nn.Linear(2 * width, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Scores of the classes, shape (n, classes)."""
        x = norm_relu(self.norm, self.conv(x))
        x = norm_relu(self.norm2, self.conv2(x))
        scores: Tensor = self.fc(x.mean((2, 3)))
        return scores
