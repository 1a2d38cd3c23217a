"""Exercises of lesson 3, orbits, fixed points and flips: exact runs, enumeration and the solver say what is right."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory.claims import ForAll
from pqtheory.evidence import fixed_points
from pqtheory.lessons.exercise import Exercise
from pqtheory.lessons.sentences import judge_largest
from pqtheory.methods import BinaryConnect
from pqtheory.problems import Quadratic
from pqtheory.simulate import simulate
from pqtheory.stability import is_fixed_point
from pqtheory.theory.binary_connect.flip_law import band
from pqtheory.theory.binary_connect.no_fixed_point.small_dimensions import never_with_positive

ONE = Fraction(1)
#: with the least point n / d the run repeats itself after 2 d steps
LARGEST_DENOMINATOR = 64
#: an answer as near as this to a fraction is that fraction, rounded
ROUNDED = Fraction(1, 100)


def _flips(least: Fraction) -> Fraction:
    """Flips per step over one period, after more steps than lead into the band."""
    period = 2 * least.denominator
    path = simulate(
        BinaryConnect(ONE),
        Quadratic([[ONE]], [-least]),
        np.array([Fraction(1, 7)], dtype=object),
        2 * period,
        fields=("quantized",),
        progress=False,
    )
    late = path.quantized[-period - 1 :, 0]
    return Fraction(int((late[1:] != late[:-1]).sum()), period)


def _share_of_flips(answer: tuple[Fraction, ...]) -> str:
    (share,), right = answer, _flips(Fraction(-1, 3))
    if share == right:
        return ""
    if not 0 <= share <= 1:
        return "a share is between 0 and 1"
    if abs(share - right) < ROUNDED:
        return "very near, but rounded: give the fraction itself"
    if abs(2 * share - right) < ROUNDED:
        return "that is how often the rarer level is taken; how many flips is each visit?"
    return "where is the least point between the levels, and which level is the rarer one?"


def _one_in_four(answer: tuple[Fraction, ...]) -> str:
    (least,) = answer
    if not -1 < least < 1:
        return "put it between the levels -1 and +1"
    if least.denominator > LARGEST_DENOMINATOR:
        return f"choose a fraction with a denominator up to {LARGEST_DENOMINATOR}"
    flips = _flips(least)
    if flips > Fraction(1, 4):
        return "there it flips more often; nearer to a level or farther from it?"
    if flips < Fraction(1, 4):
        return "there it flips more rarely; nearer to a level or farther from it?"
    return ""


def _steps_up_to(bound: Fraction) -> ForAll:
    """On evenly spaced levels the band is kept, and no step leads past it, for eta a <= ``bound``."""

    def known(case: Mapping[str, Any]) -> list[Any]:
        *levels, _ = band.even(case)
        return [*levels, case["eta"] * case["a"] <= bound]

    return band.one_step(band.Grid(f"eta a <= {bound}", known))


def _longest_step(answer: tuple[Fraction, ...]) -> str:
    (bound,) = answer
    if bound <= 0:
        return "C is greater than 0"
    return judge_largest(bound, _steps_up_to)


def _only_fixed_point(answer: tuple[Fraction, ...]) -> str:
    problem = Quadratic([[0 * ONE, ONE], [ONE, 0 * ONE]], list(answer))
    if not is_fixed_point(problem, np.array([ONE, ONE], dtype=object)):
        return (
            "there (+1, +1) is no fixed point: what is the gradient at it, and where must it point?"
        )
    others = len(fixed_points.enumerate(problem)) - 1
    more = "is one more" if others == 1 else f"are {others} more"
    return f"(+1, +1) is a fixed point, but so {more}" if others else ""


def _bowl_with_one(answer: tuple[Fraction, ...]) -> str:
    (b,) = answer
    if never_with_positive.replay({"a": ONE, "b": b}).kind == "refuted":
        return ""
    return "there both signs are lost in the end; where is the least point of this bowl?"


EXERCISES = (
    Exercise("3.1", "the share of flips where the bowl is least at -1/3", _share_of_flips),
    Exercise("3.2", "a least point at which one step of four flips", _one_in_four),
    Exercise(
        "3.3",
        "the largest C such that no step with eta a <= C leads past the band of two levels",
        _longest_step,
    ),
    Exercise(
        "3.4",
        "b_1, b_2 for which (+1, +1) is the only fixed point of x_1 x_2 + b_1 x_1 + b_2 x_2",
        _only_fixed_point,
        count=2,
    ),
    Exercise("3.5", "a b for which x^2 / 2 + b x has a fixed point", _bowl_with_one),
)
