"""Stochastic rounding on a grid: the chance of a move, the stationary laws, and what they are."""

from typing import Any

import numpy as np

from pqtheory._arrays import Array, as_array
from pqtheory.claims import ForAll, between, forall, invariant, nonnegative, positive, real
from pqtheory.theory.vectors import reals


@forall(
    w=real,
    g=real,
    eta=positive,
    gap=positive,
    p=between(0, 1),
    given=lambda w, g, eta, gap, p: [
        eta * abs(g) <= gap,
        # p at the level next to w that -g points to, else at w: without bias
        (1 - p) * w + p * (w - gap * _sign(g)) == w - eta * g,
    ],
)
def moves_by_a_level(g: Any, eta: Any, gap: Any, p: Any) -> Any:
    """Unbiased rounding moves by a level with the probability eta |g| / gap."""
    return p == eta * abs(g) / gap


def _sign(g: Any) -> Any:
    xp, g = as_array(g)
    return xp.where(g >= 0, 1, -1)


def mass_after(case: Any, eta: Any, capped: bool = False) -> Any:
    """What a level has after a step; up and down are the rates per unit of eta, from it and into it."""

    def chance(rate: Any) -> Any:
        xp, p = as_array(eta * rate)
        return xp.minimum(p, 1 + 0 * p) if capped else p

    leaves = chance(case["up"]) + chance(case["down"])
    comes = case["below"] * chance(case["up_below"]) + case["above"] * chance(case["down_above"])
    return case["here"] * (1 - leaves) + comes


def same_laws(capped: bool = False) -> ForAll:
    """A law is kept at one step size iff at another; with chances ``capped`` at 1 also where eta |g| > gap."""
    masses: dict[str, Any] = dict.fromkeys(("below", "here", "above"), nonnegative)
    rates: dict[str, Any] = dict.fromkeys(("up", "down", "up_below", "down_above"), nonnegative)

    @forall(**masses, **rates, eta=positive, other=positive)
    def kept_alike(eta: Any, other: Any, **case: Any) -> Any:
        kept, kept_too = (mass_after(case, size, capped) == case["here"] for size in (eta, other))
        return kept == kept_too

    return kept_alike


@invariant(
    state="cut",
    each=reals("here", "above", "up", "down", "comes", "down_above"),
    begins=lambda: {"cut": 0},
    becomes=lambda here, above, up, down_above: {"cut": here * up - above * down_above},
    step=lambda cut, here, above, up, down, comes, down_above: [
        cut == comes - here * down,
        comes + above * down_above == here * (up + down),
    ],
)
def no_flow(cut: Any) -> Any:
    """From the lowest level on, no probability flows from a level to the next: pi_k up_k = pi_{k+1} down_{k+1}."""
    return cut == 0


def rates(levels: Array, w: float, noise: float) -> tuple[Array, Array]:
    """Up and down of each level per unit of eta, a = gap = 1, g = x - w +- noise; the ends are not left outward."""
    g = np.stack([levels - w - noise, levels - w + noise])
    up, down = np.maximum(-g, 0).mean(axis=0), np.maximum(g, 0).mean(axis=0)
    up[-1] = down[0] = 0
    return up, down


def stationary(up: Array, down: Array, eta: float) -> Array:
    """The law that the chain of step size eta keeps, by its matrix."""
    count = len(up)
    chain = np.eye(count) + eta * (np.diag(up[:-1], 1) + np.diag(down[1:], -1) - np.diag(up + down))
    kept = np.vstack([chain.T - np.eye(count), np.ones(count)])
    law: Array = np.linalg.lstsq(kept, np.array([0.0] * count + [1.0]), rcond=None)[0]
    return law


def balanced(up: Array, down: Array) -> Array:
    """The law with pi_k up_k = pi_{k+1} down_{k+1}."""
    law = np.concatenate([[1.0], np.cumprod(up[:-1] / down[1:])])
    result: Array = law / law.sum()
    return result
