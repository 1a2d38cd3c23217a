r"""Figure 1(b): f_1(x) = |x + 1/2| - 1/2 and f_{-1}(x) = |x - 1/2| - 1/2 have the same derivatives on {-1, +1}.

BinaryConnect cannot tell them apart. ProxQuant with lambda_t = lambda t, from 0 < theta_0 <= 1 on f_1, reaches the
right vertex -1 iff the latent weight crosses 0 before the pull overcomes the slope. Before step n + 1 it is

    theta_0 - (n + 1) eta + eta lambda n (n - 1) / 2.

For theta_0 < 2 eta it has crossed after two steps, whatever the rate. For theta_0 >= 2 eta the threshold is, exactly,

    lambda*(eta) = max_{n >= 2} 2 ((n + 1) eta - theta_0) / (eta n (n - 1)):

rates below it succeed, lambda* itself does not (eta <= 1/2, so that no step leads back over 0). Per unit of time
lambda* / eta -> 1 / (2 theta_0) as eta -> 0; at a finite step it is 1 / (2 theta_0) + 3 eta / (4 theta_0^2) + O(eta^2).
"""

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from pqtheory._arrays import Array
from pqtheory.evidence import Budget, Claim, Control, Evidence, Part, judge
from pqtheory.methods import BinaryConnect, Method, ProxQuant
from pqtheory.problems import TwoFunctionToy
from pqtheory.regularizers import DistanceL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary
from pqtheory.simulate import simulate

W = DistanceL1(Binary())
#: (eta, theta_0) -> threshold of the rate
Threshold = Callable[[Fraction, Fraction], Fraction]


def threshold(eta: Fraction, start: Fraction) -> Fraction:
    """lambda*(eta), exactly; the maximum is at n near 2 theta_0 / eta."""
    last = int(4 * start / eta) + 4
    return max(2 * ((n + 1) * eta - start) / (eta * n * (n - 1)) for n in range(2, last))


def small_step_threshold(eta: Fraction, start: Fraction) -> Fraction:
    """Eta / (2 theta_0), the threshold in the limit of small steps."""
    return eta / (2 * start)


def reached(eta: Fraction, start: Fraction, rate: Fraction, side: int) -> Fraction:
    """The vertex where ProxQuant ends on f_side, exactly; 3/rate steps are enough for the pull to win."""
    method = ProxQuant(W, eta, Linear(rate))
    steps = int(3 / rate) + int(4 / eta) + 2
    path = simulate(
        method,
        TwoFunctionToy(side),
        np.array([start], dtype=object),
        steps,
        record="last",
        fields=("latent",),
    )
    return Fraction(path.latent[-1, 0])


def _bc_identical(make: Callable[[float], Method], budget: Budget) -> Evidence:
    """Dyadic starts and steps, where floating point is exact."""
    starts = np.arange(-64, 65)[:, None] / 32
    equal, cases = [], []
    for eta in (0.5, 0.125, 0.03125):
        latent = [
            simulate(make(eta), TwoFunctionToy(side), starts, budget.pick(100, 1000)).latent
            for side in (1, -1)
        ]
        equal.append((latent[0] == latent[1]).all(axis=(0, -1)))
        cases.append(starts[:, 0])
    return judge("sampled", np.concatenate(equal), {"theta0": np.concatenate(cases)})


def _settings(budget: Budget) -> list[tuple[Fraction, Fraction]]:
    etas = [Fraction(1, n) for n in budget.pick((8, 20), (8, 16, 20, 50))]
    starts = [Fraction(n, 8) for n in budget.pick((2, 4, 7, 8), range(2, 9))]
    return [(eta, start) for eta in etas for start in starts if start >= 2 * eta]


def _near_settings(budget: Budget) -> list[tuple[Fraction, Fraction]]:
    """(eta, theta_0) with theta_0 < 2 eta and eta <= 1/2."""
    etas = [Fraction(1, n) for n in budget.pick((2, 8), (2, 3, 8, 20, 50))]
    shares = [Fraction(n, 8) for n in budget.pick((1, 8, 12, 15), range(1, 16))]
    return [(eta, share * eta) for eta in etas for share in shares if share * eta <= 1]


def bisected(eta: Fraction, start: Fraction, halvings: int) -> Fraction:
    """The threshold by bisection of exact runs on f_1: the largest rate found that ends at -1."""
    low, high = Fraction(0), 4 * eta / start
    for _ in range(halvings):
        middle = (low + high) / 2
        if reached(eta, start, middle, 1) == -1:
            low = middle
        else:
            high = middle
    return low


def _threshold(
    claimed: Threshold, budget: Budget, settings: list[tuple[Fraction, Fraction]] | None = None
) -> Evidence:
    """Just below the threshold f_1 ends at -1, at it and just above at +1; 1/1000 to either side."""
    holds, settings = list[bool](), settings or _settings(budget)
    for eta, start in settings:
        rate = claimed(eta, start)
        below, above = rate * Fraction(999, 1000), rate * Fraction(1001, 1000)
        holds.append(
            reached(eta, start, below, 1) == -1
            and reached(eta, start, rate, 1) == 1
            and reached(eta, start, above, 1) == 1
        )
    eta, half = Fraction(1, budget.pick(32, 256)), Fraction(1, 2)
    figure = "threshold rate / eta, theta_0 = 1/2"
    return judge(
        "sampled",
        np.array(holds),
        _columns(settings),
        measured={figure: float(bisected(eta, half, 20) / eta)},
        predicted={figure: float(claimed(eta, half) / eta)},
        agreement=1e-5,
    )


def _finite_step(budget: Budget) -> Evidence:
    """The expansion of lambda* in eta: 1 / (2 theta_0), then 3 / (4 theta_0^2)."""
    eta = Fraction(1, budget.pick(2048, 16384))
    starts = [Fraction(n, 8) for n in (3, 4, 6, 8)]
    slopes = [(threshold(eta, s) / eta - 1 / (2 * s)) / eta for s in starts]
    predicted = [3 / (4 * s * s) for s in starts]
    off = [abs(a / b - 1) for a, b in zip(slopes, predicted, strict=True)]
    return judge(
        "sampled",
        0.02 - np.array([float(o) for o in off]),
        {"theta0": np.array(starts, dtype=object)},
    )


def _other_function(budget: Budget) -> Evidence:
    """On f_{-1} every rate ends at +1, the right vertex there."""
    settings = [(e, s, m) for e, s in _settings(budget) for m in (Fraction(1, 4), 1, 4)]
    ends = [reached(e, s, m * threshold(e, s), -1) == 1 for e, s, m in settings]
    return judge("sampled", np.array(ends), _columns([(e, s) for e, s, _ in settings]))


def _near_start(budget: Budget) -> Evidence:
    """Below 2 eta every rate ends at -1 on f_1."""
    rates = (Fraction(1, 64), Fraction(1, 4), Fraction(2), Fraction(50))
    settings = [(e, s, r) for e, s in _near_settings(budget) for r in rates]
    ends = [reached(e, s, r, 1) == -1 for e, s, r in settings]
    return judge("sampled", np.array(ends), _columns([(e, s) for e, s, _ in settings]))


def _every_rate(budget: Budget) -> Evidence:
    settings = _settings(budget)
    ends = [reached(e, s, 4 * threshold(e, s), 1) == -1 for e, s in settings]
    return judge("sampled", np.array(ends), _columns(settings))


def _columns(settings: list[tuple[Fraction, Fraction]]) -> dict[str, Array]:
    columns = np.array(settings, dtype=object)
    return {"eta": columns[:, 0], "theta0": columns[:, 1]}


CLAIM = Claim(
    name="two-function-toy",
    source="arXiv 1810.00861, Figure 1(b)",
    statement=(
        "BinaryConnect's trajectories on f_1 and f_{-1} are identical; ProxQuant reaches the right vertex of both "
        "iff theta_0 < 2 eta or its rate is below a threshold, eta / (2 theta_0) for small steps."
    ),
    formula=(
        "lambda* = max_n 2((n+1) eta - theta_0) / (eta n (n-1)) = eta/(2 theta_0) + 3 eta^2/(4 theta_0^2) + ...,  "
        "theta_0 >= 2 eta, eta <= 1/2"
    ),
    parts=(
        Part("BinaryConnect", "identical trajectories", lambda b: _bc_identical(BinaryConnect, b)),
        Part(
            "threshold",
            "rates below lambda* reach -1 on f_1, others +1",
            lambda b: _threshold(threshold, b),
        ),
        Part("finite step", "first-order correction of the limit", _finite_step),
        Part("near 0", "from theta_0 < 2 eta every rate reaches -1 on f_1", _near_start),
        Part("other function", "on f_{-1} every rate reaches +1", _other_function),
    ),
    controls=(
        Control(
            "ProxQuant identical",
            "ProxQuant's trajectories are identical on both functions",
            lambda b: _bc_identical(lambda eta: ProxQuant(W, eta, Linear(0.01)), b),
        ),
        Control(
            "limit at a finite step",
            "eta / (2 theta_0) is the threshold at finite steps too",
            lambda b: _threshold(small_step_threshold, b),
        ),
        Control(
            "eta / theta_0",
            "the threshold is eta / theta_0 for small steps",
            lambda b: _threshold(lambda eta, start: eta / start, b),
        ),
        Control(
            "any start",
            "lambda* is the threshold from theta_0 < 2 eta too",
            lambda b: _threshold(threshold, b, _near_settings(b)),
        ),
        Control("every rate", "ProxQuant reaches the right vertex at every rate", _every_rate),
    ),
    headline="threshold rate / eta, theta_0 = 1/2",
)
