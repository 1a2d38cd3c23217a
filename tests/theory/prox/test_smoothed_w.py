"""The claim on the smoothed W: proved with the solver, sampled without; wrong lemmas and theorems fall."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pqtheory.claims import ClaimResult, ForAll, positive
from pqtheory.claims.claim import CaseCheck
from pqtheory.evidence import Budget, smt
from pqtheory.regularizers import DistanceL1, SmoothedL1
from pqtheory.sets import Binary, Codebook
from pqtheory.theory import BOOK
from pqtheory.theory.given import GivenLevels
from pqtheory.theory.prox.smoothed_w import cells as cells_module
from pqtheory.theory.prox.smoothed_w import claim as smoothed_w
from pqtheory.theory.prox.smoothed_w import minimisers, own_gap, smoothness
from pqtheory.theory.prox.smoothed_w.cells import levels_apart, on_two_levels
from pqtheory.theory.prox.smoothed_w.minimisers import minimises, on_binary

from ..verified import verified

QUICK = Budget()
CLAIM = BOOK.load("smoothed-w")
needs_solver = pytest.mark.skipif(not smt.available(), reason="needs z3")
fractions = st.fractions(-3, 3, max_denominator=16)
READINGS = "readings agree"


def kind_of(statement: ForAll) -> str:
    """What the solver says of it, its lemmas taken for granted."""
    found = smt.decide(statement.read, statement.names, lemmas=statement._lemma_count)
    return "unknown" if found is None else found.kind


def follows(statement: ForAll) -> bool:
    """Whether the solver finds that it follows from its lemmas, in a second."""
    import z3

    solver = z3.Solver()
    solver.set("timeout", 1000)
    solver.from_string(smt.unknown(statement.read, statement.names).machine)
    return bool(solver.check() == z3.unsat)


@pytest.fixture(scope="module")
def result() -> ClaimResult:
    return verified(CLAIM.name)


@needs_solver
def test_every_part_is_proved(result: ClaimResult) -> None:
    assert {p.kind for p in result.parts} == {"proved"}
    assert not result.notes
    assert result.ok
    assert not any(part.prose for part in CLAIM.parts)
    by_solver = [p for p in result.parts if p.name != READINGS]
    assert all(any(step.machine for step in p.evidence.proof) for p in by_solver)


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
    assert isinstance(check, CaseCheck)
    case = {k: v for k, v in found.counterexample.items() if k != "margin"}  # type: ignore[union-attr]
    assert check.replay(case).kind == "refuted"


@pytest.mark.parametrize("name", ["closeness", "prox"])
def test_without_the_solver_it_is_sampled_and_says_so(
    name: str, without_engines: Callable[[], None]
) -> None:
    without_engines()
    found = next(p for p in CLAIM.parts if p.name == name).check(QUICK)
    assert found.kind == "sampled"
    assert found.cases >= 10
    assert found.note == "with z3-solver installed it would be proved"


THEOREMS: tuple[tuple[Callable[[], ForAll], str], ...] = (
    (minimises, "others_are_placed"),
    (minimises, "prox_by_distance"),
    (minimises, "prox_is_stationary"),
    (minimises, "has_the_same_value"),
    (minimises, "best_in_own_gap"),
    (minimises, "better_than_level"),
    (minimises, "from_distances"),
)


@needs_solver
@pytest.mark.parametrize(("theorem", "left_out"), THEOREMS, ids=[name for _, name in THEOREMS])
def test_every_lemma_of_the_theorem_is_needed(theorem: Callable[[], ForAll], left_out: str) -> None:
    whole = theorem()
    lemma = getattr(minimisers, left_out)

    def by(**case: Any) -> list[Any]:
        return [i for i in whole.by(**case) if i.lemma is not lemma]

    assert lemma in whole.lemmas()
    assert not follows(ForAll(whole.holds, whole.variables, whole.given, by))


@needs_solver
@pytest.mark.parametrize("left_out", range(len(smoothness.RELATIONS)))
def test_every_relation_of_two_numbers_is_needed(
    left_out: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = tuple(r for i, r in enumerate(smoothness.RELATIONS) if i != left_out)
    monkeypatch.setattr(smoothness, "RELATIONS", others)
    assert kind_of(smoothness.are_related) == "refuted"


@needs_solver
@pytest.mark.parametrize("factor", [Fraction(99, 100), Fraction(101, 100)])
def test_wrong_proxes_are_refuted(factor: Fraction) -> None:
    def pulls(s: SmoothedL1, t: Any, w: Any) -> Any:
        return s.prox(t, weight=factor * w)

    assert on_binary(pulls, theta=0, weight=1, epsilon=Fraction(1, 4))(QUICK).kind == "refuted"
    assert not follows(minimises(pulls))


@needs_solver
def test_a_theorem_without_ties_does_not_follow() -> None:
    assert follows(minimises())
    assert not follows(minimises(ties=False))


@needs_solver
def test_ties_elsewhere_do_not_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within 1.01 epsilon of the midpoint is too far."""
    usual = minimisers.minimisers

    def wider(theta: Any, weight: Any, epsilon: Any, *others: Any) -> Any:
        return usual(theta, weight, Fraction(101, 100) * epsilon, *others)

    monkeypatch.setattr(minimisers, "minimisers", wider)
    assert kind_of(minimisers.from_distances) == "refuted"


@needs_solver
def test_wrong_lemmas_are_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = own_gap.in_gap

    def narrow(half: Any, epsilon: Any, *distances: Any) -> list[Any]:
        return [(half >= Fraction(199, 100) * epsilon) | (half == 0), *usual(half, 0, *distances)]

    def flat(half: Any, epsilon: Any, p: Any, d: Any) -> Any:
        return Fraction(201, 100) * epsilon * own_gap.bend(half, epsilon, p + d, p) >= -(d**2)

    lemma = own_gap.bends_little
    assert kind_of(ForAll(flat, lemma.variables, lemma.given)) == "refuted"
    monkeypatch.setattr(own_gap, "in_gap", narrow)
    assert kind_of(own_gap.prox_is_stationary) == "refuted"


@needs_solver
def test_narrower_gaps_break_the_induction() -> None:
    usual = cells_module.cells.kept

    def given(**case: Any) -> list[Any]:
        # the step's first line says that the gap is at least 4 epsilon
        wide = case["new"] - case["last"] >= Fraction(399, 100) * case["epsilon"]
        return [a for i, a in enumerate(usual.given(**case)) if i != 1] + [wide]

    assert kind_of(ForAll(usual.holds, usual.variables, given)) == "refuted"


@needs_solver
@pytest.mark.parametrize("count", [5, 6])
def test_other_numbers_of_levels_are_seen_alike(count: int) -> None:
    assert kind_of(smoothed_w.seen_is_all(count)) == "proved"


@needs_solver
def test_the_wrong_gap_is_refuted() -> None:
    def first_gap(x: Any, epsilon: Any, a: Any, b: Any, c: Any) -> Any:
        whole, first = (SmoothedL1(GivenLevels(*v), epsilon) for v in ((a, b, c), (a, b)))
        return (x <= b) | (whole.value(x) == first.value(x))

    assert kind_of(levels_apart(3, first_gap, x=positive)) == "refuted"


def test_what_two_levels_show_is_what_the_theorems_speak_of() -> None:
    close = smoothness.within()
    case: dict[str, Any] = {"a": 0, "b": 3, "epsilon": Fraction(1, 4), "x": Fraction(3, 2)}
    exact = {name: Fraction(value) for name, value in case.items()}
    assert on_two_levels(close.holds, "x").replay(exact).kind == "sampled"
    half_the_error = smoothness.within(Fraction(1, 2))
    assert on_two_levels(half_the_error.holds, "x").replay(exact).kind == "refuted"


def test_epsilon_out_of_range_is_no_case() -> None:
    case: dict[str, Any] = {"theta": 0, "weight": 1, "epsilon": Fraction(51, 100), "x": 0}
    with pytest.raises(ValueError, match="a quarter of the smallest gap"):
        on_binary().replay({name: Fraction(value) for name, value in case.items()})


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
    for x in (*found, p + eps / 7, -eps, Fraction(0)):
        case = {"theta": t, "weight": weight, "epsilon": eps, "x": x}
        assert on_binary().replay(case).kind == "sampled"
