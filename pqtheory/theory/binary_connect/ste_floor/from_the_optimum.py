r"""From w_0 = u and for 1 <= x < 2 the best constant for every T: that of errors that alternate on beta q^2 / 2.

There q_t = (-1)^t g_t delta and w_t = (-1)^t alpha_t delta, with g_t = 1 + alpha_t, alpha_0 = 0, alpha_{t+1} = x + (x - 1) alpha_t,

    g_t = (2 - x (x - 1)^t) / (2 - x),    mean of L(q_t) - L(u) = beta delta^2 (g_0^2 + ... + g_{T-1}^2) / (2 T).

No run has more. With p_t = g_t + (x - 1) g_{t+1} + ... + (x - 1)^{T-1-t} g_{T-1}, p = p_t, p' = p_{t+1}, the multipliers

    m = x p' / g,    c = (g + x p') / 2,    a = p / (2 alpha),    a' = p' / (2 alpha')

of what ``excess`` says, the errors and the distances make v + a' |w - x h|^2 <= a |w|^2 + c |r|^2, as the form of w, r and h
that is left is a sum of two squares, both 0 in that run. There g^2 / 2 + a' alpha'^2 = a alpha^2 + c: the sum telescopes.
"""

from collections.abc import Sequence
from typing import Any

from pqtheory.claims import between, every, forall, nonnegative, positive, real
from pqtheory.theory.binary_connect.ste_floor.every_run import least_floor
from pqtheory.theory.binary_connect.ste_floor.one_step import SPACE, at_step, convex
from pqtheory.theory.vectors import Vector, Vectors, reals

LONG = between(1, 2, open_high=True)
#: alpha, and p after the step
PLACES: dict[str, Any] = {"x": LONG, "alpha": positive, "p_next": nonnegative}


def following(alpha: Any, x: Any) -> Any:
    """The next alpha."""
    return x + (x - 1) * alpha


def in_range(alpha: Any, p_next: Any, x: Any) -> Sequence[Any]:
    """Neither is beyond its limit."""
    return [alpha <= x / (2 - x), p_next <= least_floor(x)]


MULTIPLIERS = reals("m", "c", "a", "a_next")


def chosen(
    alpha: Any, p_next: Any, x: Any, m: Any, c: Any, a: Any, a_next: Any, **_: Any
) -> Sequence[Any]:
    """What the multipliers of a step are."""
    g = 1 + alpha
    return [
        m * g == x * p_next,
        c == (g + x * p_next) / 2,
        2 * a * alpha == g + (x - 1) * p_next,
        2 * a_next * following(alpha, x) == p_next,
    ]


def factors(m: Any, c: Any, a: Any, a_next: Any, x: Any) -> tuple[Any, Any, Any, Any, Any]:
    """P and turn of the square P h - turn w - (1 + m) r, and what is left of |w|^2, -2 <w, r>, |r|^2, times 2 P."""
    P, turn = 2 * m + 1 - 2 * a_next * x**2, 1 + m - 2 * a_next * x
    return P, turn, 2 * P * (a - a_next) - turn**2, (1 + m) * turn, 2 * P * c - (1 + m) ** 2


def fit(alpha: Any, x: Any, m: Any, c: Any, a: Any, a_next: Any) -> Any:
    """Beside the square a multiple >= 0 of |w - alpha r|^2 is left."""
    P, _, left, cross, rest = factors(m, c, a, a_next, x)
    return every([P > 0, m >= 0, *fitting(left, cross, rest, alpha)])


def known(**case: Any) -> Sequence[Any]:
    """That, in range."""
    return [*in_range(case["alpha"], case["p_next"], case["x"]), *chosen(**case)]


@forall(**PLACES, **MULTIPLIERS, given=known)
def fits(alpha: Any, x: Any, m: Any, c: Any, a: Any, a_next: Any) -> Any:
    """The multipliers do."""
    return fit(alpha, x, m, c, a, a_next)


def squares(alpha: Any, x: Any, m: Any, c: Any, a: Any, a_next: Any, **case: Any) -> Sequence[Any]:
    """Both squares are >= 0."""
    w, r, h = SPACE.of(case)
    P, turn, *_ = factors(m, c, a, a_next, x)
    off = h * P - w * turn - r * (1 + m)
    return [off @ off >= 0, is_near(alpha, w, r)]


def slack(m: Any, **case: Any) -> Any:
    """What the multipliers leave: a form of w, r and h."""
    w, r, h = SPACE.of(case)
    return pay(m=m, **case) - ((1 + m) * (h @ (w + r) - h @ h / 2) - m * (h @ h / 2))


def parted(P: Any, S: Any, square: Any, more: Any) -> Any:
    """2 P S is the square and what is left."""
    return square + more == 2 * P * S


def left_over(left: Any, cross: Any, rest: Any, w: Vector, r: Vector) -> Any:
    """What is left beside the square."""
    return left * (w @ w) - 2 * cross * (w @ r) + rest * (r @ r)


@forall(**SPACE.products, **MULTIPLIERS, x=real)
def is_parted(m: Any, c: Any, a: Any, a_next: Any, x: Any, **case: Any) -> Any:
    """So is the slack."""
    w, r, h = SPACE.of(case)
    P, turn, left, cross, rest = factors(m, c, a, a_next, x)
    off = h * P - w * turn - r * (1 + m)
    S = slack(m=m, c=c, a=a, a_next=a_next, x=x, **case)
    return parted(P, S, off @ off, left_over(left, cross, rest, w, r))


PAIR = Vectors("w r")


def fitting(left: Any, cross: Any, rest: Any, alpha: Any) -> Sequence[Any]:
    """What is left is a multiple >= 0 of |w - alpha r|^2."""
    return [left >= 0, left * alpha == cross, rest == cross * alpha]


def is_near(alpha: Any, w: Vector, r: Vector) -> Any:
    """|w - alpha r|^2 >= 0."""
    near = w - r * alpha
    return near @ near >= 0


@forall(
    **PAIR.products,
    **reals("left", "cross", "rest", "alpha"),
    given=lambda left, cross, rest, alpha, **case: [
        *fitting(left, cross, rest, alpha),
        is_near(alpha, *PAIR.of(case)),
    ],
)
def is_no_less(left: Any, cross: Any, rest: Any, **case: Any) -> Any:
    """Then it is >= 0."""
    return left_over(left, cross, rest, *PAIR.of(case)) >= 0


@forall(
    P=positive,
    **reals("S", "square", "more"),
    given=lambda P, S, square, more: [square >= 0, more >= 0, parted(P, S, square, more)],
)
def divided(S: Any) -> Any:
    """P > 0 goes out."""
    return S >= 0


@forall(
    m=nonnegative,
    **reals("v", "low", "high", "rest"),
    given=lambda v, low, high, m, rest: [
        low <= v,
        v <= high,
        rest - ((1 + m) * high - m * low) >= 0,
    ],
)
def weighed(v: Any, rest: Any) -> Any:
    """What is at most ``high`` and at least ``low`` is at most (1 + m) high - m low."""
    return v <= rest


def pay(m: Any, c: Any, a: Any, a_next: Any, x: Any, **case: Any) -> Any:
    """What a step may earn: a |w|^2 + c |r|^2 - a' |w - x h|^2."""
    w, r, h = SPACE.of(case)
    after = w - h * x
    return a * (w @ w) + c * (r @ r) - a_next * (after @ after)


def _of_pay(v: Any, alpha: Any, x: Any, **case: Any) -> Sequence[Any]:
    w, r, h = SPACE.of(case)
    of_step = {name: case[name] for name in MULTIPLIERS}
    P, turn, left, cross, rest = factors(x=x, **of_step)
    off = h * P - w * turn - r * (1 + case["m"])
    form = {**at_step(case), **of_step, "x": x}
    more = left_over(left, cross, rest, w, r)
    return [
        fits.at(alpha=alpha, x=x, p_next=case["p_next"], **of_step),
        is_parted.at(**form),
        is_no_less.at(
            left=left, cross=cross, rest=rest, alpha=alpha, **{n: case[n] for n in PAIR.products}
        ),
        divided.at(P=P, S=slack(**form), square=off @ off, more=more),
        weighed.at(v=v, low=h @ h / 2, high=h @ (w + r) - h @ h / 2, m=case["m"], rest=pay(**form)),
    ]


@forall(
    **PLACES,
    **SPACE.products,
    **MULTIPLIERS,
    v=real,
    given=lambda p_next, v, **case: [
        *known(p_next=p_next, **case),
        *convex(v, **case),
        *squares(**case),
    ],
    by=_of_pay,
)
def pays(v: Any, **case: Any) -> Any:
    """The step: v <= a |w|^2 + c |r|^2 - a' |w - x h|^2."""
    return v <= pay(**{name: case[name] for name in (*SPACE.products, *MULTIPLIERS, "x")})
