r"""How weights oscillate between two levels: how often each is taken, for how long, and what momentum does to it.

Straight-through in one dimension on a (x - w)^2 / 2 with a constant step size, between the neighbouring levels low < w <
high, f = (w - low) / (high - low), m = min(f, 1 - f): in the band of ``flip-law``, the rarer level is taken a share m of the
time, N times in T steps with |N - T m| < 1, one step at a time; the other for n steps in a row, |n - (1 - m) / m| < 1.

With heavy-ball momentum mu, v' = mu v + a (q - w) and theta' = theta - eta v', y = theta - eta mu v / (1 - mu) moves as theta
does without it, y' = y - eta a (q - w) / (1 - mu), and is never farther from theta than c = eta mu a (high - low) / (1 - mu)^2.
With two levels y therefore keeps to a band of width 2 c + eta a (high - low) / (1 - mu), and

    |N - T m| <= (1 + mu) / (1 - mu).

Each change has one end at the rarer level: F <= 2 T m + const. Momentum leaves the shares as they are, and can only lower
the changes, which are as many as the shares allow without it. Few changes alone are no sign of rest.
"""

from fractions import Fraction

from pqtheory.claims import Claim, Control, Part, all_of, one_of
from pqtheory.theory.binary_connect.grid_oscillation.heavy_ball import KEPT, is_kept
from pqtheory.theory.binary_connect.grid_oscillation.levels_held import dwells, occupation
from pqtheory.theory.binary_connect.grid_oscillation.momentum_counts import with_momentum
from pqtheory.theory.binary_connect.grid_oscillation.runs import (
    HEAVY_RUNS,
    SHARE,
    with_and_without_momentum,
)

CLAIM = Claim(
    name="grid-oscillation",
    source="Nagel et al., ICML 2022 (arXiv 2203.11086); derived here",
    statement=(
        "Straight-through in one dimension on a (x - w)^2 / 2, a > 0, constant eta > 0, low < w < high neighbouring levels, "
        "f = (w - low) / (high - low), m = min(f, 1 - f), in the band of flip-law: of any T steps N take the rarer level, |N "
        "- T m| < 1, one step at a time, and between two of them the other level is taken n times, |n - (1 - m) / m| < 1. "
        "With two levels and heavy-ball momentum 0 <= mu < 1, from starts with y_0 and v_0 in their bands, such as the middle "
        "with v_0 = 0: |N - T m| <= (1 + mu) / (1 - mu), so that the shares are the same, and there are no more than 2 T m + 2 "
        "(1 + mu) / (1 - mu) + 1 changes in T steps."
    ),
    formula=(
        "|N - T m| < 1,  |n - (1 - m) / m| < 1,  m = min(f, 1 - f), f in (0, 1);  with momentum mu in [0, 1):  |N - T m| <= (1 "
        "+ mu) / (1 - mu),  F <= 2 T m + 2 (1 + mu) / (1 - mu) + 1"
    ),
    formula_latex=(
        r"|N - T m| < 1,\quad \Bigl| n - \frac{1 - m}{m} \Bigr| < 1,\qquad m = \min(f, 1 - f);\qquad"
        r" \text{momentum } \mu \in [0, 1):\ |N - T m| \le \frac{1 + \mu}{1 - \mu},\quad"
        r" F \le 2 T m + 2\,\frac{1 + \mu}{1 - \mu} + 1"
    ),
    derivation_latex=(
        r"$N - T m$ is $\pm (\theta_0 - \theta_T) / (\eta a\,(\mathrm{high} - \mathrm{low}))$, and the band is one"
        r" $\eta a\,(\mathrm{high} - \mathrm{low})$ wide. While the other level is taken $\theta$ moves by $m$ of that a step."
        r" With momentum $y = \theta - \eta \mu v / (1 - \mu)$ has $y' = y - \eta a (q - w) / (1 - \mu)$ and is at most"
        r" $c = \eta \mu a\,(\mathrm{high} - \mathrm{low}) / (1 - \mu)^2$ from $\theta$: it keeps to a band that is $2 c$"
        r" wider. Each change has one end at the rarer level."
    ),
    parts=(
        Part("occupation", "how often the rarer level is taken", occupation),
        Part("dwell times", "for how long the other one is taken", dwells()),
        Part(
            "momentum",
            "the shares are the same, and the changes no more",
            all_of(KEPT, with_momentum, figures=with_and_without_momentum, cases=(HEAVY_RUNS,)),
        ),
    ),
    controls=(
        Control("half a step", "|n - (1 - m) / m| < 1/2", dwells(Fraction(1, 2), one_of(1, 2, 3))),
        Control("narrow band", "with momentum y keeps to the band without", is_kept(wide=False)),
    ),
    headline=SHARE,
    uses=("flip-law",),
    operators=(
        "pqtheory.methods.BinaryConnect.step",
        "pqtheory.methods.BinaryConnect.query",
    ),
)
