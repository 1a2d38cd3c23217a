r"""Fixed strength: L(p_T) - L(u) <= D_0(u) / (eta T), and which of the minimisers of L it is.

eta (L(q) - L(u)) <= D(u) - D'(u) and L(q) <= L(p), summed over T steps: eta T (L(p_T) - L(u)) + D_T(u) <= D_0(u).
If L = f(A x) with f strictly convex, all its minimisers have one A x, so that <theta_T - theta_0, u - p_T> = 0 for two
of them; theta_T is a subgradient of h at p_T, and no other minimiser has a smaller D_0.
"""

from collections.abc import Sequence
from typing import Any

from pqtheory.claims import ForAll, forall, invariant, nonnegative, positive, real
from pqtheory.theory.lazy.lazy_minimises_what import plane, steps
from pqtheory.theory.lazy.lazy_minimises_what.steps import END, SIZES, SPACE, distance, subgradient
from pqtheory.theory.vectors import Vectors, reals


def _step(k: Any, k_next: Any, L: Any, L_next: Any, D: Any, D_next: Any, **case: Any) -> Any:
    theta, p, q, u, g = SPACE.of(case)
    eta, R_p, R_q, R_u = (case[name] for name in ("eta", "R_p", "R_q", "R_u"))
    known = {**case, "L_p": L, "L_q": L_next, "w": 1}
    return [
        k_next == k + 1,
        distance(theta, p, u, R_p, R_u, 1) == D,
        distance(theta - g * eta, q, u, R_q, R_u, 1) == D_next,
        *steps.short(**known),
        *steps.of_fixed_step(**known),
    ]


def _lemmas(L: Any, L_next: Any, **case: Any) -> Any:
    known = {**case, "L_p": L, "L_q": L_next, "w": 1, "grown": 1}
    return [
        lemma.at(**{n: known[n] for n in lemma.variables}) for lemma in (steps.gains, steps.falls)
    ]


@invariant(
    state="k L D",
    fixed={"L_u": real, "D_0": real, **SIZES},
    each={**SPACE.products, "R_p": real, "R_q": real, "R_u": real},
    first=lambda k, D, D_0: [k == 0, D == D_0],
    step=_step,
    by=_lemmas,
)
def telescoped(k: Any, L: Any, D: Any, L_u: Any, D_0: Any, eta: Any) -> Any:
    """That is, eta k (L(p_k) - L(u)) + D_k(u) <= D_0(u)."""
    return (k >= 0) & (eta * k * (L - L_u) + D <= D_0)


def bound(constant: Any = 1) -> ForAll:
    """L(p_T) - L(u) <= constant D_0(u) / (eta T)."""

    def lemmas(T: Any, L: Any, L_u: Any, D_0: Any, R_p: Any, R_u: Any, **case: Any) -> Any:
        theta, p, u = END.of(case)
        D = distance(theta, p, u, R_p, R_u, 1)
        reached = telescoped.at(k=T, L=L, D=D, L_u=L_u, D_0=D_0, eta=case["eta"], beta=case["beta"])
        return [reached, steps.far.at(R_p=R_p, R_u=R_u, w=1, **END.at(theta, p, u))]

    def given(T: Any, R_p: Any, R_u: Any, **case: Any) -> Sequence[Any]:
        theta, p, u = END.of(case)
        return [T >= 1, (u - p) @ (u - p) >= 0, subgradient(theta, p, u, R_p, R_u, 1)]

    values = reals("L", "L_u", "D_0", "R_p", "R_u")

    @forall(T=real, **values, **SIZES, **END.products, given=given, by=lemmas, cases=plane.BOUND)
    def bounded(T: Any, L: Any, L_u: Any, D_0: Any, eta: Any) -> Any:
        return L - L_u <= constant * D_0 / (eta * T)

    return bounded


@forall(
    f_u=real,
    f_p=real,
    f_middle=real,
    apart=nonnegative,
    given=lambda f_u, f_p, f_middle, apart: [
        f_u == f_p,
        f_middle >= f_u,
        (apart == 0) | (f_middle < (f_u + f_p) / 2),
    ],
)
def same_image(apart: Any) -> Any:
    """Two minimisers u and p of f(A x), f strictly convex, have |A u - A p|^2 = 0: look at their middle."""
    return apart == 0


@invariant(
    state="along",
    fixed={"start": real, "f_u": real, "f_p": real, "f_middle": real, "apart": nonnegative},
    each={"eta": positive, "slope": real, "steepness": nonnegative},
    given=lambda f_u, f_p, f_middle, apart: same_image.given(
        f_u=f_u, f_p=f_p, f_middle=f_middle, apart=apart
    ),
    first=lambda along, start: [along == start],
    # grad L = A^T grad f: its product with u - p is <grad f, A u - A p>
    step=lambda along, along_next, eta, slope, steepness, apart: [
        along_next == along - eta * slope,
        slope * slope <= steepness * apart,
    ],
    by=lambda f_u, f_p, f_middle, apart: [
        same_image.at(f_u=f_u, f_p=f_p, f_middle=f_middle, apart=apart)
    ],
)
def level(along: Any, start: Any) -> Any:
    """<theta_k, u - p> = <theta_0, u - p>."""
    return along == start


CHOICE = Vectors("theta first start p u")


def _minimisers(
    R_p: Any, R_u: Any, f_u: Any, f_p: Any, f_middle: Any, apart: Any, **case: Any
) -> Any:
    theta, _, _, p, u = CHOICE.of(case)
    two = same_image.given(f_u=f_u, f_p=f_p, f_middle=f_middle, apart=apart)
    return [*two, (u - p) @ (u - p) >= 0, subgradient(theta, p, u, R_p, R_u, 1)]


def _on_the_way(f_u: Any, f_p: Any, f_middle: Any, apart: Any, **case: Any) -> Any:
    theta, first, _, p, u = CHOICE.of(case)
    ends = {"along": theta @ (u - p), "start": first @ (u - p)}
    return [level.at(**ends, f_u=f_u, f_p=f_p, f_middle=f_middle, apart=apart)]


@forall(
    **CHOICE.products,
    **reals("R_0", "R_p", "R_u", "f_u", "f_p", "f_middle"),
    apart=nonnegative,
    given=_minimisers,
    by=_on_the_way,
    cases=plane.NEAREST,
)
def nearest(R_0: Any, R_p: Any, R_u: Any, **case: Any) -> Any:
    """D_0(p) <= D_0(u) where p = p_T and u minimise L."""
    _, first, start, p, u = CHOICE.of(case)
    return distance(first, start, p, R_0, R_p, 1) <= distance(first, start, u, R_0, R_u, 1)
