"""Sums over the coordinates of one step, in every dimension: they grow coordinate by coordinate.

d = x_t - x* with x_t = sign theta_t; A d + g is the gradient at x_t, q = A d; phi = A w = theta + eta t g - k, where k
is the part of theta_0 outside the range of A (0 if A is definite).
"""

from collections.abc import Callable
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import ForAll, between, forall, invariant, nonnegative, one_of, positive, real
from pqtheory.methods import BinaryConnect
from pqtheory.methods.base import State
from pqtheory.theory.given import Given, exact


def quantized(theta: Any) -> Any:
    """BinaryConnect's x_t."""
    return BinaryConnect(1).query(State(exact(theta), 0))


def moved(theta: Any, gradient: Any, eta: Any) -> Any:
    """BinaryConnect's theta_{t+1}."""
    return BinaryConnect(Given(eta)).step(State(exact(theta), 0), gradient).latent


def larger(a: Any, b: Any) -> Any:
    """The larger of two, for terms and numbers."""
    return as_array(a)[0].maximum(a, b)


# quadratic forms


@invariant(
    state="V form along bent square",
    fixed={"t": real},
    each={"w": real, "phi": real, "u": real, "image": real},
    first=lambda V, form, along, bent, square: [
        V == 0,
        form == 0,
        along == 0,
        bent == 0,
        square == 0,
    ],
    step=lambda w, phi, u, image, t, **v: [
        v["V_next"] == v["V"] + w * phi,
        v["form_next"] == v["form"] + (w - t * u) * (phi - t * image),
        v["along_next"] == v["along"] + u * phi,
        v["bent_next"] == v["bent"] + w * image,
        v["square_next"] == v["square"] + u * image,
    ],
)
def expands(V: Any, form: Any, along: Any, bent: Any, square: Any, t: Any) -> Any:
    """(w - t u).(phi - t image), with phi = A w and image = A u."""
    return form == V - t * (along + bent) + t * t * square


@invariant(
    state="along bent",
    each={"a": real, "u": real, "w": real, "row_u": real, "row_w": real},
    first=lambda along, bent: [along == 0, bent == 0],
    step=lambda along, along_next, bent, bent_next, a, u, w, row_u, row_w: [
        along_next == along + u * (row_w + a * w) + row_u * w,
        bent_next == bent + w * (row_u + a * u) + row_w * u,
    ],
)
def symmetric(along: Any, bent: Any) -> Any:
    """u.A.w = w.A.u: a coordinate brings the diagonal entry a, and twice the rest of its row, against u and w."""
    return along == bent


@forall(
    V=real,
    form=nonnegative,
    along=real,
    bent=real,
    m=positive,
    t=real,
    given=lambda bent, m, t: [t * m == bent],
    by=lambda V, form, along, bent, m, t: [
        expands.at(V=V, form=form, along=along, bent=bent, square=m, t=t),
        symmetric.at(along=along, bent=bent),
    ],
)
def cauchy(V: Any, bent: Any, m: Any) -> Any:
    """(v.w)^2 <= m V, m = v.A^-1.v: A is semidefinite at w - t A^-1 v, t = v.w / m."""
    return bent * bent <= m * V


@invariant(
    state="row size",
    fixed={"s": real, "alpha": nonnegative},
    each={"m": real, "mi": real, "mj": real, "t": real},
    first=lambda row, size: [row == 0, size == 0],
    step=lambda row, row_next, size, size_next, m, mi, mj, t, alpha: [
        mi <= alpha,
        mj <= alpha,
        mi + mj + 2 * m >= 0,
        mi + mj - 2 * m >= 0,
        row_next == row + m * t,
        size_next == size + abs(t),
    ],
)
def row_is_bounded(row: Any, size: Any, s: Any, alpha: Any) -> Any:
    """S (m theta)_i <= alpha |s| |theta|_1."""
    return s * row <= alpha * abs(s) * size


@invariant(
    state="V size",
    fixed={"alpha": nonnegative, "total": nonnegative},
    each={"s": real, "row": real},
    first=lambda V, size: [V == 0, size == 0],
    step=lambda V, V_next, size, size_next, s, row: [
        V_next == V + s * row,
        size_next == size + abs(s),
    ],
    by=lambda s, row, alpha, total: [row_is_bounded.at(row=row, size=total, s=s, alpha=alpha)],
)
def form_is_bounded(V: Any, size: Any, alpha: Any, total: Any) -> Any:
    """theta.m.theta <= alpha |theta|_1^2."""
    return alpha * total * size >= V


# one step of BinaryConnect


def optimal(x: Any, g: Any) -> Any:
    """One coordinate of the optimality conditions over [-1, 1]: where g is not 0, x is the end that -g points to."""
    return (g == 0) | ((x == 1) & (g <= 0)) | ((x == -1) & (g >= 0))


def anywhere(x: Any, g: Any) -> Any:
    """A point where the gradient is 0, in the box or not."""
    return g == 0


def in_box(x: Any, g: Any) -> Any:
    """A minimiser over the box."""
    return (abs(x) <= 1) & optimal(x, g)


def pushed_out(minimiser: Callable[[Any, Any], Any]) -> ForAll:
    """(theta_i + eta t g_i) d_i >= (1 - |x*_i|) |theta_i|, and never below 0."""

    @forall(
        theta=real,
        x=real,
        g=real,
        elapsed=nonnegative,
        given=lambda x, g: [minimiser(x, g)],
    )
    def away_from_zero(theta: Any, x: Any, g: Any, elapsed: Any) -> Any:
        push = (theta + elapsed * g) * (quantized(theta) - x)
        return push >= larger(0 * theta, (1 - abs(x)) * abs(theta))

    return away_from_zero


PUSHED_OUT = pushed_out(in_box)


@invariant(
    state="after form",
    fixed={"eta": positive, "elapsed": nonnegative},
    each={"w": real, "theta": real, "k": real, "g": real, "x": real, "q": real},
    first=lambda after, form: [after == 0, form == 0],
    step=lambda after, after_next, form, form_next, eta, elapsed, w, theta, k, g, x, q: [
        after_next
        == after
        + (w - eta * (quantized(theta) - x)) * (moved(theta, q + g, eta) + (elapsed + eta) * g - k),
        form_next
        == form + (w - eta * (quantized(theta) - x)) * (theta + elapsed * g - k - eta * q),
    ],
)
def step_is_a_form(after: Any, form: Any) -> Any:
    """V after the step is (w - eta d).(phi - eta A d)."""
    return after == form


def _one_more(
    eta: Any,
    elapsed: Any,
    rho: Any,
    inside: Any,
    w: Any,
    theta: Any,
    k: Any,
    g: Any,
    x: Any,
    q: Any,
    **sums: Any,
) -> list[Any]:
    """What one coordinate brings to the sums; ``inside`` is 0 where x* is an end of the box."""
    d, end = quantized(theta) - x, 1 - inside
    brought = {
        "along": d * (theta + elapsed * g - k),
        "square": d * q,
        "kernel": d * k,
        "size": inside * abs(theta),
        "mistakes": end * abs(d) / 2,
        "reach": end * x * w,
        "reach_after": end * x * (w - eta * d),
    }
    brought |= {f"inner_{name}": inside * brought[name] for name in ("along", "square", "kernel")}
    where = [in_box(x, g), ((inside == 1) & (abs(x) <= rho)) | ((inside == 0) & (abs(x) == 1))]
    return [*where, *(sums[f"{n}_next"] == sums[n] + value for n, value in brought.items())]


@invariant(
    state="along square kernel inner_along inner_square inner_kernel size mistakes reach reach_after",
    fixed={
        "eta": positive,
        "elapsed": nonnegative,
        "rho": between(0, 1, open_high=True),
    },
    each={
        "inside": one_of(0, 1),
        "w": real,
        "theta": real,
        "k": real,
        "g": real,
        "x": real,
        "q": real,
    },
    first=lambda eta, rho, elapsed, **sums: [value == 0 for value in sums.values()],
    step=_one_more,
    by=lambda theta, x, g, elapsed: [PUSHED_OUT.at(theta=theta, x=x, g=g, elapsed=elapsed)],
)
def outward(
    along: Any,
    square: Any,
    kernel: Any,
    inner_along: Any,
    inner_square: Any,
    inner_kernel: Any,
    size: Any,
    mistakes: Any,
    reach: Any,
    reach_after: Any,
    eta: Any,
    rho: Any,
) -> Any:
    """phi.d + k.d >= 0, inside (1 - rho) |theta|_1 at least; each wrong sign adds 2 eta to s.w, s = x* at the ends."""
    none = (along == inner_along) & (square == inner_square) & (kernel == inner_kernel)
    return (
        (along + kernel >= 0)
        & (inner_along + inner_kernel >= (1 - rho) * size)
        & (size >= 0)
        & (((mistakes == 0) & none) | (mistakes >= 1))
        & (reach_after == reach + 2 * eta * mistakes)
    )
