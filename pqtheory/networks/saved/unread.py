"""What stands for an object of a pickle whose class is not looked up: it holds what was to be done with it."""

from typing import Any


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
