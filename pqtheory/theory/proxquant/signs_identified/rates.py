"""From one step to all that follow the last flip: how near to a minimiser z of F_s = L + lambda |theta - s|_1."""

from collections.abc import Mapping
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import ForAll, forall, invariant, nonnegative, positive, real
from pqtheory.claims.induction import Induction
from pqtheory.theory.proxquant.proxquant_convergence.selecting import after
from pqtheory.theory.proxquant.signs_identified.coordinates import (
    CONVEX,
    SETTING,
    SIGN,
    STRONG,
    W,
    is_least,
    keeps_its_sign,
)

#: F = L + lambda P, P the branch; L and P at z are fixed
POINT: dict[str, Any] = {**SETTING, "beta": nonnegative, "Lz": real, "Pz": real}
STATE = ("L", "P", "near")
BRINGS = ("branch", "ahead", "up", "along", "square")
STEP: dict[str, Any] = dict.fromkeys([*STATE, *(f"{name}_next" for name in STATE), *BRINGS], real)


def known(case: Mapping[str, Any], convex: bool = True) -> list[Any]:
    """L is beta-smooth, and convex; the branch at both ends of the step, and at z."""
    slope = case["along"] - case["ahead"]  # <grad L, z - old>
    return [
        case["L_next"] <= case["L"] + case["along"] + case["beta"] * case["square"] / 2,
        *([case["Lz"] >= case["L"] + slope] if convex else []),
        case["branch"] == case["P_next"] - case["Pz"],
        case["up"] == case["P_next"] - case["P"],
        case["eta"] * case["beta"] <= 1,
    ]


def gains(convex: bool = True) -> ForAll:
    """One step gains on z, and F does not grow."""

    @forall(
        **POINT,
        **STEP,
        given=lambda **case: known(case, convex),
        by=lambda near, near_next, branch, ahead, up, along, square, eta, strength: [
            CONVEX.at(
                branch=branch,
                ahead=ahead,
                up=up,
                along=along,
                square=square,
                near=near,
                near_after=near_next,
                eta=eta,
                strength=strength,
            )
        ],
    )
    def gained(
        L: Any,
        P: Any,
        near: Any,
        L_next: Any,
        P_next: Any,
        near_next: Any,
        Lz: Any,
        Pz: Any,
        eta: Any,
        strength: Any,
    ) -> Any:
        """2 eta (F_next - F_s(z)) <= |theta - z|^2 - |theta_next - z|^2."""
        F_next, at_z = L_next + strength * P_next, Lz + strength * Pz
        nearer = 2 * eta * (F_next - at_z) <= near - near_next
        return nearer & (F_next <= L + strength * P)

    return gained


GAIN = gains()


@invariant(
    state="L P near T",
    fixed={**POINT, "start": real},
    each=dict.fromkeys(BRINGS, real),
    begins=lambda start: {"near": start, "T": 0},
    becomes=lambda T: {"T": T + 1},
    step=lambda **case: known(case),
    by=lambda **case: [GAIN.at(**{name: case[name] for name in GAIN.variables})],
)
def nears(
    L: Any, P: Any, near: Any, T: Any, Lz: Any, Pz: Any, eta: Any, strength: Any, start: Any
) -> Any:
    """2 eta T (F_T - F_s(z)) <= |theta_0 - z|^2 - |theta_T - z|^2."""
    gap = L + strength * P - Lz - strength * Pz
    return (T >= 0) & (2 * eta * T * gap <= start - near)


@forall(
    **POINT,
    start=real,
    T=positive,
    L=real,
    P=real,
    near=nonnegative,
    by=lambda **case: [nears.at(**{n: case[n] for n in (*nears.names, *nears.fixed)})],
)
def rate(
    L: Any, P: Any, T: Any, Lz: Any, Pz: Any, eta: Any, strength: Any, near: Any, start: Any
) -> Any:
    """F_T - F_s(z) <= |theta_0 - z|^2 / (2 eta T); where z minimises, theta_T is no farther from it than theta_0."""
    gap = L + strength * P - Lz - strength * Pz
    return (gap <= start / (2 * eta * T)) & ((gap < 0) | (near <= start))


@forall(
    **POINT,
    start=nonnegative,
    T=positive,
    L=real,
    P=real,
    near=nonnegative,
    limit=real,
    slope=nonnegative,
    r=nonnegative,
    eps=positive,
    given=lambda L, P, T, eta, strength, start, limit, slope, r, eps: [
        # F_s is convex: at a step so near the limit point, and so late, that ...
        L + strength * P >= limit - slope * r,
        slope * r <= eps,
        start <= 2 * eta * T * eps,
    ],
    by=lambda **case: [rate.at(**{n: case[n] for n in rate.variables})],
)
def limit_is_least(limit: Any, Lz: Any, Pz: Any, strength: Any, eps: Any) -> Any:
    """... F_s is no more there than 2 eps above what it is at z, whatever z and eps > 0 are."""
    return limit - Lz - strength * Pz <= 2 * eps


@forall(above=real, given=lambda above: [above <= 2 * _some(above)])
def above_by_nothing(above: Any) -> Any:
    """A number that is at most 2 eps for all eps > 0 is not above 0."""
    return above <= 0


def _some(above: Any) -> Any:
    """An eps > 0: a third of it, or 1."""
    xp, above = as_array(above)
    return xp.where(above > 0, above / 3, 1 + 0 * above)


# L strongly convex

STRONGLY: dict[str, Any] = {**SETTING, "beta": positive, "mu": positive}
DISTANCES: dict[str, Any] = dict.fromkeys(STRONG.names, real)


def strong(case: Mapping[str, Any]) -> list[Any]:
    """L is beta-smooth and mu-strongly convex: <Gamma - mu Delta, beta Delta - Gamma> >= 0."""
    return [case["PQ"] >= 0, case["mu"] < case["beta"], case["eta"] * case["beta"] <= 1]


@forall(
    **DISTANCES,
    **STRONGLY,
    given=lambda **case: strong(case),
    by=lambda **case: [STRONG.at(**case)],
)
def shrinks(near: Any, near_after: Any, moved: Any, eta: Any, mu: Any) -> Any:
    """One step brings z nearer by the factor 1 - eta mu; it is no longer than twice the distance."""
    q = 1 - eta * mu
    return (near_after <= q * q * near) & (near_after >= 0) & (moved <= 4 * near)


@forall(
    r=nonnegative,
    after=nonnegative,
    d=nonnegative,
    q=nonnegative,
    given=lambda r, after, d, q: [after * after <= q * q * r * r, d * d <= 4 * r * r],
)
def are_roots(r: Any, after: Any, d: Any, q: Any) -> Any:
    """From squares to lengths."""
    return (after <= q * r) & (d <= 2 * r)


@invariant(
    state="r r2 length factor",
    fixed={**STRONGLY, "start": nonnegative},
    each={**DISTANCES, "d": nonnegative},
    begins=lambda start: {"r": start, "r2": start * start, "length": 0, "factor": 1},
    becomes=lambda near_after, length, d, factor, eta, mu: {
        "r2": near_after,
        "length": length + d,
        "factor": factor * (1 - eta * mu),
    },
    step=lambda r2, r_next, near, near_after, d, moved, **case: [
        near == r2,
        r_next >= 0,
        r_next * r_next == near_after,
        d * d == moved,
        *strong(case),
    ],
    by=lambda **case: [
        shrinks.at(**{name: case[name] for name in shrinks.variables}),
        are_roots.at(
            r=case["r"], after=case["r_next"], d=case["d"], q=1 - case["eta"] * case["mu"]
        ),
    ],
)
def arrives(
    r: Any, r2: Any, length: Any, factor: Any, start: Any, eta: Any, mu: Any, beta: Any
) -> Any:
    """|theta_T - z| <= (1 - eta mu)^T |theta_0 - z|, and the length of the way is 2 |theta_0 - z| / (eta mu) at most."""
    within = (r <= factor * start) & (eta * mu * length <= 2 * (start - r))
    return (r >= 0) & (r2 == r * r) & (factor >= 0) & within


#: the factor after T steps
CLOSED = Induction(
    closed=lambda n, q: q**n,
    first=lambda q: 1 + 0 * q,
    following=lambda factor, n, q: factor * q,
    parameters="q",
    assuming=lambda q: [q > 0],
)


def in_one_dimension(share: Any = 1) -> ForAll:
    """On h (theta - c)^2 / 2, mu <= h <= beta, one step: no more than ``share`` times (1 - eta mu)^2."""

    @forall(
        old=real,
        c=real,
        z=real,
        s=SIGN,
        h=positive,
        **STRONGLY,
        given=lambda old, c, z, s, h, eta, strength, beta, mu: [
            mu <= h,
            h <= beta,
            eta * beta <= 1,
            *keeps_its_sign(old, h * (old - c), s, eta, strength),
            is_least(z, h * (z - c), s, eta, strength),
        ],
    )
    def nearer(old: Any, c: Any, z: Any, h: Any, eta: Any, strength: Any, mu: Any) -> Any:
        new = after(W, old, h * (old - c), eta, strength)
        return (new - z) ** 2 <= share * (1 - eta * mu) ** 2 * (old - z) ** 2

    return nearer


def reaches_its_level(strict: bool = True) -> ForAll:
    """Where z_i = s_i and |grad L(z)_i| < lambda the weight is s_i itself once it is near."""

    @forall(
        old=real,
        g=real,
        s=SIGN,
        gz=real,
        room=positive,
        **SETTING,
        given=lambda old, g, s, gz, room, eta, strength: [
            abs(gz) + room <= strength if strict else abs(gz) <= strength,
            abs(old - eta * g - (s - eta * gz)) <= eta * room,
            *keeps_its_sign(old, g, s, eta, strength),
        ],
    )
    def reached(old: Any, g: Any, s: Any, eta: Any, strength: Any) -> Any:
        return after(W, old, g, eta, strength) == s

    return reached
