r"""Cross-entropy of many classes, and its gradient in the memory of the scores.

    loss = - mean log p,   d loss / d scores = (p - 1 at what came after) / count,   p = softmax(scores).

A step of 600 words out of 10,000 has 24 MB of scores. Torch's own function writes log p to as much memory again, and
for the gradient fills a third with zeros and writes a fourth. Here a few rows at a time stay in a cache until they are
the gradient, which can be asked for once.
"""

from typing import Any, final

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.utils._python_dispatch import is_in_torch_dispatch_mode

from pqtheory._arrays import is_compiling

#: scores that are worked on at a time, by each thread: with their log p they stay in a second-level cache
BLOCK = 1 << 16
#: in place of a word, as torch has it
LEFT_OUT = -100


def next_word_loss(scores: Tensor, after: Tensor) -> Tensor:
    """Mean cross-entropy; where a gradient is asked for on a CPU, the scores are overwritten.

    Parameters
    ----------
    scores : tensor of shape (words, vocabulary)
        Their last use: an output of a layer that does not need it for its own gradient.
    after : tensor of shape (words)
        The words that came after; -100 counts for nothing.

    Raises
    ------
    RuntimeError
        From ``backward``, if a layer needs the scores after all.
    """
    overwritten = (
        scores.requires_grad
        and torch.is_grad_enabled()
        and scores.device.type == "cpu"
        and scores.dtype == torch.float32
        and scores.is_contiguous()
        and not _is_of_leaf(scores)
        and not is_compiling()
    )
    if not overwritten:
        return nn.functional.cross_entropy(scores, after)
    found: Tensor = _Overwriting.apply(scores, after)
    return found


def _is_of_leaf(tensor: Tensor) -> bool:
    """Whether its memory is a parameter's, or that of whoever made it."""
    return tensor.is_leaf or (tensor._base is not None and tensor._base.is_leaf)


@final
class _Overwriting(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, scores: Tensor, after: Tensor) -> Tensor:
        """Loss; the gradient waits in the scores."""
        # in-place changes of what is detached are seen by whoever saved it
        memory, counted = scores.detach(), after != LEFT_OUT
        share = (counted / counted.sum()).to(scores.dtype)[:, None]
        columns = after.where(counted, 0)[:, None]
        step = max(1, BLOCK * torch.get_num_threads() // max(scores.shape[1], 1))
        total = torch.zeros((), dtype=torch.float64)
        for part, column, weight in zip(
            memory.split(step), columns.split(step), share.split(step), strict=True
        ):
            log_p = torch.log_softmax(part, dim=1)
            total -= (log_p.gather(1, column).double() * weight).sum()
            torch.mul(log_p.exp_(), weight, out=part)
            part.scatter_add_(1, column, -weight)
        ctx.gradient = memory
        return total.float()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, above: Tensor) -> tuple[Tensor, None]:
        """The gradient, times that of the loss."""
        gradient, ctx.gradient = ctx.gradient, None
        if gradient is None:
            raise RuntimeError("backward: the gradient of this loss has been taken already")
        # who records or counts operations gets the same numbers without a look at one
        untouched = not is_in_torch_dispatch_mode() and bool(above == 1)
        return gradient if untouched else gradient.mul_(above), None
