"""The claim on the alternating prox: lemmas and mutations, the code's least squares, the enumeration, controls."""

import itertools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pqtheory.claims import ClaimResult
from pqtheory.claims.verification import check_claim
from pqtheory.evidence import Budget, smt
from pqtheory.quantizers import AdaptiveTernary, AlternatingMultiBit
from pqtheory.quantizers._least_squares import shortest_solution
from pqtheory.quantizers.alternating_multi_bit import _nearest_index
from pqtheory.regularizers.alternating_distance import AlternatingDistance, best_point
from pqtheory.sets.finite import step_function
from pqtheory.theory import BOOK
from pqtheory.theory.prox.alternating_prox import claim as alternating_prox
from pqtheory.theory.prox.alternating_prox import least_squares as equations
from pqtheory.theory.prox.alternating_prox import lemmas as steps
from pqtheory.theory.prox.alternating_prox import runs as cases

QUICK = Budget()
CLAIM = BOOK.load("alternating-prox")
needs_solver = pytest.mark.skipif(not smt.available(), reason="needs z3")
numbers = st.fractions(-4, 4, max_denominator=8)
weights = st.fractions(0, 50, max_denominator=8)


@pytest.fixture(scope="module")
def result() -> ClaimResult:
    return check_claim(CLAIM, QUICK)


def part(name: str) -> Any:
    return next(p for p in CLAIM.parts if p.name == name)


def control(name: str) -> Any:
    return next(c for c in CLAIM.controls if c.name == name)


def exact(row: Sequence[Any]) -> Any:
    return np.array([Fraction(n) for n in row], dtype=object)


@needs_solver
def test_every_part_is_proved(result: ClaimResult) -> None:
    pytest.importorskip("sympy")
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
    case = control("fresh greedy start").check(QUICK).counterexample
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


def test_without_the_solver_nothing_is_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "available", lambda: False)
    for p in CLAIM.parts:
        found = p.check(QUICK)
        assert found.kind == "sampled"
        assert found.note == "with z3-solver installed it would be proved"


@needs_solver
@pytest.mark.parametrize("name", [p.name for p in CLAIM.parts])
def test_a_timeout_is_no_proof(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "decide", lambda *a, **k: None)
    found = part(name).check(QUICK)
    assert found.kind == "sampled"
    assert "no answer" in found.note


@needs_solver
@pytest.mark.parametrize(
    "lemmas",
    [steps.CONTINUED, steps.ONE_BIT, steps.FROM_FIRST_FIT, steps.ternary(running=False)],
)
def test_lemmas_are_proved(lemmas: Sequence[Any]) -> None:
    for lemma in lemmas:
        found = smt.decide(lemma.statement, lemma.variables)
        assert found is not None
        assert found.kind == "proved", lemma.text


@needs_solver
@pytest.mark.parametrize(
    "lemma", [*steps.RESTARTED, *steps.FROM_NEAREST, steps.ternary(running=True)[-1]]
)
def test_lemmas_of_controls_are_refuted(lemma: Any) -> None:
    found = smt.decide(lemma.statement, lemma.variables)
    assert found is not None
    assert found.kind == "refuted"


@needs_solver
@pytest.mark.parametrize("factor", [Fraction(99, 100), Fraction(101, 100)])
def test_mutated_steps_are_refuted(factor: Fraction, monkeypatch: pytest.MonkeyPatch) -> None:
    def mutated(t: Any, q: Any, w: Any) -> Any:
        return (t + factor * w * q) / (1 + factor * w)

    found = smt.decide(steps.best_x(mutated), "theta q weight x")
    assert found is not None
    assert found.kind == "refuted"

    def move(share: Any, uu: Any, uv: Any, vv: Any) -> Any:
        assumptions, _ = steps._bounded_move(share, uu, uv, vv)
        return assumptions, uu - 2 * uv + vv <= 4 * factor * share * share * uu

    found = smt.decide(move, "r uu uv vv")
    assert found is not None
    assert found.kind == ("refuted" if factor < 1 else "proved")

    monkeypatch.setattr(steps, "THRESHOLD", factor * steps.THRESHOLD)
    found = smt.decide(steps._keeps_side, "t mean mean_q lower upper weight")
    assert found is not None
    # a share of mean|t| up to 1 is as good as 0.7
    assert found.kind == "proved"


@needs_solver
def test_a_ternary_whose_levels_are_no_means_is_refuted() -> None:
    def statement(*variables: Any) -> Any:
        assumptions, conclusion = steps._keeps_side(*variables)
        return [*assumptions[:3], assumptions[4]], conclusion

    found = smt.decide(statement, "t mean mean_q lower upper weight")
    assert found is not None
    assert found.kind == "refuted"


@pytest.mark.parametrize("bits", [1, 2, 3])
def test_normal_equations(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sympy")
    found = equations.normal_equations(bits)(QUICK)
    assert found.kind == "proved"
    assert found.proof[0].latex
    monkeypatch.setattr(equations, "PACKAGE", "no_such_package")
    found = equations.normal_equations(bits)(QUICK)
    assert found.kind == "enumerated"
    assert "no_such_package" in found.note
    assert found.cases > 4


@pytest.mark.parametrize("package", ["sympy", "no_such_package"])
def test_wrong_least_squares_are_refuted(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if package == "sympy":
        pytest.importorskip("sympy")
    monkeypatch.setattr(equations, "PACKAGE", package)

    def off(gram: Any, moment: Any) -> Any:
        return [Fraction(101, 100) * alpha for alpha in shortest_solution(gram, moment)]

    def diagonal_only(gram: Any, moment: Any) -> Any:
        return [m / gram[i][i] for i, m in enumerate(moment)]

    for bits, solve in ((1, off), (2, off), (3, off), (2, diagonal_only)):
        assert equations.normal_equations(bits, solve)(QUICK).kind == "refuted"


def test_least_squares_of_four_bits_on_every_set_of_rows() -> None:
    for occurs in itertools.product((0, 1), repeat=8):
        counts = [(3 * i + 2) * there for i, there in enumerate(occurs)]
        for place in range(4) if any(occurs) else ():
            a = [Fraction(int(i == place)) for i in range(4)]
            assert equations.solves(shortest_solution, 4, counts, a)


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
    levels = tuple(fit.codebook)
    middles = tuple((a + b) / 2 for a, b in itertools.pairwise(levels))
    assert (step_function(np, x, middles, levels) == fit.values).all()
    assert [levels[_nearest_index(number, list(levels))] for number in row] == list(fit.values)


@given(row=st.lists(numbers, min_size=1, max_size=7), weight=weights)
def test_the_second_round_of_the_ternary_changes_nothing(row: list[Fraction], weight: Any) -> None:
    theta, quantizer = exact(row), AdaptiveTernary()
    iterates = list(AlternatingDistance(quantizer, 3).iterates(theta, weight))
    for x, fit in iterates[1:]:
        assert (x == iterates[1][0]).all()
        assert (fit.values == iterates[0][1].values).all()
    # the lemma, at every entry, with the averages of this row
    q = iterates[0][1]
    averages = (abs(theta).sum() / Fraction(len(row)), abs(q.values).sum() / Fraction(len(row)))
    for number in row:
        variables = (number, *averages, q.codebook[0], q.codebook[2], weight)
        assumptions, conclusion = steps._keeps_side(*variables)
        assert all(assumptions)
        assert conclusion


@given(t=numbers, q=numbers, weight=weights, x=numbers)
def test_the_x_step_in_numbers(t: Fraction, q: Fraction, weight: Fraction, x: Fraction) -> None:
    p = best_point(t, q, weight)
    assert p == (t + weight * q) / (1 + weight)
    assert steps.objective(p, t, weight, q) <= steps.objective(x, t, weight, q)
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
