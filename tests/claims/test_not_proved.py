"""What must not pass for proved: statements that are false, or say nothing, in the ways that users write them."""

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pqtheory.claims import (
    Evidence,
    ForAll,
    Step,
    between,
    every,
    forall,
    invariant,
    judge,
    positive,
    real,
)
from pqtheory.claims.cases import Cases, Floats, Fractions, Lists
from pqtheory.claims.induction import Induction
from pqtheory.claims.orbit import PeriodicOrbit
from pqtheory.evidence.base import Budget
from pqtheory.evidence.smt.decide import decide
from pqtheory.evidence.symbolic import decide as by_algebra
from pqtheory.regularizers import Bump, DistanceL1, Indicator, PiecewiseAffine, SmoothedL1
from pqtheory.sets import Binary, Codebook, Ternary

QUICK = Budget("quick")


@pytest.mark.parametrize("beside", [~True, 2, "no", 0.0, (), np.array([2])])
def test_what_stands_beside_a_comparison_is_one(beside: Any) -> None:
    pytest.importorskip("z3")
    for joined in (lambda x: (x * x >= 0) & beside, lambda x: beside | (x > 0)):
        with pytest.raises(TypeError, match="expected a comparison"):
            forall(x=real)(joined)(QUICK)


@pytest.mark.parametrize("engine", ["solver", "algebra"])
def test_a_number_beside_a_comparison_is_none(engine: str) -> None:
    pytest.importorskip("z3")
    pytest.importorskip("sympy")
    for joined in (lambda x, y: (x > 0) | y, lambda x, y: y & (x > 0), lambda x, y: ~(x - y)):
        with pytest.raises(TypeError, match="expected a comparison"):
            forall(x=real, y=real, engine=engine)(joined)(QUICK)


@pytest.mark.parametrize(
    "ignores",
    [lambda x: 0.1 + 0.2 != 0.3, lambda x: [x] == [x], lambda: False],
    ids=["rounded", "same object", "constant"],
)
@pytest.mark.parametrize("engine", ["solver", "algebra"])
def test_a_statement_speaks_of_its_variables(ignores: Any, engine: str) -> None:
    pytest.importorskip("z3")
    pytest.importorskip("sympy")
    with pytest.raises(TypeError, match=r"expected a comparison of x, got (True|False), whatever"):
        forall(x=real, engine=engine)(ignores)(QUICK)


def test_a_kind_gives_comparisons() -> None:
    pytest.importorskip("z3")
    with pytest.raises(TypeError, match="x: expected a comparison"):
        forall(x=lambda x: (1,))(lambda x: x * x >= 0)(QUICK)


def test_integers_of_numpy_that_overflow_are_an_error() -> None:
    pytest.importorskip("z3")
    product = lambda x: x * (np.int64(2**62) * np.int64(4)) <= 0  # noqa: E731
    with pytest.raises(FloatingPointError, match="overflow"):
        forall(x=positive)(product)(QUICK)


def test_a_proof_is_confirmed_by_the_same_code_on_numbers() -> None:
    pytest.importorskip("z3")

    def two_faced(x: Any) -> Any:
        return x < 0 if isinstance(x, Fraction) else x * x >= 0

    with pytest.raises(ArithmeticError, match="z3 proves what exact arithmetic denies at x = 0"):
        decide(lambda x: ([], two_faced(x)), "x")
    with pytest.raises(ArithmeticError, match="z3 proves what exact arithmetic denies"):
        decide(lambda x: ([x > 1], two_faced(x)), "x")
    # floats are fractions to both
    for holds in (lambda x: (x + 0.1) - 0.1 == x, lambda x: 0.1 - (-x + 0.1) == abs(x)):
        found = decide(lambda x, holds=holds: ([3 * x == 1], holds(x)), "x")
        assert found is not None
        assert found.kind == "proved"
    # where numbers divide by 0 and formulas do not
    guarded = decide(lambda x: ([], (x == 0) | (x / x == 1)), "x")
    assert guarded is not None
    assert guarded.kind == "proved"


def test_a_statement_may_negate_with_a_tilde() -> None:
    pytest.importorskip("z3")
    proved = forall(x=real, given=lambda x: [~(x == 1)])(lambda x: ~(x - 1 == 0) & (x == x))
    assert proved(QUICK).kind == "proved"
    assert proved.replay({"x": 2}).kind == "sampled"
    refuted = forall(x=real)(lambda x: ~(x >= 1))
    assert refuted(QUICK).kind == "refuted"
    assert refuted.replay({"x": 1}).kind == "refuted"
    with pytest.raises(ValueError, match="does not satisfy the assumptions"):
        proved.replay({"x": 1})


def test_what_a_lemma_says_of_numbers_is_exact() -> None:
    """Rounded it would be false of them, and whatever follows from a false hypothesis."""
    pytest.importorskip("z3")
    pytest.importorskip("sympy")
    tenth = forall(x=real)(lambda x: (x + 0.2) - 0.2 == x)
    whole = forall(x=real)(lambda x: x / 49 * 49 == x)
    rises = invariant(
        state="x", begins=lambda: {"x": 0}, becomes=lambda x: {"x": x + 1}, fixed={"a": real}
    )(lambda x, a: (x >= 0) & ((a + 0.2) - 0.2 == a))
    for lemma in (
        lambda: tenth.at(x=0.1),
        lambda: tenth.at(x=np.float64(0.1)),
        lambda: whole.at(x=1),
        lambda: rises.at(x=1, a=0.1),
    ):
        root = forall(y=real, given=lambda y: [y * y == 2], by=lambda lemma=lemma: [lemma()])
        assert root(lambda y: y > 1)(QUICK).kind == "refuted"
        assert forall(y=real, by=lambda lemma=lemma: [lemma()])(lambda y: y * y >= 0)(
            QUICK
        ).kind == ("proved")
    for to in (lambda: {"x": 0.1}, lambda x: {"x": 0.1 + 0 * x}):
        stays = invariant(state="x", begins=lambda: {"x": 0.1}, becomes=to)
        assert stays(lambda x: (x + 0.2) - 0.2 == x)(QUICK).kind == "proved"
    with pytest.raises(ValueError, match=r"^state: x: expected a finite number, got inf"):
        invariant(state="x", begins=lambda: {"x": float("inf")})(lambda x: x >= 0)(QUICK)
    with pytest.raises(ValueError, match=r"^at: x: expected a finite number, got inf$"):
        tenth.at(x=float("inf"))


def test_all_of_no_tests_hold_and_decide_nothing() -> None:
    pytest.importorskip("z3")
    assert every([]) is every(()) is True
    assert forall(x=real)(lambda x: every([]) & (x * x >= 0))(QUICK).kind == "proved"
    with pytest.raises(TypeError, match="expected a comparison of x, got True, whatever"):
        forall(x=real)(lambda x: every([]))(QUICK)


@pytest.mark.parametrize("engine", ["solver", "algebra"])
def test_comparisons_are_no_integers(engine: str) -> None:
    """3 / 2 is 1 between integers."""
    pytest.importorskip("z3")
    pytest.importorskip("sympy")
    three, two = (lambda x: (x > 0) + (x > 0) + (x > 0)), (lambda x: (x > 0) + (x <= 0) + (x > 0))
    with pytest.raises(TypeError, match="got two comparisons"):
        forall(x=real, engine=engine)(lambda x: three(x) / two(x) <= 1)(QUICK)
    is_positive = forall(x=real, engine=engine)(lambda x: (x > 0) * x + (x < 0) * (0 - x) == abs(x))
    assert is_positive(QUICK).kind == "proved"
    assert is_positive.replay({"x": -2}).kind == "sampled"
    halves = forall(x=real, engine=engine)(lambda x: (3 * (x > 0)) / (1 + (x > 0)) <= 1)
    assert halves(QUICK).kind == "refuted"


@pytest.mark.parametrize("engine", ["solver", "algebra"])
@pytest.mark.parametrize(
    "holds",
    [
        lambda x: (x > 0) == ~(x <= 0),
        lambda x: ((x >= 0) == True) | ((x < 0) == True),  # noqa: E712
        lambda x: ((x > 0) != False) == (x > 0),  # noqa: E712
        lambda x: x**2 * 0.1 == 0.1 * x * x,
    ],
    ids=["negated", "true", "not false", "powers beside floats"],
)
def test_numbers_and_formulas_are_read_alike(holds: Any, engine: str) -> None:
    pytest.importorskip("z3")
    pytest.importorskip("sympy")
    for given in (lambda x: [3 * x == 1], lambda x: []):
        assert forall(x=real, engine=engine, given=given)(holds)(QUICK).kind == "proved"


def test_a_counterexample_at_roots_may_lie_beside_a_division_by_0() -> None:
    pytest.importorskip("z3")
    pytest.importorskip("sympy")
    square = forall(x=real, y=real, given=lambda x: [x * x == 2])
    found = square(lambda x, y: ((y == 0) | (abs(x / y) >= 0)) & (y * y > 0))(QUICK)
    assert found.kind == "refuted"


#: R, somewhere infinite, a number at or above its finite values, and where those are
INFINITE = {
    "bump": (Bump(Binary()), Fraction(1, 2), lambda x: (x >= -1) & (x <= 1)),
    "bump of one level": (Bump(Codebook((2,))), 0, lambda x: x == 2),
    "affine": (PiecewiseAffine(Ternary()), Fraction(1, 2), lambda x: (x >= -1) & (x <= 1)),
    "affine above": (PiecewiseAffine(Ternary(), (-1, -1, 1, math.inf)), 1, lambda x: x * x <= 1),
    "indicator": (Indicator(Binary()), 0, lambda x: (x == -1) | (x == 1)),
}


@pytest.mark.parametrize("name", INFINITE)
def test_nothing_is_proved_of_a_value_where_it_is_infinite(name: str) -> None:
    pytest.importorskip("z3")
    R, bound, is_finite = INFINITE[name]
    for holds in (lambda x: R.value(x) <= bound, lambda x: R.value(x) >= 0):
        with pytest.raises(ValueError, match=r"^division: assume "):
            forall(x=real)(holds)(QUICK)
        inside = forall(x=real, given=lambda x: [is_finite(x)])(holds)
        assert inside(QUICK).kind == "proved"
        assert inside.replay({"x": 2 if name == "bump of one level" else 1}).kind == "sampled"
        guarded = forall(x=real)(lambda x, holds=holds: ~is_finite(x) | holds(x))
        assert guarded(QUICK).kind == "proved"
    too_small = forall(x=real, given=lambda x: [is_finite(x)])(lambda x: R.value(x) < bound)
    assert too_small(QUICK).kind == "refuted"
    assert R.value(Fraction(3)) == math.inf


def test_an_envelope_is_read_at_any_weight() -> None:
    pytest.importorskip("z3")
    for R in (DistanceL1(Binary()), SmoothedL1(Binary(), Fraction(1, 4)), Bump(Binary())):
        below = forall(x=between(-1, 1), w=positive)(
            lambda x, w, R=R: (R.envelope(x, w) <= w * R.value(x)) & (R.envelope(x, w) >= 0)
        )
        assert below(QUICK).kind == "proved"
        assert below.replay({"x": Fraction(1, 3), "w": 2}).kind == "sampled"


def test_what_is_false_beside_a_division_by_0_is_refuted_there() -> None:
    pytest.importorskip("z3")
    for holds in (
        lambda y: (y > 0) & (y / y == 1),
        lambda y: ~((y <= 0) | (y / y != 1)),
        lambda y: (y / y == 1) & (y > 0),
    ):
        guarded = forall(y=real, given=lambda y: [y * y == 0])(holds)
        assert guarded(QUICK).kind == "refuted"
        assert guarded.replay({"y": 0}).kind == "refuted"
    open_to_zero = forall(y=real)(lambda y: (y == 0) & (y / y == 1))
    with pytest.raises(ValueError, match="divided by 0"):
        open_to_zero.replay({"y": 0})


def test_no_variable_is_taken_for_the_margin_of_a_case() -> None:
    with pytest.raises(ValueError, match="'margin' is what the slack of a case is called"):
        forall(margin=real)(lambda margin: margin * margin >= 0)


@pytest.mark.parametrize("given", [lambda x=0: [x >= 0], lambda **c: [c.get("x", 0) >= 0]])
def test_nothing_is_assumed_of_a_state_at_every_step(given: Any) -> None:
    pytest.importorskip("z3")

    @invariant(
        state="x y",
        begins=lambda: {"x": 3, "y": 0},
        becomes=lambda x, y: {"x": x - 1, "y": y + x},
        given=given,
    )
    def summed(y: Any) -> Any:
        return y >= 0

    assert summed(QUICK).kind == "refuted"


def test_an_invariant_speaks_of_the_state_alone() -> None:
    pytest.importorskip("z3")

    @invariant(
        state="x",
        each={"d": real},
        begins=lambda: {"x": 0},
        becomes=lambda x, d: {"x": x + d},
    )
    def grows(x: Any, d: Any = 0) -> Any:
        return (x >= 0) & (d >= 0)

    assert grows(QUICK).kind == "refuted"


def test_an_invariant_is_no_lemma_of_its_own() -> None:
    pytest.importorskip("z3")

    @invariant(
        state="x",
        begins=lambda: {"x": 0},
        step=lambda x, x_next: [x_next == x - 1],
        by=lambda x_next: [stays.at(x=x_next)],
    )
    def stays(x: Any) -> Any:
        return x >= 0

    with pytest.raises(ValueError, match="by: expected other statements"):
        stays(QUICK)


def test_a_run_that_makes_no_step_shows_nothing() -> None:
    pytest.importorskip("z3")

    @invariant(state="x", begins=lambda: {"x": 0}, becomes=lambda x: {"x": x + 1})
    def rises(x: Any) -> Any:
        return x >= 0

    # a lemma on another run, and a step that does not follow the start
    for step, by in (
        (lambda x, x_next: [x_next == x - 1], lambda x_next: [rises.at(x=x_next)]),
        (lambda x, x_next: [x >= 5, x_next == x - 1], lambda: []),
    ):
        falls = invariant(state="x", begins=lambda: {"x": 0}, step=step, by=by)(lambda x: x >= 0)
        with pytest.raises(ValueError, match="step: none follows the start"):
            falls(QUICK)
        with pytest.raises(ValueError, match="step: none follows the start"):
            forall(x=real, by=lambda x, falls=falls: [falls.at(x=x)])(lambda x: x >= 0)(QUICK)


def test_a_start_that_is_a_number_is_put_to_the_solver() -> None:
    pytest.importorskip("z3")

    def counted(start: int) -> Evidence:
        @invariant(state="n", begins=lambda: {"n": start}, becomes=lambda n: {"n": n + 1})
        def stays(n: Any) -> Any:
            return n >= 0

        return stays(QUICK)

    assert counted(0).kind == "proved"
    assert any("0.0 0.0" in step.machine for step in counted(0).proof)
    assert counted(-1).kind == "refuted"


def test_a_step_that_is_a_number_is_put_to_the_solver() -> None:
    pytest.importorskip("z3")

    def reset(to: int) -> Evidence:
        @invariant(state="n", begins=lambda: {"n": 0}, becomes=lambda n: {"n": to})
        def stays(n: Any) -> Any:
            return n >= 0

        return stays(QUICK)

    assert reset(1).kind == "proved"
    assert reset(-1).kind == "refuted"


def test_a_sentence_says_what_it_speaks_of() -> None:
    @invariant(state="x", begins=lambda: {"x": 0}, becomes=lambda x: {"x": x + 1})
    def counted(x: Any) -> Any:
        return x >= 0

    def whole(x: Any) -> Any:
        return (x >= 3,)

    plain: ForAll = forall(x=real)(lambda x: x >= 0)
    reached = forall(x=real, by=lambda x: [counted.at(x=x)])(lambda x: x >= 0)
    above = forall(y=real, by=lambda y: [reached.at(x=y)])(lambda y: y >= 0)
    falls = invariant(
        state="x",
        begins=lambda: {"x": 5},
        step=lambda x, x_next: [x_next == x - 1],
        by=lambda x_next: [counted.at(x=x_next)],
    )(lambda x: x >= 0)
    assert plain.sentence().startswith("for all x real:\n")
    assert reached.sentence().startswith("for all x real that a run reaches:\n")
    assert above.sentence().startswith("for all y real that a run reaches:\n")
    assert counted.sentence().startswith("at each step:\n")
    # a run of its own that goes on is none of the other
    assert falls.sentence().startswith("at each step that runs of its lemmas reach:\n")
    assert "x is whole: def whole(x: Any)" in forall(x=whole)(lambda x: x >= 3).sentence()


@pytest.mark.parametrize("wrap", [np.array, lambda truth: np.array([truth])])
def test_a_margin_that_is_false_refutes_whatever_holds_it(wrap: Any) -> None:
    check = Cases(lambda x: wrap(x > 5), {"x": Floats(-1, 1)}, quick=8)
    assert check(QUICK).kind == "refuted"
    assert judge("sampled", [wrap(False), 0.5], {}).kind == "refuted"


def test_a_margin_is_one_number() -> None:
    with pytest.raises(TypeError, match="margin: expected one number"):
        Cases(lambda x: np.array([x, x]), {"x": Floats(-1, 1)}, quick=8)(QUICK)


@pytest.mark.parametrize("margins", [[False, 0.5], [Fraction(1), np.False_], (1, False)])
def test_a_truth_among_margins_is_no_number(margins: Any) -> None:
    assert judge("sampled", margins, {}).kind == "refuted"
    holds = [True if isinstance(m, bool | np.bool_) else m for m in margins]
    assert judge("sampled", holds, {}).margin == 0.0


def test_a_case_is_shown_as_it_was_drawn() -> None:
    def margin(x: list[Fraction]) -> Any:
        worst = 1 - max(x)
        x.clear()
        return worst

    check = Cases(margin, {"x": Lists(Fractions(-2, 2), 3)}, quick=50)
    found = check(QUICK).counterexample
    assert found is not None
    assert max(found["x"]) > 1
    assert check.replay(found).kind == "refuted"


@pytest.mark.parametrize("kind", ["proved", "certified"])
def test_what_a_solver_left_open_is_no_proof(kind: str) -> None:
    with pytest.raises(ValueError, match="proof: expected at least one step"):
        Evidence(kind, proof=(Step("z3: no answer", answer="unknown"), Step("clear", prose=True)))


def test_an_induction_may_be_of_numbers() -> None:
    pytest.importorskip("sympy")
    one = Induction(lambda n: 1, lambda: 1, lambda s, n: s)
    assert one(QUICK).kind == "proved"
    with pytest.raises(TypeError, match="expected a comparison"):
        replace(one, assuming=lambda: [~True])(QUICK)


def test_floats_of_an_induction_are_fractions() -> None:
    pytest.importorskip("sympy")
    tenths = Induction(lambda n: 0.3 + n * 0.1, lambda: 0.3, lambda s, n: s + 0.1)
    powers = Induction(lambda n: 3**n * 0.1, lambda: 0.1, lambda s, n: s * 3)
    for right in (tenths, powers):
        assert right(QUICK).kind == "proved"
    assert replace(tenths, first=lambda: 0.2)(QUICK).kind == "refuted"


def test_floats_of_a_map_are_fractions() -> None:
    orbit = PeriodicOrbit(lambda t: 0.1 - t * 0.3, "", 1, Fraction(1, 3), ())
    assert orbit.moved(Fraction(1, 3), ()) == Fraction(0.1) - Fraction(0.3) / 3


def test_an_orbit_is_that_of_the_map_as_it_is() -> None:
    pytest.importorskip("sympy")
    slope = [Fraction(1, 2)]
    check = PeriodicOrbit(lambda t, a: a - slope[0] * t, "a", 1, Fraction(1), (Fraction(1),))
    assert check(QUICK).kind == "proved"
    slope[0] = Fraction(1, 4)
    assert check(QUICK).kind == "proved"
    assert check.find().points[0](Fraction(1)) == Fraction(4, 5)
    slope[0] = Fraction(1, 8)
    searched = check.search(20)
    assert searched is not None
    assert searched.kind == "sampled"
    slope[0] = Fraction(0)
    assert check.replay({"a": 3}).kind == "sampled"


def test_no_number_agrees_with_no_prediction() -> None:
    step = judge("sampled", [1.0], {}, measured={"rates": []}, predicted={"rates": []})
    assert step.kind == "refuted"


def test_an_orbit_is_looked_at_where_it_is_assumed() -> None:
    with pytest.raises(ValueError, match="sample: expected numbers as assumed"):
        PeriodicOrbit(
            lambda t, e: e - t, "e", 2, Fraction(1), (Fraction(1),), assuming=lambda e: [e > 2]
        )


def test_algebra_reads_no_plain_truth() -> None:
    pytest.importorskip("sympy")
    with pytest.raises(TypeError, match="expected a comparison"):
        by_algebra(lambda x: ([], (x > 0) | 1), "x")
