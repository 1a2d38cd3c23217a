"""What readers are shown of callables, and limits of time."""

import math
from functools import partial
from typing import Any

import pytest

from pqtheory.claims import forall, real
from pqtheory.claims.calling import nothing, texts
from pqtheory.claims.forall import SECOND_CHOICE
from pqtheory.claims.source import source
from pqtheory.claims.verification import check_timeout
from pqtheory.evidence import Budget
from pqtheory.evidence.symbolic import checks as algebra


def alone(x: Any) -> Any:
    return x <= 1


def large(x: Any) -> Any:
    return [x >= 1]


def test_texts_are_the_source_what_its_names_stand_for_and_the_others() -> None:
    level = 2

    def below(x: Any) -> Any:
        return x <= level

    shown = "def below(x: Any) -> Any:\n    return x <= level"
    assumed = "given: def large(x: Any) -> Any:\n    return [x >= 1]"
    assert texts(below) == [shown, "where level = 2"]
    assert texts(below, given=large, by=nothing) == [shown, "where level = 2", assumed]
    assert texts(alone) == [source(alone)]


def test_what_a_statement_holds_is_not_shown_again() -> None:
    given = lambda x: [x >= 1]  # noqa: E731

    def holds(x: Any, given: Any = lambda x: [x >= 1]) -> Any:
        return x >= 0

    assert texts(holds, given=given) == [source(holds)]


def test_what_has_no_lines_is_shown_by_its_name() -> None:
    assert source(len) == "len"
    bound = partial(alone, 1)
    assert source(bound) == f"{bound}"


@pytest.mark.parametrize("timeout", [0, -1, math.inf, math.nan])
def test_a_timeout_is_a_finite_number_above_0(timeout: float) -> None:
    with pytest.raises(ValueError, match=r"^timeout: expected a finite number > 0, got"):
        check_timeout(timeout)


def test_a_timeout_may_be_none_or_whole() -> None:
    assert check_timeout(None) is None
    assert check_timeout(3) == 3.0


@pytest.mark.parametrize("budget", ["quick", "full"])
def test_algebra_has_less_time_and_fewer_readings_where_it_is_asked_second(
    budget: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def answer(read: Any, names: Any, seconds: float, **options: Any) -> tuple[None, str]:
        asked.append((seconds, options["models"], options["examples"]))
        return None, "no answer"

    monkeypatch.setattr(algebra, "answer", answer)
    for engine in ("algebra", "solver"):
        statement = forall(x=real, engine=engine)(lambda x: x**2 >= 0)
        assert statement._computed(Budget(budget), [], []) is None
    first, second = asked
    assert first == (algebra.SECONDS[budget], algebra.MODELS, 0)
    assert second == (SECOND_CHOICE[budget], algebra.READINGS, 0)
    assert second[0] < first[0]
