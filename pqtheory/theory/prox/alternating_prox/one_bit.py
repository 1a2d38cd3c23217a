r"""One bit: q = m sign t, m = mean|t|, is the nearest point of the family, and it is the fit to every x on the way.

    sum (t - alpha b)^2 >= sum (|t| - |alpha|)^2 = sum t^2 - 2 |alpha| n m + n alpha^2,   least for |alpha| = m.

x = (t + w q) / (1 + w) keeps the signs, and mean|x| = m.
"""

from typing import Any

from pqtheory._arrays import as_array, sign
from pqtheory.claims import ForAll, forall, invariant, nonnegative, one_of, real
from pqtheory.claims.cases import Cases
from pqtheory.regularizers.alternating_distance import best_point
from pqtheory.sets.finite import step_function
from pqtheory.theory.prox.alternating_prox.half_steps import BEST_X, objective


def greedy(t: Any, mean: Any) -> Any:
    """Level m sign t, what the greedy start gives one entry."""
    xp, t = as_array(t)
    return mean * sign(xp, t)


@forall(t=real, b=one_of(-1, 1), alpha=real)
def no_sign_is_nearer(t: Any, b: Any, alpha: Any) -> Any:
    """No sign and alpha are nearer to t than |alpha| to |t|."""
    return (t - alpha * b) ** 2 >= (abs(t) - abs(alpha)) ** 2


@invariant(
    state="n size squares any end",
    fixed={"w": nonnegative, "mean": nonnegative, "alpha": real},
    each={"t": real, "x": real, "b": one_of(-1, 1)},
    begins=lambda: {"n": 0, "size": 0, "squares": 0, "any": 0, "end": 0},
    becomes=lambda n, size, squares, any, end, t, x, b, w, mean, alpha: {
        "n": n + 1,
        "size": size + abs(t),
        "squares": squares + t**2,
        "any": any + objective(x, t, w, alpha * b),
        "end": end + objective(best_point(t, greedy(t, mean), w), t, w, greedy(t, mean)),
    },
    by=lambda t, x, b, w, mean, alpha: [
        BEST_X.at(t=t, q=alpha * b, w=w, x=x),
        BEST_X.at(t=t, q=greedy(t, mean), w=w, x=x),
        no_sign_is_nearer.at(t=t, b=b, alpha=alpha),
    ],
)
def known(
    n: Any, size: Any, squares: Any, any: Any, end: Any, w: Any, mean: Any, alpha: Any
) -> Any:
    """2 (1 + w) J >= w (sum t^2 - 2 |alpha| sum|t| + n alpha^2) for any x, alpha, B; equal at the end, m for alpha."""
    apart = squares - 2 * abs(alpha) * size + n * alpha**2
    own = squares - 2 * mean * size + n * mean**2
    return (n >= 0) & (2 * (1 + w) * any >= w * apart) & (2 * (1 + w) * end == w * own)


@forall(t=real, mean=nonnegative, w=nonnegative)
def keeps_its_level(t: Any, mean: Any, w: Any) -> Any:
    """The point x has the sign of t, (1 + w)|x| = |t| + w m, and its nearest level of -m and m is that of t."""
    _, t = as_array(t)
    xp, x = as_array(best_point(t, greedy(t, mean), w))
    level = step_function(xp, x, (0,), (-mean, mean))
    same = sign(xp, x) == sign(xp, t)
    return same & ((1 + w) * abs(x) == abs(t) + w * mean) & (level == greedy(t, mean))


@invariant(
    state="n size moment",
    fixed={"w": nonnegative, "mean": nonnegative},
    each={"t": real},
    begins=lambda: {"n": 0, "size": 0, "moment": 0},
    becomes=lambda n, size, moment, t, w, mean: {
        "n": n + 1,
        "size": size + abs(t),
        "moment": moment + greedy(t, 1) * best_point(t, greedy(t, mean), w),
    },
    by=lambda t, w, mean: [keeps_its_level.at(t=t, mean=mean, w=w)],
)
def moments(n: Any, size: Any, moment: Any, w: Any, mean: Any) -> Any:
    """B^T x, B = sign t: (1 + w) sum b x = sum|t| + w n m."""
    return (1 + w) * moment == size + w * n * mean


@forall(
    n=real,
    size=real,
    moment=real,
    mean=nonnegative,
    w=nonnegative,
    scale=real,
    given=lambda n, size, moment, mean, scale: [n >= 1, n * mean == size, n * scale == moment],
    by=lambda n, size, moment, mean, w: [moments.at(n=n, size=size, moment=moment, mean=mean, w=w)],
)
def next_scale_is_the_same(mean: Any, scale: Any) -> Any:
    """The least squares for B = sign t at x give m again; w = 0 is the fit to t itself."""
    return scale == mean


def is_optimal(cases: Cases) -> ForAll:
    """No x, alpha, B have a smaller J than the end."""

    @forall(
        n=real,
        size=real,
        squares=real,
        any=real,
        end=real,
        w=nonnegative,
        mean=nonnegative,
        alpha=real,
        given=lambda n, size, mean: [n >= 1, n * mean == size],
        by=lambda n, size, squares, any, end, w, mean, alpha: [
            known.at(n=n, size=size, squares=squares, any=any, end=end, w=w, mean=mean, alpha=alpha)
        ],
        cases=cases,
    )
    def least(any: Any, end: Any) -> Any:
        return end <= any

    return least
