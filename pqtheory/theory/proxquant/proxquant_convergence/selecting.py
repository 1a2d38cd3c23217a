"""Any R as a step of the method sees it: by the element s of dR that its prox selects, its gradient if it has one."""

from dataclasses import dataclass
from typing import Any, final

from pqtheory._arrays import Array
from pqtheory.claims import forall, nonnegative, positive, real
from pqtheory.methods import ProxQuant
from pqtheory.regularizers import Regularizer
from pqtheory.theory.given import Given, exact


@final
@dataclass(frozen=True)
class Selecting(Regularizer):
    """Any R whose prox selects s: prox_{wR}(theta) = theta - w s, as if R were linear."""

    s: Any

    def quantize(self, theta: Any) -> Array:
        """No level is known."""
        return theta

    def prox_naive(self, theta: Any, weight: Any) -> Array:
        """The prox."""
        return theta - weight * self.s

    def prox_set(self, theta: Any, weight: Any) -> tuple[Any, ...]:
        """One point."""
        return (self.prox_naive(theta, weight),)

    def subdifferential(self, theta: Any) -> tuple[Array, Array]:
        """The number s."""
        return self.s, self.s

    def _values(self, theta: Array) -> Array:
        return self.s * theta

    def _prox(self, theta: Any, weight: Any, out: Array | None) -> Array:
        return self.prox_naive(theta, weight)


def after(R: Regularizer, theta: Any, g: Any, eta: Any, strength: Any) -> Any:
    """Where one step of the method leads a coordinate."""
    method = ProxQuant(R, Given(eta), Given(strength))
    return method.step(method.init(exact(theta)), exact(g)).latent


@forall(
    slope=real,
    w=positive,
    new=real,
    moved=real,
    R=real,
    right=real,
    left=real,
    h=positive,
    eps=positive,
    given=lambda slope, w, new, moved, R, right, left, h, eps: [
        abs(right - R - slope * h) <= eps * h,
        abs(left - R + slope * h) <= eps * h,
        w * R + (new - moved) ** 2 / 2 <= w * right + (new + h - moved) ** 2 / 2,
        w * R + (new - moved) ** 2 / 2 <= w * left + (new - h - moved) ** 2 / 2,
    ],
)
def is_nearly_the_gradient(slope: Any, w: Any, new: Any, moved: Any, h: Any, eps: Any) -> Any:
    """What the prox selects, w s = moved - new, against the slope of R at new, seen at new + h and new - h."""
    return abs(w * slope - (moved - new)) <= w * eps + h / 2


@forall(apart=nonnegative, w=positive, given=lambda apart, w: [_smaller_than_some(apart, w)])
def is_the_gradient(apart: Any, w: Any) -> Any:
    """A number that is at most w eps + h / 2 for all eps > 0 and small h > 0 is 0."""
    return apart == 0


def _smaller_than_some(apart: Any, w: Any) -> Any:
    eps, h = apart / (4 * w), apart / 2
    return apart <= w * eps + h / 2
