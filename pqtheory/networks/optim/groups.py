"""Which parameters to quantize: param groups marked ``{"quantize": True}``, by a predicate on (module, name)."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from torch import nn
from torch.nn.parameter import is_lazy

from pqtheory._messages import brief
from pqtheory.networks.optim.layers import (
    Place,
    is_renormed,
    is_transposed,
    is_weight,
    memory_of,
    padding_row,
    places,
)
from pqtheory.networks.optim.outputs import by_channel, check_outputs, with_outputs_second
from pqtheory.networks.optim.split import LeftOutWarning, describe_split

#: (module, name of its weight) -> quantize it?
Predicate = Callable[[nn.Module, str], bool]
#: the default predicate warns when it leaves more than this part of all matrices
UNSAID = 0.01


def split_parameters(
    model: nn.Module, quantize: Predicate = is_weight, **options: Any
) -> list[dict[str, Any]]:
    """Param groups for a ``torch.optim`` optimizer: first what is quantized, then the rest.

    ``describe_split(model, groups)`` says what share of the weights that is, and which matrices it leaves.

    Parameters
    ----------
    model : torch.nn.Module
        A tied parameter is quantized if any of its places says so. Of two parameters in one memory the first is in the
        groups, and gets the gradient of the other too. Of a weight that is made from other tensors, by a
        parametrization, a weight norm or a pruning, that one is meant which has the weight's shape.
    quantize : callable
        (module, name of its weight) -> bool; the name is "weight" also where ``weight_v`` or
        ``parametrizations.weight.original`` trains in its place.
    **options
        For the quantized group: ``lr``, ``weight_decay``; ``set``, ``regularizer``, ``strength`` of its own. If one
        of these is per output channel, weights with the inputs on their first axis, of transposed convolutions and of
        Transformers' Conv1D, are a group apart, which has the axes that are meant.

    Returns
    -------
    list of dict
        Each with "params" and "names"; the quantized ones, of which there is one but for what is said above and below,
        first and with "quantize": True. Embeddings with a ``padding_idx`` are a group apart, with "zero_row": the row
        that stays 0 as long as its latent weights are.

    Raises
    ------
    TypeError
        If ``model`` is no module, or ``quantize`` no function.
    ValueError
        If the predicate picks nothing, a parameter of a lazy layer that has no shape yet, a table with ``max_norm``, or
        a parameter whose output channels are no axis where these are asked for.

    Warns
    -----
    UserWarning
        If the default predicate leaves more than a hundredth of all weights in matrices: it says which.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model: expected a torch.nn.Module, got {brief(model)}")
    if not callable(quantize):
        raise TypeError(
            f"quantize: expected a function of a layer and the name of its weight, got {brief(quantize)}"
        )
    found = list(places(model))
    chosen = {
        id(p.parameter) for p in found if p.weight is not None and quantize(p.layer, p.weight)
    }
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    named, chosen, owners = _as_one(trained, chosen)
    found = [replace(p, parameter=owners.get(id(p.parameter), p.parameter)) for p in found]
    picked = [(name, p) for name, p in named if id(p) in chosen]
    rest = [(name, p) for name, p in named if id(p) not in chosen]
    if not picked:
        raise ValueError(
            f"quantize: expected to pick parameters of {type(model).__name__}, picked none"
        )
    _check(picked, found)
    groups = [
        {"quantize": True, **own, **_group(part)} for part, own in _parts(picked, found, options)
    ]
    if rest:
        groups.append(_group(rest))
    if quantize is is_weight:
        split = describe_split(model, groups)
        if split.matrices_left > UNSAID * (split.matrices_left + split.quantized):
            warnings.warn(f"split_parameters: {split}", LeftOutWarning, stacklevel=2)
    return groups


def _parts(
    picked: list[tuple[str, nn.Parameter]], found: Iterable[Place], options: dict[str, Any]
) -> Iterator[tuple[list[tuple[str, nn.Parameter]], dict[str, Any]]]:
    """What is picked, in parts with the options of each.

    One part, but for transposed weights, if an option is per output channel, and for tables with a row that stays 0.
    """
    transposed: dict[int, Place] = {}
    if any(by_channel(option) for option in options.values()):
        transposed = {id(p.parameter): p for p in found if is_transposed(p.layer)}
    zero_rows = {id(p.parameter): row for p in found if (row := padding_row(p)) is not None}
    parts: dict[tuple[int, int], list[tuple[str, nn.Parameter]]] = {}
    for name, parameter in picked:
        axes = 0
        if id(parameter) in transposed:
            check_outputs(transposed[id(parameter)])
            axes = parameter.dim()
        row = zero_rows.get(id(parameter), -1)
        parts.setdefault((axes, row), []).append((name, parameter))
    for (axes, row), part in sorted(parts.items(), key=lambda item: item[0]):
        own = {n: with_outputs_second(o, axes) if axes else o for n, o in options.items()}
        yield part, own if row < 0 else {**own, "zero_row": row}


def _check(picked: Iterable[tuple[str, nn.Parameter]], found: Iterable[Place]) -> None:
    """Make sure that what is picked has a shape, and that no forward pass writes into it."""
    renormed = {id(p.parameter) for p in found if is_renormed(p)}
    for name, parameter in picked:
        if id(parameter) in renormed:
            raise ValueError(
                f"model: {name} is of a table with max_norm, into which each look-up writes: expected max_norm=None, "
                "or a predicate that leaves it out"
            )
        if is_lazy(parameter):
            raise ValueError(
                f"model: {name} has no shape yet, its layer is lazy: run the model once before"
            )


def _as_one(
    named: list[tuple[str, nn.Parameter]], chosen: set[int]
) -> tuple[list[tuple[str, nn.Parameter]], set[int], dict[int, nn.Parameter]]:
    """Parameters without those in the memory of one before them, if one of these is quantized; what is quantized then.

    What is left out gives its gradient to the one that stays, as a tied one does: the last result says which that is.
    """
    owners: dict[Any, nn.Parameter] = {}
    together: dict[int, list[nn.Parameter]] = {}
    for _, parameter in named:
        owner = owners.setdefault(memory_of(parameter) or id(parameter), parameter)
        together.setdefault(id(owner), []).append(parameter)
    left_out: dict[int, nn.Parameter] = {}
    for owner, *others in together.values():
        if others and any(id(p) in chosen for p in (owner, *others)):
            chosen = chosen | {id(owner)}
            left_out.update((id(p), owner) for p in others)
            for other in others:
                other.register_post_accumulate_grad_hook(partial(_give, owner))
    return [(name, p) for name, p in named if id(p) not in left_out], chosen, left_out


def _give(owner: nn.Parameter, parameter: Any) -> None:
    """Add the gradient of ``parameter`` to that of ``owner``."""
    gradient, parameter.grad = parameter.grad, None
    if gradient is not None:
        owner.grad = gradient if owner.grad is None else owner.grad + gradient


def _group(named: list[tuple[str, nn.Parameter]]) -> dict[str, Any]:
    return {"params": [p for _, p in named], "names": [name for name, _ in named]}
