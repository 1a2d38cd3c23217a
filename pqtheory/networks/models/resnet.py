r"""CIFAR ResNets of depth 6 n + 2: a 3 x 3 convolution, 3 stages of n blocks (16, 32, 64 channels), a linear layer.

References
----------
He et al., *Deep Residual Learning*, CVPR 2016, section 4.2; with 1 x 1 convolutions on the downsampling shortcuts, as
in the experiments of arXiv 1810.00861.
"""

from typing import final

from torch import Tensor, nn

from pqtheory._checks import check_count
from pqtheory._messages import brief
from pqtheory.networks.models.norm import norm_relu

WIDTHS = (16, 32, 64)


@final
class BasicBlock(nn.Module):
    """relu(norm(conv(relu(norm(conv(x))))) + shortcut(x))."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels != width:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Same height and width, or half of them; shape (n, width, ...)."""
        inner = norm_relu(self.norm1, self.conv1(x))
        return norm_relu(self.norm2, self.conv2(inner), self.shortcut(x))


@final
class ResNet(nn.Module):
    """A CIFAR ResNet with ``blocks`` blocks in each stage.

    Parameters
    ----------
    blocks : int
        n, for a depth of 6 n + 2.
    channels, classes : int
        Of the images.

    Raises
    ------
    TypeError, ValueError
        If one of them is no integer >= 1.
    """

    def __init__(self, blocks: int, channels: int = 3, classes: int = 10) -> None:
        super().__init__()
        blocks, channels = check_count(blocks, "blocks"), check_count(channels, "channels")
        classes = check_count(classes, "classes")
        self.conv = nn.Conv2d(channels, WIDTHS[0], 3, 1, 1, bias=False)
        self.norm = nn.BatchNorm2d(WIDTHS[0])
        stages, before = [], WIDTHS[0]
        for stage, width in enumerate(WIDTHS):
            first = BasicBlock(before, width, 2 if stage else 1)
            rest = [BasicBlock(width, width, 1) for _ in range(blocks - 1)]
            stages.append(nn.Sequential(first, *rest))
            before = width
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(before, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Scores of the classes, shape (n, classes)."""
        x = self.stages(norm_relu(self.norm, self.conv(x)))
        scores: Tensor = self.fc(x.mean((2, 3)))
        return scores


def resnet(depth: int, channels: int = 3, classes: int = 10) -> ResNet:
    """The ResNet of that depth.

    Raises
    ------
    TypeError, ValueError
        If ``depth`` is not 6 n + 2 for some n >= 1, or another number no integer >= 1.
    """
    depth = check_count(depth, "depth")
    if depth < 8 or depth % 6 != 2:
        raise ValueError(f"depth: expected 6 n + 2, such as 20, 32, 44 or 56, got {brief(depth)}")
    return ResNet(depth // 6, channels, classes)
