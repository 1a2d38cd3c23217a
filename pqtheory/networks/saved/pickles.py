"""Pickles of torch read without running what is in them: nothing that they ask for is imported or called.

Tensors become :class:`StoredTensor`, arrays and containers are read, and for every other object stands one that holds
what was to be done with it, so that a file with a whole model, with Namespaces or with the settings of a training
library can be read for its tensors.
"""

import pickle
import pickletools
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, final

import torch

from pqtheory.networks.data.pickles import ALLOWED
from pqtheory.networks.saved.rebuilt import DTYPES, TORCH
from pqtheory.networks.saved.unread import Unread


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
