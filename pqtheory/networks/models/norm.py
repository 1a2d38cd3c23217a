r"""relu(norm(x) + shortcut), norm(x) = weight (x - mean) / sqrt(var + eps) + bias over images, heights and widths.

In the backward pass, with x' = (x - mean) / sqrt(var + eps), g the gradient where the output is positive and 0
elsewhere, and means E over the same m numbers as the statistics (var is E[(x - mean)^2]):

    d bias = m E[g],  d weight = m E[g x'],  dx = weight / sqrt(var + eps) (g - E[g] - x' E[g x']),  d shortcut = g.

A compiler for CPUs is slow with a stage of 16 channels, as 16 bfloat16 numbers fill but half of a vector register. So
it is given the images, which lie in memory channels last, as rows of as many pixels as fill one.

References
----------
Ioffe, Szegedy, *Batch Normalization*, ICML 2015, section 3; Chan, Golub, LeVeque, *Algorithms for computing the
sample variance*, 1983, for the shift of the data.
"""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

#: bfloat16 numbers in a vector register of 512 bits
LANES = 32


def norm_relu(norm: nn.Module, x: Tensor, shortcut: Tensor | None = None) -> Tensor:
    """relu(norm(x) + shortcut), x and shortcut of shape (n, channels, height, width).

    While a network that trains is compiled for a CPU, a ``BatchNorm2d`` is worked out here, and its hooks are not
    called. Otherwise, and if ``norm`` is anything else, it is called.
    """
    if not _in_rows(norm, x, shortcut):
        y = norm(x)
        return torch.relu(y if shortcut is None else y + shortcut)
    own = cast(Any, norm)
    out, mean, var = _InRows.apply(x, own.weight, own.bias, shortcut, own.eps)
    count = x.numel() // own.num_features
    own.running_mean.lerp_(mean, own.momentum)
    own.running_var.lerp_(var * (count / (count - 1)), own.momentum)
    own.num_batches_tracked.add_(1)
    return cast(Tensor, out)


def _in_rows(norm: nn.Module, x: Tensor, shortcut: Tensor | None) -> bool:
    # not of a derived class, such as SyncBatchNorm
    if type(norm) is not nn.BatchNorm2d or not (torch.compiler.is_compiling() and norm.training):
        return False
    usual = norm.affine and norm.track_running_stats and norm.momentum is not None
    alike = shortcut is None or (shortcut.shape == x.shape and shortcut.dtype == x.dtype)
    several = x.device.type == "cpu" and x.numel() > norm.num_features
    # sums of half precision would be too coarse
    return usual and alike and several and norm.weight.dtype.itemsize >= 4


class _InRows(torch.autograd.Function):
    """(output, mean, var) of channels-last images."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, shortcut: Tensor | None, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        count = x.numel() // x.shape[1]
        rows = _rows(x)
        # E[x^2] - E[x]^2 cancels where the mean is large; about the mean of one image of n, E[d^2] is at most n var
        shift = _per_channel(_rows(x[:1]).to(weight.dtype), x) / (count // len(x))
        deviation = rows - _repeated(shift, rows)
        off = _per_channel(deviation, x) / count
        var = _per_channel(deviation * deviation, x) / count - off * off
        mean, inverse = shift + off, torch.rsqrt(var + eps)
        scale = weight * inverse
        y = rows * _repeated(scale, rows) + _repeated(bias - mean * scale, rows)
        if shortcut is not None:
            y = y + _rows(shortcut)
        out = _images(torch.relu(y).to(x.dtype), x)
        ctx.save_for_backward(x, out, weight, mean, inverse)
        ctx.mark_non_differentiable(mean, var)
        return out, mean, var

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        x, out, weight, mean, inverse = ctx.saved_tensors
        count = x.numel() // x.shape[1]
        g = torch.where(_rows(out) <= 0, 0, _rows(grad)).to(weight.dtype)
        deviation = _rows(x) - _repeated(mean, g)
        d_bias = _per_channel(g, x)
        d_weight = _per_channel(g * deviation, x) * inverse
        scale = weight * inverse
        slope, level = -scale * inverse * d_weight / count, -scale * d_bias / count
        dx = g * _repeated(scale, g) + deviation * _repeated(slope, g) + _repeated(level, g)
        d_shortcut = _images(g.to(x.dtype), x) if ctx.needs_input_grad[3] else None
        return _images(dx.to(x.dtype), x), d_weight, d_bias, d_shortcut, None


def _rows(images: Tensor) -> Tensor:
    """(n, c, h, w) as (n h w / k, k c), k = LANES / c if that is whole and divides n h w, else 1."""
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
