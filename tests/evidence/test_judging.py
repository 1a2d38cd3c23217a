"""Evidence: judge and join decide rightly, and wrong uses are told."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pqtheory.evidence import Budget, Evidence, Step, join, judge

NOTHING: dict[str, Any] = {}
ONE = {"n": np.array([3])}
STEPS = (Step("shown"),)


def refuted(margin: float | None, **found: Any) -> Evidence:
    return Evidence("refuted", 1, margin, counterexample=found or {"x": 1})


# judge


def test_judge_where_all_holds() -> None:
    found = judge("enumerated", np.array([0.5, 0.25]), {"n": np.array([3, 4])})
    assert found == Evidence("enumerated", 2, 0.25)


def test_judge_shows_the_worst_case_in_plain_numbers() -> None:
    cases = {"n": np.array([3, 4, 5]), "theta": np.arange(6.0).reshape(3, 2)}
    found = judge("sampled", np.array([0.0, -2.0, -1.0]), cases)
    assert (found.kind, found.cases, found.margin) == ("refuted", 3, -2.0)
    assert found.counterexample == {"n": 4, "theta": [2.0, 3.0], "margin": -2.0}
    assert type(found.counterexample["n"]) is int


@pytest.mark.parametrize(("holds", "kind"), [([True, True], "sampled"), ([True, False], "refuted")])
def test_judge_of_booleans(holds: list[bool], kind: str) -> None:
    found = judge("sampled", np.array(holds), {"n": np.array([3, 4])})
    assert (found.kind, found.margin) == (kind, 0.0 if kind == "sampled" else -1.0)
    if kind == "refuted":
        assert found.counterexample == {"n": 4, "margin": -1.0}


@pytest.mark.parametrize("tolerance", [0.0, 1e300])
def test_judge_never_lets_nan_hold(tolerance: float) -> None:
    margins = np.array([1.0, math.nan, -0.0])
    found = judge("sampled", margins, {"n": np.array([3, 4, 5])}, tolerance=tolerance)
    assert found.counterexample == {"n": 4, "margin": -math.inf}


def test_judge_allows_the_tolerance_and_no_more() -> None:
    cases = {"n": np.array([3])}
    assert judge("sampled", np.array([-0.5]), cases, tolerance=0.5).kind == "sampled"
    assert judge("sampled", np.array([-0.5]), cases, tolerance=0.499).kind == "refuted"
    assert judge("sampled", np.array([-0.5]), cases).kind == "refuted"


def test_judge_is_exact_on_fractions() -> None:
    tiny = Fraction(-1, 10**400)  # below what a float can say
    found = judge("sampled", np.array([Fraction(1), tiny], dtype=object), {"n": np.array([3, 4])})
    assert found.kind == "refuted"
    assert found.counterexample["n"] == 4  # type: ignore[index]


@pytest.mark.parametrize(
    ("measured", "predicted", "agrees"),
    [
        (1.0, 1.0, True),
        (1.0 + 1e-10, 1.0, True),
        (1.0 + 1e-8, 1.0, False),
        (1e12 + 1, 1e12, True),
        (1e-8, 0.0, False),
        (0.5, Fraction(1, 2), True),
        ([1.0, 2.0], [1.0, 2.0], True),
        ([1.0, 2.0], [1.0, 2.5], False),
        ([1.0, 1.0], 1.0, False),
        (math.nan, 1.0, False),
        (math.nan, math.nan, False),
        (math.inf, math.inf, True),
        (math.inf, 1.0, False),
        (1.0, math.inf, False),
    ],
)
def test_a_figure_that_misses_its_prediction_refutes(
    measured: Any, predicted: Any, agrees: bool
) -> None:
    figures: Any = {"measured": {"c": measured, "d": 7}, "predicted": {"c": predicted}}
    good = judge("enumerated", np.array([0.5]), {"n": np.array([3])})
    for found in (
        judge("enumerated", np.array([0.5]), {"n": np.array([3])}, **figures),
        join(good, **figures),
    ):
        assert found.kind == ("enumerated" if agrees else "refuted")
        assert found.cases == 1
        assert found.predicted == figures["predicted"]
        if not agrees:
            expected = {"figure": "c", "measured": measured, "predicted": predicted}
            assert found.counterexample == expected
            assert found.margin < 0  # type: ignore[operator]


def test_how_near_is_for_the_caller_to_say() -> None:
    figures: Any = {"measured": {"c": 1.1}, "predicted": {"c": 1.0}, "agreement": 0.2}
    good = judge("sampled", np.array([0.5]), NOTHING, **figures)
    assert good.kind == "sampled"
    # what a piece has compared itself is not compared again
    assert join(good).kind == "sampled"
    assert join(good, **figures).kind == "sampled"
    assert join(good, predicted={"c": 1.0}).kind == "refuted"


@pytest.mark.parametrize("kind", ["proved", "certified", "refuted", "certain"])
def test_margins_prove_nothing(kind: str) -> None:
    with pytest.raises(ValueError, match=f"kind: expected 'enumerated' or 'sampled'.*got '{kind}'"):
        judge(kind, np.array([0.5]), NOTHING)


def test_no_case_is_no_evidence() -> None:
    with pytest.raises(ValueError, match="at least one case"):
        judge("enumerated", np.array([]), {"n": np.array([])})


def test_a_prediction_needs_its_measurement() -> None:
    message = r"predicted: figure 'c' is not measured, only \['d'\]"
    figures: Any = {"measured": {"d": 1}, "predicted": {"c": 1}}
    with pytest.raises(ValueError, match=message):
        judge("sampled", np.array([0.5]), NOTHING, **figures)
    with pytest.raises(ValueError, match=message):
        join(Evidence("proved", proof=STEPS), **figures)
    with pytest.raises(ValueError, match=message):
        Evidence("proved", **figures, proof=STEPS)


# join


def test_join_takes_the_weakest_kind_all_cases_the_least_margin_and_all_figures() -> None:
    pieces = (
        Evidence("enumerated", 3, 0.5, {"a": 1, "b": 2}, {"a": 1}),
        Evidence("sampled", 4, 0.75, {"b": 2, "c": np.array([1, 2])}),
        Evidence("proved", measured={"c": [1, 2]}, proof=STEPS),
    )
    found = join(*pieces, measured={"d": 4}, predicted={"d": 4})
    assert (found.kind, found.cases, found.margin) == ("sampled", 7, 0.5)
    assert list(found.measured) == ["a", "b", "c", "d"]
    assert found.predicted == {"a": 1, "d": 4}
    assert join(Evidence("proved", proof=STEPS), Evidence("certified", 2, proof=STEPS)) == Evidence(
        "certified", 2, proof=STEPS
    )


def test_join_shows_the_clearest_counterexample() -> None:
    good = judge("sampled", np.array([0.5]), NOTHING)
    found = join(refuted(-1.0, x=1), good, refuted(-2.0, x=2), refuted(None, x=3))
    assert (found.kind, found.cases, found.margin) == ("refuted", 4, -2.0)
    assert found.counterexample == {"x": 2}
    # and a figure that is off as well does not hide it
    off = join(refuted(-1.0, x=1), measured={"c": 1}, predicted={"c": 2})
    assert off.counterexample == {"x": 1}


def test_join_compares_what_a_piece_measured_with_what_all_together_predict() -> None:
    piece = Evidence("enumerated", 1, measured={"c": 1.0})
    assert join(piece, predicted={"c": 1.0}).kind == "enumerated"
    assert join(piece, predicted={"c": 2.0}).kind == "refuted"


@pytest.mark.parametrize("other", [2, [1], np.array([1, 2]), math.nan])
def test_one_figure_has_one_value(other: Any) -> None:
    pieces = [Evidence("proved", measured={"c": v}, proof=STEPS) for v in (1, other)]
    with pytest.raises(ValueError, match="measured: figure 'c' is both 1 and"):
        join(*pieces)
    with pytest.raises(ValueError, match="measured: figure 'c' is both 1 and"):
        join(pieces[0], measured={"c": other})
    with pytest.raises(ValueError, match="predicted: figure 'c' is both 1 and"):
        join(
            Evidence("proved", measured={"c": 1}, predicted={"c": 1}, proof=STEPS),
            predicted={"c": other},
        )


def test_join_of_nothing() -> None:
    with pytest.raises(ValueError, match="pieces: expected at least one, got none"):
        join()


# what evidence is made of


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("certain",), ValueError, "kind: expected one of"),
        (("refuted",), ValueError, "counterexample: expected exactly where"),
        (("proved", 1, None, {}, {}, {"x": 1}), ValueError, "counterexample: expected exactly"),
        (("enumerated",), ValueError, "cases: expected at least one"),
        (("sampled", 0), ValueError, "cases: expected at least one"),
        (("proved", -1), ValueError, "cases: expected an integer >= 0, got -1"),
        (("proved", 1.5), TypeError, "cases: expected an integer, got 1.5"),
    ],
)
def test_wrong_evidence(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Evidence(*arguments)


def test_a_proof_may_go_over_no_list_of_cases() -> None:
    assert Evidence("proved", proof=STEPS).cases == Evidence("certified", proof=STEPS).cases == 0


def test_budgets() -> None:
    assert Budget().pick(1, 2) == 1
    assert Budget("full").pick(1, 2) == 2
    with pytest.raises(ValueError, match=r"budget: expected one of .* got 'huge'"):
        Budget("huge")
