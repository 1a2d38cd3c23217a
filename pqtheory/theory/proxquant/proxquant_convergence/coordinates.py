r"""One step of ProxQuant, for every beta-smooth L and every R: eta = x / beta, 0 < x <= 1, a = 1 / x.

From theta_{k-1} to theta_k: g the old gradient of L, g + U the new one, D = beta (theta_k - theta_{k-1}), and

    G = g + U + lambda s = U - a D,   s the element of dR(theta_k) that the prox selects.

L(z) lies between what the old point and the new point allow; at two points z that gives, with the prox against staying,

    beta (F_{k-1} - F_k) >= E = |G|^2 / 4 + (a - 1) <G, D> / 2 + (a^2 - 1) |D|^2 / 4,   |U|^2 <= |D|^2.

All of these are sums over the coordinates, by induction.
"""

from collections.abc import Mapping
from typing import Any

from pqtheory.claims import between, nonnegative, positive, real
from pqtheory.theory.proxquant.proxquant_convergence.selecting import Selecting, after
from pqtheory.theory.proxquant.sums import over_coordinates

UP_TO_ONE = between(0, 1, open_low=True)
SETTING: dict[str, Any] = {"x": UP_TO_ONE, "beta": positive}
SUMS = "above below above2 below2 pull GG GD DD"


def adds(old: Any, new: Any, g: Any, U: Any, G: Any, x: Any, beta: Any) -> dict[str, Any]:
    """What one coordinate adds to the sums: bounds of L(z) - L_old, L(z) - L_new, the prox against staying, products.

    The z are old + (D + U) / (2 beta) and old + (D - U) / (2 beta).
    """
    step, eta = new - old, x / beta
    z, z2, moved = (step + U / beta) / 2, (step - U / beta) / 2, old - eta * g
    return {
        "above": g * z + beta * z**2 / 2,
        "below": (g + U) * (z - step) - beta * (z - step) ** 2 / 2,
        "above2": (g + U) * (z2 - step) + beta * (z2 - step) ** 2 / 2,
        "below2": g * z2 - beta * z2**2 / 2,
        "pull": ((new - moved) ** 2 - (old - moved) ** 2) / (2 * eta),
        "GG": G**2,
        "GD": G * beta * step,
        "DD": (beta * step) ** 2,
    }


def energy(x: Any, GG: Any, GD: Any, DD: Any) -> Any:
    """E."""
    a = 1 / x
    return GG / 4 + (a - 1) * GD / 2 + (a**2 - 1) * DD / 4


def square(t: Any, GG: Any, GD: Any, DD: Any) -> Any:
    """|G + t D|^2."""
    return GG + 2 * t * GD + t**2 * DD


def are_sums(case: Mapping[str, Any]) -> Any:
    """What the bounds leave of beta (F_old - F_new) is E or more, of 0 |U|^2 - |D|^2 or more; squares are >= 0."""
    above, below, above2, below2, pull, *products = (case[name] for name in SUMS.split())
    x, beta = case["x"], case["beta"]
    loss, back = below - above, below2 - above2
    return (
        (beta * (loss + pull) >= energy(x, *products))
        & (2 * beta * (loss + back) >= square(1 / x, *products) - products[-1])
        & (square(1 / x + 1, *products) >= 0)
        & (square(1 / x - 1, *products) >= 0)
    )


def adds_of_any(
    old: Any, g: Any, s: Any, U: Any, strength: Any, x: Any, beta: Any
) -> dict[str, Any]:
    """What one coordinate adds, G = g + U + lambda s, where the method leads if the prox selects s."""
    new = after(Selecting(s), old, g, x / beta, strength)
    return adds(old, new, g, U, g + U + strength * s, x, beta)


#: for any R
OF_ANY = over_coordinates(
    SUMS,
    adds_of_any,
    are_sums,
    each={"old": real, "g": real, "s": real, "U": real},
    fixed={**SETTING, "strength": nonnegative},
)
