"""From one step to the mean: V stays bounded, wrong signs are few, the average is within C_i / T of x*_i."""

from collections.abc import Mapping
from typing import Any

from pqtheory.claims import (
    ForAll,
    Invariant,
    between,
    forall,
    invariant,
    nonnegative,
    positive,
    real,
)
from pqtheory.claims.lemma import Instance
from pqtheory.theory.binary_connect.bc_average.constants import (
    floor,
    growth,
    initial,
)
from pqtheory.theory.binary_connect.bc_average.sums import (
    expands,
    form_is_bounded,
    outward,
    step_is_a_form,
    symmetric,
)

SHARE = between(0, 1, open_high=True)
#: D is the largest d.A.d, D_inner that of the inner block; N the largest k.d; alpha the largest (A_II^-1)_ii
KNOWN: dict[str, Any] = {
    "eta": positive,
    "rho": SHARE,
    "alpha": nonnegative,
    "D": nonnegative,
    "D_inner": nonnegative,
    "N": nonnegative,
}


def settles(with_floor: bool = True) -> ForAll:
    """V' <= max(V, W) where V <= alpha n^2, n = |theta|_1, V' <= V - c n + e and W = max(e, alpha (e / c)^2)."""

    @forall(
        V=nonnegative,
        after=real,
        n=nonnegative,
        alpha=nonnegative,
        c=positive,
        e=nonnegative,
        W=nonnegative,
        given=lambda V, after, n, alpha, c, e, W: [
            alpha * n * n >= V,
            after <= V - c * n + e,
            e <= W,
            alpha * e * e <= W * c * c,
        ],
    )
    def not_above_both(V: Any, after: Any, W: Any) -> Any:
        return (after <= V) | (after <= W) if with_floor else after <= V

    return not_above_both


SETTLES = settles()


def use(lemma: ForAll | Invariant, case: Mapping[str, Any], **renamed: Any) -> Instance:
    """``lemma.at`` the variables of the same names, but for those given."""
    names = lemma.variables if isinstance(lemma, ForAll) else (*lemma.names, *lemma.fixed)
    return lemma.at(**{name: case[name] for name in names if name not in renamed}, **renamed)


#: the sums of one step: over all coordinates, and over the inner ones
SUMS = (
    "along",
    "bent",
    "square",
    "kernel",
    "inner_along",
    "inner_bent",
    "inner_square",
    "inner_kernel",
)
ONE_STEP: dict[str, Any] = dict.fromkeys(
    (
        "V",
        "V_next",
        "inner",
        "inner_next",
        "form",
        *SUMS,
        "size",
        "mistakes",
        "reach",
        "reach_next",
    ),
    real,
)


@forall(
    **KNOWN,
    **ONE_STEP,
    elapsed=nonnegative,
    given=lambda square, kernel, D, N: [square <= D, kernel <= N],
    by=lambda **v: [
        use(step_is_a_form, v, after=v["V_next"]),
        use(expands, v, t=v["eta"]),
        use(symmetric, v),
        use(outward, v, reach_after=v["reach_next"]),
    ],
)
def any_step(**v: Any) -> Any:
    """V' - V = -2 eta phi.d + eta^2 d.A.d <= e; without a wrong sign all of it comes from inside."""
    V, after, eta, mistakes = v["V"], v["V_next"], v["eta"], v["mistakes"]
    inside = (
        (mistakes == 0)
        & (v["along"] == v["inner_along"])
        & (v["square"] == v["inner_square"])
        & (v["inner_along"] >= (1 - v["rho"]) * v["size"] - v["N"])
        & (v["size"] >= 0)
    )
    return (
        (after == V - 2 * eta * v["along"] + eta * eta * v["square"])
        & (after <= V + growth(eta, v["D"], v["N"]))
        & (inside | (mistakes >= 1))
        & (v["reach_next"] == v["reach"] + 2 * eta * mistakes)
    )


@forall(
    **KNOWN,
    **ONE_STEP,
    elapsed=nonnegative,
    given=lambda square, inner_square, kernel, D, D_inner, N, mistakes, inner: [
        square <= D,
        inner_square <= D_inner,
        kernel <= N,
        mistakes == 0,
        inner >= 0,
    ],
    by=lambda **v: [
        use(any_step, v),
        use(
            expands,
            v,
            V=v["inner"],
            form=v["inner_next"],
            along=v["inner_along"],
            bent=v["inner_bent"],
            square=v["inner_square"],
            t=v["eta"],
        ),
        symmetric.at(along=v["inner_along"], bent=v["inner_bent"]),
        use(form_is_bounded, v, V=v["inner"], total=v["size"]),
        use(
            SETTLES,
            v,
            V=v["inner"],
            after=v["inner_next"],
            n=v["size"],
            c=2 * v["eta"] * (1 - v["rho"]),
            e=growth(v["eta"], v["D_inner"], v["N"]),
            W=W_of(v),
        ),
    ],
)
def quiet_step(**v: Any) -> Any:
    """While no sign is wrong the inner coordinates move as if alone, y' = y - eta d: Phi stays, V_I <= max(V_I, W)."""
    after = v["inner_next"]
    stays = v["V_next"] - after == v["V"] - v["inner"]
    return stays & ((after <= v["inner"]) | (after <= W_of(v)))


def W_of(v: Mapping[str, Any]) -> Any:
    """W, from the inner coordinates alone."""
    e = growth(v["eta"], v["D_inner"], v["N"])
    return floor(e, v["alpha"], v["eta"], 1 - v["rho"])


@invariant(
    state="V inner reach wrong",
    fixed={**KNOWN, "V0": real, "inner0": real, "reach0": real},
    each={
        **dict.fromkeys(("form", *SUMS, "size", "mistakes"), real),
        "elapsed": nonnegative,
    },
    given=lambda inner0: [inner0 >= 0],
    first=lambda V, inner, reach, wrong, V0, inner0, reach0: [
        V == V0,
        inner == inner0,
        reach == reach0,
        wrong == 0,
    ],
    step=lambda inner, inner_next, wrong, wrong_next, mistakes, square, inner_square, kernel, D, D_inner, N: [
        square <= D,
        (mistakes >= 1) | (inner_square <= D_inner),
        kernel <= N,
        inner >= 0,
        inner_next >= 0,
        wrong_next == wrong + mistakes,
    ],
    by=lambda **v: [use(any_step, v), use(quiet_step, v)],
)
def potential(V: Any, inner: Any, reach: Any, wrong: Any, **v: Any) -> Any:
    """U = max(V_I, W) + Phi grows by e + W at most for each wrong sign, which adds 2 eta to s.w."""
    W, e = W_of(v), growth(v["eta"], v["D"], v["N"])
    within = initial(V, inner, W) <= initial(v["V0"], v["inner0"], W) + wrong * (e + W)
    return within & (reach == v["reach0"] + 2 * v["eta"] * wrong) & (wrong >= 0)
