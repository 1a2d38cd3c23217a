r"""One step of ProxQuant with a gradient that is off by xi, for every beta-smooth L and every R: x = eta beta, a = 1 / x.

From theta to theta': D = beta (theta' - theta), g the old gradient of L, g + U the new one, G = g + U + lambda s with the
element s of dR(theta') that the prox selects. Smoothness at one point from both ends, and the prox against staying, leave

    beta (F - F') >= |G|^2/4 + (a - 1)<G, D>/2 + (a^2 - 1)|D|^2/4 + <G, xi>/2 + (a + 1)<D, xi>/2 + |xi|^2/4
                   = |G|^2 / (2 (a + 1)) - |xi|^2 / (2 (a - 1)) + (a^2 - 1)/4 |D + G/(a + 1) + xi/(a - 1)|^2.

The products of G and xi cancel.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pqtheory.claims import ForAll, between, forall, invariant, nonnegative, positive, real
from pqtheory.theory.proxquant.proxquant_convergence.selecting import Selecting, after
from pqtheory.theory.proxquant.sums import over_coordinates
from pqtheory.theory.vectors import reals

BELOW_ONE = between(0, 1, open_low=True, open_high=True)
SETTING: dict[str, Any] = {"x": BELOW_ONE, "beta": positive}
SUMS = "above below pull GG XX"
#: x -> what is paid, or given back, for a square
Constant = Callable[[Any], Any]


def of_gradient(x: Any) -> Any:
    """What |G|^2 costs: x / (2 (1 + x))."""
    return x / (2 * (1 + x))


def of_error(x: Any) -> Any:
    """What an error |xi|^2 may give back: x / (2 (1 - x))."""
    return x / (2 * (1 - x))


def adds(
    old: Any, g: Any, xi: Any, s: Any, U: Any, strength: Any, x: Any, beta: Any
) -> dict[str, Any]:
    """What one coordinate adds: bounds of L(z) from both ends, the prox against staying, squares."""
    eta = x / beta
    new, moved = after(Selecting(s), old, g + xi, eta, strength), old - eta * (g + xi)
    step = new - old
    z = (step + U / beta) / 2
    return {
        "above": g * z + beta * z**2 / 2,
        "below": (g + U) * (z - step) - beta * (z - step) ** 2 / 2,
        "pull": ((new - moved) ** 2 - (old - moved) ** 2) / (2 * eta),
        "GG": (g + U + strength * s) ** 2,
        "XX": xi**2,
    }


COORDINATE = reals("old", "g", "xi", "s", "U")
OF_STEP: dict[str, Any] = {**SETTING, "strength": nonnegative}


def pays(error: Constant = of_error) -> Any:
    """The bounds leave of beta (F - F') that much, and squares are >= 0."""

    def are_paid(case: Mapping[str, Any]) -> Any:
        x, left = case["x"], case["below"] - case["above"] + case["pull"]
        paid = of_gradient(x) * case["GG"] - error(x) * case["XX"]
        return (case["beta"] * left >= paid) & (case["GG"] >= 0) & (case["XX"] >= 0)

    return are_paid


def in_one_coordinate(error: Constant = of_error) -> ForAll:
    """That of one coordinate."""

    @forall(**COORDINATE, **OF_STEP)
    def paid(**case: Any) -> Any:
        return pays(error)({**case, **adds(**case)})

    return paid


STEP = over_coordinates(SUMS, adds, pays(), each=COORDINATE, fixed=OF_STEP)

ONE_STEP: dict[str, Any] = {
    **SETTING,
    "strength": nonnegative,
    **reals("F", "F_next", "L", "L_after", "z", *SUMS.split()),
}


def known(case: Mapping[str, Any]) -> list[Any]:
    """L is beta-smooth, seen at z from both ends, and the prox of lambda R = F - L does no worse than staying."""
    before, following = case["F"] - case["L"], case["F_next"] - case["L_after"]
    return [
        case["z"] <= case["L"] + case["above"],
        case["z"] >= case["L_after"] + case["below"],
        before - following >= case["pull"],
    ]


@forall(
    **ONE_STEP,
    given=lambda **case: known(case),
    by=lambda **case: [STEP.at(**{name: case[name] for name in (*STEP.names, *STEP.fixed)})],
)
def gain(F: Any, F_next: Any, GG: Any, XX: Any, x: Any, beta: Any) -> Any:
    """The step pays: x |G|^2 / (2 (1 + x)) <= beta (F - F') + x |xi|^2 / (2 (1 - x))."""
    paid = of_gradient(x) * GG <= beta * (F - F_next) + of_error(x) * XX
    return paid & (GG >= 0) & (XX >= 0)


@invariant(
    state="F squares errors T",
    fixed={"beta": positive, "F0": real},
    each={name: kind for name, kind in ONE_STEP.items() if name not in ("F", "F_next", "beta")},
    begins=lambda F0: {"F": F0, "squares": 0, "errors": 0, "T": 0},
    becomes=lambda squares, errors, T, GG, XX, x: {
        "squares": squares + of_gradient(x) * GG,
        "errors": errors + of_error(x) * XX,
        "T": T + 1,
    },
    step=lambda **case: known(case),
    by=lambda **case: [gain.at(**{name: case[name] for name in gain.variables})],
)
def any_steps(F: Any, squares: Any, errors: Any, T: Any, beta: Any, F0: Any) -> Any:
    """Step sizes that vary: sum x_t |G_t|^2 / (2 (1 + x_t)) <= beta (F_0 - F_T) + sum x_t |xi_t|^2 / (2 (1 - x_t))."""
    return (squares <= beta * (F0 - F) + errors) & (squares >= 0) & (T >= 0)


@invariant(
    state="F squares errors T",
    fixed={**SETTING, "F0": real},
    each={name: kind for name, kind in ONE_STEP.items() if name not in ("F", "F_next", *SETTING)},
    begins=lambda F0: {"F": F0, "squares": 0, "errors": 0, "T": 0},
    becomes=lambda squares, errors, T, GG, XX: {
        "squares": squares + GG,
        "errors": errors + XX,
        "T": T + 1,
    },
    step=lambda **case: known(case),
    by=lambda **case: [gain.at(**{name: case[name] for name in gain.variables})],
)
def one_size(F: Any, squares: Any, errors: Any, T: Any, x: Any, beta: Any, F0: Any) -> Any:
    """One step size, sum |G_t|^2 against sum |xi_t|^2, for one outcome of the noise."""
    return (of_gradient(x) * squares <= beta * (F0 - F) + of_error(x) * errors) & (T >= 0)


@invariant(
    state="chance squares errors",
    fixed={**SETTING, "F0": real, "least": real, "T": positive},
    each={"p": nonnegative, **reals("F", "own_squares", "own_errors")},
    begins=lambda: {"chance": 0, "squares": 0, "errors": 0},
    becomes=lambda chance, squares, errors, p, own_squares, own_errors: {
        "chance": chance + p,
        "squares": squares + p * own_squares,
        "errors": errors + p * own_errors,
    },
    step=lambda F, least: [least <= F],
    by=lambda F, own_squares, own_errors, T, x, beta, F0: [
        one_size.at(F=F, squares=own_squares, errors=own_errors, T=T, x=x, beta=beta, F0=F0)
    ],
)
def expected(chance: Any, squares: Any, errors: Any, x: Any, beta: Any, F0: Any, least: Any) -> Any:
    """The mean over outcomes, each with its probability p."""
    return of_gradient(x) * squares <= chance * beta * (F0 - least) + of_error(x) * errors


def first(x: Any) -> Any:
    """2 (1 + 1/x)."""
    return 2 * (1 + 1 / x)


def second(x: Any) -> Any:
    """(1 + x) / (1 - x)."""
    return (1 + x) / (1 - x)


@forall(
    **SETTING,
    **reals("F0", "least", "squares", "errors"),
    T=positive,
    variance=nonnegative,
    given=lambda errors, T, variance: [errors <= T * variance],
    by=lambda x, beta, F0, least, squares, errors, T: [
        expected.at(
            chance=1, squares=squares, errors=errors, x=x, beta=beta, F0=F0, least=least, T=T
        )
    ],
)
def mean(squares: Any, T: Any, variance: Any, x: Any, beta: Any, F0: Any, least: Any) -> Any:
    """The mean of E |G_t|^2 is at most C_1 beta (F_0 - F_*) / T + C_2 sigma^2."""
    return squares / T <= first(x) * beta * (F0 - least) / T + second(x) * variance
