r"""One step of straight-through on a convex loss, the gradient taken at q = w + r: what it earns and what the error costs.

Positions are measured from a minimiser u, h = grad L(q) / beta, v = (L(q) - L(u)) / beta, w' = w - x h. Convexity and
smoothness say |h|^2 / 2 <= v <= <h, w + r> - |h|^2 / 2: the second minus s times the first, and |(1 + s - x) h - r|^2 >= 0,

    2 x (1 - s) v <= |w|^2 - |w'|^2 + x |r|^2 / (1 + s - x)        for 0 <= s < 1, x < 1 + s.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pqtheory.claims import ForAll, between, forall, positive, real
from pqtheory.theory.vectors import Vectors, reals

SPACE = Vectors("w r h")
LOSSES = reals("L_q", "L_u", "L_above", "L_below", "v")
#: a part of what smoothness gives
SHARE = between(0, 1, open_high=True)


def of_loss(
    L_q: Any, L_u: Any, L_above: Any, L_below: Any, v: Any, beta: Any, **case: Any
) -> Sequence[Any]:
    """L is convex and beta-smooth, seen from q at u + h and at q - h; grad L(u) = 0."""
    w, r, h = SPACE.of(case)
    square = h @ h
    return [
        L_q - L_u == beta * v,
        square >= 0,
        L_above >= L_q + beta * (h @ (h - w - r)),
        L_above <= L_u + beta * square / 2,
        L_below <= L_q - beta * square / 2,
        L_below >= L_u,
    ]


@forall(**SPACE.products, **LOSSES, beta=positive, given=of_loss)
def excess(v: Any, **case: Any) -> Any:
    """|h|^2 / 2 <= v <= <h, q - u> - |h|^2 / 2."""
    w, r, h = SPACE.of(case)
    return (h @ h / 2 <= v) & (v <= h @ (w + r) - h @ h / 2)


def convex(v: Any, **case: Any) -> Sequence[Any]:
    """What ``excess`` says."""
    w, r, h = SPACE.of(case)
    return [h @ h / 2 <= v, v <= h @ (w + r) - h @ h / 2]


def is_size(s: Any, x: Any) -> Sequence[Any]:
    """What is asked of the size: x < 1 + s."""
    return [x < 1 + s]


def is_square(s: Any, x: Any, **case: Any) -> Any:
    """|(1 + s - x) h - r|^2 >= 0."""
    _, r, h = SPACE.of(case)
    off = h * (1 + s - x) - r
    return off @ off >= 0


def _known(s: Any, x: Any, **case: Any) -> Sequence[Any]:
    return [*is_size(s, x), is_square(s, x, **case), *convex(**case)]


def earns(cost: Any = 1) -> ForAll:
    """2 x (1 - s) v <= |w|^2 - |w - x h|^2 + cost x |r|^2 / (1 + s - x)."""

    @forall(**SPACE.products, v=real, x=positive, s=SHARE, given=_known)
    def step(v: Any, x: Any, s: Any, **case: Any) -> Any:
        w, r, h = SPACE.of(case)
        after = w - h * x
        lost = w @ w - after @ after
        return 2 * x * (1 - s) * v <= lost + cost * x * (r @ r) / (1 + s - x)

    return step


EARNS = earns()


def at_step(case: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """The products of a step, and more, for ``at``."""
    return {**{name: case[name] for name in SPACE.products}, **more}
