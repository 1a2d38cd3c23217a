r"""relu(norm(x) + shortcut), norm(x) = weight (x - mean) / sqrt(var + eps) + bias over images, heights and widths.

In the backward pass, with g the gradient where the output is positive, x' = (x - mean) / sqrt(var + eps) and means
E over the same m numbers as the statistics:

    d bias = m E[g],  d weight = m E[g x'],  dx = weight / sqrt(var + eps) (g - E[g] - x' E[g x']),  d shortcut = g.

A compiler for CPUs is slow with a stage of 16 channels, as 16 bfloat16 numbers fill but half of a vector
register. So it is given the images, which lie in memory channels last, as rows of k pixels that fill one.

References
----------
Ioffe, Szegedy, *Batch Normalization*, ICML 2015, section 3; Chan, Golub, LeVeque, *Algorithms for computing the
sample variance*, 1983, for the shift of the data.
"""

from typing import Any, cast, final

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

#: bfloat16 numbers in a vector register of 512 bits
LANES = 32


@final
class NormRelu(nn.BatchNorm2d):
    """Batch norm, the sum with a shortcut and the rectifier as one; parameters and buffers of BatchNorm2d."""

    def forward(self, x: Tensor, shortcut: Tensor | None = None) -> Tensor:
        """relu(norm(x) + shortcut), both of shape (n, channels, height, width)."""
        if not self._in_rows(x):
            y = super().forward(x)
            return torch.relu(y if shortcut is None else y + shortcut)
        out, mean, var = cast(
            tuple[Tensor, Tensor, Tensor],
            _InRows.apply(x, self.weight, self.bias, shortcut, self.eps),
        )
        with torch.no_grad():
            count = x.numel() // self.num_features
            momentum = cast(float, self.momentum)
            cast(Tensor, self.running_mean).lerp_(mean, momentum)
            cast(Tensor, self.running_var).lerp_(var * (count / (count - 1)), momentum)
            cast(Tensor, self.num_batches_tracked).add_(1)
        return out

    def _in_rows(self, x: Tensor) -> bool:
        usual = self.training and self.momentum is not None and self.track_running_stats
        compiled = torch.compiler.is_compiling() and x.device.type == "cpu"
        return usual and compiled and x.numel() > self.num_features


class _InRows(torch.autograd.Function):
    """(output, mean, biased variance) of channels-last images, training."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, shortcut: Tensor | None, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        count = x.numel() // x.shape[1]
        rows = _rows(x).to(weight.dtype)
        # deviations from the mean of a part, as E[x^2] - E[x]^2 cancels where the mean is large
        shift = _per_channel(_rows(x[:1]).to(weight.dtype), x) / (count // len(x))
        deviation = rows - _repeated(shift, rows)
        off = _per_channel(deviation, x) / count
        var = (_per_channel(deviation * deviation, x) / count - off * off).clamp_min(0)
        mean = shift + off
        scale = weight * torch.rsqrt(var + eps)
        y = rows * _repeated(scale, rows) + _repeated(bias - mean * scale, rows)
        if shortcut is not None:
            y = y + _rows(shortcut)
        out = _images(torch.relu(y).to(x.dtype), x)
        ctx.save_for_backward(x, out, weight, mean, torch.rsqrt(var + eps))
        ctx.with_shortcut = shortcut is not None
        ctx.mark_non_differentiable(mean, var)
        return out, mean, var

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        x, out, weight, mean, inverse = ctx.saved_tensors
        count = x.numel() // x.shape[1]
        g = torch.where(_rows(out) > 0, _rows(grad), 0).to(weight.dtype)
        deviation = _rows(x).to(weight.dtype) - _repeated(mean, g)
        d_bias = _per_channel(g, x)
        d_weight = _per_channel(g * deviation, x) * inverse
        scale = weight * inverse
        slope, level = -scale * inverse * d_weight / count, -scale * d_bias / count
        dx = g * _repeated(scale, g) + deviation * _repeated(slope, g) + _repeated(level, g)
        d_shortcut = _images(g.to(x.dtype), x) if ctx.with_shortcut else None
        return _images(dx.to(x.dtype), x), d_weight, d_bias, d_shortcut, None


def _rows(images: Tensor) -> Tensor:
    """(n, c, h, w) as (n h w / k, k c), k c at most ``LANES`` where that is possible; a view if channels last."""
    c, pixels = images.shape[1], images.numel() // images.shape[1]
    k = LANES // c if LANES % c == 0 and pixels % (LANES // c) == 0 else 1
    laid_out = images.contiguous(memory_format=torch.channels_last)
    return laid_out.as_strided((pixels // k, k * c), (k * c, 1))


def _images(rows: Tensor, like: Tensor) -> Tensor:
    """The inverse of ``_rows``."""
    _, c, h, w = like.shape
    return rows.as_strided(tuple(like.shape), (h * w * c, 1, w * c, c))


def _per_channel(rows: Tensor, images: Tensor) -> Tensor:
    """Sums over all pixels, shape (c,)."""
    return rows.sum(0).view(-1, images.shape[1]).sum(0)


def _repeated(vector: Tensor, rows: Tensor) -> Tensor:
    """(c,) as (k c,)."""
    size = rows.shape[1]
    # as_strided has the compiler store these numbers: it would find each by a remainder, in loops without vectors
    return vector.repeat(size // len(vector)).as_strided((size,), (1,))
