r"""How often a level changes, in one dimension: 2 min(f, 1 - f) a step, for any step size that leads past no band.

The straight-through method on L = a (x - w)^2 / 2 + const, with w between the neighbouring levels low and high:

    theta_{t+1} = theta_t - eta a (q(theta_t) - w),    f = (w - low) / (high - low).

Why. Outside the band from middle - eta a (high - w) to middle + eta a (w - low) theta comes nearer to it by eta a (w -
low) or eta a (high - w) in each step, and not past it. In the band only the two levels are taken, high above the middle:
two intervals are exchanged. Of f <= 1/2, high is never taken twice in a row, so each visit to it is two changes, F = 2 N
up to the ends of the count; and N - T f telescopes to (theta_0 - theta_T) / (eta a (high - low)). Together

    |F - 2 T min(f, 1 - f)| < 2 max(f, 1 - f)    for the F changes in any T steps.

The step must not lead past the band: with two levels none does, on an evenly spaced grid none with eta a <= 1, on any
codebook none with eta a <= 1/2. A change is so no sign of trouble, nor its absence one of rest: f says how often, and
lowering eta changes nothing (``bc-scale-invariance``). In more dimensions 2 min(f, 1 - f) is an upper bound up to a
constant, for two levels (``bc-average``).
"""

from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory.claims import Budget, Claim, Control, Part, all_of
from pqtheory.methods import BinaryConnect
from pqtheory.problems import Quadratic
from pqtheory.sets import UniformGrid
from pqtheory.simulate import simulate
from pqtheory.theory.binary_connect.flip_law import band, law

SHARES = (Fraction(1, 5), Fraction(1, 3), Fraction(1, 2), Fraction(5, 6))
FIGURE = "level changes per step, f = 1/5, 1/3, 1/2, 5/6, {}"


def _rates(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    """Exactly, over whole periods, on grids of 1, 2 and 3 bits at two step sizes."""
    measured = {
        FIGURE.format(f"{bits} bits, eta a = {eta}"): [_rate(f, bits, eta, budget) for f in SHARES]
        for bits, eta in ((1, Fraction(3)), (2, Fraction(1)), (3, Fraction(1, 7)))
    }
    return measured, {name: [float(2 * min(f, 1 - f)) for f in SHARES] for name in measured}


def _rate(f: Fraction, bits: int, eta: Fraction, budget: Budget) -> float:
    levels = UniformGrid(bits)
    below = levels.level_values[2 ** (bits - 1) - 1]
    w = below + f * (levels.level_values[2 ** (bits - 1)] - below)
    one = np.array([Fraction(1)])
    path = simulate(
        BinaryConnect(eta, set=levels),
        Quadratic(one[:, None], -w * one),
        one * Fraction(2, 7),
        budget.pick(90, 900),
        fields=("quantized",),
    )
    # 30 is a multiple of every period here
    changes = np.diff(path.quantized[-31:], axis=0) != 0
    return float(changes.mean())


HEADLINE = FIGURE.format("3 bits, eta a = 1/7")

CLAIM = Claim(
    name="flip-law",
    source="arXiv 1810.00861, section 3.1, and arXiv 2203.11086 on oscillating weights; derived here",
    statement=(
        "In one dimension on L = a (x - w)^2 / 2, a > 0, low < w < high neighbouring levels of a finite codebook, the "
        "straight-through method with a constant eta > 0 changes its level 2 min(f, 1 - f) times a step, f = (w - low) / "
        "(high - low), once |theta_0 - middle| / (eta a min(w - low, high - w)) steps, middle = (low + high) / 2, are "
        "made: F changes in any T further steps differ from 2 T min(f, 1 - f) by less than 2 max(f, 1 - f). This is for "
        "two levels and any step size, for evenly spaced levels and eta a <= 1, and for any levels and eta a <= 1/2."
    ),
    formula=(
        "|F - 2 T min(f, 1 - f)| < 2 max(f, 1 - f),  f = (w - low) / (high - low) in (0, 1), a > 0, eta > 0;  eta a <= 1 "
        "on an evenly spaced grid of more than two levels, eta a <= 1/2 on any other codebook of more than two"
    ),
    formula_latex=(
        r"\bigl|F - 2\,T \min(f, 1 - f)\bigr| < 2 \max(f, 1 - f),\qquad"
        r" f = \frac{w - \mathrm{low}}{\mathrm{high} - \mathrm{low}} \in (0, 1),\quad a, \eta > 0,\quad"
        r" \eta a \le 1 \text{ (even grid)},\ \eta a \le \tfrac12 \text{ (any)}"
    ),
    derivation_latex=(
        r"With $c$ the middle of the two levels, $c - \eta a (\mathrm{high} - w) \le \theta <"
        r" c + \eta a (w - \mathrm{low})$ is reached and kept, and only the two levels are taken there. The rarer one is"
        r" never taken twice in a row: each of its $N$ visits is two changes, up to the ends, and $N - T \min(f, 1 - f) ="
        r" \pm (\theta_0 - \theta_T) / (\eta a (\mathrm{high} - \mathrm{low}))$."
    ),
    parts=(
        Part(
            "reached and kept",
            "every start is led into the band; there one of the two levels is taken, and the band is kept",
            all_of(
                *(check(grid) for grid in band.GRIDS for check in (band.one_step, band.arrives))
            ),
        ),
        Part("law", "F changes in T steps in the band", all_of(law.law, figures=_rates)),
        Part("one step", "the law for T = 1, step by step", law.at_once()),
    ),
    controls=(
        Control(
            "any step size",
            "no step leads past the band on evenly spaced levels for eta a <= 2, either",
            band.one_step(band.FASTER),
        ),
        Control(
            "1% less",
            "F differs by less than 0.99 * 2 max(f, 1 - f)",
            law.at_once(Fraction(99, 100)),
        ),
        Control(
            "2 f", "the level changes 2 f times a step, also for f > 1/2", law.at_once(rare=False)
        ),
    ),
    headline=HEADLINE,
    uses=("bc-scale-invariance", "bc-average"),
    operators=(
        "pqtheory.methods.BinaryConnect.step",
        "pqtheory.methods.BinaryConnect.query",
    ),
)
