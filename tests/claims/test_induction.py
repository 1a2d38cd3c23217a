"""Induction: closed forms that are right, and wrong ones refused."""

import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from pqtheory.claims.cases import Searchable
from pqtheory.claims.induction import Induction
from pqtheory.evidence import Budget, symbolic
from pqtheory.evidence.terms import Term
from pqtheory.report.formula import formula

sympy = pytest.importorskip("sympy")

from sympy.polys.fields import FracField  # noqa: E402  (needs sympy)

from pqtheory.evidence.symbolic.clock import Clock  # noqa: E402

QUICK = Budget()
OFF = Fraction(101, 100)


def where(test: Any, yes: Any, no: Any) -> Any:
    """On terms and on numbers."""
    return test.backend.where(test, yes, no) if isinstance(test, Term) else (yes if test else no)


GEOMETRIC = Induction(
    closed=lambda n, q: (1 - q ** (n + 1)) / (1 - q),
    first=lambda q: 1 + 0 * q,
    following=lambda s, n, q: s + q ** (n + 1),
    parameters="q",
    assuming=lambda q: [q > 1],
)

INDUCTIONS = {
    "sum": Induction(lambda n: n * (n + 1) / 2, lambda: 0, lambda s, n: s + n + 1),
    "squares": Induction(
        lambda n: n * (n + 1) * (2 * n + 1) / 6, lambda: 0, lambda s, n: s + (n + 1) ** 2
    ),
    "geometric": GEOMETRIC,
    "halves": Induction(lambda n, a: a / 2**n, lambda a: a, lambda s, n, a: s / 2, "a"),
    "descent": Induction(
        lambda n, eta, x, b: (1 - eta) ** n * (x - b) + b,
        lambda eta, x, b: x,
        lambda s, n, eta, x, b: s - eta * (s - b),
        "eta x b",
    ),
    "even powers": Induction(
        lambda n, q: q ** (2 * n), lambda q: 1 + 0 * q, lambda s, n, q: s * q * q, "q"
    ),
    "from 1": Induction(
        lambda n, a: n * a, lambda a: a, lambda s, n, a: s * (n + 1) / n, "a", start=1
    ),
    "branches": Induction(
        lambda n, q: q**n,
        lambda q: 1 + 0 * q,
        lambda s, n, q: where(s > 0, q * s, 7 + 0 * s),
        "q",
        lambda q: [q > 0],
    ),
}


@pytest.mark.parametrize("name", INDUCTIONS)
def test_known_closed_forms(name: str) -> None:
    evidence = INDUCTIONS[name](QUICK)
    assert evidence.kind == "proved"
    assert [s.text.split(":")[1] for s in evidence.proof][-2:] == [
        f" first value, n = {INDUCTIONS[name].start}",
        " step from n to n + 1",
    ]


WRONG = {
    "wrong first value": (lambda n: n * (n + 1) / 2 + 1, lambda: 0, lambda s, n: s + n + 1),
    "wrong step": (lambda n: n * (n + 1) / 2, lambda: 0, lambda s, n: s + n),
    "1 % off": (lambda n: n * (n + 1) / 2 * OFF, lambda: 0, lambda s, n: s + n + 1),
    "right at first": (lambda n: n * n * (n + 1) / 2, lambda: 0, lambda s, n: s + n + 1),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_base_or_step_is_refused(name: str) -> None:
    check = Induction(*WRONG[name])
    evidence = check(QUICK)
    assert evidence.kind == "refuted"
    assert check.replay({"n": evidence.counterexample["n"]}).kind == "refuted"
    with pytest.raises(symbolic.UndecidedError, match="not shown"):
        check.prove(5.0)


def test_the_proof_needs_both_the_base_and_the_step() -> None:
    step_fails = Induction(lambda n, a: a + n, lambda a: a, lambda s, n, a: s, "a")
    base_fails = Induction(lambda n, a: 2 * a, lambda a: a, lambda s, n, a: s, "a")
    for check, where in ((step_fails, "a + n"), (base_fails, "2*a")):
        with pytest.raises(symbolic.UndecidedError, match=f"not shown: .*{re.escape(where)}"):
            check.prove(5.0)
        assert check(QUICK).kind == "refuted"


def test_what_goes_wrong_late_is_not_proved() -> None:
    """Right for every value that is looked at."""
    late = Induction(
        lambda n: 0 * n, lambda: 0, lambda s, n: s + where(n >= 1000, 1 + 0 * n, 0 * n)
    )
    evidence = late(QUICK)
    assert evidence.kind == "sampled"
    assert "not shown" in evidence.note


def test_divisors_and_exponents_of_an_induction() -> None:
    everywhere = Induction(
        GEOMETRIC.closed, GEOMETRIC.first, GEOMETRIC.following, GEOMETRIC.parameters
    )
    assert "a divisor may be 0" in everywhere(QUICK).note
    square = Induction(
        lambda n, q: q ** (n * n), lambda q: 1 + 0 * q, lambda s, n, q: s * q ** (2 * n + 1), "q"
    )
    assert "not linear in n" in square(QUICK).note
    falling = Induction(
        lambda n, q: q * q ** (n - 1), lambda q: 1 + 0 * q, lambda s, n, q: s * q, "q"
    )
    assert "a divisor may be 0" in falling(QUICK).note


def test_arguments_of_an_induction() -> None:
    assert isinstance(GEOMETRIC, Searchable)
    assert GEOMETRIC.replay({"n": 3, "q": Fraction(3, 2)}).kind == "sampled"
    with pytest.raises(ValueError, match="does not speak of"):
        GEOMETRIC.replay({"n": 3, "q": Fraction(1, 2)})
    with pytest.raises(ValueError, match="other than 'n'"):
        Induction(lambda n, m: m, lambda m: m, lambda s, n, m: s, "n")
    with pytest.raises(ValueError, match="start: expected an index >= 0, got -1"):
        Induction(lambda n: n, lambda: 0, lambda s, n: s, start=-1)
    nowhere = Induction(
        lambda n, a: a, lambda a: a, lambda s, n, a: s, "a", lambda a: [a > 0, a < 0]
    )
    with pytest.raises(ValueError, match="no case satisfies"):
        nowhere(QUICK)


@pytest.mark.parametrize("error", [sympy.PolynomialError, NotImplementedError, RecursionError])
def test_a_failure_of_sympy_is_no_proof(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise error("injected")

    monkeypatch.setattr(FracField, "from_expr", broken)
    evidence = GEOMETRIC(QUICK)
    assert evidence.kind == "sampled"
    assert "injected" in evidence.note


def test_a_timeout_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clock, "__init__", lambda self, _: setattr(self, "end", 0.0))
    evidence = GEOMETRIC(QUICK)
    assert evidence.kind == "sampled"
    assert evidence.note == "sympy found no answer: no answer in its time"


@pytest.mark.parametrize("name", INDUCTIONS)
def test_latex_is_well_formed(name: str) -> None:
    for step in INDUCTIONS[name](QUICK).proof:
        assert formula(step.latex).count("<svg") == step.latex.count(r"\\") + 1


def test_latex_shows_the_step() -> None:
    *_, step = INDUCTIONS["sum"](QUICK).proof
    assert step.latex == (
        r"\frac{n \left(n + 1\right)}{2} + n + 1 = "
        r"\frac{\left(n + 1\right) \left(n + 2\right)}{2}"
    )


def test_assumptions_may_negate_with_a_tilde() -> None:
    halves = INDUCTIONS["halves"]
    negated = replace(halves, assuming=lambda a: [~(a == 1)])
    assert negated.replay({"n": 3, "a": 2}).kind == "sampled"
    with pytest.raises(ValueError, match="does not speak of"):
        negated.replay({"n": 3, "a": 1})
