"""Where w* is inside the hull of the levels, phi grows, theta stays bounded, and the mean of the q_t tends to w*."""

from typing import Any

from pqtheory.claims import ForAll, forall, invariant, nonnegative, positive, real
from pqtheory.theory.binary_connect.bc_average.bound import SETTLES, use
from pqtheory.theory.binary_connect.bc_average.constants import spread
from pqtheory.theory.binary_connect.bc_average.sums import cauchy, form_is_bounded, larger
from pqtheory.theory.binary_connect.ste_is_dual_subgradient.dual import closest, gains
from pqtheory.theory.vectors import reals


def grows(inside: bool = True) -> ForAll:
    """One coordinate of phi is at least rho |theta| - m^2 / 2: levels <= w* - rho and >= w* + rho of size m at most."""

    @forall(
        **reals("theta", "q", "w", "bottom", "top", "last"),
        rho=positive,
        m=nonnegative,
        given=lambda w, bottom, top, rho, m: [
            *([bottom <= w - rho, top >= w + rho] if inside else [bottom < top]),
            abs(bottom) <= m,
            abs(top) <= m,
        ],
        by=lambda theta, q, bottom, top, last: [
            closest(theta, q, level, last) for level in (bottom, top)
        ],
    )
    def outward(theta: Any, q: Any, w: Any, rho: Any, m: Any) -> Any:
        return q * theta - q * q / 2 - w * theta >= rho * abs(theta) - m * m / 2

    return outward


GROWS = grows()
COORDINATE = ("theta", "q", "w", "bottom", "top", "last", "least")


@invariant(
    state="phi at_zero size K",
    fixed={"rho": positive},
    each={**dict.fromkeys(COORDINATE, real), "m": nonnegative},
    begins=lambda: dict.fromkeys(("phi", "at_zero", "size", "K"), 0),
    becomes=lambda phi, at_zero, size, K, theta, q, w, least, m: {
        "phi": phi + (q * theta - q * q / 2 - w * theta),
        "at_zero": at_zero - least * least / 2,
        "size": size + abs(theta),
        "K": K + m * m / 2,
    },
    step=lambda w, bottom, top, rho, m: [
        bottom <= w - rho,
        top >= w + rho,
        abs(bottom) <= m,
        abs(top) <= m,
    ],
    by=lambda theta, q, w, bottom, top, last, rho, m: [
        GROWS.at(theta=theta, q=q, w=w, bottom=bottom, top=top, last=last, rho=rho, m=m)
    ],
)
def phi_grows(phi: Any, at_zero: Any, size: Any, K: Any, rho: Any) -> Any:
    """Phi(theta) - phi(0) >= rho |theta|_1 - K, K = sum m_i^2 / 2; the level at 0 is the least one."""
    return (phi - at_zero >= rho * size - K) & (size >= 0) & (K >= 0)


KNOWN: dict[str, Any] = {
    "eta": positive,
    "rho": positive,
    "alpha": nonnegative,
    "D": nonnegative,
    "K": real,
}
STEP: dict[str, Any] = dict.fromkeys(("along", "bent", "square", "phi", "at_zero", "size"), real)


def floor(eta: Any, rho: Any, alpha: Any, D: Any, K: Any) -> Any:
    """V does not grow where it is larger: max(e, alpha (e / c)^2), e = 2 eta K + eta^2 D, c = 2 eta rho."""
    e, c = 2 * eta * K + eta * eta * D, 2 * eta * rho
    return larger(e, alpha * (e / c) * (e / c))


@forall(
    **KNOWN,
    **STEP,
    V=nonnegative,
    after=real,
    given=lambda along, square, phi, at_zero, D: [at_zero >= phi - along, square <= D],
    by=lambda **v: [
        gains.at(
            **{name: v[name] for name in ("V", "after", "along", "bent", "square", "phi")},
            phi_z=v["at_zero"],
            D=v["D"],
            eta=v["eta"],
        ),
        phi_grows.at(phi=v["phi"], at_zero=v["at_zero"], size=v["size"], K=v["K"], rho=v["rho"]),
        form_is_bounded.at(V=v["V"], size=v["size"], alpha=v["alpha"], total=v["size"]),
        SETTLES.at(
            V=v["V"],
            after=v["after"],
            n=v["size"],
            alpha=v["alpha"],
            c=2 * v["eta"] * v["rho"],
            e=2 * v["eta"] * v["K"] + v["eta"] * v["eta"] * v["D"],
            W=floor(v["eta"], v["rho"], v["alpha"], v["D"], v["K"]),
        ),
    ],
)
def stays(V: Any, after: Any, eta: Any, rho: Any, alpha: Any, D: Any, K: Any) -> Any:
    """V = <theta, H^{-1} theta> <= alpha |theta|_1^2 grows to no more than the floor."""
    return (after <= V) | (after <= floor(eta, rho, alpha, D, K))


@invariant(
    state="V u total T",
    fixed={**KNOWN, "V0": real, "u0": real, "w": real},
    each={**STEP, "q": real},
    begins=lambda V0, u0: {"V": V0, "u": u0, "total": 0, "T": 0},
    becomes=lambda u, total, T, q, w, eta: {
        "u": u - eta * (q - w),
        "total": total + q,
        "T": T + 1,
    },
    step=lambda V, along, square, phi, at_zero, D: [
        V >= 0,
        at_zero >= phi - along,
        square <= D,
    ],
    by=lambda V, V_next, **v: [stays.at(V=V, after=V_next, **{n: v[n] for n in (*KNOWN, *STEP)})],
)
def bounded(
    V: Any,
    u: Any,
    total: Any,
    T: Any,
    V0: Any,
    u0: Any,
    w: Any,
    eta: Any,
    rho: Any,
    alpha: Any,
    D: Any,
    K: Any,
) -> Any:
    """V <= max(V_0, floor), and eta T (mean_i - w*_i) = (u_0 - u_T)_i, u = H^{-1} theta."""
    below = (V <= V0) | (floor(eta, rho, alpha, D, K) >= V)
    return below & (eta * (total - T * w) == u0 - u)


ENDS: dict[str, Any] = {
    **dict.fromkeys(("length", "T"), positive),
    **dict.fromkeys(["before", "after", "form0", "formT", "V", "V0"], nonnegative),
    **dict.fromkeys(["u0", "u", "total", "w", "along0", "alongT", "t0", "tT"], real),
}


def known(**v: Any) -> list[Any]:
    """(H^{-1})_ii = length^2, V_0 = before^2, max(V_0, floor) = after^2; t of Cauchy-Schwarz."""
    m = v["length"] * v["length"]
    top = larger(v["V0"], floor(*(v[name] for name in KNOWN)))
    return [
        v["before"] * v["before"] == v["V0"],
        v["after"] * v["after"] == top,
        v["t0"] * m == v["u0"],
        v["tT"] * m == v["u"],
    ]


@forall(
    **KNOWN,
    **ENDS,
    given=known,
    by=lambda **v: [
        use(bounded, v),
        cauchy.at(
            V=v["V0"],
            form=v["form0"],
            along=v["along0"],
            bent=v["u0"],
            m=v["length"] * v["length"],
            t=v["t0"],
        ),
        cauchy.at(
            V=v["V"],
            form=v["formT"],
            along=v["alongT"],
            bent=v["u"],
            m=v["length"] * v["length"],
            t=v["tT"],
        ),
    ],
)
def tends(total: Any, T: Any, w: Any, length: Any, before: Any, after: Any, eta: Any) -> Any:
    """|mean(q_0, ..., q_{T-1})_i - w*_i| <= C_i / T, C_i = sqrt((H^-1)_ii) (sqrt V_0 + sqrt V_max) / eta."""
    return abs(total / T - w) <= spread(length, before, after, eta) / T
