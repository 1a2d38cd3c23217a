"""Training quantized networks: settings and presets, a loop that resumes bit for bit, a folder for each run."""

from pqtheory.networks.training.distances import FarFromLevelsWarning
from pqtheory.networks.training.folder import RunFolder
from pqtheory.networks.training.loop import train
from pqtheory.networks.training.presets import PRESETS, preset
from pqtheory.networks.training.run import NonFiniteLossError
from pqtheory.networks.training.settings import METHODS, Settings
from pqtheory.networks.training.side_by_side import train_together

__all__ = [
    "METHODS",
    "PRESETS",
    "FarFromLevelsWarning",
    "NonFiniteLossError",
    "RunFolder",
    "Settings",
    "preset",
    "train",
    "train_together",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
