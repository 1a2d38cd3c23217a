"""Many exact numbers at once are as many fractions."""

from fractions import Fraction

import numpy as np
import pytest

from pqtheory.evidence.rationals import exactly

NUMBERS = np.array([0.0, -0.0, 1.0, -1.5, 0.1, 1e300, -5e-324, 2.0**-24, 65504.0])
FRACTIONS = [Fraction(float(x)) for x in NUMBERS]
THIRD = Fraction(-1, 3)


def entries(term):
    found = term.expression
    return [Fraction(int(n), found.denominator) for n in found.numerators]


@pytest.mark.parametrize(
    "formula",
    [
        lambda x: x + THIRD,
        lambda x: THIRD - x,
        lambda x: x * x * THIRD,
        lambda x: x / THIRD - x / 7,
        lambda x: -x + x**3,
        abs,
    ],
)
def test_arithmetic(formula):
    assert entries(formula(exactly(NUMBERS))) == [formula(x) for x in FRACTIONS]


@pytest.mark.parametrize(
    "test",
    [
        lambda x: x >= THIRD,
        lambda x: x > 1,
        lambda x: x <= 0,
        lambda x: x < x * x,
        lambda x: x == Fraction(0.1),
        lambda x: x != -x,
        lambda x: (x > 0) & (x < 1),
        lambda x: (x < 0) | (x > 1),
    ],
)
def test_comparisons(test):
    assert test(exactly(NUMBERS)).expression.tolist() == [bool(test(x)) for x in FRACTIONS]


def test_choices_and_rows():
    x = exactly(NUMBERS)
    xp = x.__array_namespace__()
    expected = [v if v > 0 else Fraction(1, 3) for v in FRACTIONS]
    assert entries(xp.where(x > 0, x, Fraction(1, 3))) == expected
    assert entries(xp.maximum(x, THIRD)) == [max(v, THIRD) for v in FRACTIONS]
    rows = xp.stack([x, x / 3], axis=-1).expression
    assert rows.numerators.shape == (len(NUMBERS), 2)
    assert Fraction(int(rows.numerators[3, 1]), rows.denominator) == FRACTIONS[3] / 3


def test_floats_are_rounded_once():
    thirds = exactly(NUMBERS) / 3
    assert thirds.expression.floats().tolist() == [float(x / 3) for x in FRACTIONS]
    assert exactly(NUMBERS).expression.floats().tolist() == NUMBERS.tolist()


def test_numbers_of_no_axes_do_not_overflow():
    large = exactly(np.array([1.0])).backend.asarray(Fraction(3) ** 60)
    whole = exactly(NUMBERS) * 0 + large * large
    assert entries(whole) == [Fraction(3) ** 120] * len(NUMBERS)


def test_division_is_by_one_number_other_than_0():
    x = exactly(NUMBERS)
    with pytest.raises(TypeError, match="divisor: expected one number for all"):
        x / x
    with pytest.raises(ZeroDivisionError, match="divisor"):
        x / 0
    with pytest.raises(ValueError, match="NaN"):
        exactly(np.array([np.nan]))
