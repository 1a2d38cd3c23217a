"""Where the methods stay: fixed points of BinaryConnect, cycles, and basins of attraction.

==============  ====================================================================
is_fixed_point  Theorem 5.3's condition at vertices s of {-1, +1}^dim
residual        fraction of coordinates that violate it
find_cycle      start and period of a path that repeats exactly
basin_map       to which vertex each start of a plane grid leads
==============  ====================================================================

References
----------
Bai, Wang, Liberty, *ProxQuant* (arXiv 1810.00861), Definition 5.1 and Theorem 5.3.
"""

from pqtheory.stability.basins import DIVERGED, UNSETTLED, BasinMap, basin_map
from pqtheory.stability.cycles import Cycle, find_cycle
from pqtheory.stability.fixed_points import is_fixed_point, residual

__all__ = [
    "DIVERGED",
    "UNSETTLED",
    "BasinMap",
    "Cycle",
    "basin_map",
    "find_cycle",
    "is_fixed_point",
    "residual",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
