"""The SMT engine against known truths and falsehoods; a timeout or a failure never comes out as a proof."""

import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pqtheory.evidence import Budget, smt
from pqtheory.evidence.roots import Root
from pqtheory.evidence.smt.backend import Z3
from pqtheory.evidence.terms import Term
from pqtheory.regularizers import DistanceL1, DistanceL2, Regularizer, SmoothedL1
from pqtheory.sets import Binary, Codebook, Ternary
from pqtheory.theory.prox.minimiser import minimises

z3 = pytest.importorskip("z3")
REGULARIZERS: tuple[Regularizer, ...] = (
    DistanceL1(Binary()),
    DistanceL1(Ternary(0.5)),
    DistanceL2(Codebook((-1.5, -0.25, 0.125, 2.0, 3.0))),
    SmoothedL1(Binary(), 0.25),
)


def term(name: str) -> Term:
    return Term(z3.Real(name), Z3())


def value(expression: Any) -> Fraction:
    simple = z3.simplify(expression)
    return Fraction(simple.numerator_as_long(), simple.denominator_as_long())


@pytest.mark.parametrize("regularizer", REGULARIZERS, ids=repr)
def test_terms_read_the_formulas_that_run(regularizer: Regularizer) -> None:
    """Value and prox over terms, at random fractions, equal exact NumPy arithmetic."""
    rng = np.random.default_rng(0)
    t, w = term("t"), term("w")
    readings = {"value": regularizer.value(t), "prox": regularizer.prox(t, weight=w)}
    for _ in range(40):
        theta, weight = (Fraction(int(n), 16) for n in rng.integers((-64, 1), (65, 40)))
        numbers = [(x.expression, z3.RealVal(str(v))) for x, v in ((t, theta), (w, weight))]
        exact = np.array([theta], dtype=object)
        assert value(z3.substitute(readings["value"].expression, *numbers)) == regularizer.value(
            exact
        )
        expected = regularizer.prox(exact, weight)[0]
        assert value(z3.substitute(readings["prox"].expression, *numbers)) == expected


def test_known_truths_and_falsehoods() -> None:
    def mean(a: Any, b: Any) -> Any:
        return [a >= 0, b >= 0], (a + b) ** 2 >= 4 * a * b

    def one_percent_off(a: Any, b: Any) -> Any:
        return [a >= 0, b >= 0], (a + b) ** 2 >= Fraction(101, 100) * 4 * a * b

    shown = smt.decide(mean, "a b")
    assert shown is not None
    assert shown.kind == "proved"
    assert [bool(step.machine) for step in shown.proof] == [True, False]
    assert shown.proof[1].text.startswith("the assumptions hold at a = ")
    found = smt.decide(one_percent_off, "a b")
    assert found is not None
    assert found.kind == "refuted"
    a, b = found.counterexample["a"], found.counterexample["b"]
    assert a >= 0
    assert b >= 0
    assert (a + b) ** 2 < Fraction(101, 100) * 4 * a * b


def test_what_the_solver_cannot_name_as_fractions_is_named_as_roots() -> None:
    found = smt.decide(lambda x: ([x > 0], ~(x * x == 2)), "x")
    assert found is not None
    assert found.counterexample == {"x": Root((Fraction(1), Fraction(0), Fraction(-2)), 1)}


@pytest.mark.parametrize("answer", [z3.unknown, None])
def test_a_timeout_is_no_proof(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    monkeypatch.setattr(z3.Solver, "check", lambda self: answer)
    assert smt.decide(lambda x: ([], x == x), "x") is None


def test_a_crash_of_the_solver_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(self: Any) -> Any:
        raise z3.Z3Exception("out of memory")

    monkeypatch.setattr(z3.Solver, "check", crash)
    with pytest.raises(z3.Z3Exception, match="out of memory"):
        smt.decide(lambda x: ([], x == x), "x")


def test_a_counterexample_that_does_not_replay_is_an_error() -> None:
    def two_readings(x: Any) -> Any:
        return [], x > 0 if isinstance(x, Term) else x == x

    with pytest.raises(ArithmeticError, match="does not replay"):
        smt.decide(two_readings, "x")


def test_terms_are_not_truth_values() -> None:
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(term("x") > 0)


@pytest.mark.parametrize("factor", [Fraction(99, 100), Fraction(101, 100)])
def test_a_threshold_off_by_one_percent_is_refuted(factor: Fraction) -> None:
    W = DistanceL1(Binary())
    check = minimises(lambda t, w: W.prox(t, factor * w), W)
    assert check(Budget()).kind == "refuted"


def test_the_package_loads_without_the_solver() -> None:
    code = (
        "import sys; sys.modules['z3'] = None\n"
        "import pqtheory as pq\n"
        "from pqtheory.evidence import smt\n"
        "print(pq.regularizers.DistanceL1(pq.sets.Binary()).prox(0.3, 0.5))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0.8"


def test_a_number_0_is_a_divisor_like_any_other() -> None:
    """The solver has a value of its own for x / 0, which is equal to itself."""
    with pytest.raises(ValueError, match="division: assume 0 != 0"):
        smt.decide(lambda x: ([], x / 0 == x / 0), "x")
    with pytest.raises(ValueError, match="division: assume 0 != 0"):
        smt.decide(lambda x: ([x / 0 > 1], x / 0 > 0), "x")
