"""What is asked of the symbolic engine, where there is no proof, and what is said then."""

import re
from fractions import Fraction
from typing import Any

import pytest

sympy = pytest.importorskip("sympy")

from pqtheory.evidence import Evidence  # noqa: E402  (needs sympy)
from pqtheory.evidence.symbolic import checks, proofs  # noqa: E402
from pqtheory.evidence.symbolic.clock import UndecidedError, failures  # noqa: E402
from pqtheory.evidence.symbolic.formulas import Formula  # noqa: E402


def positive(x: Any) -> Any:
    return (x > 0,), x > 0


def everywhere(x: Any) -> Any:
    return (), x * x >= 0


@pytest.fixture
def undecided(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The engine has no answer; what it was asked."""
    asked: list[Any] = []

    def prove(*given: Any) -> Any:
        asked.append(given)
        raise UndecidedError("a reason")

    monkeypatch.setattr(proofs, "prove", prove)
    return asked


def test_the_engine_is_asked_with_names_apart_and_its_time(undecided: list[Any]) -> None:
    assert checks.answer(everywhere, " x ", 3.0, 10) == (None, "a reason")
    assert undecided == [(everywhere, "x", 3.0)]
    assert checks.decide(everywhere, "x") is None
    assert undecided[1:] == [(everywhere, "x", 5.0)]
    for names in ("x x", "1"):
        with pytest.raises(ValueError, match=r"^variables: expected "):
            checks.answer(everywhere, names, 3.0, 10)


def test_without_a_proof_cases_are_looked_at(
    undecided: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, why = checks.answer(lambda x: ((), x < 3), "x", 3.0, 100)
    assert found is not None
    assert (found.kind, why) == ("refuted", "a reason")
    looked: list[Any] = []
    monkeypatch.setattr(checks, "_denied", lambda *given: looked.append(given))
    checks.answer(everywhere, "x", 3.0, 7)
    checks.answer(everywhere, "x", 3.0, 8, for_search=positive)
    # of no examples nothing is looked at
    assert checks.answer(everywhere, "x", 3.0, 0) == (None, "a reason")
    assert looked == [(everywhere, "x", 7), (positive, "x", 8)]
    checks.decide(everywhere, "x")
    assert looked[2:] == [(everywhere, "x", 100)]


def test_beside_a_proof_few_cases_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Any] = []
    monkeypatch.setattr(checks, "_denied", lambda *given: looked.append(given))
    found, why = checks.answer(everywhere, "x", 20.0, 50, for_search=everywhere)
    assert found is not None
    assert (found.kind, why) == ("proved", "")
    assert looked == [(everywhere, "x", 20)]
    monkeypatch.setattr(checks, "_denied", lambda *given: found)
    message = "sympy proves what exact arithmetic refutes: two readings differ"
    with pytest.raises(ArithmeticError, match=f"^{message}$"):
        checks.answer(everywhere, "x", 20.0, 50)


def test_what_sympy_reads_as_true_at_once_is_proved_by_that() -> None:
    found = checks.decide(everywhere, "x")
    assert found is not None
    assert found.kind == "proved"
    assert [step.text for step in found.proof] == [
        "sympy: the conclusion reads as true of all numbers"
    ]
    # what is divided by is shown not to be 0 all the same
    over, _ = checks.answer(lambda x: ((x > 0,), (1 / x) ** 2 >= 0), "x", 5.0, 10)
    assert over is not None
    assert over.proof[0].text.startswith("sympy: no divisor is 0: ")
    assert checks.decide(lambda x: ((), (1 / x) ** 2 >= 0), "x") is None


def test_a_case_that_satisfies_the_assumptions_is_a_step() -> None:
    found, why = checks.answer(positive, "x", 20.0, 50)
    assert found is not None
    assert (found.kind, why) == ("proved", "")
    assert re.fullmatch(r"the assumptions hold at x = .*, among others", found.proof[-1].text)
    plain, _ = checks.answer(everywhere, "x", 20.0, 50)
    assert plain is not None
    assert "assumptions" not in plain.proof[-1].text


def test_assumptions_that_contradict_each_other() -> None:
    def never(x: Any, y: Any) -> Any:
        return (x > y, y > x), x == y

    message = "assumptions: no real x, y satisfy all of them, so that the statement says nothing"
    with pytest.raises(ValueError, match=f"^{message}$"):
        checks.answer(never, "x y", 20.0, 50)


def test_assumptions_that_no_case_is_found_for(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Any] = []

    def denied(statement: Any, variables: str, examples: int) -> None:
        looked.append((variables, examples))

    monkeypatch.setattr(checks, "_denied", denied)
    found, why = checks.answer(positive, "x", 20.0, 50, models=77)
    assert found is None
    assert why == "no numbers are found that satisfy the assumptions"
    # few at first, then as many as are asked for, then for a counterexample
    assert looked == [("x", 20), ("x", 77), ("x", 50)]


def test_a_counterexample_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Evidence("refuted", 1, -1.0, counterexample={"x": Fraction(2)})
    monkeypatch.setattr(checks, "search_statement", lambda *_: wrong)
    with pytest.raises(ArithmeticError, match=r"^\{'x': Fraction\(2, 1\)\} does not replay$"):
        checks._denied(everywhere, "x", 3)
    assert checks._denied(lambda x: ((), x < 2), "x", 3) is wrong
    # what does not satisfy the assumptions denies nothing
    with pytest.raises(ArithmeticError, match="does not replay"):
        checks._denied(lambda x: ((x < 2,), x < 2), "x", 3)
    none = Evidence("sampled", 1, 0.0)
    monkeypatch.setattr(checks, "search_statement", lambda *_: none)
    assert checks._denied(everywhere, "x", 3) is None


def test_an_identity_has_its_assumptions() -> None:
    plain = checks.identity(lambda x: x + 1, lambda x: 2 * x)
    assert plain(Fraction(3)) == ((), False)
    assert plain(Fraction(1)) == ((), True)
    where = checks.identity(lambda x, y: x, lambda x, y: y, lambda x, y: (x > y,))
    assert where(2, 1) == ((True,), False)


def test_what_is_said_where_there_is_no_answer() -> None:
    assert checks.missing() == "with sympy installed it would be proved"
    assert checks.no_answer("a reason") == "sympy found no answer: a reason"
    assert checks.available()


@pytest.mark.parametrize("error", [NotImplementedError, ZeroDivisionError, RecursionError])
def test_what_sympy_gives_up_with(error: type[Exception]) -> None:
    with pytest.raises(UndecidedError, match=f"^{error.__name__}: a reason$"), failures():
        raise error("a reason")


X, Y = sympy.symbols("x y", real=True)


@pytest.mark.parametrize(
    "expression",
    [
        X - 2 * Y + sympy.Rational(1, 3),
        X**3 * Y,
        (X + 1) / (Y**2 + 1),
        X >= Y,
        X > Y,
        X <= Y,
        X < Y,
        sympy.And(X > 0, Y > 0),
        sympy.Or(X > 0, Y > 0),
        sympy.true,
        sympy.false,
    ],
)
def test_formulas_run_on_fractions(expression: Any) -> None:
    formula = Formula(expression, "x y")
    assert (formula.latex, str(formula)) == (sympy.latex(expression), str(expression))
    for x, y in ((2, 2), (3, -1), (-1, 3), (Fraction(1, 2), Fraction(-2, 3))):
        expected = expression.subs({X: sympy.Rational(str(x)), Y: sympy.Rational(str(y))})
        found = formula(Fraction(x), Fraction(y))
        if isinstance(found, bool):
            assert found == bool(expected)
        else:
            assert sympy.Rational(str(found)) == expected


def test_a_formula_has_as_many_values_as_variables() -> None:
    with pytest.raises(ValueError, match="zip"):
        Formula(X, "x y")(Fraction(1))
