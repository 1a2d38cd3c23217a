"""What training knows of a task: images, language, and any of one's own."""

from pqtheory.networks.tasks.base import Memory, Options, Task
from pqtheory.networks.tasks.batches import Batch, Batches
from pqtheory.networks.tasks.examples import Examples, ExampleTask
from pqtheory.networks.tasks.find import REGISTRY, find_task

__all__ = [
    "REGISTRY",
    "Batch",
    "Batches",
    "ExampleTask",
    "Examples",
    "Memory",
    "Options",
    "Task",
    "find_task",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
