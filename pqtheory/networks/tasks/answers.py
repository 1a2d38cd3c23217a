"""What a task says and its methods answer, looked at: one of one's own that has it wrong is told where."""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self, final

import torch
from torch import Tensor, nn

from pqtheory._checks import python_number
from pqtheory._messages import brief, counted
from pqtheory.networks.metrics import MEASURES
from pqtheory.networks.optim.groups import Predicate
from pqtheory.networks.tasks.base import Memory, Options, Task, has_bounds
from pqtheory.networks.tasks.batches import Batch, Batches


@final
class AnswerError(TypeError):
    """An attribute of a task, or what a method of it gives, is not what it has to be.

    Attributes
    ----------
    name : str
        Of the attribute or the method.
    """

    def __init__(self, name: str, expected: str, found: Any) -> None:
        super().__init__(f"{name}: expected {expected}, got {brief(found)}")
        self.name = name

    @classmethod
    def because(cls, name: str, error: Exception) -> Self:
        """What another error says of an answer."""
        made = cls(name, "", None)
        made.args = (f"{name}: {error}",)
        return made


@contextmanager
def answered(name: str) -> Iterator[None]:
    """What is refused in here is an answer of that method."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise AnswerError.because(name, error) from error


def check_attributes(task: Task) -> None:
    """Make sure that a task has names for its data and networks, a measure that there is, and plain options.

    Raises
    ------
    AnswerError
        If not.
    """
    measure = getattr(task, "measure", None)
    if measure not in tuple(MEASURES):
        raise AnswerError("measure", f"one of {', '.join(MEASURES)}", measure)
    for name in ("data", "models"):
        names = getattr(task, name, None)
        if not isinstance(names, tuple | list) or not names or not all(map(_is_word, names)):
            raise AnswerError(name, "names in a tuple, one or more", names)
    options = getattr(task, "options", None)
    if not isinstance(options, Mapping):
        raise AnswerError("options", "names with defaults", options)
    for name, default in options.items():
        if not _is_word(name) or not isinstance(default, bool | int | float | str):
            found = {name: default}
            raise AnswerError("options", "numbers, words or true and false", found)
        if not has_bounds(default):
            raise AnswerError("options", "numbers that are finite", {name: default})


def load(task: Task, name: str, data_dir: Any, options: Options) -> Any:
    """Data with a hash; raises as the task, or ``AnswerError``."""
    found = task.load(name, data_dir, options)
    if not isinstance(getattr(found, "sha256", None), str):
        raise AnswerError("load", "data with sha256, such as Examples", found)
    return found


def make_model(task: Task, name: str, data: Any, options: Options) -> nn.Module:
    """A network; raises as the task, or ``AnswerError``."""
    found: Any = task.make_model(name, data, options)
    if not isinstance(found, nn.Module):
        raise AnswerError("make_model", "a torch.nn.Module", found)
    return found


def sets(task: Task, shared: Any, **chosen: Any) -> tuple[Batches, dict[str, Batches]]:
    """What is trained and what is measured on; raises as the task, or ``AnswerError``."""
    found: Any = task.sets(shared, **chosen)
    pair: Any = found if isinstance(found, tuple) and len(found) == 2 else (None, {})
    trained, tested = pair
    known = isinstance(tested, dict) and all(isinstance(b, Batches) for b in tested.values())
    if not isinstance(trained, Batches) or not known or "test" not in tested:
        raise AnswerError("sets", 'a pair of Batches and a dict of Batches with "test"', found)
    return trained, tested


def memory(task: Task, model: nn.Module, size: int) -> Memory:
    """The memory before the first batch; raises as the task, or ``AnswerError``."""
    found: Any = task.memory(model, size)
    if not isinstance(found, tuple | list) or not all(isinstance(t, Tensor) for t in found):
        raise AnswerError("memory", "tensors in a tuple", found)
    return tuple(found)


def quantized(task: Task, levels: str, data: Any) -> Predicate:
    """What picks weights; raises as the task, or ``AnswerError``."""
    found: Any = task.quantized(levels, data)
    if not callable(found):
        raise AnswerError("quantized", "a function of (layer, name of its weight)", found)
    return found


def preset(task: Task, method: str, levels: str, data: str) -> dict[str, Any]:
    """Settings with a number of epochs; raises as the task, or ``AnswerError``."""
    found: Any = task.preset(method, levels, data)
    epochs = found.get("epochs") if isinstance(found, Mapping) else None
    if not isinstance(epochs, int) or isinstance(epochs, bool) or epochs < 1:
        raise AnswerError("preset", "settings by name, a number of epochs among them", found)
    return dict(found)


def suited(task: Task, settings: Any) -> dict[str, Any]:
    """Settings by name; raises as the task, or ``AnswerError``."""
    found: Any = task.suited(settings)
    if not isinstance(found, Mapping):
        raise AnswerError("suited", "settings by name", found)
    return dict(found)


def options_of(task: Task, model: str) -> Options:
    """Options of the task; raises as the task, or ``AnswerError``."""
    found: Any = task.options_of(model)
    if not isinstance(found, Mapping) or not set(found) <= set(task.options):
        raise AnswerError("options_of", "options of the task", found)
    return found


def loss(
    task: Task, forward: Callable[..., Any], batch: Batch, memory: Memory
) -> tuple[Tensor, Memory]:
    """The mean loss of a batch and the memory after it; raises as the task, or ``AnswerError``."""
    found: Any = task.loss(forward, batch, memory)
    if not isinstance(found, tuple) or len(found) != 2:
        raise AnswerError("loss", "a pair, the mean loss and the memory", found)
    mean, after = found
    if not isinstance(mean, Tensor) or mean.shape or mean.is_complex():
        raise AnswerError("loss", "a tensor of shape (), the mean over the batch", mean)
    if torch.is_grad_enabled() and not mean.requires_grad:
        raise AnswerError("loss", "a loss that depends on the weights", mean)
    if not isinstance(after, tuple | list) or len(after) != len(memory):
        raise AnswerError("loss", f"a memory of {counted(len(memory), 'tensor')}", after)
    return mean, tuple(after)


def measured(task: Task, model: nn.Module, batches: Batches) -> float:
    """A number; raises as the task, or ``AnswerError``."""
    found = task.measured(model, batches)
    number = python_number(found)
    if not _is_number(number):
        raise AnswerError("measured", "a number", found)
    low, high = task.measures.low, task.measures.high
    # what is not finite is told of where it is measured
    if number < low or high < number < math.inf:
        bounds = f">= {low:g}" if high == math.inf else f"from {low:g} to {high:g}"
        raise AnswerError("measured", f"a number {bounds} for {task.measure}", number)
    return float(number)


def watched(task: Task, model: nn.Module, batches: Batches) -> dict[str, float]:
    """Numbers by name; raises as the task, or ``AnswerError``."""
    found: Any = task.watched(model, batches)
    if not isinstance(found, Mapping):
        raise AnswerError("watched", "finite numbers by name", found)
    numbers = {name: python_number(value) for name, value in found.items()}
    if not all(_is_word(n) and _is_number(x) and math.isfinite(x) for n, x in numbers.items()):
        raise AnswerError("watched", "finite numbers by name", dict(found))
    return numbers


def _is_word(name: Any) -> bool:
    return isinstance(name, str) and bool(name)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
