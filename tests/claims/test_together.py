"""Several checks as one: the weakest kind, every figure, tolerances and agreements kept apart, search and replay."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pqtheory.claims import Budget, Evidence, Step, all_of, forall, join, judge, positive, real
from pqtheory.claims.together import AllOf

QUICK = Budget()
STEPS = (Step("shown"),)


def proved(**figures: Any) -> Any:
    return lambda budget: Evidence("proved", proof=STEPS, **figures)


def sampled(margin: float = 1.0, **options: Any) -> Any:
    return lambda budget: judge("sampled", [margin], {"n": [3]}, **options)


def test_the_weakest_counts_and_all_figures_are_kept() -> None:
    found = all_of(
        proved(measured={"a": 1}),
        sampled(measured={"b": 2.0}, predicted={"b": 2.0}),
        figures=lambda budget: ({"c": budget.pick(3, 4)}, {"c": 3}),
    )(QUICK)
    assert (found.kind, found.cases, found.margin) == ("sampled", 1, 1.0)
    assert found.measured == {"a": 1, "b": 2.0, "c": 3}
    assert found.predicted == {"b": 2.0, "c": 3}
    assert found.proof == STEPS


@pytest.mark.parametrize("place", ["checks", "beside", "figures"])
def test_a_figure_that_misses_refutes_wherever_it_is(place: str) -> None:
    off: Any = {"measured": {"c": 1.0}, "predicted": {"c": 1.1}}
    whole = {
        "checks": lambda: all_of(proved(), sampled(**off)),
        "beside": lambda: all_of(proved(), beside=(sampled(**off),)),
        "figures": lambda: all_of(proved(), figures=lambda _: (off["measured"], off["predicted"])),
    }[place]()
    found = whole(QUICK)
    assert found.kind == "refuted"
    assert found.counterexample == {"figure": "c", "measured": 1.0, "predicted": 1.1}


def test_what_stands_beside_illustrates() -> None:
    found = all_of(proved(measured={"a": 1}), beside=(sampled(measured={"b": 2}),))(QUICK)
    assert (found.kind, found.cases) == ("proved", 0)
    assert found.measured == {"a": 1, "b": 2}
    wrong = all_of(proved(), beside=(sampled(-1.0),))(QUICK)
    assert wrong.kind == "refuted"
    assert wrong.counterexample == {"n": 3, "margin": -1.0}


def test_a_loose_agreement_of_one_run_is_for_no_other_figure() -> None:
    loose = sampled(measured={"a": 1.1}, predicted={"a": 1.0}, agreement=0.2)(QUICK)
    assert loose.kind == "sampled"
    other: Any = {"measured": {"b": 1.1}, "predicted": {"b": 1.0}}
    assert join(loose, **other).kind == "refuted"
    assert join(loose, join(loose), **other).kind == "refuted"
    assert all_of(lambda _: loose, figures=lambda _: tuple(other.values()))(QUICK).kind == "refuted"
    assert all_of(proved(), beside=(lambda _: loose,))(QUICK).kind == "proved"
    assert join(loose, proved()(QUICK)).measured == {"a": 1.1}


def test_tolerances_join_and_join_again() -> None:
    near = sampled(-1e-6, tolerance=1e-3)(QUICK)
    exact = sampled(0.0)(QUICK)
    both = join(near, exact)
    assert (both.kind, both.margin, both.tolerance) == ("sampled", -1e-6, 1e-3)
    assert join(both, exact, both).kind == "sampled"
    assert sampled(-1e-6)(QUICK).kind == "refuted"


def test_no_check_is_no_statement() -> None:
    with pytest.raises(ValueError, match="checks: expected at least one, got none"):
        all_of()


# search and replay


@forall(x=real)
def square(x: Any) -> Any:
    return x * x >= 0


@forall(y=positive)
def too_large(y: Any) -> Any:
    return y <= 3


def test_a_search_looks_at_each_and_a_case_is_replayed_by_whom_it_concerns() -> None:
    both = all_of(square, too_large)
    counted: list[int] = []
    found = both.search(200, 0, counted.append)
    assert found is not None
    assert found.kind == "refuted"
    assert counted == sorted(counted)
    assert found.counterexample is not None
    assert both.replay(found.counterexample).kind == "refuted"
    assert both.replay({"x": Fraction(1)}).kind == "sampled"
    assert both.replay({"y": Fraction(4)}).kind == "refuted"
    with pytest.raises(ValueError, match=r"case: expected . missing|case: expected"):
        both.replay({"z": Fraction(1)})


def test_only_what_can_be_searched_is_and_cases_may_stand_in() -> None:
    plain = all_of(proved())
    assert plain.search(10) is None
    with pytest.raises(ValueError, match="none of the checks looks at single cases"):
        plain.replay({"x": Fraction(1)})
    stands_in = all_of(square, cases=(too_large,))
    assert stands_in.cases == (too_large,)
    found = stands_in.search(200)
    assert found is not None
    assert found.kind == "refuted"
    nested = AllOf((stands_in, square))
    assert nested.search(200).kind == "refuted"  # type: ignore[union-attr]


def test_what_a_run_measures_may_be_an_array() -> None:
    found = all_of(proved(measured={"a": np.array([1.0, 2.0])}, predicted={"a": [1.0, 2.0]}))(QUICK)
    assert found.kind == "proved"
