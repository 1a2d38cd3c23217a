r"""From the mean of the values to the last one: e_j = E F(p_j) - F(u), Q_k and W_k the sums of eta_j^2 and eta_j over the last k steps,

    eta_T e_T  <=  |u - theta_0|^2 / (2 T) + 2 G^2 H,      H = eta_T^2 + eta_{T-1}^2 / 2 + ... + eta_1^2 / T,

eta_j the size of the step that leads to p_j, none larger than the one before it. S_k is the mean of eta_j e_j over the last k. From
p_j, j = T - k, on, the potential taken anew there: k S_k <= W_k e_j + 2 G^2 Q_k, and W_k e_j <= k eta_j e_j where e_j >= 0, or where
all steps are equal. So S_k <= S_{k+1} + 2 G^2 Q_k / (k (k + 1)), and these add up to H - Q_T / T.
"""

from collections.abc import Sequence
from typing import Any

from pqtheory.claims import ForAll, forall, invariant, nonnegative, positive, real
from pqtheory.claims.invariant import Invariant
from pqtheory.claims.lemma import Instance
from pqtheory.theory.successors.aggregated.sums import expected
from pqtheory.theory.successors.aprox_last_iterate.runs import RUNS
from pqtheory.theory.vectors import reals


def _anew(k: Any, S: Any, W: Any, e: Any, costs: Any, G: Any) -> Sequence[Instance]:
    """From the point before the last k on: the sum of eta_j (e_j - e) is at most the costs."""
    return [expected.at(chance=1 + 0 * k, total=k * S - W * e, costs=costs, D_0=0 * k, G=G)]


def last_values(decaying: bool = True) -> Invariant:
    """The last one: eta_T e_T <= S_k + 2 G^2 (H_k - Q_k / k), with steps that do not grow, or any."""

    def step(
        k: Any, W: Any, eta: Any, before: Any, e: Any, costs: Any, Q: Any, G: Any
    ) -> Sequence[Any]:
        equal = (before == eta) & (k * eta == W)
        return [
            before >= eta if decaying else before > 0,
            (e >= 0) | equal,
            # E |g|^2 <= G^2, and the noise has mean 0
            costs <= 2 * G**2 * Q,
        ]

    @invariant(
        state="k S W Q eta H",
        fixed={"G": positive, "last": real, "eta_T": positive},
        each={"before": positive, "e": real, "costs": real},
        begins=lambda last, eta_T: {
            "k": 1 + 0 * last,
            "S": last,
            "W": eta_T,
            "Q": eta_T**2,
            "eta": eta_T,
            "H": eta_T**2,
        },
        becomes=lambda k, S, W, Q, H, e, before: {
            "k": k + 1,
            "S": (k * S + before * e) / (k + 1),
            "W": W + before,
            "Q": Q + before**2,
            "eta": before,
            "H": H + before**2 / (k + 1),
        },
        step=step,
        by=_anew,
    )
    def is_bounded(k: Any, S: Any, W: Any, Q: Any, eta: Any, H: Any, G: Any, last: Any) -> Any:
        sizes = (k >= 1) & (W > 0) & (k * eta >= W) & (eta > 0)
        return sizes & (last <= S + 2 * G**2 * (H - Q / k))

    return is_bounded


LAST_VALUES = last_values()

RUN: dict[str, Any] = {
    "T": positive,
    **reals("e_T", "S", "W", "Q", "eta", "H", "costs"),
    "eta_T": positive,
    "R": nonnegative,
    "G": positive,
}


def _of_run(
    T: Any, e_T: Any, eta_T: Any, S: Any, costs: Any, R: Any, G: Any, **case: Any
) -> Sequence[Instance]:
    sums = {name: case[name] for name in ("W", "Q", "eta", "H")}
    return [
        LAST_VALUES.at(k=T, S=S, **sums, G=G, last=eta_T * e_T, eta_T=eta_T),
        expected.at(chance=1 + 0 * T, total=T * S, costs=costs, D_0=R**2 / 2, G=G),
    ]


@forall(
    **RUN,
    given=lambda costs, Q, G: [costs <= 2 * G**2 * Q],
    by=_of_run,
    cases=RUNS,
)
def last_value(T: Any, e_T: Any, eta_T: Any, H: Any, R: Any, G: Any) -> Any:
    """Of all T: eta_T e_T <= R^2 / (2 T) + 2 G^2 H."""
    return eta_T * e_T <= R**2 / (2 * T) + 2 * G**2 * H


@invariant(
    state="k H h",
    fixed={"eta": positive},
    begins=lambda eta: {"k": 0 * eta, "H": 0 * eta, "h": 0 * eta},
    becomes=lambda k, H, h, eta: {"k": k + 1, "H": H + eta**2 / (k + 1), "h": h + 1 / (k + 1)},
)
def of_equal_steps(k: Any, H: Any, h: Any, eta: Any) -> Any:
    """H = eta^2 h, h = 1 + 1/2 + ... + 1/k."""
    return (k >= 0) & (eta**2 * h == H) & (h >= 0)


@invariant(
    state="k H h back",
    fixed={"T": positive, "c": positive},
    begins=lambda T, c: {"k": 0 * T, "H": 0 * T, "h": 0 * T, "back": 0 * T},
    becomes=lambda k, H, h, back, T, c: {
        "k": k + 1,
        "H": H + c**2 / (T - k) / (k + 1),
        "h": h + 1 / (k + 1),
        "back": back + 1 / (T - k),
    },
    step=lambda k, T: [k + 1 <= T],
)
def of_roots(k: Any, H: Any, h: Any, back: Any, T: Any, c: Any) -> Any:
    """eta_j = c / sqrt(j): H (T + 1) = c^2 (h + back), the harmonic sum from both its ends."""
    known = (k >= 0) & (k <= T) & (h >= 0) & (back >= 0)
    return known & (c**2 * (h + back) == H * (T + 1))


def _of_last(**case: Any) -> Instance:
    return last_value.at(**{name: case[name] for name in RUN})


def equal_steps(share: Any = 1) -> ForAll:
    """Equal steps eta = R / (2 G sqrt(T)), r = sqrt(T): e_T <= share G R (1 + h) / sqrt(T)."""

    @forall(
        **RUN,
        r=positive,
        h=real,
        given=lambda T, r, costs, Q, R, G, eta_T: [
            r**2 == T,
            costs <= 2 * G**2 * Q,
            R > 0,
            2 * G * r * eta_T == R,
        ],
        by=lambda T, H, h, eta_T, **case: [
            _of_last(T=T, H=H, eta_T=eta_T, **case),
            of_equal_steps.at(k=T, H=H, h=h, eta=eta_T),
        ],
        cases=RUNS if share == 1 else None,
    )
    def bounded(r: Any, e_T: Any, h: Any, R: Any, G: Any) -> Any:
        return r * e_T <= share * G * R * (1 + h)

    return bounded


@forall(
    **RUN,
    r=positive,
    c=positive,
    h=real,
    back=real,
    given=lambda T, r, c, costs, Q, R, G, eta_T: [
        r**2 == T,
        costs <= 2 * G**2 * Q,
        2 * G * c == R,
        r * eta_T == c,
    ],
    by=lambda T, H, c, h, back, **case: [
        _of_last(T=T, H=H, **case),
        of_roots.at(k=T, H=H, h=h, back=back, T=T, c=c),
    ],
    cases=RUNS,
)
def root_steps(r: Any, e_T: Any, h: Any, back: Any, R: Any, G: Any) -> Any:
    """eta_j = R / (2 G sqrt(j)), r = sqrt(T): e_T <= G R (1 + h + back) / sqrt(T)."""
    return r * e_T <= G * R * (1 + h + back)
