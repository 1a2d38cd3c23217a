"""Roots: exact numbers that are no fractions; shown, stored, and statements decided at them."""

import json
from fractions import Fraction
from typing import Any

import pytest

from pqtheory.evidence.encoding import decoded, encoded
from pqtheory.evidence.roots import Root, UnconfirmedError, holds_at, plain_truth
from pqtheory.evidence.terms import Term
from pqtheory.report import show

pytest.importorskip("sympy")

TWO = Root((Fraction(1), Fraction(0), Fraction(-2)), 1)
MINUS_TWO = Root((Fraction(1), Fraction(0), Fraction(-2)), 0)
THREE = Root((Fraction(1), Fraction(0), Fraction(-3)), 1)
CUBE = Root((Fraction(1), Fraction(0), Fraction(0), Fraction(-2)), 0)


def test_a_root_says_what_it_is() -> None:
    assert float(TWO) == pytest.approx(2**0.5, abs=1e-15)
    assert float(MINUS_TWO) == pytest.approx(-(2**0.5), abs=1e-15)
    assert str(TWO) == "1.41421356237... (root 2 of x^2 - 2)"
    assert show({"x": TWO}) == f"x = {TWO}"
    odd = Root((Fraction(-1, 2), Fraction(1), Fraction(0), Fraction(3)), 0)
    assert odd.polynomial == "- 1/2x^3 + x^2 + 3"


@pytest.mark.parametrize(
    ("coefficients", "place", "error"),
    [
        ((Fraction(1),), 0, ValueError),
        ((), 0, ValueError),
        ((Fraction(0), Fraction(1), Fraction(1)), 0, ValueError),
        ((Fraction(1), Fraction(2)), -1, ValueError),
        ((Fraction(1), Fraction(2)), "0", TypeError),
        ((Fraction(1), Fraction(2)), 0.5, TypeError),
    ],
)
def test_what_is_no_root(coefficients: Any, place: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        Root(coefficients, place)


def test_a_root_that_is_not_there() -> None:
    with pytest.raises(UnconfirmedError, match="has no such real root"):
        _ = Root((Fraction(1), Fraction(0), Fraction(1)), 0).exact
    with pytest.raises(UnconfirmedError, match="has no such real root"):
        _ = Root(TWO.coefficients, 2).exact


def test_roots_come_back_from_files() -> None:
    for root in (TWO, MINUS_TWO, CUBE, Root((Fraction(2), Fraction(-1, 3)), 0)):
        assert decoded(json.loads(json.dumps(encoded(root)))) == root
        assert decoded(encoded({"x": [root, Fraction(1, 2)]})) == {"x": [root, Fraction(1, 2)]}


@pytest.mark.parametrize(
    "content",
    [
        [],
        ["1/1", 0],
        ["1/1", "0/1", {"text": "x"}],
        ["1/1", {"text": "x"}, 0],
        ["0/1", "1/1", 0],
        ["1/1", "0/1", "-2/1", -1],
        ["1/1", "0/1", "-2/1", "1/2"],
        ["1/1", None, 0],
    ],
)
def test_roots_that_nobody_wrote(content: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        decoded({"root": content})


def where(test: Any, yes: Any, no: Any) -> Any:
    return test.backend.where(test, yes, no) if isinstance(test, Term) else (yes if test else no)


@pytest.mark.parametrize(
    ("statement", "values", "holds"),
    [
        (lambda x: ([], x * x == 2), (TWO,), True),
        (lambda x: ([], x * x == 2), (CUBE,), False),
        (lambda x: ([], x > Fraction(141421356237309504880, 10**20)), (TWO,), True),
        (lambda x: ([], x > Fraction(141421356237309504881, 10**20)), (TWO,), False),
        (lambda x: ([x > 0], x < 2), (MINUS_TWO,), None),
        (lambda x, y: ([], x * x * y * y == 6), (TWO, THREE), True),
        (lambda x, y: ([], x + y == 0), (TWO, MINUS_TWO), True),
        (lambda x, y: ([], (x + y) * (x - y) == -1), (TWO, THREE), True),
        (lambda x, y: ([], x / y * y == x), (TWO, CUBE), True),
        (lambda x, y: ([], x < y), (TWO, Fraction(3, 2)), True),
        (lambda x, y: ([], where(x + y == 0, 0, 1 / (x + y)) == 0), (TWO, MINUS_TWO), True),
        (lambda x: ([], where(x > 0, abs(x), -x) == x), (TWO,), True),
        (lambda x: ([], ~(x == 1) & ((x > 1) | (x < 1))), (TWO,), True),
    ],
)
def test_statements_at_roots(statement: Any, values: Any, holds: bool | None) -> None:
    assert holds_at(statement, values) is holds


@pytest.mark.parametrize("scale", [10**30, Fraction(1, 10**30)])
def test_large_and_small_roots_are_told_from_their_neighbours(scale: Any) -> None:
    """The digits of a large number reach less far behind its point."""
    square = 2 * Fraction(scale) ** 2
    root = Root((Fraction(1), Fraction(0), -square), 1)
    near = Fraction(1414213562373095048801688724209698078569671875376948, 10**51) * scale
    assert holds_at(lambda x: ([], x > near), (root,)) is True
    assert holds_at(lambda x: ([], x < near + scale * Fraction(1, 10**50)), (root,)) is True


def test_a_division_by_0_at_a_root_is_one() -> None:
    with pytest.raises(ZeroDivisionError):
        holds_at(lambda x, y: ([], 1 / (x + y) > 0), (TWO, MINUS_TWO))
    with pytest.raises(ZeroDivisionError):
        holds_at(lambda x: ([], 1 / x > 0), (Fraction(0),))
    # other than in a branch that is not taken
    guarded = lambda x: ([], where(x == 0, 0 * x, 1 / x) * x == 0)  # noqa: E731
    assert holds_at(guarded, (Fraction(0),)) is True
    assert holds_at(guarded, (Fraction(2),)) is False


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        (lambda x, y: (y == 0) | (abs(x / y) >= 0), True),
        (lambda x, y: (x > 0) & (y != 0) & (x / y > 1), False),
        (lambda x, y: where(y == 0, x, where(x / y > 1, x, y)) > 1, True),
        (lambda x, y: where(y == 0, x < 1, where(x / y > 1, x > 1, x == y)), False),
        (lambda x, y: ~((y == 0) | ~(x / y > 1)), False),
    ],
)
def test_a_branch_that_is_not_taken_may_divide_by_0_at_a_root(holds: Any, expected: bool) -> None:
    for zero in ((TWO, Fraction(0)), (Fraction(2), Fraction(0))):
        assert holds_at(lambda x, y: ([], holds(x, y)), zero) is expected
    for open_to_zero in (
        lambda x, y: (x > 0) & (x / y > 1),
        lambda x, y: (x / y > 1) == (x > 0),
        lambda x, y: where(x / y > 1, x, y) > 0,
        lambda x, y: where(x / y > 1, x > 0, y > 0),
    ):
        with pytest.raises(ZeroDivisionError):
            holds_at(lambda x, y, holds=open_to_zero: ([], holds(x, y)), (TWO, Fraction(0)))


def test_a_large_field_is_not_made() -> None:
    roots = [Root((Fraction(1), *[Fraction(0)] * 4, Fraction(-p)), 0) for p in (2, 3)]
    with pytest.raises(UnconfirmedError, match="number field has a degree up to 25"):
        holds_at(lambda x, y: ([], x < y), roots)


def test_without_sympy_nothing_is_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    fresh = Root(TWO.coefficients, 1)
    with pytest.raises(UnconfirmedError, match="with sympy installed"):
        holds_at(lambda x: ([], x > 0), (fresh,))
    assert str(fresh) == "?... (root 2 of x^2 - 2)"


@pytest.mark.parametrize("value", [None, 1, 0, -2, "x", (True, True), [True], 1.0, Fraction(1)])
def test_what_is_neither_true_nor_false(value: Any) -> None:
    with pytest.raises(TypeError, match="expected a comparison"):
        plain_truth(value)
