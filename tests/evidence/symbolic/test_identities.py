"""Identities against known truths and falsehoods; what sympy cannot do never comes out as a proof."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pqtheory import regularizers, sets
from pqtheory.evidence import Budget, Evidence, judge, smt, symbolic
from pqtheory.evidence.terms import Term
from pqtheory.report.formula import formula
from pqtheory.theory.prox import w_prox

sympy = pytest.importorskip("sympy")

from sympy.polys import QQ, ring  # noqa: E402  (needs sympy)
from sympy.polys.fields import FracField  # noqa: E402

from pqtheory.evidence.symbolic import certificates, checks  # noqa: E402
from pqtheory.evidence.symbolic.backend import Sympy  # noqa: E402
from pqtheory.evidence.symbolic.clock import Clock  # noqa: E402
from pqtheory.evidence.symbolic.normal import NormalForms  # noqa: E402

QUICK = Budget()
OFF = Fraction(101, 100)
numbers = st.fractions(-4, 4, max_denominator=16)


def sampled(_: Budget) -> Evidence:
    return judge("sampled", np.zeros(3), {"i": np.arange(3)})


def kind(statement: smt.Statement, variables: str) -> str | None:
    found = symbolic.decide(statement, variables)
    return found and found.kind


TRUTHS = {
    "square": (lambda a, b: ([], (a + b) ** 2 == a * a + 2 * a * b + b * b), "a b"),
    "fractions": (lambda a, b: ([a > 0, b > 0], 1 / a + 1 / b == (a + b) / (a * b)), "a b"),
    "absolute square": (lambda x: ([], abs(x) * abs(x) == x * x), "x"),
    "absolute value": (lambda x: ([x >= 0], abs(x) == x), "x"),
    "removable pole": (lambda x: ([(x > 1) | (x < 1)], (x * x - 1) / (x - 1) == x + 1), "x"),
    "larger and smaller": (lambda a, b: ([], larger(a, b) + smaller(a, b) == a + b), "a b"),
    "one of two": (lambda s, g: ([(s == 1) | (s == -1)], s * s * g == g), "s g"),
    "sum of two": (lambda a, b: ([a >= 0, b >= 0], a + b >= a), "a b"),
    "product": (lambda a, b: ([a > 0, b > 1], a * b > a), "a b"),
    "either": (lambda a, b: ([], (a >= b) | (b >= a)), "a b"),
    "same truth": (lambda a, b: ([], (a - b >= 0) == (b <= a)), "a b"),
}


def larger(a: Any, b: Any) -> Any:
    return where(a >= b, a, b)


def smaller(a: Any, b: Any) -> Any:
    return where(a <= b, a, b)


def where(test: Any, yes: Any, no: Any) -> Any:
    """On terms and on numbers."""
    return test.backend.where(test, yes, no) if isinstance(test, Term) else (yes if test else no)


@pytest.mark.parametrize("name", TRUTHS)
def test_known_truths(name: str) -> None:
    found = symbolic.decide(*TRUTHS[name])
    assert found is not None
    assert found.kind == "proved"
    assert found.proof


FALSEHOODS = {
    "square, 1 % off": (lambda a, b: ([], (a + b) ** 2 == a * a + 2 * OFF * a * b + b * b), "a b"),
    "sign": (lambda a, b: ([], (a - b) ** 2 == a * a + 2 * a * b + b * b), "a b"),
    "fractions": (lambda a, b: ([a > 0, b > 0], 1 / a + 1 / b == (a + b) / (a * b * OFF)), "a b"),
    "root of a square": (lambda x: ([], abs(x) == x), "x"),
    "not below 0": (lambda a, b: ([a >= 0, b >= 0], a + b > a), "a b"),
    "only beyond 3": (lambda x: ([], where(x >= 3, 2 * x, x) == x), "x"),
    "only between": (lambda x: ([], where((x > 2) & (x < 3), 0 * x, x) == x), "x"),
    "one of three": (lambda s, g: ([(s == 1) | (s == -1) | (s == 2)], s * s * g == g), "s g"),
    "truths differ": (lambda a, b: ([], (a > b) == (b <= a)), "a b"),
}


@pytest.mark.parametrize("name", FALSEHOODS)
def test_known_falsehoods(name: str) -> None:
    statement, variables = FALSEHOODS[name]
    found = symbolic.decide(statement, variables)
    assert found is not None
    assert found.kind == "refuted"
    case = {n: found.counterexample[n] for n in variables.split()}
    assumptions, conclusion = statement(*case.values())
    assert all(assumptions)
    assert not conclusion


UNDECIDED = {
    "x / x": (lambda x: ([], x / x == 1), "x"),
    "pole": (lambda x: ([], (x * x - 1) / (x - 1) == x + 1), "x"),
    "pole at a border": (lambda x: ([x >= 1], (x * x - 1) / (x - 1) == x + 1), "x"),
    "assumed by dividing": (lambda x: ([1 / x > 0], x / x == 1), "x"),
    "pole in a branch that is not taken": (lambda x: ([], where(x > 0, 1 / x, x) * 0 == 0), "x"),
    "pole inside a divisor": (lambda x: ([], 1 / (1 + 1 / x) * (1 + 1 / x) == 1), "x"),
    "pole in a test": (lambda x: ([], where(1 / x > 0, x, x) == x), "x"),
    "divisor in disguise": (
        lambda x, y: ([], x / ((x + y) ** 2 - x * x - 2 * x * y - y * y + x) == 1),
        "x y",
    ),
}


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_is_undefined_somewhere_is_not_proved(name: str) -> None:
    statement, variables = UNDECIDED[name]
    assert symbolic.decide(statement, variables) is None
    assert "a divisor may be 0" in checks.answer(statement, variables, 5.0, 100)[1]


def test_an_identity_of_two_formulas() -> None:
    def left(a: Any, b: Any) -> Any:
        return (a * a - b * b) / (a - b)

    everywhere = symbolic.identity(left, lambda a, b: a + b)
    assert symbolic.decide(everywhere, "a b") is None
    apart = symbolic.identity(left, lambda a, b: a + b, lambda a, b: [a > b])
    assert kind(apart, "a b") == "proved"
    wrong = symbolic.identity(left, lambda a, b: a + OFF * b, lambda a, b: [a > b])
    assert kind(wrong, "a b") == "refuted"


@pytest.mark.parametrize("real", [True, None])
def test_what_is_no_rational_function_has_no_normal_form(real: bool | None) -> None:
    x = sympy.Symbol("x", real=real)
    forms = NormalForms([x])
    strange = (sympy.sqrt(x**2) - x, sympy.sin(x) ** 2 + sympy.cos(x) ** 2 - 1, 0.1 * x, abs(x))
    for expression in strange:
        with pytest.raises(symbolic.UndecidedError):
            forms.fraction(expression)
    assert forms.fraction((x + 1) ** 2 - x**2 - 2 * x - 1) == 0


def test_operators_equal_their_printed_formulas() -> None:
    W = regularizers.DistanceL1(sets.Binary())
    formula_of_page = w_prox.is_the_printed_formula
    found = symbolic.decide(formula_of_page.read, formula_of_page.names)
    assert found is not None
    assert found.kind == "proved"
    assert any("branches" in step.text for step in found.proof)
    for factor in (OFF, 1 / OFF):
        wrong = symbolic.identity(
            lambda t, w, f=factor: W.prox(t, weight=f * w),
            lambda t, w: W.prox(t, weight=w),
            lambda t, w: [w > 0],
        )
        assert kind(wrong, "theta weight") == "refuted"


@given(
    st.lists(st.lists(st.integers(-3, 3), min_size=6, max_size=6), min_size=1, max_size=5),
    numbers,
    numbers,
)
def test_what_some_point_satisfies_is_never_contradictory(
    rows: list[list[int]], x: Fraction, y: Fraction
) -> None:
    R, a, b = ring("a,b", QQ)
    signs = []
    for row in rows:
        p = sum((c * m for c, m in zip(row, (R.one, a, b, a * a, a * b, b * b), strict=True)), R(0))
        here = p.evaluate([(a, QQ(x.numerator, x.denominator))])
        here = here.evaluate(0, QQ(y.numerator, y.denominator))
        signs.append((p if here >= 0 else -p, here != 0))
    assert not certificates.contradict(signs, 2, lambda: None)


def test_contradictions_have_certificates() -> None:
    _, x, y = ring("x,y", QQ)
    one = x.ring.one

    def contradict(*signs: Any, degree: int = 1) -> bool:
        return certificates.contradict(signs, degree, lambda: None)

    assert contradict((x, True), (-x, False))
    assert not contradict((x, False), (-x, False))
    assert contradict((x - 1, False), (y - x, False), (one / 2 - y, False))
    assert contradict((-one, False))
    assert not contradict()
    assert not contradict((x, True), (y, True), (-x * y, False))
    assert contradict((x, True), (y, True), (-x * y, False), degree=2)


def test_a_wrong_certificate_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    _, x, _ = ring("x,y", QQ)
    monkeypatch.setattr(certificates, "combination", lambda *_: {0: Fraction(1)})
    with pytest.raises(ArithmeticError, match="no certificate"):
        certificates.contradict([(x, True)], 1, lambda: None)


@pytest.mark.parametrize("error", [sympy.PolynomialError, NotImplementedError, RecursionError])
def test_a_failure_of_sympy_is_no_proof(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise error("injected")

    monkeypatch.setattr(FracField, "from_expr", broken)
    assert symbolic.decide(*TRUTHS["square"]) is None
    assert "injected" in checks.answer(*TRUTHS["square"], 5.0, 100)[1]


def test_a_timeout_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    assert symbolic.decide(*TRUTHS["square"], seconds=-1) is None
    monkeypatch.setattr(Clock, "__init__", lambda self, _: setattr(self, "end", 0.0))
    assert checks.answer(*TRUTHS["square"], 5.0, 100) == (None, "no answer in its time")


def test_two_readings_that_differ_are_an_error() -> None:
    def two_readings(x: Any) -> Any:
        is_sympy = isinstance(x, Term) and isinstance(x.backend, Sympy)
        return [], x == x if is_sympy else x > 0

    with pytest.raises(ArithmeticError, match="readings differ"):
        symbolic.decide(two_readings, "x")


def test_an_error_of_the_statement_is_not_swallowed() -> None:
    with pytest.raises(AttributeError, match="no attribute 'sqrt'"):
        symbolic.decide(lambda x: ([], x.backend.sqrt(x * x) == x), "x")


@pytest.mark.parametrize("name", TRUTHS)
def test_latex_is_well_formed(name: str) -> None:
    for step in symbolic.decide(*TRUTHS[name]).proof:
        if step.text.startswith("the assumptions hold at "):
            continue
        assert step.text.startswith("sympy: ")
        lines = step.latex.count(r"\\") + 1 if step.latex else 0
        assert formula(step.latex).count("<svg") == lines
        assert lines or "each branch of the opposite" in step.text


def test_latex_shows_the_equation_that_was_verified() -> None:
    (step,) = symbolic.decide(*TRUTHS["square"]).proof
    assert step.latex == r"\left(a + b\right)^{2} = a^{2} + 2 a b + b^{2}"
    _, step, model = symbolic.decide(*TRUTHS["removable pole"]).proof
    assert model.text == "the assumptions hold at x = 0, among others"
    assert step.latex == (
        r"\begin{aligned} \frac{x^{2} - 1}{x - 1} &= x + 1 \quad (x > 1) \\ "
        r"\frac{x^{2} - 1}{x - 1} &= x + 1 \quad (1 \geq x) \end{aligned}"
    )
