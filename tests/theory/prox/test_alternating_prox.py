"""The claim on the alternating prox: theorems and mutations, the code's least squares, the enumeration, controls."""

import itertools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pqtheory.claims import ClaimResult, Evidence
from pqtheory.evidence import Budget, smt
from pqtheory.quantizers import AdaptiveTernary, AlternatingMultiBit
from pqtheory.quantizers._least_squares import eliminated, shortest_solution
from pqtheory.quantizers.alternating_multi_bit import _nearest_index
from pqtheory.regularizers.alternating_distance import AlternatingDistance, best_point
from pqtheory.theory import BOOK
from pqtheory.theory.prox.alternating_prox import cases as single
from pqtheory.theory.prox.alternating_prox import claim as alternating_prox
from pqtheory.theory.prox.alternating_prox import (
    first_fit,
    half_steps,
    least_squares,
    one_bit,
    ternary,
)
from pqtheory.theory.prox.alternating_prox import runs as cases

from ..verified import verified

QUICK = Budget()
CLAIM = BOOK.load("alternating-prox")
needs_solver = pytest.mark.skipif(not smt.available(), reason="needs z3")
numbers = st.fractions(-4, 4, max_denominator=8)
weights = st.fractions(0, 50, max_denominator=8)


@pytest.fixture(scope="module")
def result() -> ClaimResult:
    return verified(CLAIM.name)


def part(name: str) -> Any:
    return next(p for p in CLAIM.parts if p.name == name)


def control(name: str) -> Any:
    return next(c for c in CLAIM.controls if c.name == name)


def exact(row: Sequence[Any]) -> Any:
    return np.array([Fraction(n) for n in row], dtype=object)


@needs_solver
def test_every_part_is_proved(result: ClaimResult) -> None:
    assert {p.kind for p in result.parts} == {"proved"}
    assert result.ok
    assert not result.notes


def test_figures(result: ClaimResult) -> None:
    assert result.measured[alternating_prox.CHANGED] == 0
    for bits in (1, 2, 3, 4):
        for what in ("integer", "normal"):
            assert result.measured[f"share of {what} inputs where J grows, {bits}-bit"] == 0
    shares = {n: v for n, v in result.measured.items() if n.startswith("share at the global")}
    assert len(shares) == 9
    assert all((v == 1) == ("1-bit" in n) for n, v in shares.items())
    assert any("3-bit, d = 8" in n for n in shares)


@pytest.mark.parametrize("solver", [pytest.param(True, marks=needs_solver), False])
@pytest.mark.parametrize("name", [c.name for c in CLAIM.controls])
def test_controls_fall(name: str, solver: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "available", lambda: solver)
    assert control(name).check(QUICK).kind == "refuted"


def test_the_fresh_start_replays() -> None:
    case = cases.descent(cases.restarted, QUICK).counterexample
    quantizer = AlternatingMultiBit(case["bits"])
    theta, x, path = exact(case["theta"]), exact(case["theta"]), []
    for _ in range(cases.ROUNDS):
        q = quantizer.fit(x).values
        after = (theta + case["weight"] * q) / (1 + case["weight"])
        for point in (x, after):
            gap = cases.squares(point - q)
            path.append(cases.squares(point - theta) / 2 + case["weight"] * gap / 2)
        x = after
    assert path == case["J"]
    assert any(b > a for a, b in itertools.pairwise(path))


def test_the_global_optimum_that_is_missed_replays() -> None:
    case = control("always global").check(QUICK).counterexample
    theta = np.array(case["theta"])
    end = AlternatingDistance(AlternatingMultiBit(case["bits"]), 20).envelope(theta, 0.5) * 6
    columns = [np.array((1, *b)) for b in itertools.product((1, -1), repeat=len(theta) - 1)]
    squares = []
    for chosen in itertools.combinations(columns, case["bits"]):
        B = np.stack(chosen, axis=-1).astype(float)
        squares.append(cases.squares(theta - B @ np.linalg.lstsq(B, theta)[0]))
    assert end - min(squares) == pytest.approx(-case["margin"] * cases.squares(theta))


@pytest.mark.parametrize("name", ["best x", "ternary"])
def test_without_the_solver_it_is_sampled(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "available", lambda: False)
    found = part(name).check(QUICK)
    assert found.kind == "sampled"
    assert "with z3-solver installed it would be proved" in found.note


def decided(check: Any) -> str:
    """What the engines say."""
    found = check.decided(QUICK)
    return found.kind if isinstance(found, Evidence) else "undecided"


DESCENT, GAP = single.descent(cases.continued), single.gap((1,))


@needs_solver
@pytest.mark.parametrize("bits", [1, 4])
def test_theorems_are_proved(bits: int) -> None:
    assert decided(half_steps.no_half_step_increases(bits, DESCENT)) == "proved"
    assert decided(first_fit.stays_near(bits, single.limit(True))) == "proved"


@needs_solver
def test_theorems_need_their_lemmas() -> None:
    fresh = half_steps.no_half_step_increases(2, DESCENT, from_last=False)
    assert decided(fresh) == "refuted"
    assert decided(first_fit.stays_near(2, single.limit(False), first_fit=False)) == "refuted"
    running = ternary.second_round_is_the_first(single.second_round(True), running=True)
    assert decided(running) == "refuted"


@needs_solver
@pytest.mark.parametrize("factor", [Fraction(99, 100), Fraction(101, 100)])
def test_mutated_steps_are_refuted(factor: Fraction, monkeypatch: pytest.MonkeyPatch) -> None:
    def mutated(t: Any, q: Any, w: Any) -> Any:
        return (t + factor * w * q) / (1 + factor * w)

    assert decided(half_steps.best_x(mutated)) == "refuted"
    monkeypatch.setattr(one_bit, "best_point", mutated)
    assert decided(one_bit.moments) != "proved"
    monkeypatch.setattr(first_fit, "best_point", mutated)
    assert decided(first_fit.on_the_way) == "refuted"
    monkeypatch.setattr(ternary, "best_point", mutated)
    assert decided(ternary.keeps_side) == "refuted"


@needs_solver
def test_any_share_of_the_mean_up_to_1_is_as_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ternary, "THRESHOLD", Fraction(1, 3))
    assert decided(ternary.keeps_side) == "proved"
    monkeypatch.setattr(ternary, "THRESHOLD", Fraction(-1, 3))
    assert decided(ternary.keeps_side) == "refuted"


@needs_solver
def test_a_ternary_whose_levels_are_no_means_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ternary, "beyond", lambda case, side: case["mean"] >= 0)
    assert decided(ternary.keeps_side) == "refuted"


@needs_solver
def test_one_bit_with_another_scale_is_no_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    greedy = one_bit.greedy
    monkeypatch.setattr(one_bit, "greedy", lambda t, mean: greedy(t, 2 * mean))
    assert decided(one_bit.is_optimal(GAP)) != "proved"


@needs_solver
@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_normal_equations(bits: int) -> None:
    found = least_squares.normal_equations(bits)(QUICK)
    assert found.kind == "proved"


@needs_solver
@pytest.mark.parametrize("bits", [2, 4])
def test_a_wrong_elimination_is_refuted(bits: int) -> None:
    def off(table: Any, used: int, choice: int, column: int) -> Any:
        after = eliminated(table, used, choice, column)
        after[-1][-1] = Fraction(101, 100) * after[-1][-1]
        return after

    def one_row_only(table: Any, used: int, choice: int, column: int) -> Any:
        after, rows = eliminated(table, used, choice, column), list(table)
        rows[used], rows[choice] = rows[choice], rows[used]
        return [after[i] if i <= used else row for i, row in enumerate(rows)]

    for wrong in (off, one_row_only):
        assert decided(least_squares.is_undone(bits, 0, 0, 0, wrong)) == "refuted"


@pytest.mark.parametrize("gram", [[[2, 0], [0, 2]], [[2, 2], [2, 2]], [[0, 0], [0, 0]]])
def test_the_shortest_solution_of_singular_systems(gram: Any) -> None:
    moment = [sum(row) for row in gram]
    found = shortest_solution(gram, moment)
    assert found == [1 if any(row) else 0 for row in gram]


def solves(bits: int, counts: Sequence[int], a: Sequence[Fraction]) -> bool:
    """Whether G alpha = G a, the rows of B being so many of each pattern of signs."""
    patterns = [(1, *rest) for rest in itertools.product((1, -1), repeat=bits - 1)]
    B = np.array([p for n, p in zip(counts, patterns, strict=True) for _ in range(n)], dtype=object)
    gram = B.T @ B
    alpha = np.array(shortest_solution(gram.tolist(), (gram @ np.array(a)).tolist()))
    return bool((gram @ alpha == gram @ np.array(a)).all())


def test_least_squares_of_four_bits_on_every_set_of_rows() -> None:
    for occurs in itertools.product((0, 1), repeat=8):
        counts = [(3 * i + 2) * there for i, there in enumerate(occurs)]
        for place in range(4) if any(occurs) else ():
            a = [Fraction(int(i == place)) for i in range(4)]
            assert solves(4, counts, a)


@given(row=st.lists(numbers, min_size=1, max_size=7), bits=st.integers(1, 4))
def test_quantizers_solve_them_and_take_nearest_levels(row: list[Fraction], bits: int) -> None:
    """What the lemmas assume of a fit, on the quantizer itself."""
    x, quantizer = exact(row), AlternatingMultiBit(bits, rounds=1)
    start = quantizer.fit(exact(row[::-1]))
    fit = quantizer.fit(x, start)
    old = start.signs
    assert (old.T @ (x - old @ fit.scales) == 0).all()
    assert (fit.signs @ fit.scales == fit.values).all()
    distances = abs(x[:, None] - fit.codebook)
    assert (abs(x - fit.values) == distances.min(axis=1)).all()
    levels = list(fit.codebook)
    assert [levels[_nearest_index(number, levels)] for number in row] == list(fit.values)


@given(row=st.lists(numbers, min_size=1, max_size=7), weight=weights)
def test_the_second_round_of_the_ternary_changes_nothing(row: list[Fraction], weight: Any) -> None:
    theta, quantizer = exact(row), AdaptiveTernary()
    iterates = list(AlternatingDistance(quantizer, 3).iterates(theta, weight))
    for x, fit in iterates[1:]:
        assert (x == iterates[1][0]).all()
        assert (fit.values == iterates[0][1].values).all()


@given(t=numbers, q=numbers, weight=weights, x=numbers)
def test_the_x_step_in_numbers(t: Fraction, q: Fraction, weight: Fraction, x: Fraction) -> None:
    p = best_point(t, q, weight)
    assert p == (t + weight * q) / (1 + weight)
    assert half_steps.objective(p, t, weight, q) <= half_steps.objective(x, t, weight, q)
    assert best_point(t, q, float("inf")) == q


@pytest.mark.parametrize(("dim", "bits"), [(4, 1), (5, 2), (5, 3), (6, 3)])
def test_nearest_points_are_the_best_of_all_sign_matrices(dim: int, bits: int) -> None:
    theta = np.random.default_rng(dim).standard_normal((6, dim))
    found = cases.squares(theta - cases.nearest_points(theta, bits))
    columns = [np.array((1, *b)) for b in itertools.product((1, -1), repeat=dim - 1)]
    best = np.full(6, np.inf)
    for chosen in itertools.combinations_with_replacement(columns, bits):
        B = np.stack(chosen, axis=-1).astype(float)
        best = np.minimum(best, cases.squares(theta - theta @ B @ np.linalg.pinv(B)))
    assert found == pytest.approx(best)


def test_nearest_points_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    theta = np.random.default_rng(0).standard_normal((5, 6))
    whole = cases.nearest_points(theta, 2)
    monkeypatch.setattr(cases, "BLOCK", 100)
    assert cases.nearest_points(theta, 2) == pytest.approx(whole)
