r"""Prox-SGD keeps a level against small gradients only, at every step size; the aggregated prox against a small mean.

R convex, piecewise affine, with the slopes s_- <= s_+ at the level l. From l the eager step ends at l iff
l - eta g is in [l + eta lambda s_-, l + eta lambda s_+], that is iff lambda s_- <= -g <= lambda s_+: eta drops out. The
flat piece of the prox has the width eta lambda (s_+ - s_-), which vanishes with eta, and so do the steps.

The aggregated prox has the weight lambda A, A = eta_0 + ... + eta_{t-1}, at theta_0 - sum eta_k g_k: it is l iff
lambda s_- <= (theta_0 - l) / A - (sum eta_k g_k) / A <= lambda s_+, where the mean gradient stands, and the start fades.

So gradients G, -G, G, ... with G > lambda, R = |x - l|: the eager iteration is off l after every second step, by
eta (G - lambda), at every step size; the aggregated one stays on l from t = G / lambda on, although theta moves by eta G.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pqtheory.claims import (
    Budget,
    Claim,
    Control,
    ForAll,
    Part,
    all_of,
    forall,
    invariant,
    positive,
    real,
)
from pqtheory.claims.lemma import Instance
from pqtheory.methods import LazyProx, ProxConnect, ProxQuant, State
from pqtheory.problems import Problem
from pqtheory.regularizers import PiecewiseAffine
from pqtheory.simulate import simulate
from pqtheory.theory.given import Given, GivenLevels, exact

FIGURE = "share of the last 100 of 1000 steps on the level 0, gradients +-3, lambda = 1: eager, aggregated; eta = 1/8, 1/64"
SLOPES: dict[str, Any] = {"s0": real, "s1": real, "s2": real, "s3": real}
LEVELS: dict[str, Any] = {"a": real, "l": real, "b": real}


def one(array: Any) -> Any:
    """The term, or the one number of an array."""
    return array[0] if isinstance(array, np.ndarray) else array


def convex(a: Any, l: Any, b: Any, s0: Any, s1: Any, s2: Any, s3: Any) -> Sequence[Any]:  # noqa: E741
    """Levels a < l < b and slopes that ascend and change sign."""
    return [a < l, l < b, s0 <= s1, s1 <= s2, s2 <= s3, s0 <= 0, s3 >= 0]


def regularizer(case: Any) -> PiecewiseAffine:
    """R with the slopes s1 and s2 beside the level l."""
    slopes = [case[f"s{i}"] for i in range(4)]
    return PiecewiseAffine(GivenLevels(case["a"], case["l"], case["b"]), slopes)


def eager_step(R: PiecewiseAffine, x: Any, g: Any, eta: Any, strength: Any) -> Any:
    """The step of prox-SGD."""
    method = ProxQuant(R, Given(eta), Given(strength))
    return one(method.step(method.init(exact(x)), exact(g)).latent)


def aggregated(R: PiecewiseAffine, theta: Any, A: Any, strength: Any) -> Any:
    """Where the gradient is taken after steps of the sum A."""
    return one(LazyProx(R, Given(A), Given(strength * A)).query(State(exact(theta), 0)))


def eager_keeps_the_level(with_eta: bool) -> ForAll:
    """From l the step ends at l iff lambda s1 <= -g <= lambda s2."""

    @forall(
        **LEVELS,
        **SLOPES,
        g=real,
        eta=positive,
        strength=positive,
        given=lambda a, l, b, s0, s1, s2, s3: convex(a, l, b, s0, s1, s2, s3),  # noqa: E741
    )
    def kept(g: Any, eta: Any, strength: Any, **case: Any) -> Any:
        limit = strength * eta if with_eta else strength
        small = (limit * case["s1"] <= -g) & (-g <= limit * case["s2"])
        return (eager_step(regularizer(case), case["l"], g, eta, strength) == case["l"]) == small

    return kept


@forall(
    **LEVELS,
    **SLOPES,
    theta_0=real,
    mean_g=real,
    A=positive,
    strength=positive,
    given=lambda a, l, b, s0, s1, s2, s3: convex(a, l, b, s0, s1, s2, s3),  # noqa: E741
)
def aggregated_compares_the_mean(
    theta_0: Any, mean_g: Any, A: Any, strength: Any, **case: Any
) -> Any:
    """The mapped point is l iff (theta_0 - l) / A - mean g is between lambda s1 and lambda s2."""
    mapped = aggregated(regularizer(case), theta_0 - A * mean_g, A, strength)
    scaled = (theta_0 - case["l"]) - A * mean_g
    between = (A * strength * case["s1"] <= scaled) & (scaled <= A * strength * case["s2"])
    return (mapped == case["l"]) == between


@forall(
    **LEVELS,
    **SLOPES,
    t=real,
    eta=positive,
    strength=positive,
    given=lambda a, l, b, s0, s1, s2, s3: convex(a, l, b, s0, s1, s2, s3),  # noqa: E741
)
def flat_piece_vanishes(t: Any, eta: Any, strength: Any, **case: Any) -> Any:
    """The points that one eager prox takes to l lie between l + eta lambda s1 and l + eta lambda s2."""
    w = eta * strength
    mapped = regularizer(case).prox(t, w)
    low, high = case["l"] + w * case["s1"], case["l"] + w * case["s2"]
    return (mapped == case["l"]) == ((low <= t) & (t <= high))


# gradients G, -G, G, ... and R = |x - l|


def distance(level: Any) -> PiecewiseAffine:
    """|x - l|."""
    return PiecewiseAffine(GivenLevels(level), (-1, 1))


@invariant(
    state="x up",
    fixed={"l": real, "G": positive, "eta": positive, "strength": positive},
    given=lambda G, strength: [strength < G],
    first=lambda x, up, l: [x == l, up == 1],  # noqa: E741
    step=lambda x, x_next, up, up_next, l, G, eta, strength: [  # noqa: E741
        x_next == eager_step(distance(l), x, up * G, eta, strength),
        up_next == -up,
    ],
)
def eager_alternates(x: Any, up: Any, l: Any, G: Any, eta: Any, strength: Any) -> Any:  # noqa: E741
    """At l before each G, and eta (G - lambda) below it before each -G."""
    return ((up == 1) & (x == l)) | ((up == -1) & (x == l - eta * (G - strength)))


@forall(
    x=real,
    up=real,
    l=real,
    G=positive,
    eta=positive,
    strength=positive,
    given=lambda G, strength, up: [strength < G, up == -1],
    by=lambda x, up, l, G, eta, strength: [  # noqa: E741
        eager_alternates.at(x=x, up=up, l=l, G=G, eta=eta, strength=strength)
    ],
)
def eager_is_off_every_second_time(x: Any, l: Any) -> Any:  # noqa: E741
    """Off the level at every second step, whatever the step size."""
    return x != l


@invariant(
    state="t theta up",
    fixed={"l": real, "G": positive, "eta": positive},
    first=lambda t, theta, up, l: [t == 0, theta == l, up == 1],  # noqa: E741
    step=lambda t, t_next, theta, theta_next, up, up_next, G, eta: [
        t_next == t + 1,
        theta_next
        == one(
            LazyProx(distance(0), Given(eta), Given(1))
            .step(State(exact(theta), 0), exact(up * G))
            .latent
        ),
        up_next == -up,
    ],
)
def latent_alternates(t: Any, theta: Any, up: Any, l: Any, G: Any, eta: Any) -> Any:  # noqa: E741
    """Theta is l or eta G below it."""
    return (t >= 0) & (((up == 1) & (theta == l)) | ((up == -1) & (theta == l - eta * G)))


def aggregated_stays(sooner: Any) -> ForAll:
    """From t = sooner G / lambda on the mapped point is l."""

    def run(t: Any, theta: Any, up: Any, l: Any, G: Any, eta: Any) -> Sequence[Instance]:  # noqa: E741
        return [latent_alternates.at(t=t, theta=theta, up=up, l=l, G=G, eta=eta)]

    @forall(
        t=positive,
        theta=real,
        up=real,
        l=real,
        G=positive,
        eta=positive,
        strength=positive,
        given=lambda t, G, strength: [t * strength >= sooner * G],
        by=run,
    )
    def stays(t: Any, theta: Any, l: Any, eta: Any, strength: Any) -> Any:  # noqa: E741
        return aggregated(distance(l), theta, t * eta, strength) == l

    return stays


class _Alternating(Problem):
    """A loss of slope 0 whose stochastic gradients are +-3 in turn."""

    dim, smoothness, lower_bound, is_convex = 1, 0.0, 0.0, True

    def __init__(self) -> None:
        self.turn = -1

    def _value(self, xp: Any, theta: Any) -> Any:
        return 0 * theta[..., 0]

    def _gradient(self, xp: Any, theta: Any) -> Any:
        return 0 * theta

    def _stochastic_gradient(self, xp: Any, theta: Any, rng: Any) -> Any:
        self.turn = -self.turn
        return 0 * theta + 3 * self.turn


def _share(method: Any, steps: int = 1000, last: int = 100) -> float:
    path = simulate(method, _Alternating(), np.zeros(1), steps, stochastic=True, progress=False)
    seen = [method.query(State(path.latent[t], t))[0] for t in range(steps - last, steps)]
    return float(np.mean(np.array(seen) == 0))


def _figures(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    R, etas = PiecewiseAffine(GivenLevels(0), (-1, 1)), (1 / 8, 1 / 64)
    eager = [_share(ProxQuant(R, eta, 1.0)) for eta in etas]
    lazy = [_share(ProxConnect(R, eta, 1.0)) for eta in etas]
    return {FIGURE: [*eager, *lazy]}, {FIGURE: [0.5, 0.5, 1.0, 1.0]}


CLAIM = Claim(
    name="prox-sgd-loses-quantization",
    source="Jin et al., arXiv 2503.15748, section 3 (prox-SGD against AProx); the conditions are ours",
    statement=(
        "R convex and piecewise affine with slopes s_- <= s_+ beside a level l between two others, lambda > 0. Prox-SGD "
        "stays at l iff lambda s_- <= -g <= lambda s_+ for the gradient g of that step, whatever the step size eta > 0; of the points before the prox those "
        "between l + eta lambda s_- and l + eta lambda s_+ go to l, ever fewer as eta -> 0. With the aggregated prox "
        "(weight lambda A, A the sum of the steps) the mapped point is l iff lambda s_- <= (theta_0 - l) / A - g <= lambda s_+ "
        "for the mean gradient g. For R = |x - l|, start l and gradients G, -G, G, ... with G > lambda: prox-SGD is off l after every second "
        "step at every eta, the aggregated one is at l from t = G / lambda on."
    ),
    formula=(
        "prox_{eta lambda R}(l - eta g) = l  <=>  lambda s_- <= -g <= lambda s_+;  "
        "prox_{A lambda R}(theta_0 - A g) = l  <=>  lambda s_- <= (theta_0 - l) / A - g <= lambda s_+"
    ),
    formula_latex=(
        r"\operatorname{prox}_{\eta\lambda R}(l - \eta g) = l \iff \lambda s_- \le -g \le \lambda s_+;\qquad"
        r" \operatorname{prox}_{A\lambda R}(\theta_0 - A\bar g) = l \iff \lambda s_- \le \tfrac{\theta_0 - l}{A} -"
        r" \bar g \le \lambda s_+"
    ),
    derivation_latex=(
        r"The prox of weight $w$ is $l$ on $[l + w s_-, l + w s_+]$. In $l - \eta g \in [l + \eta\lambda s_-, l +"
        r" \eta\lambda s_+]$ the step size drops out: each gradient counts. With $A = \sum \eta_k$ in its place the mean"
        r" counts, and noise of mean $0$ averages out."
    ),
    parts=(
        Part(
            "eager", "each gradient is compared, at every step size", eager_keeps_the_level(False)
        ),
        Part("flat piece", "its width vanishes with the step size", flat_piece_vanishes),
        Part("aggregated", "the mean gradient is compared", aggregated_compares_the_mean),
        Part(
            "alternating, eager",
            "off the level at every second step",
            eager_is_off_every_second_time,
        ),
        Part(
            "alternating, aggregated",
            "on the level from some step on",
            all_of(aggregated_stays(1), figures=_figures),
        ),
    ),
    controls=(
        Control(
            "small steps hold", "the limits of -g shrink with eta", eager_keeps_the_level(True)
        ),
        Control("twice as soon", "on the level from t = G / (2 lambda) on", aggregated_stays(0.5)),
    ),
    headline=FIGURE,
    uses=("par-prox", "lazy-minimises-what"),
    operators=(
        "pqtheory.methods.ProxQuant.step",
        "pqtheory.methods.LazyProx.step",
        "pqtheory.methods.LazyProx.query",
        "pqtheory.regularizers.PiecewiseAffine.prox",
    ),
)
