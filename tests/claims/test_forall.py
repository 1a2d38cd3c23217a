"""forall: proved, searched, sampled and replayed from one description; what is wrong with one is told."""

from fractions import Fraction
from typing import Any

import pytest

from pqtheory._arrays import as_array
from pqtheory.claims import (
    Control,
    Evidence,
    ForAll,
    Part,
    all_of,
    between,
    forall,
    implies,
    nonnegative,
    one_of,
    positive,
    real,
)
from pqtheory.claims.lemma import Undecided, each_once, shown_once
from pqtheory.evidence import Budget, smt
from pqtheory.evidence.roots import Root
from pqtheory.evidence.symbolic import checks as algebra
from pqtheory.evidence.terms import Term

pytest.importorskip("z3")
pytest.importorskip("sympy")

QUICK = Budget()
ENGINES = ("solver", "algebra")


def where(test: Any, yes: Any, no: Any) -> Any:
    """On terms and on numbers."""
    return test.backend.where(test, yes, no) if isinstance(test, Term) else (yes if test else no)


def kind_of(statement: ForAll) -> str:
    return statement(QUICK).kind


@forall(a=real, b=real, given=lambda a, b: [a >= 0, b >= 0])
def mean(a: Any, b: Any) -> Any:
    return (a + b) ** 2 >= 4 * a * b


@forall(a=real, b=real, given=lambda a, b: [a > 0, b > 1])
def larger(a: Any, b: Any) -> Any:
    return a * b > a


@pytest.mark.parametrize("engine", ENGINES)
def test_a_truth_is_proved_with_its_question_and_a_model(engine: str) -> None:
    found = ForAll(larger.holds, larger.variables, larger.given, engine=engine)(QUICK)
    assert found.kind == "proved"
    models = [s.text for s in found.proof if s.text.startswith("the assumptions hold at a = ")]
    assert len(models) == 1
    asked = [step for step in found.proof if step.answer]
    assert [step.answer for step in asked] == (["unsat"] if engine == "solver" else [])
    assert all("(check-sat)" in step.machine for step in asked)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_falsehood_is_refuted_by_numbers_that_replay(engine: str) -> None:
    @forall(a=positive, b=positive, engine=engine)
    def one_percent_off(a: Any, b: Any) -> Any:
        return (a + b) ** 2 >= Fraction(101, 100) * 4 * a * b

    found = one_percent_off(QUICK)
    assert found.kind == "refuted"
    assert found.counterexample is not None
    assert one_percent_off.replay(found.counterexample).kind == "refuted"
    assert one_percent_off.replay({"a": Fraction(1), "b": Fraction(3)}).kind == "sampled"


@pytest.mark.parametrize(
    ("kind", "inside", "outside"),
    [
        (real, (-5, 0, 5), ()),
        (positive, (1,), (0, -1)),
        (nonnegative, (0, 2), (-1,)),
        (between(0, 1), (0, Fraction(1, 2), 1), (Fraction(-1, 9), Fraction(10, 9))),
        (between(0, 1, open_low=True, open_high=True), (Fraction(1, 2),), (0, 1)),
        (one_of(-1, 1), (-1, 1), (0, 2)),
    ],
)
def test_kinds_are_what_is_assumed(kind: Any, inside: Any, outside: Any) -> None:
    statement = forall(x=kind)(lambda x: x == x)
    for x in inside:
        assert statement.replay({"x": Fraction(x)}).kind == "sampled"
    for x in outside:
        with pytest.raises(ValueError, match="does not satisfy the assumptions"):
            statement.replay({"x": Fraction(x)})
    assert kind_of(statement) == "proved"


def test_kinds_that_are_empty_are_none() -> None:
    for wrong in (lambda: between(1, 0), lambda: between(1, 1, open_low=True), lambda: one_of()):
        with pytest.raises(ValueError, match="expected"):
            wrong()


# names


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: forall(x=real)(lambda y: y > 0), "holds: 'y' is no variable; there are x"),
        (lambda: forall(x=real, given=lambda z: [z > 0])(lambda x: x > 0), "given: 'z' is no"),
        (lambda: forall(x=real, by=lambda z: [])(lambda x: x > 0), "by: 'z' is no variable"),
        (lambda: forall(x=3)(lambda x: x > 0), "expected a kind such as real for 'x', got 3"),
        (lambda: forall()(lambda: True), "variables: expected at least one"),
        (lambda: forall(x=real, engine="oracle")(lambda x: x > 0), "engine: expected one of"),
        (lambda: forall(x=real, cases=real)(lambda x: x > 0), "no variable is called one of given"),
        (lambda: ForAll(lambda **_: True, {"x y": real}), "variables: expected names, got 'x y'"),
        (lambda: mean.at(a=1), "at: expected values of a b, got a"),
        (lambda: mean.at(a=1, b=2, c=3), "at: expected values of a b"),
    ],
)
def test_wrong_names_are_told_at_once(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_given_and_by_may_name_any_of_the_variables_or_take_them_all() -> None:
    some = forall(x=real, y=real, given=lambda y: [y > 0])(lambda x, y: x + y > x)
    everything = forall(x=real, y=real, given=lambda **v: [v["y"] > 0])(lambda x, y: x + y > x)
    assert kind_of(some) == kind_of(everything) == "proved"
    # one that nobody names is no harm, and its value is asked for in a replay all the same
    idle = forall(x=real, idle=real)(lambda x: x * x >= 0)
    assert kind_of(idle) == "proved"
    with pytest.raises(ValueError, match="case: expected x idle, idle missing"):
        idle.replay({"x": Fraction(1)})


# what is no statement


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("holds", "message"),
    [
        (lambda x: None, "holds: expected a comparison, or several joined by & and |, got None"),
        (lambda x: (x > 0, x < 1), "holds: expected a comparison"),
        (lambda x: [x > 0], "holds: expected a comparison"),
        (lambda x: 1, "holds: expected a comparison, .* got 1: write negated"),
        (lambda x: "x > 0", "holds: expected a comparison"),
        (lambda x: x - 1, "holds: expected a comparison, got a number"),
        (lambda x: 0 < x < 1, "neither true nor false"),
        (lambda x: x > 0 and x < 1, "neither true nor false"),
        (lambda x: not x > 0, "neither true nor false"),
    ],
)
def test_what_is_no_comparison_proves_nothing(engine: str, holds: Any, message: str) -> None:
    """A tuple, a text or a number would count as true."""
    with pytest.raises(TypeError, match=message):
        forall(x=real, engine=engine)(holds)(QUICK)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda x: x > 0, "given: expected a list of comparisons, got a single one"),
        (lambda x: None, "given: expected a list of comparisons, got None"),
        (lambda x: [x > 0, None], "given: expected a comparison"),
        (lambda x: [x], "given: expected a comparison, got a number"),
    ],
)
def test_what_is_no_assumption(given: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        forall(x=real, given=given)(lambda x: x > 0)(QUICK)


def test_without_an_engine_it_is_no_statement_either(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch)
    for wrong in (lambda x: (x > 0, x < 1), lambda x: x - 1, lambda x: None):
        with pytest.raises(TypeError, match="expected a comparison"):
            forall(x=real)(wrong)(QUICK)


# assumptions that contradict each other


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("variables", "given"),
    [
        ({"x": real}, lambda x: [x > 0, x < 0]),
        ({"x": positive}, lambda x: [x + 1 <= 0]),
        ({"x": between(0, 1)}, lambda x: [x == 2]),
    ],
)
def test_contradictory_assumptions_are_an_error(engine: str, variables: Any, given: Any) -> None:
    statement = ForAll(lambda x: x == 7, variables, given, engine=engine)
    with pytest.raises(ValueError, match="assumptions: no real x satisfy all of them"):
        statement(QUICK)


def test_contradictory_lemmas_are_found_out_too() -> None:
    above = forall(x=real, given=lambda x: [x > 1])(lambda x: x > 0)
    statement = forall(x=real, given=lambda x: [x > 1, x < 0], by=lambda x: [above.at(x=x)])(
        lambda x: x == 7
    )
    with pytest.raises(ValueError, match="assumptions"):
        statement(QUICK)


def test_without_an_engine_no_case_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch)
    with pytest.raises(ValueError, match="assumptions: no values of x are found"):
        forall(x=real, given=lambda x: [x > 0, x < 0])(lambda x: x == 7)(QUICK)


# division


@pytest.mark.parametrize(
    "holds",
    [
        lambda x, y: (x / y) * y == x,
        lambda x, y: x / y == x / y,
        lambda x, y: x / (x * x + y) * 0 == 0,
        lambda x, y: 1 / (1 + 1 / (1 + y * y)) + 1 / y > 0 * x,
        lambda x, y: where(y > 0, 1, 1 / y) * 0 == 0,
        lambda x, y: where(1 / y > 0, x, x) == x,
    ],
)
def test_a_division_by_what_may_be_0_is_refused(holds: Any) -> None:
    with pytest.raises(ValueError, match=r"division: assume .* != 0"):
        forall(x=real, y=real)(holds)(QUICK)


@pytest.mark.parametrize(
    "holds",
    [
        lambda x, y: where(y == 0, 0, x / y) * y == where(y == 0, 0, x),
        lambda x, y: 1 / (1 + 1 / (1 + y * y)) > 0,
        lambda x, y: (y == 0) | ((x / y) * y == x),
        lambda x, y: implies([y > 0], (x / y) * y == x),
        lambda x, y: where(y > 0, (x / y) * y, x) == x,
    ],
)
def test_a_guarded_division_is_none(holds: Any) -> None:
    found = forall(x=real, y=real)(holds)(QUICK)
    assert found.kind == "proved"
    assert any("is not 0 where something is divided by it" in step.text for step in found.proof)


def test_a_guard_that_guards_something_else_is_none() -> None:
    with pytest.raises(ValueError, match="division: assume y != 0"):
        forall(x=real, y=real)(lambda x, y: (x == 0) | ((x / y) * y == x))(QUICK)
    with pytest.raises(ValueError, match="division"):
        forall(x=real, y=real)(lambda x, y: (x / y > 0) | (y / x > 0))(QUICK)


@pytest.mark.parametrize("available", [True, False])
def test_a_guarded_division_is_refuted_in_the_guarded_branch(
    available: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In plain arithmetic x / y is computed even where it is not taken."""
    if not available:
        without(monkeypatch)
    statement = forall(x=real, y=real)(lambda x, y: where(y == 0, 0, x / y) * y == x)
    for holds in (statement, forall(x=real, y=real)(guarded)):
        found = holds(QUICK)
        assert found.kind == "refuted"
        assert found.counterexample is not None
        assert found.counterexample["y"] == 0
        assert holds.replay(found.counterexample).kind == "refuted"


def guarded(x: Any, y: Any) -> Any:
    """The same in operators' own words."""
    xp, y = as_array(y)
    return xp.where(y == 0, 0 * x, x / y) * y == x


def test_a_case_that_divides_by_0_is_no_case() -> None:
    statement = forall(x=real, y=real, given=lambda y: [y != 0])(lambda x, y: x / y * y == x)
    assert kind_of(statement) == "proved"
    bare = forall(x=real)(lambda x: 1 / x > x)
    with pytest.raises(ValueError, match="something is divided by 0"):
        bare.replay({"x": Fraction(0)})


# roots


def test_a_counterexample_may_be_irrational_in_several_variables() -> None:
    @forall(x=real, y=real, z=positive, given=lambda x, y, z: [x * x == 2, y * y == 3, z == x * y])
    def nowhere(x: Any, y: Any, z: Any) -> Any:
        return x + y + z < 0

    found = nowhere(QUICK)
    assert found.kind == "refuted"
    case = found.counterexample
    assert case is not None
    assert all(isinstance(case[name], Root) for name in "xyz")
    assert float(case["x"]) * float(case["y"]) == pytest.approx(float(case["z"]))
    assert nowhere.replay(case).kind == "refuted"
    assert "root" in str(case["x"])
    assert "x^2 - 2" in str(case["x"])


def test_without_sympy_a_root_refutes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    statement = forall(x=positive)(lambda x: x * x != 2)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "sympy" else True)
    found = statement(QUICK)
    assert found.kind == "refuted"
    assert "sympy" in found.note
    with pytest.raises(ValueError, match="with sympy installed it would be confirmed"):
        statement.replay(found.counterexample or {})


# lemmas


@forall(x=real, y=real, given=lambda x, y: [x <= y])
def half(x: Any, y: Any) -> Any:
    return x <= (x + y) / 2


def test_a_theorem_is_shown_by_lemmas_and_their_questions_are_its_own() -> None:
    @forall(
        a=real, b=real, f=real, given=lambda a, b: [a <= b], by=lambda a, b: [half.at(x=a, y=b)]
    )
    def theorem(a: Any, b: Any, f: Any) -> Any:
        return f + a <= f + (a + b) / 2

    found = theorem(QUICK)
    assert found.kind == "proved"
    assert set(half(QUICK).proof) <= set(found.proof)
    assert theorem.lemmas() == [half]


def test_a_lemma_of_several_lemmas_is_shown_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    solved = ForAll._solved

    def counted(self: ForAll, *values: Any) -> Any:
        asked.append(self)
        return solved(self, *values)

    monkeypatch.setattr(ForAll, "_solved", counted)
    base = forall(x=real)(lambda x: x * x >= 0)
    halves = [forall(x=real, by=lambda x: [base.at(x=x)])(lambda x: x * x + 1 > 0) for _ in "ab"]
    whole = forall(x=real, by=lambda x: [half.at(x=x) for half in halves])(lambda x: x * x > -1)
    assert kind_of(whole) == "proved"
    assert asked == [base, *halves, whole]
    # and once more where it is asked for again
    assert kind_of(whole) == "proved"
    assert len(asked) == 8


def test_what_a_short_look_found_of_a_lemma_is_not_the_answer_to_a_long_one() -> None:
    asked = []

    class Slow:
        of_reached = False

        def decided(self, budget: Budget) -> Undecided:
            asked.append(budget)
            return Undecided(budget.name)

        def lemmas(self) -> list[Any]:
            return []

    lemma: Any = Slow()
    with each_once():
        notes = [shown_once(lemma, Budget(name)).note for name in ("quick", "full", "quick")]  # type: ignore[union-attr]
    assert notes == ["quick", "full", "quick"]
    assert len(asked) == 2


def test_a_lemma_that_is_refuted_carries_nothing() -> None:
    wrong = forall(x=real)(lambda x: x > 0)
    by = lambda x: [wrong.at(x=x)]  # noqa: E731
    # a theorem that the false lemma implies, and one that is true without it
    assert forall(x=real, by=by)(lambda x: x > -1)(QUICK).kind == "refuted"
    found = forall(x=real, by=by)(lambda x: x * x >= 0)(QUICK)
    assert found.kind == "sampled"
    assert "a lemma is refuted" in found.note


def test_a_theorem_that_does_not_follow_is_refuted_or_not_proved() -> None:
    @forall(a=real, b=real, given=lambda a, b: [a <= b], by=lambda a, b: [half.at(x=a, y=b)])
    def too_much(a: Any, b: Any) -> Any:
        return a < (a + b) / 2

    assert kind_of(too_much) == "refuted"


def test_no_statement_is_its_own_lemma() -> None:
    statements: dict[str, ForAll] = {}
    for name, other in (("first", "second"), ("second", "first")):
        by = lambda x, o=other: [statements[o].at(x=x)]  # noqa: E731
        statements[name] = forall(x=real, by=by)(lambda x: x > 0)
    with pytest.raises(ValueError, match="shown by this one"):
        statements["first"](QUICK)


@pytest.mark.parametrize(
    ("by", "message"),
    [
        (lambda x: [half], "by: expected instances"),
        (lambda x: [x > 0], "by: expected instances"),
        (lambda x: half.at(x=x, y=x), "by: expected a list of instances of lemmas"),
        (lambda x: None, "by: expected a list of instances of lemmas"),
    ],
)
def test_what_is_no_lemma(by: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        forall(x=real, by=by)(lambda x: x > 0)(QUICK)


# without engines


def without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "available", lambda: False)
    monkeypatch.setattr(algebra, "available", lambda: False)


def test_without_engines_a_truth_is_a_sample_with_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch)
    found = mean(QUICK)
    assert found.kind == "sampled"
    assert found.margin == 0
    assert found.cases > 300
    assert "with z3-solver installed it would be proved" in found.note
    assert "with sympy installed it would be proved" in found.note
    by = forall(a=nonnegative, by=lambda a: [mean.at(a=a, b=a)])(lambda a: a >= 0)
    assert by(QUICK).kind == "sampled"
    false = forall(x=real)(lambda x: x * x >= x)
    assert kind_of(false) == "refuted"


def test_one_engine_stands_in_for_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "available", lambda: False)
    found = larger(QUICK)
    assert found.kind == "proved"
    assert not any(step.answer for step in found.proof)
    monkeypatch.undo()
    monkeypatch.setattr(algebra, "available", lambda: False)
    by_algebra = ForAll(larger.holds, larger.variables, larger.given, engine="algebra")
    assert by_algebra(QUICK).kind == "proved"


# numbers of NumPy


def test_constants_may_be_of_any_library() -> None:
    np = pytest.importorskip("numpy")
    for two in (2, 2.0, np.float64(2), np.int64(2), np.float32(2), Fraction(2)):
        statement = forall(x=positive)(lambda x, c=two: (c * x >= x) & (x * c == x + x) & (c > 1))
        assert kind_of(statement) == "proved"


# parts


@pytest.mark.parametrize("make", [Part, Control])
def test_a_check_is_callable_and_prose_a_tuple(make: Any) -> None:
    for check in (True, None, Evidence("sampled", 1, 0.0)):
        with pytest.raises(TypeError, match="expected a function of the budget or a forall"):
            make("p", "q", check)
    with pytest.raises(TypeError, match="prose: expected a tuple of texts, got 'in words'"):
        make("p", "q", mean, prose="in words")


def test_a_check_among_several_returns_evidence() -> None:
    with pytest.raises(TypeError, match="the check returned True: return Evidence, or use forall"):
        all_of(mean, lambda budget: True)(QUICK)
    with pytest.raises(TypeError, match="the check returned None"):
        all_of(mean, beside=(lambda budget: None,))(QUICK)
