r"""A prox never turns round, convex R or not; and on a line every map that never turns round is one.

If p minimises 1/2 |x - t|^2 + R(x) and q minimises 1/2 |x - u|^2 + R(x), each is as good as the other at its own place;
the sum of the two inequalities is <p - q, t - u> >= 0.

Conversely take any t_0 <= t_1 <= ... and p_0 <= p_1 <= ... With h_{i+1} = h_i + t_i (p_{i+1} - p_i), the values
R(p_i) = h_i - p_i^2 / 2 make each p_i a best one for t_i among all p_j: h_j - h_i - t_i (p_j - p_i) >= 0 begins with 0
at j = i and grows by (t_j - t_i)(p_{j+1} - p_j) >= 0 with each step to the right, by (t_i - t_j)(p_{j+1} - p_j) >= 0 with
each to the left. In the plane that is not so: a quarter turn is monotone, and no prox.
"""

from collections.abc import Callable, Sequence
from typing import Any

from pqtheory.claims import Claim, Control, ForAll, Part, all_of, forall, invariant, positive, real
from pqtheory.claims.invariant import Invariant
from pqtheory.claims.truths import implies
from pqtheory.regularizers import (
    Bump,
    DistanceL1,
    DistanceL2,
    Indicator,
    PiecewiseAffine,
    Regularizer,
)
from pqtheory.sets import Ternary
from pqtheory.theory.vectors import Vectors

PLACES = Vectors("p q t u")


def _minimise(R_p: Any, R_q: Any, **case: Any) -> Sequence[Any]:
    p, q, t, u = PLACES.of(case)
    return [
        (p - t) @ (p - t) / 2 + R_p <= (q - t) @ (q - t) / 2 + R_q,
        (q - u) @ (q - u) / 2 + R_q <= (p - u) @ (p - u) / 2 + R_p,
    ]


@forall(**PLACES.products, R_p=real, R_q=real, given=_minimise)
def never_turns_round(**case: Any) -> Any:
    """<p - q, t - u> >= 0."""
    p, q, t, u = PLACES.of(case)
    return (p - q) @ (t - u) >= 0


def expands(factor: Any) -> ForAll:
    """For convex R more: <p - q, t - u> >= factor |p - q|^2; R's subgradients at p and q are t - p and u - q."""

    def convex(R_p: Any, R_q: Any, **case: Any) -> Sequence[Any]:
        p, q, t, u = PLACES.of(case)
        return [R_q >= R_p + (t - p) @ (q - p), R_p >= R_q + (u - q) @ (p - q)]

    @forall(**PLACES.products, R_p=real, R_q=real, given=convex)
    def firmly(**case: Any) -> Any:
        p, q, t, u = PLACES.of(case)
        return (p - q) @ (t - u) >= factor * ((p - q) @ (p - q))

    return firmly


@forall(
    p=real,
    q=real,
    t=real,
    u=real,
    R_p=real,
    R_q=real,
    given=lambda p, q, t, u, R_p, R_q: [
        (p - t) ** 2 / 2 + R_p <= (q - t) ** 2 / 2 + R_q,
        (q - u) ** 2 / 2 + R_q <= (p - u) ** 2 / 2 + R_p,
    ],
)
def never_farther(p: Any, q: Any, t: Any, u: Any) -> Any:
    """No two points are carried apart, on a line."""
    return abs(p - q) <= abs(t - u)


def does_not_fall(regularizer: Regularizer) -> ForAll:
    """The prox of the code: at t prox(t) is as good as prox(u), and t <= u gives prox(t) <= prox(u)."""

    def R(x: Any) -> Any:
        # on its set, where the prox is
        return 0 if isinstance(regularizer, Indicator) else regularizer.value(x)

    @forall(t=real, u=real, weight=positive)
    def ordered(t: Any, u: Any, weight: Any) -> Any:
        p, q = regularizer.prox(t, weight), regularizer.prox(u, weight)
        own, rival = (p - t) ** 2 / 2 + weight * R(p), (q - t) ** 2 / 2 + weight * R(q)
        return (own <= rival) & implies([t <= u], p <= q)

    return ordered


def no_better_to_the_right(ordered: bool = True) -> Invariant:
    """Walking to the right from i: h_j - h_i - t_i (p_j - p_i) never falls below 0."""

    def next_point(t: Any, t_next: Any, p: Any, p_next: Any, h: Any, h_next: Any) -> Sequence[Any]:
        moves = [h_next == h + t * (p_next - p)]
        return [*moves, t_next >= t, *([p_next >= p] if ordered else [])]

    @invariant(
        state="t p h",
        fixed={"t_i": real, "p_i": real, "h_i": real},
        first=lambda t, p, h, t_i, p_i, h_i: [t == t_i, p == p_i, h == h_i],
        step=next_point,
    )
    def as_good(t: Any, p: Any, h: Any, t_i: Any, p_i: Any, h_i: Any) -> Any:
        return (t >= t_i) & (h - h_i - t_i * (p - p_i) >= 0)

    return as_good


@invariant(
    state="t p h",
    fixed={"t_i": real, "p_i": real, "h_i": real},
    first=lambda t, p, h, t_i, p_i, h_i: [t == t_i, p == p_i, h == h_i],
    step=lambda t, t_next, p, p_next, h, h_next: [
        h == h_next + t_next * (p - p_next),
        t_next <= t,
        p_next <= p,
    ],
)
def no_better_to_the_left(t: Any, p: Any, h: Any, t_i: Any, p_i: Any, h_i: Any) -> Any:
    """Walking to the left from i likewise."""
    return (t <= t_i) & (h - h_i - t_i * (p - p_i) >= 0)


no_better_on_the_right = no_better_to_the_right()


def _walks(t: Any, p: Any, h: Any, t_i: Any, p_i: Any, h_i: Any) -> Sequence[Any]:
    walk = {"t": t, "p": p, "h": h, "t_i": t_i, "p_i": p_i, "h_i": h_i}
    return [no_better_on_the_right.at(**walk)]


def _walks_left(t: Any, p: Any, h: Any, t_i: Any, p_i: Any, h_i: Any) -> Sequence[Any]:
    walk = {"t": t, "p": p, "h": h, "t_i": t_i, "p_i": p_i, "h_i": h_i}
    return [no_better_to_the_left.at(**walk)]


def is_a_prox(by: Callable[..., Sequence[Any]]) -> ForAll:
    """P_i is as good as any p of the walk for 1/2 (x - t_i)^2 + R(x), R(p) = h - p^2 / 2."""

    @forall(t=real, p=real, h=real, t_i=real, p_i=real, h_i=real, by=by)
    def minimises(t: Any, p: Any, h: Any, t_i: Any, p_i: Any, h_i: Any) -> Any:
        own = (p_i - t_i) ** 2 / 2 + (h_i - p_i**2 / 2)
        return own <= (p - t_i) ** 2 / 2 + (h - p**2 / 2)

    return minimises


def is_a_prox_in_the_plane() -> ForAll:
    """Of four points, each a quarter turn of the one before it, one is better served by another's image than its own."""

    @forall(
        x=real, y=real, R0=real, R1=real, R2=real, R3=real, given=lambda x, y: [x**2 + y**2 > 0]
    )
    def some_is_better(x: Any, y: Any, R0: Any, R1: Any, R2: Any, R3: Any) -> Any:
        starts = [(x, y), (-y, x), (-x, -y), (y, -x)]
        images, values = [*starts[1:], starts[0]], [R0, R1, R2, R3]

        def cost(start: int, image: int) -> Any:
            (t, u), (a, b) = starts[start], images[image]
            return ((a - t) ** 2 + (b - u) ** 2) / 2 + values[image]

        # the image of the one before is the point itself
        better = [cost(i, i - 1) < cost(i, i) for i in range(4)]
        return better[0] | better[1] | better[2] | better[3]

    return some_is_better


@forall(x=real, y=real, u=real, v=real)
def quarter_turn_never_turns_round(x: Any, y: Any, u: Any, v: Any) -> Any:
    """<T a - T b, a - b> = 0 for T (x, y) = (-y, x)."""
    return (-y + v) * (x - u) + (x - u) * (y - v) >= 0


BOOK = Ternary()
READ = (
    DistanceL1(BOOK),
    DistanceL2(BOOK),
    Bump(BOOK),
    Indicator(BOOK),
    PiecewiseAffine(BOOK, (-2, -1, 1, 2)),
)

CLAIM = Claim(
    name="prox-maps-are-monotone",
    source="Dockhorn et al., arXiv 2110.13220, section 3 (proximal quantizers); Moreau 1965",
    statement=(
        "For any R and any dimension: if p and q minimise 1/2 |x - t|^2 + R(x) and 1/2 |x - u|^2 + R(x), then "
        "<p - q, t - u> >= 0, and for convex R even <p - q, t - u> >= |p - q|^2. On a line the converse holds: of any t_0 <= t_1 <= ... "
        "and p_0 <= p_1 <= ... each p_i is a best one for t_i among all p_j, for one choice of the values R(p_j). In the "
        "plane it does not: a quarter turn satisfies the inequality, and on four points it is the prox of no R. So no "
        "prox of the code on {-1, 0, 1} turns round: L1, half square, bump, indicator, piecewise affine, weight > 0."
    ),
    formula=(
        "p in prox_R(t), q in prox_R(u)  =>  <p - q, t - u> >= 0;  on a line: t_i and p_i nondecreasing  =>  "
        "p_i in argmin over x = p_j of 1/2 (x - t_i)^2 + R(x)"
    ),
    formula_latex=(
        r"p \in \operatorname{prox}_R(t),\ q \in \operatorname{prox}_R(u) \ \Rightarrow\ \langle p - q,\ t - u\rangle"
        r" \ge 0;\qquad t_i, p_i \text{ nondecreasing} \ \Rightarrow\ p_i \in \operatorname*{argmin}_{x \in \{p_j\}}"
        r" \tfrac12 (x - t_i)^2 + R(x)"
    ),
    derivation_latex=(
        r"Add $\tfrac12 |p - t|^2 + R(p) \le \tfrac12 |q - t|^2 + R(q)$ and $\tfrac12 |q - u|^2 + R(q) \le \tfrac12"
        r" |p - u|^2 + R(p)$. Conversely let $h_{i+1} = h_i + t_i (p_{i+1} - p_i)$ and $R(p_i) = h_i - \tfrac12 p_i^2$:"
        r" the excess $h_j - h_i - t_i (p_j - p_i)$ begins with $0$ and never falls on the way to the left or right."
    ),
    parts=(
        Part("no turn", "two minimisers are ordered as their points", never_turns_round),
        Part("convex", "more so for convex R", expands(1)),
        Part(
            "converse on a line",
            "ordered points are minimisers for one R",
            all_of(is_a_prox(_walks), is_a_prox(_walks_left)),
        ),
        Part(
            "not in the plane",
            "a quarter turn satisfies the inequality and is no prox",
            all_of(quarter_turn_never_turns_round, is_a_prox_in_the_plane()),
        ),
        Part(
            "code",
            "the proxes of the code minimise, and do not turn round",
            all_of(*map(does_not_fall, READ)),
        ),
    ),
    controls=(
        Control("twice as firm", "<p - q, t - u> >= 2 |p - q|^2 for convex R", expands(2)),
        Control(
            "never farther", "without convexity a prox carries no two points apart", never_farther
        ),
        Control(
            "a map that falls", "the p_i need not be ordered", no_better_to_the_right(ordered=False)
        ),
    ),
    uses=("w-prox", "codebook-prox", "parq-is-a-prox"),
    operators=(
        "pqtheory.regularizers.DistanceL1.prox",
        "pqtheory.regularizers.DistanceL2.prox",
        "pqtheory.regularizers.Bump.prox",
        "pqtheory.regularizers.Indicator.prox",
        "pqtheory.regularizers.PiecewiseAffine.prox",
    ),
)
