"""Weights on disk, whoever wrote them: torch of any version, safetensors, distributed checkpoints, folders of these."""

from pqtheory.networks.saved.checkpoint import Checkpoint
from pqtheory.networks.saved.names import aligned
from pqtheory.networks.saved.stored import StoredTensor

__all__ = ["Checkpoint", "StoredTensor", "aligned"]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
