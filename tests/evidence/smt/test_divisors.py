"""What a formula divides by, and where it does."""

from typing import Any

import pytest

z3 = pytest.importorskip("z3")

from pqtheory.evidence.smt.divisors import divisors  # noqa: E402  (needs z3)

x, y, w = z3.Reals("x y w")
ZERO = z3.RealVal(0)


def met(formula: Any, divisor: Any, *assumed: Any) -> bool:
    """Whether something is divided by ``divisor`` while that is 0."""
    found = [condition for d, condition in divisors([formula]) if z3.eq(d, divisor)]
    solver = z3.Solver()
    solver.add(z3.Or(*found), divisor == 0, *assumed)
    return solver.check() == z3.sat


@pytest.mark.parametrize(
    ("formula", "divisor", "is_met"),
    [
        (x / y > 0, y, True),
        (x / 2 > 0, None, False),
        (x / ZERO > 0, ZERO, True),
        (z3.If(y > 0, x / ZERO, x) > 0, ZERO, True),
        (z3.If(y * y < 0, x / ZERO, x) > 0, ZERO, False),
        (z3.If(y == 0, ZERO, x / y) > 0, y, False),
        (z3.If(y > 0, ZERO, x / y) > 0, y, True),
        (z3.If(y > 0, x / y, x) > 0, y, False),
        (z3.If(y > 0, z3.If(y < 1, x / y, x), x) > 0, y, False),
        (z3.If(x / y > 0, x, x) > 0, y, True),
        (z3.Or(y == 0, x / y > 0), y, False),
        (z3.Or(x == 0, x / y > 0), y, True),
        (z3.And(y != 0, x / y > 0), y, False),
        (z3.And(y > 0, z3.Or(x > 0, x / y > 0)), y, False),
        (z3.Not(z3.And(y > 0, x / y > 0)), y, False),
        (z3.Or(x / y > 0, w / y > 0), y, True),
        (z3.And(z3.Or(y != 0, x > 0), x / y > 0), y, True),
        (x / (1 / y) > 0, y, True),
        (z3.If(y > 0, x / y, x / y) > 0, y, True),
    ],
)
def test_where_a_divisor_is_met(formula: Any, divisor: Any, is_met: bool) -> None:
    if divisor is None:
        assert divisors([formula]) == []
    else:
        assert met(formula, divisor) == is_met


def test_a_quotient_in_two_places_counts_in_both() -> None:
    quotient = x / y
    both = z3.And(z3.If(y > 0, quotient, x) > 0, z3.If(y < 0, quotient, x) > 0)
    assert not met(both, y)
    assert met(z3.And(z3.If(y > 0, quotient, x) > 0, quotient > x), y)


def test_nested_divisors_are_all_found() -> None:
    nested = 1 / (1 + 1 / (1 + 1 / y)) > 0
    assert len(divisors([nested])) == 3


def test_large_formulas_take_no_time() -> None:
    """Each node once, however often it stands there."""
    value = x / y
    for _ in range(200):
        value = z3.If(value > 0, value + 1, value - value)
    assert len(divisors([value > 0])) == 1
