r"""Quantized networks on disk: each quantized tensor as codebooks and k bits for each weight, the rest as it is.

One safetensors file, in whose header stands

* ``packed``: for each packed tensor ``[codes, levels, bits, shape, axis, zero_rows]``, the names of two tensors of
  the file and what ``pqtheory.networks.packing.Packed`` says of the rest; tied tensors name the same two,
* ``same``: for each other tensor that is one with another the name of that one,
* ``objects``: what is no plain tensor (extra state, sparse buffers), the name of the bytes that ``torch.save`` wrote,
* ``sha256``: of the file, with zeros in its own place; compared whenever the file is read.

``docs/networks.md`` has the lines that read it without this package.
"""

import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pqtheory._files import write_whole
from pqtheory._messages import brief
from pqtheory.networks.optim.sharded import is_shared
from pqtheory.networks.packing import pack
from pqtheory.networks.quantized_file import FORMAT, NONE_YET, QuantizedFile, digest_entry
from pqtheory.networks.states import said_by_torch

#: the name of the header's own entry
RESERVED = "__metadata__"
#: dtypes that every safetensors file can hold
PLAIN = {
    *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
    *(torch.float16, torch.bfloat16, torch.float32, torch.float64),
    *(torch.float8_e4m3fn, torch.float8_e5m2),
}


def save_quantized(file: str | Path, state: Mapping[str, Any], packed: Iterable[str] = ()) -> None:
    """Write a state_dict, its quantized tensors packed; the file appears whole or not at all.

    Tensors that are equal bit for bit, as tied ones are, are written once (but for those of one number throughout).
    What is quantized per row, per channel or per group has a codebook for each; which it is, is found from the values.

    Parameters
    ----------
    file : path
        Usually ``.safetensors``.
    state : mapping of str to tensor
        With names to pack, as ``opt.export(model)`` gives them; what else a ``get_extra_state`` put there is kept too.
    packed : iterable of str
        Names of the tensors to pack.

    Raises
    ------
    TypeError
        If ``state`` is no mapping of names, ``packed`` a single name, or an entry of ``state`` is a DTensor or cannot
        be read again without running code.
    ValueError
        If a name is not in ``state``, or kept by safetensors, such a tensor is not quantized, or one has no values.
    OSError
        If the file cannot be written.
    """
    from safetensors.torch import save

    if not isinstance(state, Mapping):
        raise TypeError(f"state: expected a mapping of names to tensors, got {brief(state)}")
    if isinstance(packed, str) or not isinstance(packed, Iterable):
        raise TypeError(f"packed: expected a list of names, got {brief(packed)}")
    for name in state:
        if not isinstance(name, str):
            raise TypeError(f"state: expected names that are texts, got {brief(name)}")
        if name == RESERVED:
            raise ValueError(
                f"state: expected other names than {brief(name)}, which safetensors has"
            )
    packed = dict.fromkeys(packed)
    unknown = [name for name in packed if name not in state]
    if unknown:
        raise ValueError(f"packed: no tensor {brief(unknown[0])} in the state")
    content = _Content(set(state))
    # a packed tensor comes first, so that what is tied to it is packed too
    for name in sorted(state, key=lambda name: name not in packed):
        content.add(name, state[name], name in packed)
    whole = save(content.tensors, {"format": FORMAT, **content.about(), "sha256": NONE_YET})
    digest = hashlib.sha256(whole).hexdigest()
    write_whole(Path(file), whole.replace(digest_entry(NONE_YET), digest_entry(digest), 1))


class _Content:
    """What the file will hold."""

    def __init__(self, names: set[str]) -> None:
        self.tensors: dict[str, Tensor] = {}
        self.packed: dict[str, list[Any]] = {}
        self.same: dict[str, str] = {}
        self.objects: dict[str, str] = {}
        self._names = names
        self._seen: dict[tuple[Any, ...], str] = {}
        self._storages: set[int] = set()

    def about(self) -> dict[str, str]:
        """The header, as short as JSON can be."""
        parts = {"packed": self.packed, "same": self.same, "objects": self.objects}
        return {
            key: json.dumps(part, separators=(",", ":"))
            for key, part in parts.items()
            if part or key == "packed"
        }

    def add(self, name: str, value: Any, is_packed: bool) -> None:
        """Take one entry of the state."""
        if isinstance(value, Tensor) and is_shared(value):
            raise TypeError(
                f"{name}: expected a whole tensor, got the part of one process: give full_tensor() of it"
            )
        if not isinstance(value, Tensor) or value.layout != torch.strided or not _is_plain(value):
            if is_packed:
                raise TypeError(f"{name}: expected a plain tensor to pack, got {brief(value)}")
            self._add_object(name, value)
            return
        if value.is_meta:
            raise ValueError(f"{name}: expected a tensor with values, got one on the meta device")
        tensor = value.detach().cpu().contiguous()
        keys = (_key(tensor), _place(tensor))
        for key in keys:
            if key in self._seen:
                self._add_same(name, self._seen[key])
                return
        self._seen.update(dict.fromkeys(keys, name))
        if is_packed:
            self._add_packed(name, tensor)
        else:
            self._add_plain(name, tensor)

    def _add_same(self, name: str, other: str) -> None:
        if other in self.packed:
            self.packed[name] = self.packed[other]
        else:
            self.same[name] = other

    def _add_packed(self, name: str, tensor: Tensor) -> None:
        try:
            found = pack(tensor)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{name}: {error}") from error
        if found is None:
            self._add_plain(name, tensor)
            return
        codes, levels = self._free(f"{name}.codes"), self._free(f"{name}.levels")
        self.tensors[codes], self.tensors[levels] = found.codes, found.levels
        said: list[Any] = [codes, levels, found.bits, list(found.shape), found.axis]
        self.packed[name] = [*said, list(found.zero_rows)]

    def _add_plain(self, name: str, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        alone = storage.nbytes() == tensor.nbytes and storage.data_ptr() not in self._storages
        self._storages.add(storage.data_ptr())
        self.tensors[name] = tensor if alone else tensor.clone()

    def _add_object(self, name: str, value: Any) -> None:
        buffer = io.BytesIO()
        try:
            torch.save(value, buffer)
            buffer.seek(0)
            torch.load(buffer, weights_only=True)
        except Exception as error:
            # whatever pickling this value raises
            raise TypeError(
                f"{name}: expected tensors and plain values, which can be read without running code, got "
                f"{type(value).__name__}: {said_by_torch(error)[:100]}"
            ) from error
        self.objects[name] = self._free(f"{name}.object")
        self.tensors[self.objects[name]] = torch.frombuffer(buffer.getbuffer(), dtype=torch.uint8)

    def _free(self, name: str) -> str:
        """The name, longer where it is another tensor's."""
        while name in self._names:
            name += "_"
        self._names.add(name)
        return name


def _is_plain(tensor: Tensor) -> bool:
    return type(tensor) in (Tensor, torch.nn.Parameter) and tensor.dtype in PLAIN


def _key(tensor: Tensor) -> tuple[Any, ...]:
    """Equal for tensors that are equal bit for bit: tied ones, unless they are empty or one number throughout."""
    content = tensor.reshape(-1).view(torch.uint8)
    numbers = content.view(-1, tensor.element_size())
    if bool((numbers == numbers[:1]).all()):
        return (object(),)
    return tensor.dtype, tuple(tensor.shape), hashlib.sha256(content.numpy()).digest()


def _place(tensor: Tensor) -> tuple[Any, ...]:
    """Equal for tensors that are one in memory."""
    if not tensor.numel():
        return (object(),)
    return tensor.dtype, tuple(tensor.shape), tensor.data_ptr()


def load_quantized(file: str | Path) -> dict[str, Any]:
    """The state_dict that was saved, each tensor whole again; compared with its checksum, which the oldest files lack.

    Raises
    ------
    ValueError
        If the file is damaged, or of another format.
    OSError
        If it cannot be read.
    """
    stored = QuantizedFile(file)
    return {name: stored[name] for name in stored.names}


__all__ = [
    "load_quantized",
    "save_quantized",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
