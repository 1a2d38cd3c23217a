"""Many runs: in an order or over a grid, side by side, stopped in time, gone on with, carried to another machine."""

from pqtheory.networks.sweeps.archives import pack, restore
from pqtheory.networks.sweeps.grid import read_grid
from pqtheory.networks.sweeps.plan import Plan, Planned
from pqtheory.networks.sweeps.schedule import carry_out

__all__ = ["Plan", "Planned", "carry_out", "pack", "read_grid", "restore"]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
