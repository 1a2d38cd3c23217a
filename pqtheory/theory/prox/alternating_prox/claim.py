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

from pqtheory.claims import Check, Claim, Control, Part
from pqtheory.claims import cases as falsify
from pqtheory.claims.lemmas import Lemma, by_lemmas
from pqtheory.evidence import Budget, Evidence, join, smt
from pqtheory.theory.prox.alternating_prox import cases as single
from pqtheory.theory.prox.alternating_prox import lemmas as steps
from pqtheory.theory.prox.alternating_prox import runs as cases
from pqtheory.theory.prox.alternating_prox.least_squares import normal_equations

BITS = (1, 2, 3)
CHANGED = "share of inputs that the ternary's second round changes"


def _proved(lemmas: Sequence[Lemma], run: Check, single: Check, *others: Check) -> Check:
    """The lemmas and the other checks, with the figures of a run beside them; the run alone where it refutes.

    ``single`` is the statement for one vector, to search it by.
    """

    def check(budget: Budget) -> Evidence:
        found = run(budget)
        if found.kind == "refuted":
            return found
        proof = by_lemmas(lemmas, lambda _: found)(budget)
        return join(
            proof,
            *(other(budget) for other in others),
            measured=found.measured,
            predicted=found.predicted,
        )

    return falsify.with_cases(check, single)


def _descent(fits: Sequence[Lemma], history: cases.History) -> Check:
    """The x-step, the lemmas on the next fit, the least squares of the code; and shares of inputs where J grows."""
    equations = (normal_equations(bits) for bits in BITS)
    return _proved(
        (steps.X_STEP, *fits), partial(cases.descent, history), single.descent(history), *equations
    )


def _best_x(step: steps.XStep) -> Check:
    names, statement = "theta q weight x", steps.best_x(step)

    def sampled(budget: Budget) -> Evidence:
        return smt.on_cases(statement, names, cases.entries(budget))

    return smt.or_else(statement, names, sampled)


def _gap(optimal: Sequence[int]) -> Check:
    """One bit by lemmas; how far from the optimum more bits end, by enumeration of every sign matrix."""

    def run(budget: Budget) -> Evidence:
        families = budget.pick(
            ((4, 8), (6, 9), (8, 9)), ((4, 14), (5, 12), (6, 12), (7, 12), (8, 12))
        )
        return cases.gaps(families, optimal, budget)

    return _proved(steps.ONE_BIT, run, single.gap(optimal))


def _limit(lemmas: Sequence[Lemma], first_fit: bool) -> Check:
    return _proved(lemmas, partial(cases.limit, first_fit), single.limit(first_fit))


def _second_round(running: bool) -> Check:
    run = partial(cases.second_round, running, CHANGED)
    return _proved(steps.ternary(running), run, single.second_round(running))


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
            _descent(steps.CONTINUED, cases.continued),
        ),
        Part(
            "best x",
            "given q, x = (t + lambda q) / (1 + lambda), J = lambda / (1 + lambda) 1/2 |t - q|^2",
            _best_x(steps.best_point),
        ),
        Part(
            "distance from the optimum",
            "with one bit J ends at the global minimum; the figures enumerate all sign matrices, 1 to 3 bits",
            _gap(optimal=(1,)),
        ),
        Part(
            "large lambda",
            "|prox - q| <= (2 rounds - 1) / (1 + lambda) |t - q|, q the first fit to t",
            _limit(steps.FROM_FIRST_FIT, first_fit=True),
        ),
        Part("ternary", "two rounds give exactly what one gives", _second_round(running=False)),
    ),
    controls=(
        Control(
            "fresh greedy start",
            "nor does a half-step increase J with a greedy start in every round",
            _descent(steps.RESTARTED, cases.restarted),
        ),
        Control(
            "lambda for 2 lambda",
            "given q, x = (t + lambda/2 q) / (1 + lambda/2) is best (the published code, lambda/2 the paper's lambda)",
            _best_x(_lambda_for_two_lambda),
        ),
        Control(
            "always global", "with 2 and 3 bits too it ends at the minimum", _gap(optimal=BITS)
        ),
        Control(
            "nearest point",
            "as lambda grows the prox tends to the nearest k-bit point",
            _limit(steps.FROM_NEAREST, first_fit=False),
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
