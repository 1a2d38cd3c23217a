"""Exercises of lesson 1, the W and its prox: the operators themselves say what is right."""

from fractions import Fraction

import numpy as np

from pqtheory.lessons.exercise import Exercise
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary, Ternary

W, TERNARY = DistanceL1(Binary()), DistanceL1(Ternary())
SMALL = Fraction(1, 10**9)


def _prox(theta: Fraction, weight: Fraction) -> Fraction:
    moved: Fraction = W.prox(np.array([theta], dtype=object), weight)[0]
    return moved


def _moved_point(answer: tuple[Fraction, ...]) -> str:
    (x,), theta, weight = answer, Fraction(2, 5), Fraction(1, 4)
    if x == _prox(theta, weight):
        return ""
    if x in (-1, 1):
        return "that is a level, but w is too small to pull it the whole way"
    if x < theta:
        return "which level is the nearer one?"
    return "how far does a weight w move it?"


def _whole_way(answer: tuple[Fraction, ...]) -> str:
    (weight,), theta = answer, Fraction(3, 10)
    if weight <= 0:
        return "w is greater than 0"
    if _prox(theta, weight) != 1:
        return "with that w it does not arrive"
    if _prox(theta, weight - SMALL) == 1:
        return "it arrives, but with a smaller w, too"
    return ""


def _all_at_the_middle(answer: tuple[Fraction, ...]) -> str:
    return _all(answer, W.prox_set(Fraction(0), Fraction(1, 2)))


def _all_of_ternary(answer: tuple[Fraction, ...]) -> str:
    return _all(answer, TERNARY.prox_set(Fraction(1, 2), Fraction(1, 8)))


def _all(answer: tuple[Fraction, ...], minimisers: tuple[Fraction, ...]) -> str:
    given, right = set(answer), set(minimisers)
    if given == right:
        return ""
    if given < right:
        return "right so far, but there is one more"
    if given & right:
        return "one of these is right"
    return "put each into the objective and compare: which is the least?"


def _moved_down(answer: tuple[Fraction, ...]) -> str:
    (theta,) = answer
    if theta <= 0:
        return "theta must be greater than 0"
    if _prox(theta, Fraction(1, 4)) >= theta:
        return "there the prox does not move it down; on which side of its level must it be?"
    return ""


EXERCISES = (
    Exercise("1.1", "the prox of 2/5 for w = 1/4", _moved_point),
    Exercise("1.2", "the least w that takes 3/10 the whole way to its level", _whole_way),
    Exercise("1.3", "all minimisers at 0 for w = 1/2", _all_at_the_middle, count=None),
    Exercise(
        "1.4",
        "with the levels -1, 0, 1: all minimisers at 1/2 for w = 1/8",
        _all_of_ternary,
        count=None,
    ),
    Exercise("1.5", "a theta > 0 that the prox moves down, w = 1/4", _moved_down),
)
