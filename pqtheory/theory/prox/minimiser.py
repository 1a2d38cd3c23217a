"""What the prox claims share: is a map a global minimiser of the prox objective?"""

from collections.abc import Callable
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import ForAll, forall, positive, real
from pqtheory.regularizers import Regularizer

#: a candidate prox: (theta, weight) -> x
ProxMap = Callable[[Any, Any], Any]


def objective(regularizer: Regularizer, x: Any, theta: Any, weight: Any, scale: int = 1) -> Any:
    """What the prox minimises: 1/2 (x - theta)^2 + weight scale R(x)."""
    return (x - theta) ** 2 / 2 + weight * scale * regularizer.value(x)


def minimises(prox: ProxMap, regularizer: Regularizer, scale: int = 1) -> ForAll:
    """No point x has a smaller objective than ``prox(theta, weight)``."""

    @forall(theta=real, weight=positive, x=real)
    def no_point_is_better(theta: Any, weight: Any, x: Any) -> Any:
        found = objective(regularizer, prox(theta, weight), theta, weight, scale)
        return found <= objective(regularizer, x, theta, weight, scale)

    return no_point_is_better


def stays_at_zero(prox: ProxMap) -> ProxMap:
    """The same map, but with prox(0) = 0, as in the published code."""

    def changed(theta: Any, weight: Any) -> Any:
        xp, theta = as_array(theta)
        return xp.where(theta == 0, 0 * theta, prox(theta, weight))

    return changed
