"""Pickles of torch read without running what is in them: nothing that they ask for is imported or called.

Tensors become :class:`StoredTensor`, arrays and containers are read, and for every other object stands one that holds
what was to be done with it, so that a file with a whole model, with Namespaces or with the settings of a training
library can be read for its tensors.
"""

import pickle
import pickletools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, final

import numpy as np
import torch
from torch import Tensor

from pqtheory._messages import brief
from pqtheory.networks.data.pickles import ALLOWED
from pqtheory.networks.saved.stored import StoredTensor, as_tensor

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


class Unread:
    """An object of a class that is not looked up: its arguments, its state and its entries."""

    kind = ""
    arguments: tuple[Any, ...]
    state: Any
    entries: dict[Any, Any]

    def __new__(cls, *arguments: Any, **_: Any) -> "Unread":
        """One that only keeps what it is given."""
        self = super().__new__(cls)
        self.arguments, self.state, self.entries = arguments, None, {}
        return self

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __setitem__(self, key: Any, value: Any) -> None:
        self.entries[key] = value

    def __call__(self, *arguments: Any) -> "Unread":
        """What a call would give: another of which nothing is known."""
        return Unread(*arguments)

    def append(self, value: Any) -> None:
        """As a list is filled."""
        self.entries[len(self.entries)] = value

    def extend(self, values: Any) -> None:
        """As a list is filled."""
        for value in values:
            self.append(value)

    add = append

    @property
    def attributes(self) -> dict[Any, Any]:
        """Its attributes, if that is what its state is."""
        state = self.state[0] if isinstance(self.state, tuple) and self.state else self.state
        return state if isinstance(state, dict) else {}

    @property
    def is_module(self) -> bool:
        """Whether it is a ``torch.nn.Module``."""
        return {"_parameters", "_modules"} <= self.attributes.keys()

    def parts(self) -> dict[Any, Any]:
        """What is in it: of a module its tensors and its layers, else its entries or its attributes."""
        state = self.attributes
        if not self.is_module:
            return self.entries or state
        passing = state.get("_non_persistent_buffers_set") or ()
        buffers = _entries(state.get("_buffers"))
        kept = {name: b for name, b in buffers.items() if name not in passing}
        return {**_entries(state["_parameters"]), **kept, **_entries(state["_modules"])}


def _entries(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


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


def _from_type(function: Any, kind: Any, arguments: Any, *_: Any) -> Any:
    return function(*arguments) if callable(function) else Unread(*arguments)


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


TORCH: dict[tuple[str, str], Any] = {
    ("torch._utils", "_rebuild_tensor"): strided,
    ("torch._utils", "_rebuild_tensor_v2"): strided,
    ("torch._utils", "_rebuild_tensor_v3"): _tensor_of_dtype,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _parameter,
    ("torch._utils", "_rebuild_sparse_tensor"): _sparse,
    ("torch._utils", "_rebuild_sparse_csr_tensor"): _sparse_csr,
    ("torch._utils", "_rebuild_qtensor"): _quantized,
    ("torch._tensor", "_rebuild_from_type_v2"): _from_type,
    ("torch.serialization", "_get_layout"): _layout,
    ("torch", "Size"): tuple,
    ("builtins", "set"): set,
    ("__builtin__", "set"): set,
    ("collections", "OrderedDict"): _Dict,
    ("collections", "defaultdict"): _Dict,
}


@final
class Unpickler(pickle.Unpickler):
    """Reads one pickle.

    Parameters
    ----------
    stream : binary stream
        Where it is.
    storages : callable
        What stands for a persistent id.
    """

    def __init__(self, stream: BinaryIO, storages: Callable[[Any], Any] | None = None) -> None:
        super().__init__(stream, encoding="latin1")
        self._storages = storages

    def find_class(self, module: str, name: str) -> Any:
        """What takes the place of what is asked for: a function of ours, a data type, or a class that does nothing."""
        known = TORCH.get((module, name)) or ALLOWED.get((module, name))
        if known is not None:
            return _wrapped(known)
        if module.split(".")[0] == "torch" and name in DTYPES:
            return DTYPES[name]
        if module == "torch" and isinstance(vars(torch).get(name), torch.dtype):
            return vars(torch)[name]
        return type(name, (Unread,), {"kind": f"{module}.{name}"})

    def persistent_load(self, saved_id: Any) -> Any:
        """The storage of that id."""
        if self._storages is None:
            raise pickle.UnpicklingError("it asks for a storage, and has none")
        return self._storages(saved_id)


def _wrapped(known: Any) -> Any:
    """A function or a class of its own, so that what a pickle does to it lasts no longer than the pickle."""
    if known is tuple:
        return known
    if isinstance(known, type):
        return type(known.__name__, (known,), {})
    return lambda *arguments: known(*arguments)


def read_pickles(stream: BinaryIO, storages: Callable[[Any], Any] | None = None) -> Iterator[Any]:
    """Pickles that follow one another, as many as are asked for."""
    while True:
        start = stream.tell()
        for code, place, _ in pickletools.genops(stream):
            # memory is taken for all places up to the one that is named; a pickle has fewer than bytes
            if code.name in ("PUT", "LONG_BINPUT") and int(str(place)) > stream.tell() - start:
                raise pickle.UnpicklingError(f"it asks for {place} places")
        stream.seek(start)
        yield Unpickler(stream, storages).load()


def as_stored(value: Any) -> Any:
    """An array as a stored tensor, numbers as torch has them; anything else as it is."""
    if not isinstance(value, np.ndarray) or value.dtype == object:
        return value
    plain = np.array(value, dtype=value.dtype.newbyteorder("="), copy=True, subok=False)
    try:
        tensor = torch.from_numpy(plain)
    except TypeError:
        return value
    return StoredTensor(tuple(tensor.shape), tensor.dtype, lambda: tensor)
