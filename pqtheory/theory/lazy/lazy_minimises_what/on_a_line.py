"""What the methods' own code does on a line with R = |x|: one step, and where it rests."""

from collections.abc import Callable
from typing import Any

from pqtheory.claims import ForAll, forall, nonnegative, positive, real
from pqtheory.methods import LazyProx, ProxQuant, State
from pqtheory.regularizers import DistanceL1, Regularizer
from pqtheory.sets import Codebook
from pqtheory.theory.given import Given, exact
from pqtheory.theory.vectors import reals

#: |x|, the distance to one level: convex
DISTANCE = DistanceL1(Codebook([0]))
#: (L, lambda R) -> what is said to be minimised
Goal = Callable[[Any, Any], Any]


def loss_alone(loss: Any, penalty: Any) -> Any:
    """L."""
    return loss


def objective(loss: Any, penalty: Any) -> Any:
    """F = L + lambda R."""
    return loss + penalty


def mapped(theta: Any, weight: Any, regularizer: Regularizer = DISTANCE) -> Any:
    """p, where the gradient is taken."""
    return LazyProx(regularizer, 1, Given(weight)).query(State(exact(theta), 0))


def stepped(theta: Any, g: Any, eta: Any) -> Any:
    """The next theta."""
    return LazyProx(DISTANCE, Given(eta), 1).step(State(exact(theta), 0), g).latent


def distance(theta: Any, p: Any, u: Any, weight: Any, regularizer: Regularizer = DISTANCE) -> Any:
    """D(u) = h(u) - h(p) - <theta, u - p>, h = |x|^2 / 2 + weight R."""
    h_u, h_p = (x * x / 2 + weight * regularizer.value(x) for x in (u, p))
    return h_u - h_p - theta * (u - p)


@forall(theta=real, weight=nonnegative, x=real)
def is_mapped(theta: Any, weight: Any, x: Any) -> Any:
    """Of the map: weight (R(x) - R(p)) >= (theta - p) (x - p), all that the proofs use."""
    p = mapped(theta, weight)
    return weight * (DISTANCE.value(x) - DISTANCE.value(p)) >= (theta - p) * (x - p)


@forall(theta=real, g=real, eta=positive)
def moves(theta: Any, g: Any, eta: Any) -> Any:
    """The next theta is theta - eta g."""
    return stepped(theta, g, eta) == theta - eta * g


def one_step(
    goal: Goal = loss_alone,
    regularizer: Regularizer = DISTANCE,
    longest: Any = 1,
    growing: bool = False,
    convex: bool = True,
) -> ForAll:
    """One step gains f: eta (f(q) - f(u)) <= D(u) - D'(u) for every L with L(p) = 0 and L'(p) = g.

    Parameters
    ----------
    goal : callable
        f.
    regularizer : Regularizer
        R.
    longest : number
        eta beta is at most this.
    growing : bool
        Whether the strength is aggregated: the weights are lambda A and lambda (A + eta) then, else lambda twice.
    convex : bool
        Whether L(u) is no lower than convexity demands.
    """

    @forall(
        **reals("theta", "g", "u", "rise"),
        eta=positive,
        strength=positive,
        beta=positive,
        A=nonnegative,
        drop=nonnegative,
        given=lambda eta, beta, rise: [eta * beta <= longest, *([rise >= 0] if convex else [])],
    )
    def gains(
        theta: Any, g: Any, u: Any, eta: Any, strength: Any, beta: Any, A: Any, drop: Any, rise: Any
    ) -> Any:
        weight, grown = (strength * A, strength * (A + eta)) if growing else (strength, strength)
        after = stepped(theta, g, eta)
        p, q = mapped(theta, weight, regularizer), mapped(after, grown, regularizer)
        L_q = g * (q - p) + beta * (q - p) * (q - p) / 2 - drop
        L_u = g * (u - p) + rise
        R_q, R_u = (strength * regularizer.value(x) for x in (q, u))
        before = distance(theta, p, u, weight, regularizer)
        left = distance(after, q, u, grown, regularizer)
        return eta * (goal(L_q, R_q) - goal(L_u, R_u)) <= before - left

    return gains


def stationary(p: Any, g: Any, strength: Any) -> Any:
    """0 in g + lambda dR(p)."""
    off = ((p > 0) & (g == -strength)) | ((p < 0) & (g == strength))
    return off | ((p == 0) & (g <= strength) & (-strength <= g))


def lazy_rests(at_stationary: bool = False) -> ForAll:
    """The lazy iteration stays at theta iff L'(p) = g = 0; or, it is said, iff p is stationary for F."""

    @forall(theta=real, g=real, eta=positive, strength=positive)
    def rests(theta: Any, g: Any, eta: Any, strength: Any) -> Any:
        p = mapped(theta, strength)
        said = stationary(p, g, strength) if at_stationary else g == 0
        return (stepped(theta, g, eta) == theta) == said

    return rests


def eager_rests(at_stationary: bool = True) -> ForAll:
    """ProxQuant stays at p iff p is stationary for F; or, it is said, iff g = 0."""

    @forall(p=real, g=real, eta=positive, strength=positive)
    def rests(p: Any, g: Any, eta: Any, strength: Any) -> Any:
        after = ProxQuant(DISTANCE, Given(eta), Given(strength)).step(State(exact(p), 0), g).latent
        said = stationary(p, g, strength) if at_stationary else g == 0
        return (after == p) == said

    return rests
