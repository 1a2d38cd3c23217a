"""The readings of torch: what an operator computes on tensors, and what an optimizer makes of given gradients."""

import warnings
from collections.abc import Callable, Mapping, Sequence

import torch

from pqtheory._arrays import Array
from pqtheory.methods import Eager, Lazy
from pqtheory.networks.optim import QuantizingOptimizer

#: (theta, out or None) -> result
Operator = Callable[..., Array]


def on_tensors(
    operator: Operator, theta: Array, in_place: bool, compiled: bool
) -> Mapping[str, Array]:
    """What the operator computes on tensors, by path, as NumPy arrays.

    Parameters
    ----------
    operator : callable
        ``operator(theta)``, and ``operator(theta, out=...)`` where ``in_place``.
    theta : array of shape (n,)
        NumPy's.
    in_place, compiled : bool
        Whether to write into given memory, and whether to compile, which takes seconds, and for which torch forgets
        what it has compiled so far in this process.
    """
    tensor = torch.from_numpy(theta.copy())
    found = {"torch": operator(tensor)}
    if in_place:
        found["torch, out="] = operator(tensor, out=torch.empty_like(tensor))
        own = tensor.clone()
        found["torch, in place"] = operator(own, out=own)
    if compiled:
        found["torch, compiled"] = _compiled(operator, tensor)
    return {path: result.numpy() for path, result in found.items()}


def _compiled(operator: Operator, theta: torch.Tensor) -> torch.Tensor:
    """Compiled now: after some compilations of one function torch would go on without, and say so to nobody."""
    torch.compiler.reset()
    with warnings.catch_warnings():
        # of caches that it looks through, and of its own modules that load when it first compiles
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        result: torch.Tensor = torch.compile(operator)(theta)
    return result


def after_steps(
    method: Eager | Lazy, start: Array, gradients: Sequence[Array], step_size: float
) -> Array:
    """The latent weights after SGD with these gradients in a torch optimizer of the method, as a NumPy array."""
    parameter = torch.nn.Parameter(torch.from_numpy(start.copy()))
    base = torch.optim.SGD([{"params": [parameter], "quantize": True}], lr=step_size)
    optimizer = QuantizingOptimizer(base, method)
    for gradient in gradients:
        parameter.grad = torch.from_numpy(gradient.copy())
        optimizer.step()
    ((_, latent),) = optimizer.latent_parameters()
    return latent.detach().numpy().copy()
