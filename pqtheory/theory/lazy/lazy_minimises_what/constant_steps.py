r"""Aggregated strength, constant steps: the mean of F(p_1) .. F(p_T) exceeds F(u) by |u - p_0|^2 / (2 eta (T + 1)).

At most by that. Take eta = 1 (else eta L and eta R for L and R, and eta beta <= 1 for beta) and measure positions from
p_0 = theta_0. With g_k = grad L(p_k), d_k = p_{k+1} - p_k, N = T + 1, any vector v, and z = p_0 or z = u with L_z and
g_z, every step keeps these, sums of L, g and d from 0 to k - 1 and of R from 1 to k:

    sum L_j         <=  k L_z - sum <g_j, z - p_j> - 1/2 sum |g_z - g_j|^2                       (L convex and smooth)
    sum R_j - k R_k <=  -<theta_k, p_k> + |p_k|^2 / 2 - sum <g_j, p_j> - 1/2 sum |d_j + g_j|^2 + 1/2 sum |g_j|^2
    0               <=  sum |d_j + g_j - v|^2.

The first, with k = N, for z = p_0 once and for z = u T times, shared out by N; the second, with k = T and
T (R_T - R_u) <= -<theta_T - p_T, u - p_T>; the third, with k = T and v = m + w, m the mean of g_0 .. g_T and w = u / N:
all together, sum (F_k - F_u) <= T |u|^2 / (2 N) - |p_T - g_T + m - T w|^2 / 2.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pqtheory.claims import ForAll, every, forall, invariant, nonnegative, positive, real
from pqtheory.theory.lazy.lazy_minimises_what import plane
from pqtheory.theory.lazy.lazy_minimises_what.steps import subgradient
from pqtheory.theory.vectors import ZERO, Vectors, reals

SMOOTH = Vectors("p z g_p g_z")


def smooth(L_p: Any, L_z: Any, L_x: Any, beta: Any, **case: Any) -> Sequence[Any]:
    """L is convex at p and beta-smooth at z, looked at in x = z - (grad L(z) - grad L(p))."""
    p, z, g_p, g_z = SMOOTH.of(case)
    turn = g_z - g_p
    return [
        beta <= 1,
        turn @ turn >= 0,
        L_x >= L_p + g_p @ (z - turn - p),
        L_x <= L_z - g_z @ turn + beta / 2 * (turn @ turn),
    ]


@forall(**SMOOTH.products, L_p=real, L_z=real, L_x=real, beta=positive, given=smooth)
def turns(L_p: Any, L_z: Any, **case: Any) -> Any:
    """L(z) >= L(p) + <grad L(p), z - p> + |grad L(z) - grad L(p)|^2 / 2."""
    p, z, g_p, g_z = SMOOTH.of(case)
    return L_z >= L_p + g_p @ (z - p) + (g_z - g_p) @ (g_z - g_p) / 2


RUN = Vectors("theta p q g u v g_0 g_u")
#: the inner products that change from step to step
CHANGING = [("p", "p"), ("p", "v"), *(("theta", b) for b in ("p", "u", "v", "g_0", "g_u"))]
#: with the index, the sums of L_j and R_j, R_k, and the sums of <g_j, p_j>, |g_j|^2, |d_j + g_j|^2
STATE = (*(f"{a}_{b}" for a, b in CHANGING), "k", "L", "R", "R_k", "gp", "gg", "dg")
FIXED = ("v_v", "g_0_g_0", "g_u_g_u", "L_0", "L_u")


def _gradient(case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What ``turns`` is asked: the gradient at p against those at p_0 = 0 and u."""
    _, p, _, g, u, _, g_0, g_u = RUN.of(case)
    at_p = {"L_p": case["L_p"], "beta": case["beta"]}
    return [
        {**SMOOTH.at(p, z, g, g_z), **at_p, "L_z": case[L_z], "L_x": case[L_x]}
        for z, g_z, L_z, L_x in ((ZERO, g_0, "L_0", "L_x"), (u, g_u, "L_u", "L_y"))
    ]


def _run_step(**case: Any) -> Sequence[Any]:
    theta, p, q, g, _, v, _, _ = vectors = RUN.of(case)
    moved = dict(zip(RUN.names.split(), vectors, strict=True)) | {"theta": theta - g, "p": q}
    sums = {
        "k": 1,
        "L": case["L_p"],
        "R": case["R_k_next"],
        "gp": g @ p,
        "gg": g @ g,
        "dg": (q - p + g) @ (q - p + g),
    }
    return [
        *(case[f"{a}_{b}_next"] == moved[a] @ moved[b] for a, b in CHANGING),
        *(case[f"{name}_next"] == case[name] + more for name, more in sums.items()),
        subgradient(theta, p, q, case["R_k"], case["R_k_next"], case["k"]),
        (q - p + g - v) @ (q - p + g - v) >= 0,
        *(fact for at in _gradient(case) for fact in smooth(**at)),
    ]


@invariant(
    state=" ".join(STATE),
    fixed={**reals(*FIXED), "beta": positive},
    each={
        **{n: real for n in RUN.products if n not in STATE and n not in FIXED},
        **reals("L_p", "L_x", "L_y"),
    },
    first=lambda **case: [case[name] == 0 for name in STATE if name != "R_k"],
    step=_run_step,
    by=lambda **case: [turns.at(**at) for at in _gradient(case)],
)
def sums(**s: Any) -> Any:
    """The three inequalities, the first for both z."""
    at_0 = s["k"] * s["L_0"] + s["gp"]
    at_u = s["k"] * s["L_u"] + s["theta_u"] + s["gp"]
    turns_0 = s["k"] * s["g_0_g_0"] + 2 * s["theta_g_0"] + s["gg"]
    turns_u = s["k"] * s["g_u_g_u"] + 2 * s["theta_g_u"] + s["gg"]
    penalty = -s["theta_p"] + s["p_p"] / 2 - s["gp"] - s["dg"] / 2 + s["gg"] / 2
    return every(
        [
            s["L"] <= at_0 - turns_0 / 2,
            s["L"] <= at_u - turns_u / 2,
            s["R"] - s["k"] * s["R_k"] <= penalty,
            s["dg"] - 2 * (s["p_v"] - s["theta_v"]) + s["k"] * s["v_v"] >= 0,
        ]
    )


@forall(
    a=real,
    b=real,
    c=real,
    T=nonnegative,
    given=lambda a, b, c, T: [a <= (T + 1) * b, a <= (T + 1) * c],
)
def shared(a: Any, b: Any, c: Any, T: Any) -> Any:
    """What is at most N b and at most N c is at most b + T c."""
    return a <= b + T * c


LAST = Vectors("p g m w g_0 g_u")
TOTALS = ("L", "R", "R_k", "gp", "gg", "dg", "L_p", "L_0", "L_x", "L_y", "L_u", "R_u")


def _reached(T: Any, **case: Any) -> dict[str, Any]:
    """The run after T steps, and its last gradient."""
    p, g, m, w, g_0, g_u = LAST.of(case)
    theta = g - m * (T + 1)
    return {**case, **RUN.at(theta, p, ZERO, g, w * (T + 1), m + w, g_0, g_u), "k": T}


def _known(T: Any, eta: Any, mean: Any, **case: Any) -> Sequence[Any]:
    run = _reached(T, **case)
    p, g, m, w, g_0, g_u = LAST.of(case)
    theta, _, _, _, u, _, _, _ = RUN.of(run)
    off = p - g + m - w * T
    excess = run["L"] + run["L_p"] - run["L_0"] + run["R"] - T * (run["L_u"] + run["R_u"])
    return [
        T >= 1,
        eta * T * mean == excess,
        subgradient(theta, p, u, run["R_k"], run["R_u"], T),
        *(fact for at in _gradient(run) for fact in smooth(**at)),
        *(vector @ vector >= 0 for vector in (g_0 - m, g_u - m, off)),
    ]


def _parts(T: Any, **case: Any) -> Sequence[Any]:
    run = _reached(T, **case)
    p, g, m, w, _, _ = LAST.of(case)
    products = run["gp"] + g @ p - (run["gg"] + g @ g) / 2 + (T + 1) * (m @ m) / 2
    return [
        sums.at(**{name: run[name] for name in (*STATE, *FIXED, "beta")}),
        *(turns.at(**at) for at in _gradient(run)),
        shared.at(
            a=run["L"] + run["L_p"] - products,
            b=run["L_0"],
            c=run["L_u"] - m @ w * (T + 1),
            T=T,
        ),
    ]


def mean_bound(constant: Any = 1) -> ForAll:
    """The mean of F(p_1) .. F(p_T) exceeds F(u) by constant |u - p_0|^2 / (2 eta (T + 1)) at most."""

    @forall(
        T=real,
        eta=positive,
        beta=positive,
        mean=real,
        **reals(*TOTALS),
        **LAST.products,
        given=_known,
        by=_parts,
        cases=plane.MEAN_OF_CONSTANT,
    )
    def bounded(T: Any, eta: Any, mean: Any, **case: Any) -> Any:
        _, _, _, w, _, _ = LAST.of(case)
        u = w * (T + 1)
        return mean <= constant * (u @ u) / (2 * eta * (T + 1))

    return bounded
