r"""BinaryConnect stays at s for ever  <=>  sign(grad L(s)_i) = -s_i wherever grad L(s)_i != 0.

For eta_t > 0 with infinite sum, and from any latent theta_0 with sign theta_0 = s. Until s is left the gradient is
g = grad L(s), so each coordinate may be looked at by itself. Where the condition holds one step keeps the sign: by
induction over t, of all coordinates at once, so that the gradient stays g for ever. Where it fails in coordinate i,
each step that keeps the sign brings s_i theta_i down by at least eta_t |g_i|: with S_t = sum_{k<t} eta_k, once
S_t |g_i| > |theta_0i| the sign has changed, unless s was left before. Clipping to [-1, 1] after each step, and by
scaling to any other interval, changes neither. Without it theta_t = theta_0 - S_t g: coordinate i leaves at the first
t with

    S_t s_i g_i > |theta_0i|   (s_i = +1)          S_t s_i g_i >= |theta_0i|   (s_i = -1: sign 0 = +1),

never if s_i g_i <= 0. With a finite sum S it leaves iff S s_i g_i > |theta_0i|, whichever sign, as S_t comes as close
to S as one likes: more than the fixed points are stable. A coordinate with g_i = 0 is free; to count its sign as +1
would be wrong. That there may be no fixed point at all is the claim no-fixed-point.
"""

from collections.abc import Callable
from typing import Any

from pqtheory.claims import (
    AllOf,
    Claim,
    Control,
    ForAll,
    Invariant,
    Part,
    all_of,
    forall,
    implies,
    invariant,
    negated,
    nonnegative,
    one_of,
    positive,
    real,
)
from pqtheory.methods import BinaryConnect
from pqtheory.methods.base import State
from pqtheory.sets import Binary
from pqtheory.theory.binary_connect.bc_fixed_points import runs
from pqtheory.theory.given import Given, exact
from pqtheory.theory.readings import StepReadings

#: (s, g) -> should the coordinate stay?
Condition = Callable[[Any, Any], Any]
#: (theta_0, g, S) -> does the sum of the step sizes suffice?
Enough = Callable[[Any, Any, Any], Any]
CLIPS = (None, 1)
VERTEX: dict[str, Any] = {"s": one_of(-1, 1), "gradient": real}
RUN: dict[str, Any] = {"start": real, "gradient": real}


def condition(s: Any, g: Any) -> Any:
    """Theorem 5.3 for one coordinate: sign(g) = -s unless g = 0."""
    return (g == 0) | zero_counts_as_plus(s, g)


def zero_counts_as_plus(s: Any, g: Any) -> Any:
    """sign(g) = -s with sign(0) = +1, g = 0 or not."""
    return sign(g) == -s


def sign(theta: Any) -> Any:
    """The quantized weight, by the code of the set."""
    return Binary().project(exact(theta))


def moved(theta: Any, g: Any, eta: Any, clip: Any = None) -> Any:
    """The latent weight after one step with the gradient g."""
    return BinaryConnect(Given(eta), clip=clip).step(State(exact(theta), 0), exact(g)).latent


def stays(claimed: Condition, clip: Any) -> Invariant:
    """Where the condition holds the sign stays for ever.

    ``rest`` is 1 as long as all other coordinates have kept theirs: until then the gradient is g, and they keep it for
    one more step as this one does.
    """

    @invariant(
        state="theta rest",
        fixed=VERTEX,
        each={"eta": positive, "slope": real},
        given=lambda s, gradient: [claimed(s, gradient)],
        first=lambda theta, rest, s: [sign(theta) == s, rest == 1],
        step=lambda theta, theta_next, rest, rest_next, eta, slope, s, gradient: [
            implies([rest == 1, sign(theta) == s], slope == gradient),
            implies([rest == 1, sign(theta) == s], rest_next == 1),
            theta_next == moved(theta, slope, eta, clip),
        ],
    )
    def kept(theta: Any, rest: Any, s: Any) -> Any:
        return (sign(theta) == s) & (rest == 1)

    return kept


def comes_nearer(claimed: Condition, clip: Any) -> Invariant:
    """Where it does not hold, s theta has come down by S |g| at least, as long as s is held (``held`` is 1)."""

    @invariant(
        state="theta total held",
        fixed={**VERTEX, "start": real},
        each={"eta": positive},
        given=lambda s, gradient, start: [negated(claimed(s, gradient)), sign(start) == s],
        first=lambda theta, total, held, start: [theta == start, total == 0, held == 1],
        step=lambda theta, theta_next, total, total_next, held, held_next, eta, s, gradient: [
            total_next == total + eta,
            implies([held == 1], theta_next == moved(theta, gradient, eta, clip)),
            implies([held_next == 1], (held == 1) & (sign(theta_next) == s)),
        ],
    )
    def nearer(theta: Any, total: Any, held: Any, s: Any, gradient: Any, start: Any) -> Any:
        bound = (total >= 0) & (s * theta <= abs(start) - total * abs(gradient))
        return implies([held == 1], bound & (sign(theta) == s))

    return nearer


def far_enough(start: Any, g: Any, total: Any) -> Any:
    """S |g| > |theta_0|."""
    return total * abs(g) > abs(start)


def sum_of_one(start: Any, g: Any, total: Any) -> Any:
    """S >= 1, whatever theta_0."""
    return (total >= 1) & (abs(g) > 0)


def leaves(claimed: Condition, enough: Enough, clip: Any) -> ForAll:
    """Where it does not hold, s has been left once the sum of the steps suffices."""
    nearer = comes_nearer(claimed, clip)

    @forall(
        **VERTEX,
        start=real,
        theta=real,
        total=nonnegative,
        held=one_of(0, 1),
        given=lambda s, gradient, start, total: [
            negated(claimed(s, gradient)),
            sign(start) == s,
            enough(start, gradient, total),
        ],
        by=lambda **reached: [nearer.at(**reached)],
    )
    def left(held: Any) -> Any:
        return held == 0

    return left


def has_slope(claimed: Condition) -> ForAll:
    """Where it does not hold the gradient is not 0, so that a sum of steps without bound suffices."""

    @forall(**VERTEX, given=lambda s, gradient: [negated(claimed(s, gradient))])
    def slope(gradient: Any) -> Any:
        return abs(gradient) > 0

    return slope


def fixed_points(claimed: Condition = condition, enough: Enough = far_enough) -> AllOf:
    """BinaryConnect stays exactly where ``claimed`` holds, clipped or not."""
    kept = (stays(claimed, clip) for clip in CLIPS)
    left = (leaves(claimed, enough, clip) for clip in CLIPS)
    return all_of(*kept, *left, has_slope(claimed))


@invariant(
    state="theta total",
    fixed=RUN,
    each={"eta": positive},
    first=lambda theta, total, start: [theta == start, total == 0],
    step=lambda theta, theta_next, total, total_next, eta, gradient: [
        theta_next == moved(theta, gradient, eta),
        total_next == total + eta,
    ],
)
def straight(theta: Any, total: Any, start: Any, gradient: Any) -> Any:
    """As long as the gradient is g: theta_t = theta_0 - S_t g."""
    return (theta == start - total * gradient) & (total >= 0)


def on_the_way(**reached: Any) -> list[Any]:
    """Theta after steps of the sum ``total``, not clipped."""
    return [
        straight.at(**{name: reached[name] for name in ("theta", "total", "start", "gradient")})
    ]


def has_left(strict: bool) -> ForAll:
    """After steps of sum S the sign has changed iff S s g > |theta_0|, or = and s = -1 unless ``strict``."""

    @forall(**RUN, theta=real, total=nonnegative, by=on_the_way)
    def changed(start: Any, gradient: Any, theta: Any, total: Any) -> Any:
        s = sign(start)
        reach, size = total * s * gradient, abs(start)
        left = (reach > size) if strict else (reach > size) | ((reach == size) & (s < 0))
        return (sign(theta) == -s) == left

    return changed


@forall(
    **RUN,
    theta=real,
    total=nonnegative,
    limit=real,
    given=lambda start, gradient, total, limit: [
        total < limit,
        limit * sign(start) * gradient <= abs(start),
    ],
    by=on_the_way,
)
def held_for_ever(start: Any, theta: Any) -> Any:
    """S_t < S and S s g <= |theta_0|: the sign is that of theta_0."""
    return sign(theta) == sign(start)


@forall(
    **RUN,
    theta=real,
    total=nonnegative,
    limit=real,
    given=lambda start, gradient, total, limit: [
        total < limit,
        limit * sign(start) * gradient > abs(start),
        2 * total * sign(start) * gradient >= abs(start) + limit * sign(start) * gradient,
    ],
    by=on_the_way,
)
def lost(start: Any, theta: Any) -> Any:
    """S s g > |theta_0|: it has changed once S_t s g is halfway from |theta_0| to S s g."""
    return sign(theta) == -sign(start)


STEADY, CLIPPED = BinaryConnect(runs.ETA), BinaryConnect(runs.ETA, clip=1.0)
VANISHING, SOME_STEPS = BinaryConnect(runs.SUMMABLE), runs.SUMMABLE_STEPS

CLAIM = Claim(
    name="bc-fixed-points",
    source="arXiv 1810.00861, Definition 5.1 and Theorem 5.3",
    statement=(
        "For step sizes eta_t > 0 with an infinite sum, a vertex s is a fixed point of BinaryConnect iff in every "
        "coordinate minus the gradient at s points outward, or the gradient vanishes: from every latent point of the sign "
        "s, clipped to [-1, 1] or not. With a finite sum S, not clipped, it stays iff S s_i g_i <= |theta_0i| for all i."
    ),
    formula="s fixed <=> sign(g_i) = -s_i wherever g_i != 0,  g = grad L(s), eta_t > 0, sum eta_t = infinity",
    formula_latex=(
        r"s \text{ fixed} \iff \operatorname{sign} g_i = -s_i \text{ wherever } g_i \ne 0,\qquad"
        r" g = \nabla L(s),\quad \eta_t > 0,\quad \textstyle\sum_t \eta_t = \infty"
    ),
    derivation_latex=(
        r"Until $s$ is left the gradient is $g$, so each coordinate may be looked at by itself. Where the condition holds,"
        r" a step keeps the sign: by induction it stays for ever. Where it fails, each step that keeps the sign brings"
        r" $s_i \theta_i$ down by at least $\eta_t |g_i|$, so that with $S_t = \sum_{k<t} \eta_k$ the sign has changed"
        r" once $S_t |g_i| > |\theta_{0i}|$. Not clipped, $\theta_t = \theta_0 - S_t g$ says when."
    ),
    parts=(
        Part(
            "fixed points",
            "the sign stays where the condition holds, and changes once S_t |g| > |theta_0| where not; clipped or not",
            all_of(
                fixed_points(),
                beside=(
                    runs.stays_where("constant steps", STEADY),
                    runs.stays_where("clipped", CLIPPED),
                ),
            ),
        ),
        Part(
            "when it leaves",
            "a vertex is left when S_t s g first exceeds |theta_0|, or equals it with s = -1",
            all_of(has_left(strict=False), beside=(runs.departure,)),
        ),
        Part(
            "summable steps",
            "with a finite sum S it stays iff S s_i g_i <= |theta_0i| for all i",
            all_of(
                held_for_ever,
                lost,
                beside=(runs.stays_where("summable steps", VANISHING, runs.summable, SOME_STEPS),),
            ),
        ),
        Part(
            "readings agree",
            "arrays and the torch optimizer take the same steps, clipped or not",
            all_of(*(StepReadings(BinaryConnect(0.5, clip=clip)) for clip in (None, 1.0))),
        ),
    ),
    controls=(
        Control(
            "summable steps do as well",
            "where the condition fails the sign changes by the time that S_t = 1",
            all_of(
                fixed_points(enough=sum_of_one),
                beside=(runs.stays_where("summable steps", VANISHING, steps=SOME_STEPS),),
            ),
        ),
        Control(
            "zero gradients count",
            "stays iff sign(g_i) = -s_i for every i, with sign(0) = +1",
            all_of(
                fixed_points(zero_counts_as_plus),
                beside=(runs.stays_where("constant steps", STEADY, runs.zero_counts_as_plus),),
            ),
        ),
        Control(
            "strict for both signs",
            "a vertex is left only when S_t s g exceeds |theta_0|, whichever sign",
            has_left(strict=True),
        ),
    ),
    headline=runs.STAY,
    operators=(
        "pqtheory.methods.BinaryConnect.step",
        "pqtheory.sets.Binary.project",
        "pqtheory.stability.is_fixed_point",
    ),
)
