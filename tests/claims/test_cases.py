"""The falsify engine: planted falsehoods are found and made simple, truths are not refuted."""

import math
import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pqtheory.claims import all_of, real
from pqtheory.claims import cases as falsify
from pqtheory.claims.forall import ForAll
from pqtheory.evidence import Budget, Evidence
from pqtheory.evidence.search import search, statements
from pqtheory.evidence.search.domains import Domain, Floats, Fractions
from pqtheory.evidence.search.slack import NOTHING, Slack, into_assumptions, onto_border, read
from pqtheory.evidence.search.statements import REALS
from pqtheory.evidence.terms import Term
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary

W = DistanceL1(Binary())
FRACTIONS = falsify.Fractions(-4, 4)
DOMAINS: tuple[Domain, ...] = (
    falsify.Integers(-3, 5),
    falsify.Integers(7, 9),
    falsify.Fractions(-2, 2),
    falsify.Fractions(0, 1, open_low=True, open_high=True),
    falsify.Fractions(Fraction(1, 3), Fraction(1, 2)),
    falsify.Fractions(10, 11),
    falsify.Floats(-1.0, 0.5, open_high=True),
    falsify.Choice((1, -1, "odd")),
    falsify.Lists(falsify.Integers(-2, 2), 0, 3),
    falsify.Lists(falsify.Lists(falsify.Fractions(-1, 1), 2), 2),
)


def statement(check: Any, variables: str) -> ForAll:
    """Of all reals, from a function that gives assumptions and conclusion."""

    def holds(**case: Any) -> Any:
        return check(*case.values())[1]

    def given(**case: Any) -> Any:
        return check(*case.values())[0]

    return ForAll(holds, dict.fromkeys(variables.split(), real), given)


# slack


@given(*(st.fractions(-4, 4, max_denominator=6) for _ in range(3)))
def test_the_reading_agrees_with_plain_arithmetic(a: Fraction, b: Fraction, c: Fraction) -> None:
    """Whether it holds, and on which side of 0 the slack is."""

    def tests(a: Any, b: Any, c: Any) -> list[Any]:
        return [
            a >= b,
            a > b,
            a <= b,
            a < b,
            a == b,
            (a < b) & (b < c),
            (a < b) | (b < c),
            (a < b) == (b < c),
            abs(a - b) >= c,
            a * b / 2 - c < -a,
            c**2 <= 1,
        ]

    backend = Slack()
    readings = tests(*(Term(backend.number(x), backend) for x in (a, b, c)))
    for plain, reading in zip(tests(a, b, c), readings, strict=True):
        truth = reading.expression
        assert truth.holds == plain
        assert truth.slack >= 0 if plain else truth.slack <= 0
        opposite = (~reading).expression
        assert (opposite.holds, opposite.slack) == (not plain, -truth.slack)


def test_slack_of_known_cases() -> None:
    def claim(a: Any, b: Any) -> Any:
        return [a > 0, b >= a], (a + b <= 4) & (a >= 1)

    found = read(claim, {"a": Fraction(3, 2), "b": Fraction(2)})
    assert (found.assumed.holds, found.assumed.slack) == (True, 0)
    assert found.claimed.slack == Fraction(1, 2)
    assert not found.claimed.slack < 0
    outside = read(claim, {"a": Fraction(-1), "b": Fraction(-3)})
    assert (outside.assumed.holds, outside.assumed.slack) == (False, -3)
    assert read(lambda a: ([], 1 / a > 0), {"a": Fraction(0)}) == NOTHING


def test_the_prox_reads_alike_in_slack_and_in_plain_fractions() -> None:
    rng = np.random.default_rng(0)
    for _ in range(40):
        theta, weight = (Fraction(int(n), 16) for n in rng.integers((-64, 1), (65, 40)))
        backend = Slack()
        terms = [Term(backend.number(x), backend) for x in (theta, weight)]
        plain = W.prox(np.array([theta], dtype=object), weight)[0]
        assert W.prox(terms[0], weight=terms[1]).expression.value == plain


def test_onto_a_border_and_into_the_assumptions() -> None:
    def claim(t: Any, w: Any) -> Any:
        return [w > 2, w <= 3, t * w == 0], 3 * t >= w + 1

    # the last comparison, first variable, no offset
    picks = iter((0, 3, 0))
    moved = onto_border(claim, {"t": Fraction(5), "w": Fraction(1)}, lambda low, high: next(picks))
    assert moved == {"t": Fraction(2, 3), "w": Fraction(1)}
    picks = iter((0, 0, 0))
    case = {"t": Fraction(5), "w": Fraction(1)}
    assert onto_border(claim, case, lambda low, high: next(picks)) == case  # w > 2 has no t

    def bounds(eta: Any, weight: Any) -> Any:
        return [eta > 0, eta < 2, weight >= eta, weight <= 1], eta == eta

    for start in (Fraction(-3), Fraction(100), Fraction(1, 7)):
        inside = into_assumptions(bounds, {"eta": start, "weight": -start}, lambda low, high: low)
        assert read(bounds, inside).assumed.holds


# statements


@pytest.mark.parametrize(
    ("claim", "variables", "simplest"),
    [
        (lambda a, b: ([a >= 0, b >= 0], a + b >= 2 * a * b), "a b", {"a": 1, "b": 2}),
        (lambda x: ([], x * x > 0), "x", {"x": 0}),
        (lambda x, y: ([x > y], x * x > y * y), "x y", None),
        (lambda x, y: ([x == 2 * y, x > 3], y <= 1), "x y", None),
        (lambda x: ([x > 0], (x < Fraction(1, 3)) | (x > Fraction(5, 12))), "x", {"x": "1/3"}),
        (lambda t, w: ([w > 0], W.prox(t, w) == t + w), "t w", None),
    ],
)
def test_planted_falsehoods_are_found_and_made_simple(
    claim: Any, variables: str, simplest: dict[str, Any] | None
) -> None:
    check = statement(claim, variables)
    found = check.search(500)
    assert found is not None
    assert found.kind == "refuted"
    assert found.counterexample is not None
    assert check.replay(found.counterexample).kind == "refuted"
    values = [found.counterexample[name] for name in variables.split()]
    assert all(isinstance(v, Fraction) and v.denominator <= 3 and abs(v) <= 8 for v in values)
    if simplest is not None:
        expected = {name: Fraction(v) for name, v in simplest.items()}
        case = {name: found.counterexample[name] for name in expected}
        assert case == expected or sorted(case.values()) == sorted(expected.values())


@pytest.mark.parametrize("seed", range(3))
def test_truths_are_not_refuted(seed: int) -> None:
    def mean(a: Any, b: Any) -> Any:
        return [a >= 0, b >= 0], (a + b) ** 2 >= 4 * a * b

    def one_percent_off(a: Any, b: Any) -> Any:
        return [a >= 0, b >= 0], (a + b) ** 2 >= Fraction(101, 100) * 4 * a * b

    found = statement(mean, "a b").search(300, seed)
    assert found is not None
    assert (found.kind, found.margin) == ("sampled", 0.0)
    assert found.cases >= 250
    false = statement(one_percent_off, "a b").search(300, seed)
    assert false is not None
    assert false.kind == "refuted"


def test_narrow_assumptions_are_met_by_construction() -> None:
    """A thin slab, an equation and a bound: hardly any random case is inside."""

    def claim(eta: Any, weight: Any, s: Any) -> Any:
        inside = [(s == 1) | (s == -1), eta > 0, eta < 2, weight * eta == 3, weight <= 4]
        return inside, weight > 1

    found = statement(claim, "eta weight s").search(400)
    assert found is not None
    assert found.kind == "sampled"
    assert found.cases > 40


def test_division_by_zero_is_outside() -> None:
    found = statement(lambda x: ([x >= 0, x <= 1], x / x == 1), "x").search(200)
    assert found is not None
    assert found.kind == "sampled"


def test_impossible_assumptions_leave_no_case() -> None:
    assert statement(lambda x: ([x > 0, x < 0], x == x), "x").search(50) is None


def test_a_narrow_region_needs_guidance() -> None:
    """Near (sqrt 2, sqrt 2) within about 1/1000: chance misses it in ten times as many cases."""

    def claim(x: Any, y: Any) -> Any:
        return [y >= 0], (x * x - 2) ** 2 + (y - x) ** 2 >= Fraction(1, 10**6)

    check = statement(claim, "x y")
    for seed in range(2):
        found = check.search(1000, seed)
        assert found is not None
        assert found.kind == "refuted"
        assert found.counterexample is not None
        assert found.counterexample["x"].denominator < 5000
    drawn = search._Drawn(dict.fromkeys("xy", REALS), None)
    look = search._Log(lambda case: statements._look_at_statement(claim, case), None)
    assert search._by_chance(drawn, look, 10000, 0) is None


def test_a_search_that_plain_arithmetic_denies_is_an_error() -> None:
    def two_readings(x: Any) -> Any:
        return [], x < 0 if isinstance(x, Term) else x == x

    with pytest.raises(ArithmeticError, match="does not replay"):
        statement(two_readings, "x").search(50)


# cases


def test_cases_are_searched_guided_and_made_simple() -> None:
    def margin(theta: list[Fraction], weight: Fraction) -> Fraction:
        return abs(sum(theta) - Fraction(271828, 100000)) + weight - Fraction(1, 1000)

    check = falsify.Cases(
        margin, {"theta": falsify.Lists(FRACTIONS, 2), "weight": falsify.Fractions(0, 4)}
    )
    found = check.search(1000)
    assert found is not None
    assert found.counterexample is not None
    assert found.counterexample["weight"] == 0
    assert found.counterexample["margin"] == found.margin < 0
    assert all(v.denominator < 100 for v in found.counterexample["theta"])
    assert check.replay(found.counterexample).kind == "refuted"


@pytest.mark.parametrize(
    ("margin", "domain", "simplest"),
    [
        (lambda v: v < 2.5, falsify.Floats(-4.0, 4.0), 3.0),
        (lambda v: 7 - v, falsify.Integers(-100, 100), 8),
        (lambda v: v != "b", falsify.Choice(("a", "b", "c")), "b"),
        (lambda v: len(v) < 3, falsify.Lists(FRACTIONS, 0, 6), [0, 0, 0]),
        (lambda v: math.nan if v > 1 else 1.0, FRACTIONS, 2),
        (lambda v: np.float64(1.0) - float(v), falsify.Fractions(0, 3), 2),
        (lambda v: np.bool_(v <= 1), falsify.Fractions(0, 3), 2),
    ],
)
def test_each_domain_shrinks(margin: Any, domain: Domain, simplest: Any) -> None:
    found = falsify.Cases(margin, {"v": domain})(Budget())
    assert found.kind == "refuted"
    assert found.counterexample is not None
    assert found.counterexample["v"] == simplest


def test_cases_that_hold() -> None:
    def margin(v: float) -> float:
        return v + 1e-13 * math.sin(v)

    check = falsify.Cases(
        margin, {"v": falsify.Floats(0.0, 4.0)}, tolerance=1e-9, quick=50, full=1500
    )
    found = check(Budget())
    assert found.kind == "sampled"
    assert 25 <= found.cases <= 60
    assert found.margin == 0.0
    assert not found.note
    assert check(Budget("full")).cases > 1000


def test_the_same_search_on_every_run_and_another_for_another_seed() -> None:
    def run(seed: int) -> list[Fraction]:
        seen: list[Fraction] = []

        def margin(v: Fraction) -> bool:
            seen.append(v)
            return True

        falsify.Cases(margin, {"v": FRACTIONS}).search(60, seed)
        return seen

    assert run(0) == run(0)
    assert run(0) != run(1)


def test_what_the_statement_does_not_speak_of() -> None:
    check = falsify.Cases(lambda v: None if v < 0 else v < 3, {"v": FRACTIONS})
    found = check.search(200)
    assert found is not None
    assert found.counterexample is not None
    assert found.counterexample["v"] == 3
    with pytest.raises(ValueError, match="does not speak of"):
        check.replay({"v": Fraction(-1)})
    assert falsify.Cases(lambda v: None, {"v": FRACTIONS}).search(20) is None
    with pytest.raises(ValueError, match="at least one case"):
        falsify.Cases(lambda v: None, {"v": FRACTIONS})(Budget())


def test_replay_checks_the_case() -> None:
    check = falsify.Cases(lambda v, n: v > n, {"v": FRACTIONS, "n": falsify.Integers(0, 3)})
    assert check.replay({"v": Fraction(1), "n": 1, "margin": -1.0}).kind == "refuted"
    assert check.replay({"v": Fraction(2), "n": 1}).kind == "sampled"
    for case, words in (
        ({"v": Fraction(1)}, "n missing"),
        ({"v": Fraction(5), "n": 1}, "v = Fraction"),
        ({"v": 0.5, "n": 1}, "v = 0.5"),
        ({"v": Fraction(1), "n": True}, "n = True"),
    ):
        with pytest.raises(ValueError, match=words):
            check.replay(case)


def test_bad_arguments() -> None:
    for domains in ({}, {"margin": FRACTIONS}):
        with pytest.raises(ValueError, match="domains: expected"):
            falsify.Cases(lambda: True, domains)
    with pytest.raises(ValueError, match="examples: expected an integer >= 1"):
        falsify.Cases(lambda v: True, {"v": FRACTIONS}, quick=0)
    with pytest.raises(ValueError, match="examples: expected an integer >= 1"):
        falsify.Cases(lambda v: True, {"v": FRACTIONS}).search(0)
    for empty in (
        lambda: falsify.Integers(2, 1),
        lambda: falsify.Fractions(1, 1, open_low=True),
        lambda: falsify.Choice(()),
        lambda: falsify.Lists(FRACTIONS, 3, 2),
        lambda: falsify.Lists(FRACTIONS, -1),
    ):
        with pytest.raises(ValueError, match="domain: expected at least one value"):
            empty()


def test_an_error_in_a_margin_is_not_swallowed() -> None:
    def broken(v: Fraction) -> bool:
        raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        falsify.Cases(broken, {"v": FRACTIONS})(Budget())


@pytest.mark.parametrize("domain", DOMAINS, ids=repr)
@given(data=st.data())
def test_domains_draw_simplify_and_move_within_themselves(domain: Domain, data: Any) -> None:
    value = domain.draw(lambda low, high: data.draw(st.integers(low, high)))
    assert domain.contains(value)
    assert all(domain.contains(v) and v != value for v in domain.simpler(value))
    for step in (Fraction(1, 4), Fraction(1, 1 << 20), Fraction(3)):
        assert all(domain.contains(v) and v != value for v in domain.near(value, step))
    # nothing is simpler for ever
    for _ in range(200):
        value = next(domain.simpler(value), None)
        if value is None:
            break
    assert value is None


@pytest.mark.parametrize("domain", [Fractions(-(10**6), 10**6), Floats(-1e6, 1e6)], ids=repr)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_large_number_is_made_small(domain: Domain, sign: int) -> None:
    def look(case: search.Case) -> search.Verdict:
        return search.Verdict(True, abs(case["x"]) >= 3, 3 - abs(case["x"]))

    start = type(domain.draw(min))(sign * 10**6)
    found = search.simplified({"x": domain}, look, {"x": start})
    assert abs(found["x"]) == 3


# without Hypothesis


def test_without_hypothesis_chance_searches_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "available", lambda: False)
    monkeypatch.setattr(falsify, "available", lambda: False)
    check = falsify.Cases(lambda v: v < 2, {"v": FRACTIONS})
    found = check(Budget())
    assert found.kind == "refuted"
    assert found.counterexample is not None
    assert found.counterexample["v"] == 2
    true = falsify.Cases(lambda v: v <= 4, {"v": FRACTIONS})(Budget())
    assert true.kind == "sampled"
    assert "hypothesis" in true.note
    with pytest.raises(ImportError, match=r"pip install 'pqtheory\[falsify\]'"):
        search.require()


def test_the_package_loads_without_hypothesis_and_does_not_load_it() -> None:
    code = (
        "import sys, pqtheory.theory as c\n"
        "[c.BOOK.load(n) for n in c.BOOK.names]\n"
        "assert 'hypothesis' not in sys.modules\n"
        "sys.modules['hypothesis'] = None\n"
        "from pqtheory.claims import cases as falsify\n"
        "print(falsify.Fractions(0, 1))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Fractions(")


# checks put together


def test_joined_checks_are_searched_and_replayed() -> None:
    true = statement(lambda x: ([], x * x >= 0), "x")
    false = statement(lambda x, y: ([y > 0], x + y > x * x), "x y")
    both = all_of(true, false)
    assert isinstance(both, falsify.Searchable)
    counted: list[int] = []
    found = both.search(300, 0, counted.append)
    assert found is not None
    assert found.counterexample is not None
    assert both.replay(found.counterexample).kind == "refuted"
    assert both.replay({"x": Fraction(1), "y": Fraction(1)}).kind == "sampled"
    assert counted[0] == 1
    assert counted == sorted(counted)
    with pytest.raises(ValueError, match="missing"):
        both.replay({"z": Fraction(1)})


def test_joined_checks_keep_evidence_and_figures() -> None:
    pytest.importorskip("z3")
    true = statement(lambda x: ([], x * x >= 0), "x")
    check = all_of(true, true, figures=lambda budget: ({"n": 2}, {"n": 2}))
    assert check(Budget()).kind == "proved"
    assert check(Budget()).measured == {"n": 2}
    off = all_of(true, figures=lambda budget: ({"n": 2}, {"n": 3}))
    assert off(Budget()).kind == "refuted"


def test_checks_without_cases_stay_as_they_are() -> None:
    def plain(budget: Budget) -> Evidence:
        return Evidence("enumerated", 3)

    assert all_of(plain).search(10) is None
    with pytest.raises(ValueError, match="none of the checks looks at single cases"):
        all_of(plain).replay({"x": 1})
    cases = falsify.Cases(lambda v: v < 1, {"v": FRACTIONS})
    wired = all_of(plain, cases=(cases,))
    assert wired(Budget()).kind == "enumerated"
    assert isinstance(wired, falsify.Searchable)
    found = wired.search(50)
    assert found is not None
    assert found.kind == "refuted"
    assert wired.replay({"v": Fraction(1)}).kind == "refuted"
