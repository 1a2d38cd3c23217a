"""ProxQuant's step with a diagonal preconditioner, coordinate by coordinate, and what is fixed under it."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from pqtheory.claims import (
    ForAll,
    between,
    forall,
    implies,
    invariant,
    nonnegative,
    one_of,
    positive,
    real,
)
from pqtheory.claims.cases import Cases, Fractions, Integers
from pqtheory.claims.kinds import Kind
from pqtheory.methods import ProxQuant
from pqtheory.regularizers import DistanceL1, DistanceL2, Regularizer
from pqtheory.sets import Binary
from pqtheory.theory.given import Given, exact

#: (lambda, d_i) -> the strength of the prox, or the strength that fixed points are claimed to belong to
Rule = Callable[[Any, Any], Any]
W, SQUARE = DistanceL1(Binary()), DistanceL2(Binary())
FRACTION = between(0, 1, open_low=True, open_high=True)
FRACTIONS = Fractions(0, 1, open_low=True, open_high=True)
SETTING: dict[str, Any] = {"eta": positive, "strength": positive}


def unscaled(strength: Any, d: Any) -> Any:
    """Lambda, whatever D."""
    return strength


def scaled(strength: Any, d: Any) -> Any:
    """Lambda d_i."""
    return strength * d


def divided(strength: Any, d: Any) -> Any:
    """Lambda / d_i."""
    return strength / d


def two_thirds(strength: Any, d: Any) -> Any:
    """Lambda over the mean of diag(1, 2)."""
    return strength * Fraction(2, 3)


def step(R: Regularizer, theta: Any, gradient: Any, eta: Any, d: Any, strength: Any) -> Any:
    """ProxQuant's step on the preconditioned gradient, prox_{eta strength R}(theta - eta d g)."""
    method = ProxQuant(R, Given(eta), Given(strength))
    return method.step(method.init(exact(theta)), exact(d * gradient)).latent


def stationary(R: Regularizer, theta: Any, gradient: Any, strength: Any) -> Any:
    """0 is in g + strength dR(theta), Clarke's subdifferential."""
    low, high = R.subdifferential(exact(theta))
    return (gradient + strength * low <= 0) & (gradient + strength * high >= 0)


def same_side(theta: Any, moved: Any) -> Any:
    """Whether ``moved`` is in the half line of theta != 0, where 0 belongs to the positive one."""
    return ((theta > 0) & (moved >= 0)) | ((theta < 0) & (moved < 0))


def any_side(theta: Any, moved: Any) -> Any:
    """No condition on the step size, but theta = 0 is left out."""
    return (theta > 0) | (theta < 0)


def fixed_iff(
    R: Regularizer,
    weight: Rule,
    claimed: Rule,
    metric: Kind = positive,
    side: Callable[[Any, Any], Any] = same_side,
) -> ForAll:
    """A coordinate is fixed <=> it is stationary for the claimed strength, and the step stays on its side.

    Parameters
    ----------
    R : Regularizer
        On {-1, +1}.
    weight, claimed : callable
        The strength of the prox, and that of the claim.
    metric : kind
        What d is.
    side : callable
        The condition on theta and theta - eta d g.
    """

    @forall(theta=real, gradient=real, **SETTING, d=metric)
    def fixed(theta: Any, gradient: Any, eta: Any, strength: Any, d: Any) -> Any:
        stays = step(R, theta, gradient, eta, d, weight(strength, d)) == exact(theta)
        belongs = stationary(R, theta, gradient, claimed(strength, d))
        return stays == (belongs & side(theta, theta - eta * d * gradient))

    return fixed


def one_strength(R: Regularizer) -> ForAll:
    """Where D = diag(d_1, d_2): some (2, 2) is fixed under the unscaled prox that is stationary for lambda iff D = I.

    For any mu iff mu D = lambda I, so for none unless d_1 = d_2; whatever the step size.
    """

    def gradient(strength: Any, d: Any) -> Any:
        return -R.subdifferential(exact(2 + 0 * d))[0] * strength / d

    @forall(**SETTING, d=positive, mu=positive)
    def point(eta: Any, strength: Any, d: Any, mu: Any) -> Any:
        stays = step(R, 2 + 0 * d, gradient(strength, d), eta, d, strength) == exact(2 + 0 * d)
        belongs = stationary(R, 2 + 0 * d, gradient(strength, d), mu)
        return stays & (belongs == (mu * d == strength))

    def known(eta: Any, strength: Any, mu: Any, d1: Any, d2: Any) -> Sequence[Any]:
        pairs = ((d, m) for d in (d1, d2) for m in (mu, strength))
        return [point.at(eta=eta, strength=strength, d=d, mu=m) for d, m in pairs]

    @forall(**SETTING, mu=positive, d1=positive, d2=positive, by=known, cases=point)
    def for_two(eta: Any, strength: Any, mu: Any, d1: Any, d2: Any) -> Any:
        def belongs(claimed: Any) -> Any:
            both = [stationary(R, 2 + 0 * d, gradient(strength, d), claimed) for d in (d1, d2)]
            return both[0] & both[1]

        ends = [step(R, 2 + 0 * d, gradient(strength, d), eta, d, strength) for d in (d1, d2)]
        stays = (ends[0] == exact(2 + 0 * d1)) & (ends[1] == exact(2 + 0 * d2))
        unbiased = belongs(strength) == ((d1 == 1) & (d2 == 1))
        one = belongs(mu) == ((mu * d1 == strength) & (d1 == d2))
        return stays & unbiased & one

    return for_two


def no_false_vertex(least: int = 1) -> ForAll:
    """With d >= ``least`` every vertex that the unscaled prox of the W fixes is stationary for lambda."""

    def given(s: Any, gradient: Any, eta: Any, strength: Any, d: Any) -> Any:
        return [d >= least, step(W, s, gradient, eta, d, strength) == exact(s)]

    @forall(s=one_of(-1, 1), gradient=real, **SETTING, d=positive, given=given)
    def meant(s: Any, gradient: Any, strength: Any) -> Any:
        return stationary(W, s, gradient, strength)

    return meant


def _lost(s: Any, gradient: Any, eta: Any, strength: Any, d: Any) -> Any:
    return [d <= 1, stationary(W, s, gradient, strength), same_side(s, s - eta * d * gradient)]


@forall(s=one_of(-1, 1), gradient=real, **SETTING, d=positive, given=_lost)
def no_lost_vertex(s: Any, gradient: Any, eta: Any, strength: Any, d: Any) -> Any:
    """With d <= 1 every vertex that is stationary for lambda, and not carried to the other side, is fixed."""
    return step(W, s, gradient, eta, d, strength) == exact(s)


def felt(gradient: Any, strength: Any, epsilon: Any) -> Any:
    """Whether a vertex is fixed under Adam's constant gradient with the unscaled prox."""
    return (1 - strength) * abs(gradient) <= strength * epsilon


def lambda_alone(gradient: Any, strength: Any, epsilon: Any) -> Any:
    """What stationarity for L + lambda R asks for."""
    return abs(gradient) <= strength


ADAM: dict[str, Any] = {
    "gradient": real,
    "eta": between(0, 1, open_low=True),
    "strength": positive,
    "epsilon": positive,
}


def adam_vertex(weight: Rule, condition: Callable[[Any, Any, Any], Any]) -> ForAll:
    """With d = 1 / (|g| + eps), eta <= 1: a vertex is fixed iff the condition holds."""

    @forall(s=one_of(-1, 1), **ADAM)
    def fixed(s: Any, gradient: Any, eta: Any, strength: Any, epsilon: Any) -> Any:
        d = 1 / (abs(gradient) + epsilon)
        after = step(W, s, gradient, eta, d, weight(strength, d))
        return (after == exact(s)) == condition(gradient, strength, epsilon)

    return fixed


@forall(theta=real, **ADAM, given=lambda theta: [theta != 1, theta != -1])
def adam_between(theta: Any, gradient: Any, eta: Any, strength: Any, epsilon: Any) -> Any:
    """What is fixed under the unscaled prox and no vertex has (1 - lambda)|g| = lambda eps."""
    d = 1 / (abs(gradient) + epsilon)
    fixed = step(W, theta, gradient, eta, d, strength) == exact(theta)
    return implies([fixed], (1 - strength) * abs(gradient) == strength * epsilon)


@invariant(
    state="average power",
    fixed={"b": FRACTION, "value": real},
    begins=lambda b, value: {"average": (1 - b) * value, "power": b},
    becomes=lambda average, power, b, value: {
        "average": b * average + (1 - b) * value,
        "power": b * power,
    },
)
def moving_average(average: Any, power: Any, value: Any) -> Any:
    """Of a constant value, from 0: (1 - b^n) value after n >= 1 steps, power = b^n."""
    return (average == (1 - power) * value) & (power > 0) & (power < 1)


def _averages(value: Fraction, b: Fraction, steps: int) -> bool:
    """So many steps of it, exactly."""
    average = Fraction(0)
    for _ in range(steps):
        average = b * average + (1 - b) * value
    return average / (1 - b**steps) == value


@forall(
    gradient=real,
    b1=FRACTION,
    b2=FRACTION,
    m=real,
    power1=FRACTION,
    v=real,
    power2=FRACTION,
    root=nonnegative,
    given=lambda v, power2, root: [root * root == v / (1 - power2)],
    by=lambda gradient, b1, b2, m, power1, v, power2: [
        moving_average.at(average=m, power=power1, b=b1, value=gradient),
        moving_average.at(average=v, power=power2, b=b2, value=gradient**2),
    ],
    cases=Cases(_averages, {"value": Fractions(-4, 4), "b": FRACTIONS, "steps": Integers(1, 9)}),
)
def adam_metric(gradient: Any, m: Any, power1: Any, root: Any) -> Any:
    """Adam's moments, corrected for their bias: the mean is g and the root |g|, so that d = 1 / (|g| + eps)."""
    return (m / (1 - power1) == gradient) & (root == abs(gradient))
