"""Statements as text for Lean: each operation with its sign, what occurs twice by name, numbers as they are."""

import re
from fractions import Fraction
from typing import Any

import pytest

z3 = pytest.importorskip("z3")

from pqtheory.evidence.smt.backend import Z3  # noqa: E402  (needs z3)
from pqtheory.evidence.smt.lean import (  # noqa: E402
    LeanStatement,
    _joined,
    lean_name,
    lean_statement,
)


# z3 turns a comparison round that has a number on its right
def said(conclusion: Any, assumptions: Any = lambda *_: ()) -> LeanStatement:
    return lean_statement(lambda x, y: (assumptions(x, y), conclusion(x, y)), ("x", "y"))


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (lambda x, y: x >= y, "(x ≥ y)"),
        (lambda x, y: x > y, "(x > y)"),
        (lambda x, y: x <= y, "(x ≤ y)"),
        (lambda x, y: x < y, "(x < y)"),
        (lambda x, y: x == y, "(x = y)"),
        (lambda x, y: x != y, "(¬ (x = y))"),
        (lambda x, y: x + y >= 0, "(0 ≤ (x + y))"),
        (lambda x, y: x - y >= 1, "(1 ≤ (x - y))"),
        (lambda x, y: -x * y >= -1, "((-1) ≤ ((-x) * y))"),
        (lambda x, y: x / y >= Fraction(1, 2), "((1 / 2 : ℝ) ≤ (x / y))"),
        (lambda x, y: x * Fraction(-1, 2) >= y, "((x * (-1 / 2 : ℝ)) ≥ y)"),
        (lambda x, y: (x > 0) & (y > 1), "((0 < x) ∧ (1 < y))"),
        (lambda x, y: (x > 0) | (y > 1), "((0 < x) ∨ (1 < y))"),
        (lambda x, y: ~(x > 0), "(¬ (0 < x))"),
        (
            lambda x, y: x.backend.where(x > 0, x, y) >= 2,
            "(2 ≤ (if (0 < x) then x else y))",
        ),
        (lambda x, y: True, "True"),
        (lambda x, y: False, "False"),
    ],
)
def test_operations(formula: Any, text: str) -> None:
    assert said(formula) == LeanStatement((), (), text)


def test_assumptions_come_before_the_conclusion_in_their_order() -> None:
    found = said(lambda x, y: x >= y, lambda x, y: (x > 1, y < 1, True))
    assert found == LeanStatement((), ("(1 < x)", "(1 > y)", "True"), "(x ≥ y)")


def test_what_occurs_more_than_once_has_a_name() -> None:
    found = said(lambda x, y: (x + y) * (x + y) >= 0, lambda x, y: (x + y > 1,))
    assert found == LeanStatement(("s1 : ℝ := (x + y)",), ("(1 < s1)",), "(0 ≤ (s1 * s1))")

    # a truth value too, and what has a name may be a part of what has the next
    def twice(x: Any, y: Any) -> Any:
        test = (x + y) * (x + y) > 1
        return (x.backend.where(test, x, y) > 0) & test

    assert said(twice) == LeanStatement(
        ("s1 : ℝ := (x + y)", "s2 : Prop := (1 < (s1 * s1))"),
        (),
        "((0 < (if s2 then x else y)) ∧ s2)",
    )


def test_a_name_is_none_of_the_variables() -> None:
    found = lean_statement(lambda x, y: ((), (x + y) * (x + y) >= 0), ("s1", "s3"))
    assert found == LeanStatement(("s2 : ℝ := (s1 + s3)",), (), "(0 ≤ (s2 * s2))")


def test_variables_that_are_words_of_lean_are_in_quotes() -> None:
    assert [lean_name(name) for name in ("x", "fun", "Type", "type")] == [
        *("x", "«fun»", "«Type»", "type"),
    ]
    found = lean_statement(lambda x: ((), x > 0), ("let",))
    assert found.conclusion == "(0 < «let»)"
    found = lean_statement(lambda x, y: ((), (x > y) | False), ("true", "_"))
    assert found.conclusion == "((true > «_») ∨ False)"


def test_signs_that_there_are_and_that_there_are_not() -> None:
    assert _joined("=>", ["a", "b"]) == "(a → b)"
    assert _joined("distinct", ["a", "b"]) == "(a ≠ b)"
    assert _joined("^", ["a", "b"]) == "(a ^ b)"
    assert _joined("+", ["a", "b", "c"]) == "(a + b + c)"
    for name, parts in (("mod", ["a", "b"]), ("distinct", ["a", "b", "c"])):
        message = f"formula: expected what Lean has a sign for, got {name!r}"
        with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
            _joined(name, parts)


def test_quotients_by_what_may_be_0_are_remembered() -> None:
    backend, x, y = Z3(), z3.Real("x"), z3.Real("y")
    by_two = backend.divide(x, backend.number(Fraction(2)))
    assert backend.quotients == []
    assert z3.eq(by_two, x / z3.RealVal(2))
    by_y = backend.divide(x, y)
    by_zero = backend.divide(x, backend.number(Fraction(0)))
    assert [len(pair) for pair in backend.quotients] == [2, 2]
    for (quotient, divisor), (expected, below) in zip(
        backend.quotients, [(by_y, y), (by_zero, z3.RealVal(0))], strict=True
    ):
        assert z3.eq(quotient, expected)
        assert z3.eq(divisor, below)
