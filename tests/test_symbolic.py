"""The symbolic engine against known truths and falsehoods; what sympy cannot do never comes out as a proof."""

import subprocess
import sys
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pqtheory import methods, regularizers, sets
from pqtheory.evidence import Budget, Evidence, judge, smt, symbolic
from pqtheory.evidence.falsify import Searchable
from pqtheory.evidence.terms import Term
from pqtheory.report.formula import _lines
from pqtheory.schedules import Exponential
from pqtheory.sets.finite import FiniteSet

sympy = pytest.importorskip("sympy")
mathtext = pytest.importorskip("matplotlib.mathtext")

from sympy.polys import QQ, ring  # noqa: E402  (needs sympy)
from sympy.polys.fields import FracField  # noqa: E402

from pqtheory.evidence.symbolic import certificates  # noqa: E402
from pqtheory.evidence.symbolic.backend import Sympy, Where  # noqa: E402
from pqtheory.evidence.symbolic.clock import Clock  # noqa: E402
from pqtheory.evidence.symbolic.normal import NormalForms  # noqa: E402

QUICK = Budget()
OFF = Fraction(101, 100)
HALF = Fraction(1, 2)
numbers = st.fractions(-4, 4, max_denominator=16)
positive = st.fractions(Fraction(1, 16), 4, max_denominator=16)


def sampled(_: Budget) -> Evidence:
    return judge("sampled", np.zeros(3), {"i": np.arange(3)})


def kind(statement: smt.Statement, variables: str, **limits: Any) -> str | None:
    found = symbolic.decide(statement, variables, **limits)
    return found and found.kind


def value(term: Term, **values: Fraction) -> Fraction:
    """The reading at these numbers."""
    seen = {
        sympy.Symbol(name, real=True): sympy.Rational(v.numerator, v.denominator)
        for name, v in values.items()
    }

    def at(node: Any) -> Any:
        if node not in seen:
            if isinstance(node, Where):
                seen[node] = at(node.args[1 if at(node.args[0]) else 2])
            else:
                seen[node] = node.func(*map(at, node.args)) if node.args else node
        return seen[node]

    found = at(term.expression)
    return Fraction(int(found.p), int(found.q))


def exact(number: Fraction) -> Any:
    return np.array([number], dtype=object)


# The fourth reading.


def on_terms(registry: Any) -> list[str]:
    """Operators of one coordinate; a set that couples coordinates has no reading by terms."""
    made = {name: make() for name, make in registry.items()}
    return [n for n, m in made.items() if isinstance(getattr(m, "set", m), FiniteSet)]


@cache
def prox_reading(name: str) -> Term:
    t, w = Sympy().symbols("t w")
    return regularizers.REGISTRY[name]().prox(t, weight=w)


@cache
def value_reading(name: str) -> Term:
    return regularizers.REGISTRY[name]().value(*Sympy().symbols("t"))


@pytest.mark.parametrize("name", on_terms(regularizers.REGISTRY))
@given(t=numbers, w=positive)
def test_prox_reads_as_it_runs(name: str, t: Fraction, w: Fraction) -> None:
    expected = regularizers.REGISTRY[name]().prox(exact(t), w)[0]
    assert value(prox_reading(name), t=t, w=w) == expected


@pytest.mark.parametrize(
    "name", [n for n in on_terms(regularizers.REGISTRY) if not n.startswith("indicator")]
)
@given(t=numbers)
def test_value_reads_as_it_runs(name: str, t: Fraction) -> None:
    assert value(value_reading(name), t=t) == regularizers.REGISTRY[name]().value(exact(t))


@cache
def set_reading(name: str) -> tuple[Term, Term]:
    made, (t,) = sets.REGISTRY[name](), Sympy().symbols("t")
    return made.project(t), made.distance(t)


@pytest.mark.parametrize("name", on_terms(sets.REGISTRY))
@given(t=numbers)
def test_sets_read_as_they_run(name: str, t: Fraction) -> None:
    made, (projection, distance) = sets.REGISTRY[name](), set_reading(name)
    assert value(projection, t=t) == made.project(exact(t))[0]
    assert value(distance, t=t) == made.distance(exact(t))[0]


#: 1 / (1 + weight) rounds where the weight is a float, as it does in this registry
METHODS = {
    **methods.REGISTRY,
    "binary-relax": lambda eta: methods.BinaryRelax(eta, Exponential(Fraction(1), OFF)),
}


def moved(name: str, theta: Any, gradient: Any) -> Any:
    """Two steps with the same gradient, and the output."""
    method = METHODS[name](Fraction(1, 3))
    state = method.step(method.init(theta), gradient)
    return method.output(method.step(state, gradient)), method.query(state)


@cache
def method_reading(name: str) -> tuple[Term, Term]:
    return moved(name, *Sympy().symbols("t g"))


@pytest.mark.parametrize("name", METHODS)
@given(t=numbers, g=numbers)
def test_methods_read_as_they_run(name: str, t: Fraction, g: Fraction) -> None:
    expected = moved(name, exact(t), exact(g))
    for reading, ran in zip(method_reading(name), expected, strict=True):
        assert value(reading, t=t, g=g) == ran[0]


def test_divisors_are_kept_though_sympy_cancels_them() -> None:
    backend = Sympy()
    (x,) = backend.symbols("x")
    assert (x / x).expression == 1
    assert backend.divisors == [x.expression]
    with pytest.raises(ZeroDivisionError):
        x / (x - x)


def test_where_is_a_piecewise_of_sympy() -> None:
    (x,) = Sympy().symbols("x")
    expression = abs(x).expression.rewrite(sympy.Piecewise)
    assert expression == sympy.Piecewise((x.expression, x.expression >= 0), (-x.expression, True))


def test_powers_of_terms() -> None:
    (x,) = Sympy().symbols("x")
    assert (x**0).expression == 1
    assert (x**3).expression == x.expression**3
    with pytest.raises(ValueError, match="exponent: expected an integer >= 0, got -1"):
        x**-1
    with pytest.raises(TypeError, match="base: expected an integer or a term"):
        0.1**x
    z3 = pytest.importorskip("z3")
    y = Term(z3.Real("y"), smt.Z3())
    assert (y**0).expression == 1
    with pytest.raises(TypeError, match="expected a number as exponent"):
        y**y


# Identities.

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


def same(statement: smt.Statement, factor: Fraction) -> smt.Statement:
    """The statement with its first variable in the conclusion off by a factor."""
    return lambda *v: (statement(*v)[0], statement(v[0] * factor, *v[1:])[1])


@pytest.mark.parametrize("name", TRUTHS)
def test_known_truths(name: str) -> None:
    found = symbolic.decide(*TRUTHS[name])
    assert found == Evidence("proved")
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
    assert symbolic.or_else(statement, variables, sampled).replay(case).kind == "refuted"


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
    evidence = symbolic.or_else(statement, variables, sampled)(QUICK)
    assert evidence.kind == "sampled"
    assert "a divisor may be 0" in evidence.note


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
    from pqtheory.claims import w_prox

    W = regularizers.DistanceL1(sets.Binary())
    found = symbolic.decide(w_prox._printed_formula, "theta weight")
    assert found == Evidence("proved")
    assert "branches" in found.proof[-1].text
    for factor in (OFF, 1 / OFF):
        wrong = symbolic.identity(
            lambda t, w, f=factor: w_prox.printed(t, f * w),
            lambda t, w: W.prox(t, weight=w),
            lambda t, w: [w > 0],
        )
        assert kind(wrong, "theta weight") == "refuted"


# Certificates.


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


# Failures.


def broken(error: type[Exception]) -> Any:
    def from_expr(*_: Any) -> Any:
        raise error("injected")

    return from_expr


ERRORS = (sympy.PolynomialError, NotImplementedError, RecursionError)
GEOMETRIC = symbolic.Induction(
    closed=lambda n, q: (1 - q ** (n + 1)) / (1 - q),
    first=lambda q: 1 + 0 * q,
    following=lambda s, n, q: s + q ** (n + 1),
    parameters="q",
    assuming=lambda q: [q > 1],
)


@pytest.mark.parametrize("error", ERRORS)
def test_a_failure_of_sympy_is_no_proof(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FracField, "from_expr", broken(error))
    statement, variables = TRUTHS["square"]
    assert symbolic.decide(statement, variables) is None
    for check in (symbolic.or_else(statement, variables, sampled), GEOMETRIC, attractor()):
        evidence = check(QUICK)
        assert evidence.kind == "sampled"
        assert "sympy found no answer" in evidence.note


def test_a_timeout_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    assert symbolic.decide(*TRUTHS["square"], seconds=-1) is None
    monkeypatch.setattr(Clock, "__init__", lambda self, _: setattr(self, "end", 0.0))
    for check in (symbolic.or_else(*TRUTHS["square"], sampled), GEOMETRIC, attractor(HALF)):
        evidence = check(QUICK)
        assert evidence.kind == "sampled"
        assert "no answer in its time" in evidence.note


def test_two_readings_that_differ_are_an_error() -> None:
    def two_readings(x: Any) -> Any:
        is_sympy = isinstance(x, Term) and isinstance(x.backend, Sympy)
        return [], x == x if is_sympy else x > 0

    with pytest.raises(ArithmeticError, match="readings differ"):
        symbolic.decide(two_readings, "x")


def test_an_error_of_the_statement_is_not_swallowed() -> None:
    with pytest.raises(AttributeError, match="no attribute 'sqrt'"):
        symbolic.decide(lambda x: ([], x.backend.sqrt(x * x) == x), "x")


def test_without_sympy_the_checks_fall_back() -> None:
    code = (
        "import sys; sys.modules['sympy'] = None\n"
        "import pqtheory as pq\n"
        "from pqtheory.evidence import Budget, Evidence, symbolic\n"
        "fallback = lambda budget: Evidence('sampled', 1)\n"
        "forall = symbolic.or_else(lambda x: ([], x == x), 'x', fallback)\n"
        "total = symbolic.Induction(lambda n: n * (n + 1) / 2, lambda: 0, lambda s, n: s + n + 1)\n"
        "orbit = symbolic.PeriodicOrbit(lambda x: x / 2, '', 1, 1, (), fallback)\n"
        "found = [check(Budget()) for check in (forall, total, orbit)]\n"
        "print({(e.kind, e.note) for e in found}, orbit.search(10))\n"
        "result = pq.verify('lazy-oscillation')['lazy-oscillation']\n"
        "print(result.kind, result.ok, *result.notes, sep=', ')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    note = "with sympy installed it would be proved"
    expected = f"{{('sampled', '{note}')}} None\nproved, True, {note}"
    assert done.stdout.strip() == expected


# Induction.

INDUCTIONS = {
    "sum": symbolic.Induction(lambda n: n * (n + 1) / 2, lambda: 0, lambda s, n: s + n + 1),
    "squares": symbolic.Induction(
        lambda n: n * (n + 1) * (2 * n + 1) / 6, lambda: 0, lambda s, n: s + (n + 1) ** 2
    ),
    "geometric": GEOMETRIC,
    "halves": symbolic.Induction(lambda n, a: a / 2**n, lambda a: a, lambda s, n, a: s / 2, "a"),
    "descent": symbolic.Induction(
        lambda n, eta, x, b: (1 - eta) ** n * (x - b) + b,
        lambda eta, x, b: x,
        lambda s, n, eta, x, b: s - eta * (s - b),
        "eta x b",
    ),
    "even powers": symbolic.Induction(
        lambda n, q: q ** (2 * n), lambda q: 1 + 0 * q, lambda s, n, q: s * q * q, "q"
    ),
    "from 1": symbolic.Induction(
        lambda n, a: n * a, lambda a: a, lambda s, n, a: s * (n + 1) / n, "a", start=1
    ),
    "branches": symbolic.Induction(
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
    check = symbolic.Induction(*WRONG[name])
    evidence = check(QUICK)
    assert evidence.kind == "refuted"
    assert check.replay({"n": evidence.counterexample["n"]}).kind == "refuted"
    with pytest.raises(symbolic.UndecidedError, match="not shown"):
        check.prove(5.0)


def test_the_proof_needs_both_the_base_and_the_step() -> None:
    """Beyond what is looked at: the base fails alone, and the step fails alone, for a and b that differ."""
    base_only = symbolic.Induction(lambda n, a, b: a + n * b, lambda a, b: a, lambda s, n, a, b: s)
    step_only = symbolic.Induction(lambda n, a, b: a, lambda a, b: b, lambda s, n, a, b: s)
    for check, text in ((base_only, "a b"), (step_only, "a b")):
        wrong = symbolic.Induction(check.closed, check.first, check.following, text)
        with pytest.raises(symbolic.UndecidedError):
            wrong.prove(5.0)
        assert wrong(QUICK).kind == "refuted"


def test_what_goes_wrong_late_is_not_proved() -> None:
    """Right for every value that is looked at."""
    late = symbolic.Induction(
        lambda n: 0 * n, lambda: 0, lambda s, n: s + where(n >= 1000, 1 + 0 * n, 0 * n)
    )
    evidence = late(QUICK)
    assert evidence.kind == "sampled"
    assert "not shown" in evidence.note


def test_divisors_and_exponents_of_an_induction() -> None:
    everywhere = symbolic.Induction(
        GEOMETRIC.closed, GEOMETRIC.first, GEOMETRIC.following, GEOMETRIC.parameters
    )
    assert "a divisor may be 0" in everywhere(QUICK).note
    square = symbolic.Induction(
        lambda n, q: q ** (n * n), lambda q: 1 + 0 * q, lambda s, n, q: s * q ** (2 * n + 1), "q"
    )
    assert "not linear in n" in square(QUICK).note
    falling = symbolic.Induction(
        lambda n, q: q * q ** (n - 1), lambda q: 1 + 0 * q, lambda s, n, q: s * q, "q"
    )
    assert "a divisor may be 0" in falling(QUICK).note


def test_arguments_of_an_induction() -> None:
    assert isinstance(GEOMETRIC, Searchable)
    assert GEOMETRIC.replay({"n": 3, "q": Fraction(3, 2)}).kind == "sampled"
    with pytest.raises(ValueError, match="does not speak of"):
        GEOMETRIC.replay({"n": 3, "q": Fraction(1, 2)})
    with pytest.raises(ValueError, match="other than 'n'"):
        symbolic.Induction(lambda n, m: m, lambda m: m, lambda s, n, m: s, "n")
    with pytest.raises(ValueError, match="start: expected an index >= 0, got -1"):
        symbolic.Induction(lambda n: n, lambda: 0, lambda s, n: s, start=-1)
    nowhere = symbolic.Induction(
        lambda n, a: a, lambda a: a, lambda s, n, a: s, "a", lambda a: [a > 0, a < 0]
    )
    with pytest.raises(ValueError, match="no case satisfies"):
        nowhere(QUICK)


# Orbits.


def rotation(theta: Any, c: Any) -> Any:
    """theta / 2 + c modulo 1."""
    moved = theta / 2 + c
    return where(moved >= 1, moved - 1, moved)


def orbit_of_rotation(period: int, c: Fraction, **more: Any) -> symbolic.PeriodicOrbit:
    return symbolic.PeriodicOrbit(
        rotation,
        "c",
        period,
        Fraction(0),
        (c,),
        sampled,
        assuming=lambda c: [c >= HALF, c <= 1],
        solve_for="c",
        **more,
    )


def attractor(start: Fraction = Fraction(1)) -> symbolic.PeriodicOrbit:
    return symbolic.PeriodicOrbit(lambda t, a: (t + a) / 2, "a", 1, start, (HALF,), sampled)


@pytest.mark.parametrize(("period", "c"), [(2, "2/3"), (3, "3/5"), (3, "9/10"), (4, "19/20")])
def test_orbits_of_a_contracted_rotation(period: int, c: str) -> None:
    """Exactly where the formula says so the points go round, on a grid of parameters."""
    check = orbit_of_rotation(period, Fraction(c))
    orbit = check.find()
    assert orbit.exact
    assert orbit.slope(Fraction(c)) == HALF**period
    inside = 0
    for n in range(210, 421):
        c = Fraction(n, 420)
        points = [point(c) for point in orbit.points]
        assert len(set(points)) == period
        goes_round = [rotation(p, c) for p in points] == [*points[1:], points[0]]
        assert orbit.inside(c) == goes_round
        inside += goes_round
    assert 0 < inside < 210
    assert check(QUICK) == Evidence("proved")
    assert check.search(50).kind == "sampled"


def test_the_ends_of_a_range_are_exact() -> None:
    orbit = orbit_of_rotation(2, Fraction(2, 3)).find()
    low, high = Fraction(2, 3), Fraction(5, 6)
    for c, inside in ((low, True), (low - Fraction(1, 10**9), False), (high, False)):
        points = [point(c) for point in orbit.points]
        assert orbit.inside(c) == inside
        assert ([rotation(p, c) for p in points] == points[::-1]) == inside
    assert orbit.inside(high - Fraction(1, 10**9))


@pytest.mark.parametrize("period", [1, 2, 4, 5, 6])
def test_a_wrong_period_is_refused(period: int) -> None:
    check = orbit_of_rotation(period, Fraction(3, 5))
    reason = "the period is 3, not 6" if period == 6 else "do not repeat"
    with pytest.raises(symbolic.UndecidedError, match=reason):
        check.find()
    evidence = check(QUICK)
    assert evidence.kind == "sampled"
    assert "sympy found no answer" in evidence.note
    assert check.search(10) is None
    with pytest.raises(ValueError, match="no orbit is found"):
        check.replay({"c": Fraction(3, 5)})


def test_points_that_are_not_isolated_or_not_linear_are_refused() -> None:
    neutral = symbolic.PeriodicOrbit(lambda t: -t, "", 2, Fraction(1), (), sampled)
    with pytest.raises(symbolic.UndecidedError, match="slope of 2 steps is 1"):
        neutral.find()
    curved = symbolic.PeriodicOrbit(lambda t: t * t / 2, "", 1, HALF, (), sampled, settle=2)
    with pytest.raises(symbolic.UndecidedError, match="not linear in theta"):
        curved.find()
    choice = symbolic.PeriodicOrbit(
        lambda t, a: (t + a) / 2, "a", 1, HALF, (HALF,), sampled, lambda a: [(a > 0) | (a < 0)]
    )
    with pytest.raises(symbolic.UndecidedError, match="expected comparisons"):
        choice.find()


def test_a_pole_of_the_closed_form_is_not_overlooked() -> None:
    """theta = b / (1 - a) for the map a theta + b, which nobody says is defined at a = 1."""

    def affine(assuming: Any) -> symbolic.PeriodicOrbit:
        return symbolic.PeriodicOrbit(
            lambda t, a, b: a * t + b, "a b", 1, HALF, (HALF, HALF), sampled, assuming
        )

    with pytest.raises(symbolic.UndecidedError, match="a divisor may be 0"):
        affine(lambda a, b: []).find()
    orbit = affine(lambda a, b: [a < 1]).find()
    assert orbit.points[0](Fraction(1, 3), Fraction(2)) == 3
    assert orbit.slope(Fraction(1, 3), Fraction(2)) == Fraction(1, 3)


def test_arguments_of_an_orbit() -> None:
    assert isinstance(attractor(), Searchable)
    assert attractor().replay({"a": Fraction(3)}).kind == "sampled"
    with pytest.raises(ValueError, match=r"outside|does not satisfy"):
        orbit_of_rotation(2, Fraction(2, 3)).replay({"c": Fraction(9, 10)})
    fixed = symbolic.PeriodicOrbit(lambda t: t / 2 + 1, "", 1, HALF, (), sampled)
    assert fixed(QUICK).kind == "proved"
    assert fixed.search(10) is None
    assert [point() for point in fixed.find().points] == [2]
    with pytest.raises(ValueError, match="other than 'theta'"):
        symbolic.PeriodicOrbit(rotation, "theta", 1, HALF, (HALF,), sampled)
    with pytest.raises(ValueError, match="sample: expected 1 numbers, got 0"):
        symbolic.PeriodicOrbit(rotation, "c", 1, HALF, (), sampled)
    with pytest.raises(ValueError, match="period: expected a period >= 1, got 0"):
        orbit_of_rotation(0, HALF)
    with pytest.raises(ValueError, match="settle: expected a number of steps >= 0, got -1"):
        orbit_of_rotation(1, HALF, settle=-1)


# LaTeX.


def parsed(latex: str) -> int:
    """How many lines matplotlib can read; it raises at the first that it cannot."""
    lines = _lines(latex)
    for line in lines:
        mathtext.MathTextParser("path").parse(f"${line}$")
    return len(lines)


def test_latex_of_proofs_is_well_formed() -> None:
    proofs = [symbolic.decide(*TRUTHS[name]).proof for name in TRUTHS]
    proofs += [check(QUICK).proof for check in INDUCTIONS.values()]
    proofs += [orbit_of_rotation(3, Fraction(3, 5))(QUICK).proof]
    for step in (step for proof in proofs for step in proof):
        assert step.text.startswith("sympy: ")
        if "each branch of the opposite" not in step.text:
            assert parsed(step.latex) == max(step.latex.count(r"\\") + 1, 1)
            assert any(sign in step.latex for sign in ("=", r"\neq", r"\geq", r"\leq", "<", ">"))


def test_latex_shows_the_equation_that_was_verified() -> None:
    (step,) = symbolic.decide(*TRUTHS["square"]).proof
    assert step.latex == r"\left(a + b\right)^{2} = a^{2} + 2 a b + b^{2}"
    _, points, *_, inside = orbit_of_rotation(2, Fraction(2, 3))(QUICK).proof
    assert points.latex == (
        r"\begin{aligned} \theta_{0} &= 2 c - \frac{4}{3} \\ "
        r"\theta_{1} &= 2 c - \frac{2}{3} \end{aligned}"
    )
    assert inside.latex == r"c \geq \frac{2}{3},\; c < \frac{5}{6}"
