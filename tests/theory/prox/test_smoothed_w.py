"""The claim on the smoothed W: proved with the solver, sampled without; mutations fall, failures prove nothing."""

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pqtheory.claims import ClaimResult
from pqtheory.claims.lemmas import ByLemmas, Lemma
from pqtheory.claims.verification import check_claim
from pqtheory.evidence import Budget, judge, smt
from pqtheory.evidence.base import CaseCheck
from pqtheory.regularizers import DistanceL1, SmoothedL1
from pqtheory.sets import Binary, Codebook
from pqtheory.theory import BOOK
from pqtheory.theory.given import GivenLevels
from pqtheory.theory.prox.smoothed_w import claim as smoothed_w
from pqtheory.theory.prox.smoothed_w import lemmas as _smoothed_prox
from pqtheory.theory.prox.smoothed_w import levels as _smoothed_levels
from pqtheory.theory.prox.smoothed_w.lemmas import minimiser

QUICK = Budget()
CLAIM = BOOK.load("smoothed-w")
needs_solver = pytest.mark.skipif(not smt.available(), reason="needs z3")
fractions = st.fractions(-3, 3, max_denominator=16)


@pytest.fixture(scope="module")
def result() -> ClaimResult:
    return check_claim(CLAIM, QUICK)


@needs_solver
def test_every_part_is_proved(result: ClaimResult) -> None:
    assert {p.kind for p in result.parts} == {"proved"}
    assert not result.notes
    assert result.ok
    assert all(p.evidence.proof for p in result.parts)
    assert all(any(step.machine for step in p.evidence.proof) for p in result.parts)


def test_both_bounds_are_attained(result: ClaimResult) -> None:
    assert result.measured[smoothed_w.ERROR] == 1
    assert result.measured[smoothed_w.SMOOTHNESS] == 1
    assert result.measured[smoothed_w.MIDPOINT] == [-0.125, 0.125]


@pytest.mark.parametrize("solver", [pytest.param(True, marks=needs_solver), False])
@pytest.mark.parametrize("name", [c.name for c in CLAIM.controls])
def test_controls_fall(name: str, solver: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "available", lambda: solver)
    check = next(c for c in CLAIM.controls if c.name == name).check
    found = check(QUICK)
    assert found.kind == "refuted"
    if isinstance(check, CaseCheck):
        case = {k: v for k, v in found.counterexample.items() if k != "margin"}  # type: ignore[union-attr]
        assert check.replay(case).kind == "refuted"


def test_without_the_solver_it_is_sampled_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "available", lambda: False)
    for part in CLAIM.parts:
        found = part.check(QUICK)
        assert found.kind == "sampled"
        assert found.cases >= 50
        assert found.note == "with z3-solver installed it would be proved"


@needs_solver
@pytest.mark.parametrize("name", [p.name for p in CLAIM.parts])
def test_a_timeout_is_no_proof(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "decide", lambda *a, **k: None)
    found = next(p for p in CLAIM.parts if p.name == name).check(QUICK)
    assert found.kind == "sampled"
    assert "no answer" in found.note


@needs_solver
def test_a_timeout_in_the_last_lemma_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    usual, check = smt.decide, minimiser()
    last = check.lemmas[-1].statement
    monkeypatch.setattr(smt, "decide", lambda s, *a, **k: None if s is last else usual(s, *a, **k))
    found = check(QUICK)
    assert found.kind == "sampled"
    assert check.lemmas[-1].text in found.note


@needs_solver
@pytest.mark.parametrize("factor", [Fraction(99, 100), Fraction(101, 100)])
def test_mutated_proxes_are_refuted(factor: Fraction) -> None:
    def pulls(s: SmoothedL1, t: Any, w: Any) -> Any:
        return s.prox(t, weight=factor * w)

    def rounded(s: SmoothedL1, t: Any, w: Any) -> Any:
        return SmoothedL1(s.set, factor * s.epsilon).prox(t, weight=w)

    # a quarter of the gap is the most that S allows
    for candidate in (pulls, rounded) if factor < 1 else (pulls,):
        assert minimiser(candidate)(QUICK).kind == "refuted"


@needs_solver
@pytest.mark.parametrize("name", ["_on_cap", "_mirror", "_convex_outside", "_light", "_heavy"])
def test_every_lemma_is_needed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def false(*variables: Any) -> Any:
        return [], variables[0] < variables[0]

    replacement = (lambda ties: false) if name == "_on_cap" else false
    monkeypatch.setattr(_smoothed_prox, name, replacement)
    found = minimiser()(QUICK)
    assert found.kind == "sampled"
    assert "refutes the lemma" in found.note


@needs_solver
def test_lemmas_one_percent_off_are_refuted() -> None:
    more = Fraction(101, 100)

    def too_flat(x: Any, p: Any, eps: Any) -> Any:
        bent = 2 * eps * _smoothed_prox.bend(x, p, eps)
        return [*_smoothed_prox.in_range(eps), x >= 0, p >= 0], more * bent >= -((x - p) ** 2)

    def convex_too_early(x: Any, p: Any, eps: Any) -> Any:
        inside = [x >= eps / more, p >= eps / more]
        return [*_smoothed_prox.in_range(eps), *inside], _smoothed_prox.bend(x, p, eps) >= 0

    for statement in (too_flat, convex_too_early):
        found = smt.decide(statement, "x p epsilon")
        assert found is not None
        assert found.kind == "refuted"


def test_cases_below_at_and_above_epsilon_are_looked_at() -> None:
    cases = list(_smoothed_prox.prox_cases(QUICK))
    assert {(w > e) - (w < e) for _, w, e, _ in cases} == {-1, 0, 1}
    assert any(t == 0 and w == e and x not in (0, e, -e) and abs(x) < e for t, w, e, x in cases)


@needs_solver
@pytest.mark.parametrize("count", [2, 3, 5, 6])
def test_other_numbers_of_levels_are_local_too(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_smoothed_levels, "LEVELS", count)
    names = f"{' '.join(f'l{i}' for i in range(count))} epsilon theta weight"
    for gap, read in itertools.product(range(count - 1), _smoothed_levels.READINGS.values()):
        found = smt.decide(_smoothed_levels._local(gap, read), names)
        assert found is not None
        assert found.kind == "proved"


@needs_solver
def test_the_wrong_gap_is_refuted() -> None:
    def statement(a: Any, b: Any, c: Any, eps: Any, t: Any) -> Any:
        all_levels, first = GivenLevels(a, b, c), GivenLevels(a, b)
        gaps = [eps > 0, 4 * eps <= b - a, 4 * eps <= c - b, t > b]
        return gaps, SmoothedL1(all_levels, eps).value(t) == SmoothedL1(first, eps).value(t)

    found = smt.decide(statement, "a b c epsilon theta")
    assert found is not None
    assert found.kind == "refuted"


@given(t=fractions, weight=st.fractions(Fraction(1, 16), 2, max_denominator=16))
def test_levels_are_a_codebook(t: Fraction, weight: Fraction) -> None:
    numbers = (Fraction(-2), Fraction(-1, 2), Fraction(0), Fraction(5, 4))
    ours, known = GivenLevels(*numbers), Codebook(numbers)
    eps = Fraction(1, 8)
    assert DistanceL1(ours).value(t) == DistanceL1(known).value(t)
    assert SmoothedL1(ours, eps).value(t) == SmoothedL1(known, eps).value(t)
    assert SmoothedL1(ours, eps).gradient(t) == SmoothedL1(known, eps).gradient(t)
    assert SmoothedL1(ours, eps).prox(t, weight) == SmoothedL1(known, eps).prox(t, weight)


@given(t=fractions, weight=st.fractions(Fraction(1, 8), 2, max_denominator=8))
def test_minimisers_are_those_of_the_definition(t: Fraction, weight: Fraction) -> None:
    """The set that the theorem names, against an exact search over the pieces of the objective."""
    eps = Fraction(1, 4)
    s = SmoothedL1(Binary(), eps)
    p, found = s.prox(t, weight), s.prox_set(t, weight)
    if t == 0 and weight == eps:
        assert found == (-eps, eps)
    elif t == 0:
        assert found == tuple(sorted({-p, p}))
    else:
        assert found == (p,)
    statement = minimiser().statement
    for x in (*found, p + eps / 7, -eps, Fraction(0)):
        assumptions, conclusion = statement(t, weight, eps, x)
        assert all(assumptions)
        assert conclusion


def test_by_lemmas_never_proves_more_than_its_lemmas() -> None:
    def positive(x: Any) -> Any:
        return [], x > 0

    def square(x: Any) -> Any:
        return [], x * x >= 0

    def fallback(budget: Budget) -> Any:
        return judge("sampled", np.zeros(3), {"x": np.arange(3)})

    true, false = Lemma("squares", square, "x"), Lemma("all positive", positive, "x")
    if smt.available():
        assert ByLemmas((true,), square, "x", fallback)(QUICK).kind == "proved"
        found = ByLemmas((true, false), square, "x", fallback)(QUICK)
        assert (found.kind, found.note) == ("sampled", "the solver refutes the lemma: all positive")
    assert ByLemmas((true,), positive, "x", fallback).replay({"x": -1}).kind == "refuted"
