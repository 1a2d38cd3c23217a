r"""The alternating prox: x = (t + w q) / (1 + w), q = B alpha fitted to x from the last (alpha, B).

* Each half-step minimises J = 1/2 ||x - t||^2 + w/2 ||x - B alpha||^2 exactly in its block, so J never increases: alpha
  solves the normal equations for B, each entry takes its nearest level, x is a weighted mean: ``half_steps.py``; that
  the code solves the normal equations: ``least_squares.py``. A fresh greedy start in every round is no such step.
* Given q, the best x has J = w / (1 + w) 1/2 ||t - q||^2. So the global prox takes the q nearest to t, for every w:
  what the alternation lacks is only the search for that q.
* One bit: the greedy start is the global optimum, and the fit stays: ``one_bit.py``. With more bits the end can be above.
* As w grows the prox tends to the first fit at t, which need not be the nearest point of the family: ``first_fit.py``.
* Ternary: the second round meets the same sides and means, and changes nothing: ``ternary.py``.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from pqtheory.claims import AllOf, Budget, Check, Claim, Control, Evidence, Part, all_of
from pqtheory.claims.cases import Cases
from pqtheory.evidence import smt
from pqtheory.theory.prox.alternating_prox import cases as single
from pqtheory.theory.prox.alternating_prox import runs
from pqtheory.theory.prox.alternating_prox.first_fit import on_the_way, stays_near
from pqtheory.theory.prox.alternating_prox.half_steps import best_x, no_half_step_increases
from pqtheory.theory.prox.alternating_prox.least_squares import PROSE, normal_equations
from pqtheory.theory.prox.alternating_prox.one_bit import (
    is_optimal,
    keeps_its_level,
    next_scale_is_the_same,
)
from pqtheory.theory.prox.alternating_prox.ternary import second_round_is_the_first

BITS = runs.BITS
#: those whose sign matrices are enumerated
ENUMERATED = (1, 2, 3)
CHANGED = "share of inputs that the ternary's second round changes"


def _with_runs(run: Check, cases: Cases, *checks: Check, code: tuple[Cases, ...] = ()) -> AllOf:
    """What is proved, beside runs of the code on arrays; a run that refutes is enough. Searched by single vectors."""

    def check(budget: Budget) -> Evidence:
        found = run(budget)
        if found.kind == "refuted":
            return found
        if not smt.available():
            return replace(found, note=f"with {smt.PACKAGE} installed it would be proved")
        return all_of(*checks, beside=(lambda _: found, *code))(budget)

    return all_of(check, cases=(cases,))


def _descent(history: runs.History, *, from_last: bool = True) -> AllOf:
    """Every half-step, the least squares of the code; and shares of inputs where J grows."""
    cases = single.descent(history)
    steps = [no_half_step_increases(bits, cases, from_last=from_last) for bits in BITS]
    code = (single.fits_from_the_last(),)
    equations = map(normal_equations, BITS)
    return _with_runs(partial(runs.descent, history), cases, *steps, *equations, code=code)


def _gap(optimal: Sequence[int]) -> AllOf:
    """One bit by lemmas; how far from the optimum more bits end, by enumeration of every sign matrix."""

    def run(budget: Budget) -> Evidence:
        families = budget.pick(
            ((4, 8), (6, 9), (8, 9)), ((4, 14), (5, 12), (6, 12), (7, 12), (8, 12))
        )
        return runs.gaps(families, optimal, budget)

    cases = single.gap(optimal)
    one_bit = (is_optimal(cases), keeps_its_level, next_scale_is_the_same)
    return _with_runs(run, cases, *one_bit, code=(single.greedy_fit(),))


def _limit(*, first_fit: bool) -> AllOf:
    cases = single.limit(first_fit)
    near = [stays_near(bits, cases, first_fit=first_fit) for bits in BITS]
    return _with_runs(partial(runs.limit, first_fit), cases, on_the_way, *near)


def _second_round(*, running: bool) -> AllOf:
    cases = single.second_round(running)
    run = partial(runs.second_round, running, CHANGED)
    same = second_round_is_the_first(cases, running=running)
    return _with_runs(run, cases, same, code=(single.ternary_fit(),))


def _lambda_for_two_lambda(t: Any, q: Any, w: Any) -> Any:
    """The published code's step at the paper's lambda = w / 2."""
    return (t + w / 2 * q) / (1 + w / 2)


CLAIM = Claim(
    name="alternating-prox",
    source="arXiv 1810.00861, the prox for multi-bit and ternary quantization",
    statement=(
        "In exact arithmetic, lambda >= 0 and the half of the squared distance: the alternation with 1 to 4 bits from "
        "the last (alpha, B) never increases its objective J. With one bit it ends at the global minimum of J, with "
        "more it need not. The prox stays within (2 rounds - 1) / (1 + lambda) of the distance from theta to the first "
        "fit: as lambda grows it tends to that fit. The ternary's second round changes nothing."
    ),
    formula=(
        "J(x, alpha, B) = 1/2 |x - t|^2 + lambda/2 |x - B alpha|^2, B in {-1,+1}^{d x k}, lambda >= 0;  J never "
        "increases, k = 1 .. 4;  J_end = min J, k = 1;  |prox - q_0| <= (2 rounds - 1) / (1 + lambda) |t - q_0|"
    ),
    formula_latex=(
        r"\begin{aligned}"
        r"&J(x, \alpha, B) = \tfrac12 |x - t|^2 + \tfrac{\lambda}{2} |x - B \alpha|^2,"
        r"\quad B \in \{-1, +1\}^{d \times k},\ \lambda \ge 0;\\"
        r"&k \le 4:\ J(x_{n+1}, \alpha_{n+1}, B_{n+1}) \le J(x_n, \alpha_{n+1}, B_{n+1}) \le J(x_n, \alpha_n, B_n);"
        r"\qquad k = 1:\ J_{\text{end}} = \min J;\\"
        r"&|\operatorname{prox} - q_0| \le \frac{2\,\text{rounds} - 1}{1 + \lambda} |t - q_0|,"
        r"\quad q_0 \text{ the first fit to } t"
        r"\end{aligned}"
    ),
    derivation_latex=(
        r"With $s = b \cdot \alpha$, $s^* = b \cdot \alpha^*$ for the rows $b$ of $B$ and $B^T B \alpha^* = B^T x$,"
        r" $\sum (x - s)^2 - \sum (x - s^*)^2 = \sum (s - s^*)^2 \ge 0$; nearest levels bring $\sum (x - s^*)^2$ down"
        r" to $|x - q|^2$, and $x = (t + \lambda q) / (1 + \lambda)$ is best for $q$, with"
        r" $J = \tfrac{\lambda}{2 (1 + \lambda)} |t - q|^2$. One bit: $\sum (t - \alpha b)^2 \ge \sum (|t| -"
        r" |\alpha|)^2$, least for $|\alpha| = \operatorname{mean} |t|$, and $x$ keeps signs and mean. With"
        r" $r = 1 / (1 + \lambda)$, $|x - q| = r |t - q|$; a next fit $q'$ that is no farther from $x$ has"
        r" $|t - q'| \le |t - q|$ and $|q' - q| \le 2 r |t - q|$; the triangle inequality adds the moves up."
        r" Ternary: $(1 + \lambda) \operatorname{mean} |x| = \operatorname{mean} |t| + \lambda"
        r" \operatorname{mean} |q|$ and $\operatorname{mean} |q| \le \operatorname{mean} |t|$, so every entry keeps its"
        r" side of $\Delta$ and each side its mean."
    ),
    parts=(
        Part(
            "descent",
            "no half-step increases J, 1 to 4 bits",
            _descent(runs.continued),
            prose=PROSE,
        ),
        Part(
            "best x",
            "given q, x = (t + lambda q) / (1 + lambda), J = lambda / (1 + lambda) 1/2 |t - q|^2",
            best_x(),
        ),
        Part(
            "distance from the optimum",
            "with one bit J ends at the global minimum; the figures enumerate all sign matrices, 1 to 3 bits",
            _gap(optimal=(1,)),
        ),
        Part(
            "large lambda",
            "|prox - q| <= (2 rounds - 1) / (1 + lambda) |t - q|, q the first fit to t",
            _limit(first_fit=True),
        ),
        Part("ternary", "two rounds give exactly what one gives", _second_round(running=False)),
    ),
    controls=(
        Control(
            "fresh greedy start",
            "nor does a half-step increase J with a greedy start in every round",
            _descent(runs.restarted, from_last=False),
        ),
        Control(
            "lambda for 2 lambda",
            "given q, x = (t + lambda/2 q) / (1 + lambda/2) is best (the published code, lambda/2 the paper's lambda)",
            best_x(_lambda_for_two_lambda),
        ),
        Control(
            "always global",
            "with 2 and 3 bits too it ends at the minimum",
            _gap(optimal=ENUMERATED),
        ),
        Control(
            "nearest point",
            "as lambda grows the prox tends to the nearest k-bit point",
            _limit(first_fit=False),
        ),
        Control(
            "running point",
            "the ternary's second round changes nothing when it starts over from x",
            _second_round(running=True),
        ),
    ),
    headline=CHANGED,
    uses=("codebook-prox",),
    operators=(
        "pqtheory.regularizers.AlternatingDistance.prox",
        "pqtheory.regularizers.AlternatingDistance.objective",
        "pqtheory.regularizers.AlternatingDistance.envelope",
        "pqtheory.quantizers.AlternatingMultiBit.fit",
        "pqtheory.quantizers.AlternatingMultiBit.quantize",
        "pqtheory.quantizers.AdaptiveTernary.fit",
    ),
)
