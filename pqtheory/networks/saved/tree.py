"""Which of the things in a file are the weights: the state_dict among nested dictionaries."""

import re
from typing import Any

from pqtheory._messages import brief
from pqtheory.networks.saved.stored import StoredTensor, as_stored
from pqtheory.networks.saved.unread import Unread

#: where several hold tensors, the first of these is meant
USUAL = (
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "module",
    "net",
    "network",
    "params",
    "weights",
    "ema",
)
#: what is no weights, whatever tensors it has
OTHER = re.compile(r"optim|^opts?($|_)|sched|callback|loops|quantizing", re.IGNORECASE)
#: and what is none without a matrix: a resampler may be a network, a data sampler has but places
STATES = re.compile(r"scaler|rng|^amp$|random|sampler", re.IGNORECASE)
#: so deep may they lie
DEEPEST = 60
#: so many keys are named in an error
NAMED = 12


def select(content: Any, key: str | None = None) -> dict[str, StoredTensor]:
    """The tensors of the state_dict in ``content`` by name, those of nested modules with dots.

    Parameters
    ----------
    content : mapping, list or tensor
        What a file holds.
    key : str, optional
        Where in it: a key, or keys with dots between them.

    Raises
    ------
    ValueError
        If there is none, or several and none of them has a usual name; says which keys there are.
    """
    if key is not None:
        return _flat_or_complain(_at(content, key), key)
    node, entered = content, False
    for _ in range(DEEPEST):
        parts = _parts(node)
        if parts is None or _is_optimizer(parts) or (isinstance(node, Unread) and node.is_module):
            break
        found = [name for name, part in parts.items() if _holds(name, part)]
        usual = [name for name in USUAL if name in found]
        has_matrix = any(isinstance(p, StoredTensor) and len(p.shape) > 1 for p in parts.values())
        if usual and (not entered or (len(found) == 1 and not has_matrix)):
            node, entered = parts[usual[0]], True
        elif has_matrix:
            break
        elif len(found) == 1 and not entered:
            node = parts[found[0]]
        elif len(found) > 1 and not entered and not all(_is_layer(parts[n]) for n in found):
            raise ValueError(
                f"expected one state_dict, found {_listed(found)}; choose one by key (--key {found[0]})"
            )
        else:
            break
    if not entered and isinstance(node, dict):
        # a state_dict with something else beside its tensors
        node = {n: p for n, p in node.items() if _is_tensor(p) or not _is_other(str(n), p)}
    return _flat_or_complain(node, None, content)


def flatten(node: Any, prefix: str = "", depth: int = 0) -> dict[str, StoredTensor]:
    """All tensors at and below ``node``, without an optimizer's."""
    node = as_stored(node)
    if isinstance(node, StoredTensor):
        return {prefix.removesuffix(".") or "weights": node}
    parts = _parts(node)
    if parts is None or depth > DEEPEST or _is_optimizer(parts):
        return {}
    found: dict[str, StoredTensor] = {}
    for name, part in parts.items():
        found.update(flatten(part, f"{prefix}{name}.", depth + 1))
    return found


def _is_tensor(part: Any) -> bool:
    return isinstance(as_stored(part), StoredTensor)


def _flat_or_complain(node: Any, key: str | None, content: Any = None) -> dict[str, StoredTensor]:
    found = flatten(node)
    if found:
        return found
    parts = _parts(node if key is not None else content)
    if parts is None:
        raise ValueError(f"expected a state_dict, got {_shown(node)}; save model.state_dict()")
    if _is_optimizer(parts):
        raise ValueError(
            "the state of an optimizer, not weights; give the file of model.state_dict()"
        )
    where = f" under {key!r}" if key is not None else ""
    raise ValueError(
        f"no tensors{where}, keys {_listed(list(parts))}; give a file of model.state_dict()"
    )


def _at(content: Any, key: str) -> Any:
    parts = _parts(content)
    if parts is None:
        raise ValueError(f"no key {brief(key)}: it holds {_shown(content)}")
    if key in parts:
        return parts[key]
    for name in sorted(parts, key=len, reverse=True):
        if key.startswith(f"{name}.") and _parts(parts[name]) is not None:
            return _at(parts[name], key[len(name) + 1 :])
    below = {n[len(key) + 1 :]: p for n, p in parts.items() if n.startswith(f"{key}.")}
    if below:
        return below
    raise ValueError(f"no key {brief(key)}; there are {_listed(list(parts))}")


def _parts(node: Any) -> dict[str, Any] | None:
    """What is in a mapping, a list, or an object that was not looked up; None for anything else."""
    if isinstance(node, dict):
        return {str(name): as_stored(part) for name, part in node.items()}
    if isinstance(node, list | tuple):
        return {str(i): as_stored(part) for i, part in enumerate(node)}
    return (
        {str(n): as_stored(p) for n, p in node.parts().items()}
        if isinstance(node, Unread)
        else None
    )


def _holds(name: str, part: Any) -> bool:
    """Whether there are tensors in it that may be weights."""
    if isinstance(part, StoredTensor) or _is_other(name, part):
        return False
    return bool(flatten(part))


def _is_other(name: str, part: Any) -> bool:
    """Whether it is no weights, by its name."""
    if STATES.search(name):
        return not any(len(tensor.shape) > 1 for tensor in flatten(part).values())
    return bool(OTHER.search(name))


def _is_optimizer(parts: dict[str, Any]) -> bool:
    return {"state", "param_groups"} <= parts.keys()


def _is_layer(part: Any) -> bool:
    """Whether it is one layer of nested modules: a few tensors, whose names have no dots."""
    parts = _parts(part) or {}
    tensors = [name for name, p in parts.items() if isinstance(p, StoredTensor)]
    return bool(tensors) and not any("." in name for name in tensors)


def _shown(node: Any) -> str:
    return f"a {node.kind}" if isinstance(node, Unread) and node.kind else brief(node)


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:NAMED])
    return f"{shown} and {len(names) - NAMED} more" if len(names) > NAMED else shown or "none"
