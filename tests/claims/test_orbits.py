"""Periodic orbits in closed form: where they are, and what is no orbit refused."""

import subprocess
import sys
from fractions import Fraction
from functools import partial
from typing import Any

import pytest

from pqtheory.claims.cases import Searchable
from pqtheory.claims.orbit import PeriodicOrbit
from pqtheory.evidence import Budget, symbolic
from pqtheory.evidence.terms import Term
from pqtheory.report.formula import formula

sympy = pytest.importorskip("sympy")

from sympy.polys.fields import FracField  # noqa: E402  (needs sympy)

from pqtheory.evidence.symbolic.clock import Clock  # noqa: E402

QUICK = Budget()
HALF = Fraction(1, 2)


def where(test: Any, yes: Any, no: Any) -> Any:
    """On terms and on numbers."""
    return test.backend.where(test, yes, no) if isinstance(test, Term) else (yes if test else no)


def rotation(theta: Any, c: Any) -> Any:
    """theta / 2 + c modulo 1."""
    moved = theta / 2 + c
    return where(moved >= 1, moved - 1, moved)


def orbit_of_rotation(period: int, c: Fraction, **more: Any) -> PeriodicOrbit:
    return PeriodicOrbit(
        rotation,
        "c",
        period,
        Fraction(0),
        (c,),
        assuming=lambda c: [c >= HALF, c <= 1],
        solve_for="c",
        **more,
    )


def attractor(start: Fraction = Fraction(1)) -> PeriodicOrbit:
    return PeriodicOrbit(lambda t, a: (t + a) / 2, "a", 1, start, (HALF,))


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
    assert check(QUICK).kind == "proved"
    assert check.search(100).kind == "sampled"


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
    # the run itself denies it
    evidence = check(QUICK)
    assert evidence.kind == "refuted"
    assert "sympy found no answer" in evidence.note
    assert evidence.counterexample is not None
    assert check.replay({"c": evidence.counterexample["c"]}).kind == "refuted"
    assert check.search(10) is None
    with pytest.raises(ValueError, match="no orbit is found"):
        check.replay({"c": Fraction(2, 3)})


@pytest.mark.parametrize(("period", "c"), [(2, "2/3"), (3, "3/5"), (4, "19/20")])
def test_without_sympy_the_run_is_a_sample(
    period: int, c: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pqtheory.claims.orbit.available", lambda: False)
    evidence = orbit_of_rotation(period, Fraction(c))(QUICK)
    assert (evidence.kind, evidence.cases) == ("sampled", 1)
    assert evidence.note == "with sympy installed it would be proved"
    for wrong in (period + 1, 2 * period):
        assert orbit_of_rotation(wrong, Fraction(c))(QUICK).kind == "refuted"


def test_points_that_are_not_isolated_or_not_linear_are_refused() -> None:
    neutral = PeriodicOrbit(lambda t: -t, "", 2, Fraction(1), ())
    with pytest.raises(symbolic.UndecidedError, match="slope of 2 steps is 1"):
        neutral.find()
    curved = PeriodicOrbit(lambda t: t * t / 2, "", 1, HALF, (), settle=2)
    with pytest.raises(symbolic.UndecidedError, match="not linear in theta"):
        curved.find()
    choice = PeriodicOrbit(
        lambda t, a: (t + a) / 2, "a", 1, HALF, (HALF,), lambda a: [(a > 0) | (a < 0)]
    )
    with pytest.raises(symbolic.UndecidedError, match="expected comparisons"):
        choice.find()


def test_a_pole_of_the_closed_form_is_not_overlooked() -> None:
    """theta = b / (1 - a) for the map a theta + b, which nobody says is defined at a = 1."""

    def affine(assuming: Any) -> PeriodicOrbit:
        return PeriodicOrbit(lambda t, a, b: a * t + b, "a b", 1, HALF, (HALF, HALF), assuming)

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
    fixed = PeriodicOrbit(lambda t: t / 2 + 1, "", 1, HALF, ())
    assert fixed(QUICK).kind == "proved"
    assert fixed.search(10) is None
    assert [point() for point in fixed.find().points] == [2]
    with pytest.raises(ValueError, match="other than 'theta'"):
        PeriodicOrbit(rotation, "theta", 1, HALF, (HALF,))
    with pytest.raises(ValueError, match="sample: expected 1 number, got 0"):
        PeriodicOrbit(rotation, "c", 1, HALF, ())
    with pytest.raises(ValueError, match="period: expected a period >= 1, got 0"):
        orbit_of_rotation(0, HALF)
    with pytest.raises(ValueError, match="settle: expected a number of steps >= 0, got -1"):
        orbit_of_rotation(1, HALF, settle=-1)


@pytest.mark.parametrize("error", [sympy.PolynomialError, NotImplementedError, RecursionError])
def test_a_failure_of_sympy_is_no_proof(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise error("injected")

    monkeypatch.setattr(FracField, "from_expr", broken)
    # another start than elsewhere: what was found is kept
    evidence = attractor(Fraction(3))(QUICK)
    assert evidence.kind == "sampled"
    assert "injected" in evidence.note


def test_a_timeout_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clock, "__init__", lambda self, _: setattr(self, "end", 0.0))
    evidence = attractor(Fraction(5))(QUICK)
    assert evidence.kind == "sampled"
    assert evidence.note == "sympy found no answer: no answer in its time"


def test_without_sympy_the_checks_fall_back() -> None:
    code = (
        "import sys; sys.modules['sympy'] = None\n"
        "import pqtheory as pq\n"
        "from pqtheory.claims.induction import Induction\n"
        "from pqtheory.claims.orbit import PeriodicOrbit\n"
        "from pqtheory.evidence import Budget\n"
        "total = Induction(lambda n: n * (n + 1) / 2, lambda: 0, lambda s, n: s + n + 1)\n"
        "orbit = PeriodicOrbit(lambda x: x / 2, '', 1, 1, ())\n"
        "found = [check(Budget()) for check in (total, orbit)]\n"
        "print({(e.kind, e.note) for e in found}, orbit.search(10))\n"
        "result = pq.verify('lazy-oscillation')['lazy-oscillation']\n"
        "print(result.kind, result.ok, *result.notes, sep=', ')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    note = "with sympy installed it would be proved"
    expected = f"{{('sampled', '{note}')}} None\nsampled, True, {note}"
    assert done.stdout.strip() == expected


def test_latex_of_an_orbit() -> None:
    proof = orbit_of_rotation(2, Fraction(2, 3))(QUICK).proof
    for step in proof:
        assert formula(step.latex).count("<svg") == step.latex.count(r"\\") + 1
    _, points, *_, inside = proof
    assert points.latex == (
        r"\begin{aligned} \theta_{0} &= 2 c - \frac{4}{3} \\ "
        r"\theta_{1} &= 2 c - \frac{2}{3} \end{aligned}"
    )
    assert inside.latex == r"c \geq \frac{2}{3},\; c < \frac{5}{6}"


def test_the_sample_is_asked_whether_it_is_as_assumed() -> None:
    own = partial(PeriodicOrbit, rotation, "c", 2, Fraction(0), assuming=lambda c: [~(c == 2)])
    assert own(sample=(HALF,)).sample == (HALF,)
    with pytest.raises(ValueError, match="sample: expected numbers as assumed"):
        own(sample=(Fraction(2),))
