r"""The alternating prox: x = (t + w q) / (1 + w), q = B alpha fitted to x from the last (alpha, B).

* Each half-step minimises J = 1/2 ||x - t||^2 + w/2 ||x - B alpha||^2 exactly in its block, so J never increases: alpha
  solves the normal equations for B, each entry takes its nearest level, x is a weighted mean. The lemmas are entry by
  entry, ``lemmas.py``; that the code solves the normal equations for every B with up to
  three columns is an identity, ``least_squares.py``. A fresh greedy start in every round is no
  such step, and J can grow.
* Given q, the best x has J = w / (1 + w) 1/2 ||t - q||^2. So the global prox takes the q nearest to t, for every w:
  what the alternation lacks is only the search for that q.
* One bit: ||t - alpha b||^2 >= sum_i (|t_i| - |alpha|)^2, least for |alpha| = mean|t|: the greedy start is the global
  optimum. x keeps its signs and mean|x| = mean|t|, so the fit stays. With more bits the end can be above the optimum.
* With r = 1 / (1 + w), |q_{i+1} - q_i| <= 2 r |t - q_0|, because x lies r |t - q_i| from q_i, the next fit is no
  farther, and |t - q_i| does not increase. Hence |prox - q_0| <= (2 rounds - 1) r |t - q_0| by the triangle inequality:
  as w grows the prox tends to the first fit at t, which need not be the nearest point of the family.
* Ternary, 0 <= w < infinity: Delta(x) = (Delta(t) + w 0.7 mean|q|) / (1 + w) as every entry of x has the sign of
  its t or its q; mean|q| <= mean|t|, since q has the means of the entries beyond Delta and 0 elsewhere. So every entry
  keeps its side, a side's mean stays, and the second round gives the same point: it changes nothing.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from pqtheory.claims import AllOf, Budget, Check, Claim, Control, Evidence, Part, all_of
from pqtheory.claims.cases import Cases
from pqtheory.theory.prox.alternating_prox import cases as single
from pqtheory.theory.prox.alternating_prox import runs
from pqtheory.theory.prox.alternating_prox.first_fit import on_the_way, stays_near
from pqtheory.theory.prox.alternating_prox.half_steps import best_x, no_half_step_increases
from pqtheory.theory.prox.alternating_prox.least_squares import normal_equations
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
    """What is proved, beside runs of the code on arrays; a search looks at single vectors."""
    return all_of(*checks, beside=(run, *code), cases=(cases,))


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
        "The alternation with 1 to 3 bits from the last (alpha, B) never increases its objective; with one bit it ends "
        "at the global optimum, with more it need not; as lambda grows it stays at the first fit to theta. The "
        "ternary's second round changes nothing."
    ),
    formula="J(x, alpha, B) = 1/2 ||x - t||^2 + lambda/2 ||x - B alpha||^2",
    parts=(
        Part(
            "descent",
            "no half-step increases J, 1 to 3 bits",
            _descent(runs.continued),
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
    operators=("pqtheory.regularizers.AlternatingDistance.prox",),
)
