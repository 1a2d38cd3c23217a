"""Tensors as torch rebuilds them from a pickle: views of storages, sparse, quantized; read when they are asked for."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from pqtheory._messages import brief
from pqtheory.networks.saved.stored import StoredTensor, as_stored, as_tensor
from pqtheory.networks.saved.unread import Unread

#: by the names of their storages
DTYPES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
    "ComplexFloatStorage": torch.complex64,
    "ComplexDoubleStorage": torch.complex128,
    "QInt8Storage": torch.int8,
    "QUInt8Storage": torch.uint8,
    "QInt32Storage": torch.int32,
    "UntypedStorage": torch.uint8,
}


@final
class _Dict(dict[Any, Any]):
    """In place of ordered dicts and those with defaults."""

    def __init__(self, *arguments: Any) -> None:
        # Python 2 gives the items as an argument
        first = arguments[0] if arguments else ()
        super().__init__(first if isinstance(first, list | dict) else ())


@final
@dataclass(frozen=True)
class Storage:
    """The numbers that tensors are views of.

    Attributes
    ----------
    key : hashable
        Which of the file's.
    dtype : torch.dtype
        Its numbers.
    content : callable
        Gives its bytes.
    """

    key: Any
    dtype: torch.dtype
    content: Callable[[], np.ndarray]


def strided(
    storage: Any,
    offset: Any,
    size: Any,
    stride: Any,
    gradient: Any = None,
    hooks: Any = None,
    flags: Any = None,
) -> StoredTensor:
    """A view of a storage.

    Raises
    ------
    pickle.UnpicklingError
        If it cannot be one.
    """
    if not isinstance(storage, Storage):
        raise pickle.UnpicklingError("a tensor without a storage")
    return _viewed(storage, storage.dtype, offset, size, stride, flags)


def _tensor_of_dtype(
    storage: Any,
    offset: Any,
    size: Any,
    stride: Any,
    gradient: Any,
    hooks: Any,
    dtype: Any,
    flags: Any = None,
) -> StoredTensor:
    return _viewed(storage, dtype, offset, size, stride, flags)


def _viewed(
    storage: Any, dtype: Any, offset: Any, size: Any, stride: Any, flags: Any = None
) -> StoredTensor:
    shape, steps = tuple(size), tuple(stride)
    numbers = (offset, *shape, *steps)
    if not isinstance(storage, Storage) or not all(type(n) is int and n >= 0 for n in numbers):
        raise pickle.UnpicklingError(f"a tensor of shape {brief(shape)} is none")
    if not isinstance(dtype, torch.dtype) or len(shape) != len(steps):
        raise pickle.UnpicklingError(f"a tensor of shape {brief(shape)} is none")
    # views that torch changes the sign of when they are read
    conjugate, negative = (isinstance(flags, dict) and bool(flags.get(f)) for f in ("conj", "neg"))

    def read() -> Tensor:
        flat = as_tensor(storage.content(), dtype)
        last = offset + sum((n - 1) * step for n, step in zip(shape, steps, strict=True))
        if 0 not in shape and last >= len(flat):
            raise ValueError(
                f"a tensor of shape {brief(shape)} ends beyond its {len(flat)} numbers"
            )
        view = flat.as_strided(shape, steps, offset)
        view = view.conj().resolve_conj() if conjugate else view
        return -view if negative else view

    place = (storage.key, dtype, offset, shape, steps, conjugate, negative)
    return StoredTensor(shape, dtype, read, place)


def _parameter(data: Any, *_: Any) -> Any:
    return data


def _from_type(function: Any, kind: Any, arguments: Any, state: Any = None) -> Any:
    found = function(*arguments) if callable(function) else Unread(*arguments)
    for attributes in state if isinstance(state, tuple) else (state,):
        # a DTensor of which one process has all
        own = attributes.get("_local_tensor") if isinstance(attributes, dict) else None
        if isinstance(own, StoredTensor) and own.shape == getattr(found, "shape", None):
            return own
    return found


def _made_of_others(kind: Any, dtype: Any, size: Any, *_: Any) -> StoredTensor:
    """A tensor of a class of its own, which keeps its numbers in others: a part of a DTensor, a quantized one."""
    name = str(getattr(kind, "kind", "class")).rpartition(".")[2]
    said = f"a {brief(name)} keeps its numbers in other tensors; save full_tensor() or dequantize()"
    return _without_numbers(dtype, size, said)


def _meta(dtype: Any, size: Any, *_: Any) -> StoredTensor:
    return _without_numbers(dtype, size, "a tensor on the meta device has no numbers")


def _without_numbers(dtype: Any, size: Any, said: str) -> StoredTensor:
    def read() -> Tensor:
        raise ValueError(said)

    return StoredTensor(tuple(size), dtype, read)


def _on_device(data: Any, dtype: Any, *_: Any) -> Any:
    """Numbers of an accelerator, as they were on the CPU."""
    own = as_stored(data)
    return StoredTensor(own.shape, dtype, lambda: own.read().to(dtype), own.place)


def _sparse(layout: Any, parts: Any) -> StoredTensor:
    """Of any of the sparse layouts, which are the names of what makes them; dense when it is read."""
    layout = str(layout).removeprefix("torch.")
    makers: dict[str, Callable[..., Tensor]] = {
        "sparse_coo": torch.sparse_coo_tensor,
        "sparse_csr": torch.sparse_csr_tensor,
        "sparse_csc": torch.sparse_csc_tensor,
        "sparse_bsr": torch.sparse_bsr_tensor,
        "sparse_bsc": torch.sparse_bsc_tensor,
    }
    if layout not in makers:
        raise pickle.UnpicklingError(f"it asks for a tensor of layout {brief(layout)}")
    places = 1 if layout == "sparse_coo" else 2
    indices, values, shape = parts[:places], parts[places], tuple(parts[places + 1])

    def read() -> Tensor:
        dense = [part.read() for part in (*indices, values)]
        return makers[layout](*dense, shape, check_invariants=True).to_dense()

    return StoredTensor(shape, values.dtype, read)


def _sparse_csr(*parts: Any) -> StoredTensor:
    return _sparse("sparse_csr", parts[0] if len(parts) == 1 else parts)


def _quantized(
    storage: Any, offset: Any, size: Any, stride: Any, how: Any, *_: Any
) -> StoredTensor:
    """(number - zero point) x scale, for the whole tensor or for each index of an axis."""
    whole = _viewed(storage, storage.dtype, offset, size, stride)

    def read() -> Tensor:
        scale, zero = (
            p.read() if isinstance(p, StoredTensor) else torch.tensor(p) for p in how[1:3]
        )
        if len(how) > 3:
            shape = [-1 if i == how[3] else 1 for i in range(len(whole.shape))]
            scale, zero = scale.reshape(shape), zero.reshape(shape)
        return ((whole.read().to(torch.float64) - zero) * scale).to(torch.float32)

    return StoredTensor(whole.shape, torch.float32, read, whole.place)


def _layout(name: Any) -> str:
    return str(name)


#: what pickles of torch ask for, and what takes its place
TORCH: dict[tuple[str, str], Any] = {
    ("torch._utils", "_rebuild_tensor"): strided,
    ("torch._utils", "_rebuild_tensor_v2"): strided,
    ("torch._utils", "_rebuild_tensor_v3"): _tensor_of_dtype,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _parameter,
    ("torch._utils", "_rebuild_sparse_tensor"): _sparse,
    ("torch._utils", "_rebuild_sparse_csr_tensor"): _sparse_csr,
    ("torch._utils", "_rebuild_qtensor"): _quantized,
    ("torch._utils", "_rebuild_wrapper_subclass"): _made_of_others,
    ("torch._utils", "_rebuild_meta_tensor_no_storage"): _meta,
    ("torch._utils", "_rebuild_device_tensor_from_numpy"): _on_device,
    ("torch._utils", "_rebuild_device_tensor_from_cpu_tensor"): _on_device,
    ("torch._tensor", "_rebuild_from_type_v2"): _from_type,
    ("torch.serialization", "_get_layout"): _layout,
    ("torch", "Size"): tuple,
    ("builtins", "set"): set,
    ("__builtin__", "set"): set,
    ("collections", "OrderedDict"): _Dict,
    ("collections", "defaultdict"): _Dict,
}
