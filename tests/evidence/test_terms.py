"""Terms over a system of plain fractions: each operation once, in both orders, and what is refused."""

import operator
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pqtheory.evidence.encoding import DEEPEST, decoded, encoded
from pqtheory.evidence.exact import Exact
from pqtheory.evidence.machine import as_json
from pqtheory.evidence.terms import Backend, Term
from pqtheory.evidence.truths import NegatedError, plain_truth
from pqtheory.evidence.undefined import UNDEFINED, divided
from pqtheory.evidence.variables import variable_names


class Plain(Backend):
    """Fractions and truth values themselves."""

    def number(self, value: Fraction) -> Any:
        assert type(value) is Fraction
        return value

    def conditional(self, test: Any, yes: Any, no: Any) -> Any:
        return yes if test else no

    def connect(self, kind: str, a: Any, b: Any) -> Any:
        return {"and": operator.and_, "or": operator.or_, "equal": operator.eq}[kind](a, b)

    def negate(self, a: Any) -> Any:
        return not a

    def is_truth(self, a: Any) -> bool:
        return isinstance(a, bool)


SYSTEM = Plain()
NUMBERS = [Fraction(n, 2) for n in (-3, 0, 1, 4)]


def term(value: Any) -> Term:
    return Term(value, SYSTEM)


@pytest.mark.parametrize(
    "name", ["add", "sub", "mul", "truediv", "ge", "gt", "le", "lt", "eq", "ne"]
)
def test_operations_of_two(name: str) -> None:
    work = getattr(operator, name)
    for a in NUMBERS:
        for b in NUMBERS:
            if name == "truediv" and not b:
                continue
            expected = work(a, b)
            for found in (work(term(a), term(b)), work(term(a), b), work(a, term(b))):
                assert isinstance(found, Term)
                assert found.backend is SYSTEM
                assert found.expression == expected


def test_numbers_of_numpy_and_floats_are_exact() -> None:
    for one in (np.float64(0.1), np.float32(0.5), 0.1, np.int64(3), 3):
        exact = Fraction(one.item() if isinstance(one, np.generic) else one)
        assert (term(Fraction(1)) + one).expression == 1 + exact


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (float("inf"), ValueError, "number: expected a finite number, got inf"),
        (np.float32("nan"), ValueError, "number: expected a finite number, got nan"),
        ("1/2", TypeError, "number: expected a number, got '1/2'"),
        (1j, TypeError, "number: expected a number, got 1j"),
    ],
)
def test_what_is_no_number_beside_a_term(value: Any, error: type[Exception], message: str) -> None:
    for work in (operator.add, operator.le, operator.eq):
        with pytest.raises(error, match=f"^{re.escape(message)}$"):
            work(term(Fraction(1)), value)


def test_a_comparison_beside_a_number_counts_as_1_or_0() -> None:
    three = Fraction(3)
    for truth in (True, False):
        for other in (three, 3, term(three)):
            assert (term(truth) * other).expression == truth * three
            assert (other - term(truth)).expression == three - truth
            assert (term(truth) <= other).expression is True
        for plain in (True, np.bool_(False), 1, 0):
            assert (term(truth) == plain).expression is (truth == bool(plain))
            assert (term(truth) != plain).expression is (truth != bool(plain))


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "ge", "gt", "le", "lt"])
def test_nothing_is_worked_out_of_two_comparisons(name: str) -> None:
    message = "^expected a number on one side, got two comparisons: join them by & and |$"
    with pytest.raises(TypeError, match=message.replace("|", r"\|")):
        getattr(operator, name)(term(True), term(False))
    with pytest.raises(TypeError, match=r"^expected a number behind -, got a comparison: ~"):
        -term(True)


def test_operations_of_one_and_powers() -> None:
    for a in NUMBERS:
        assert (-term(a)).expression == -a
        assert abs(term(a)).expression == abs(a)
        for exponent in range(4):
            assert (term(a) ** exponent).expression == a**exponent
    with pytest.raises(ValueError, match=r"^exponent: expected an integer >= 0, got -1$"):
        term(Fraction(1)) ** -1
    with pytest.raises(TypeError, match=r"^exponent: expected an integer, got 0\.5$"):
        term(Fraction(1)) ** 0.5  # type: ignore[operator]
    message = "^Plain: expected a number as exponent, got a term$"
    for base in (term(Fraction(2)), 2):
        with pytest.raises(TypeError, match=message):
            base ** term(Fraction(2))
    with pytest.raises(TypeError, match=r"^base: expected an integer or a term, got 0\.5$"):
        0.5 ** term(Fraction(2))


def test_truth_values_are_joined() -> None:
    for a in (True, False):
        assert (~term(a)).expression is (not a)
        for b in (True, False):
            for one, other in ((term(a), term(b)), (term(a), b), (a, term(b))):
                assert (one & other).expression is (a and b)
                assert (one | other).expression is (a or b)
    message = "^expected a comparison beside &, \\| or ~, got a number$"
    for wrong in (
        lambda: ~term(Fraction(1)),
        lambda: term(True) & term(Fraction(1)),
        lambda: term(Fraction(1)) | True,
    ):
        with pytest.raises(TypeError, match=message):
            wrong()
    with pytest.raises(
        TypeError, match=r"^a term is neither true nor false: use &, |, ~ and where"
    ):
        bool(term(True))
    assert (term(True).is_truth, term(Fraction(1)).is_truth) == (True, False)


def test_functions_of_the_namespace() -> None:
    xp = term(Fraction(0)).__array_namespace__()
    assert xp is SYSTEM
    for a in NUMBERS:
        one = term(a)
        assert xp.asarray(one) is one
        assert xp.asarray(a).expression == a
        assert xp.abs(one).expression == abs(a)
        assert xp.sum(one) is one
        assert (xp.ones_like(one).expression, xp.zeros_like(one).expression) == (1, 0)
        assert xp.clip(one, -1, 1).expression == min(max(a, -1), 1)
        for b in NUMBERS:
            assert xp.minimum(one, b).expression == min(a, b)
            assert xp.maximum(a, term(b)).expression == max(a, b)
            assert xp.where(one > b, one, b).expression == max(a, b)
        for test in (True, np.bool_(False)):
            assert xp.where(test, one, 7).expression == (a if test else 7)


@pytest.mark.parametrize(
    ("value", "truth"),
    [(True, True), (np.bool_(False), False), (np.array([True]), True), (np.array(False), False)],
)
def test_what_is_a_truth_value(value: Any, truth: bool) -> None:
    assert plain_truth(value) is truth


@pytest.mark.parametrize(
    ("value", "shown", "error"),
    [
        (-2, "-2: write negated(x) in place of ~x", NegatedError),
        (np.int64(1), "np.int64(1): write negated(x) in place of ~x", NegatedError),
        (np.array([3]), "3: write negated(x) in place of ~x", NegatedError),
        (0.5, "0.5", TypeError),
        (None, "None", TypeError),
    ],
)
def test_what_is_none(value: Any, shown: str, error: type[Exception]) -> None:
    message = f"expected a comparison, or several joined by & and |, got {shown}"
    with pytest.raises(error, match=f"^{re.escape(message)}$") as caught:
        plain_truth(value)
    assert type(caught.value) is error


def test_beside_exact_numbers_floats_are_fractions() -> None:
    third, half = Exact(1, 3), 0.5
    for found, expected in ((third**2, Fraction(1, 9)), (3 ** Exact(2), 9)):
        assert (type(found), found) == (Exact, expected)
    for name in ("add", "sub", "mul", "truediv"):
        work = getattr(operator, name)
        for found, expected in (
            (work(third, half), work(Fraction(1, 3), Fraction(1, 2))),
            (work(half, third), work(Fraction(1, 2), Fraction(1, 3))),
        ):
            assert (type(found), found) == (Exact, expected)
    for found, expected in ((-third, Fraction(-1, 3)), (+third, third), (abs(-third), third)):
        assert (type(found), found) == (Exact, expected)
    assert third + float("inf") == float("inf")


def test_a_comparison_of_exact_numbers_is_negated_by_a_tilde() -> None:
    third = Exact(1, 3)
    for name in ("ge", "gt", "le", "lt", "eq", "ne"):
        work = getattr(operator, name)
        for other in (third, Fraction(1, 2), 0.25, 1):
            expected = work(Fraction(1, 3), other)
            assert work(third, other) == expected
            assert ~work(third, other) == (not expected)
    assert third != "a"
    assert hash(third) == hash(Fraction(1, 3))


def test_a_division_by_0_is_no_number_until_it_is_compared() -> None:
    assert divided(1, 0) is divided(UNDEFINED, 1) is divided(1, UNDEFINED) is UNDEFINED
    assert divided(1, 2) == 0.5
    for work in (operator.add, operator.sub, operator.mul, operator.truediv):
        assert work(UNDEFINED, 1) is work(1, UNDEFINED) is UNDEFINED
    assert -UNDEFINED is abs(UNDEFINED) is UNDEFINED
    for test in (operator.ge, operator.gt, operator.le, operator.lt, operator.eq, operator.ne):
        with pytest.raises(ZeroDivisionError, match=r"^something is divided by 0$"):
            test(UNDEFINED, 1)
    with pytest.raises(ZeroDivisionError, match=r"^something is divided by 0$"):
        bool(UNDEFINED)


def test_names_of_variables() -> None:
    assert variable_names(" x  y_1 ") == variable_names(iter(["x", "y_1"])) == ("x", "y_1")
    assert variable_names("") == ()
    for names, message in (
        ("x 1", "variables: expected names, got '1'"),
        ("x y x", "variables: expected distinct names, got 'x' twice"),
    ):
        with pytest.raises(ValueError, match=f"^{message}$"):
            variable_names(names)


def test_a_certificate_keeps_every_digit() -> None:
    values = {
        "array": np.array([[1, 2], [3, 4]]),
        "pairs": {(0, 1): Fraction(1, 3), (1, 2): 0.5},
        "list": [Fraction(2), (3, None)],
        "text": "a",
    }
    assert as_json(values) == (
        '{"array": [[1, 2], [3, 4]], "pairs": {"0 1": "1/3", "1 2": 0.5}, '
        '"list": ["2", [3, null]], "text": "a"}'
    )


@pytest.mark.parametrize(
    ("value", "code", "back"),
    [
        (Fraction(-1, 3), "-1/3", Fraction(-1, 3)),
        (Fraction(2), "2/1", Fraction(2)),
        (np.array([1.5, 2.0]), [1.5, 2.0], [1.5, 2.0]),
        (np.float32(0.5), 0.5, 0.5),
        (np.int64(3), 3, 3),
        (np.bool_(True), True, True),
        ((1, None), [1, None], [1, None]),
        ({1: Fraction(1, 2)}, {"mapping": {"1": "1/2"}}, {"1": Fraction(1, 2)}),
        (float("-inf"), {"float": "-inf"}, float("-inf")),
        ("1/2", {"text": "1/2"}, "1/2"),
        (3 + 4j, {"text": "(3+4j)"}, "(3+4j)"),
    ],
)
def test_cases_as_json_and_back(value: Any, code: Any, back: Any) -> None:
    assert encoded(value) == code
    assert decoded(code) == back
    assert type(decoded(code)) is type(back)


@pytest.mark.parametrize(
    "code",
    [
        *("1/0", "1", "x", "1/2 "),
        *({"float": "1.5"}, {"text": 1}, {"mapping": []}, {"root": [1, 2]}, {"other": 1}),
        *({"text": "a", "float": "nan"}, {"root": ["1/1", 0.5, 0]}, {}),
    ],
)
def test_what_is_no_case(code: Any) -> None:
    message = "expected a number, a fraction 'p/q', a list or a marked text, got "
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        decoded(code)


def test_cases_are_nested_so_deep_and_no_deeper() -> None:
    code: Any = 1
    for _ in range(DEEPEST):
        code = [code]
    decoded(code)
    message = f"^expected lists and mappings at most {DEEPEST} deep$"
    for deeper in ([code], {"mapping": {"a": code}}):
        with pytest.raises(ValueError, match=message):
            decoded(deeper)
