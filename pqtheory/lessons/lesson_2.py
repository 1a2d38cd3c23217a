"""Exercises of lesson 2, BinaryConnect is dual averaging: exact simulations say what is right."""

from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory.lessons.exercise import Exercise
from pqtheory.methods import BinaryConnect
from pqtheory.problems import Quadratic
from pqtheory.simulate import simulate
from pqtheory.trajectory import Trajectory

PROBLEM = Quadratic([[Fraction(1)]], [Fraction(-1, 4)])
START, ETA = Fraction(1, 8), Fraction(1, 2)
#: latent weights are multiples of 1/8 in an interval of length 1: every run repeats itself after 8 steps
PERIOD = 8


def _run(steps: int, clip: Any = None) -> Trajectory:
    method = BinaryConnect(ETA, clip=clip)
    return simulate(method, PROBLEM, np.array([START], dtype=object), steps, progress=False)


def _fourth(answer: tuple[Fraction, ...]) -> str:
    (theta,), latent = answer, _run(4).latent[:, 0]
    if theta == latent[4]:
        return ""
    if theta in latent[:4]:
        return "that is an earlier one: the start is theta_0"
    return "go step by step: what is sign(0) here?"


def _sum(answer: tuple[Fraction, ...]) -> str:
    (total,), latent = answer, _run(4).latent[:, 0]
    if total == START - latent[4]:
        return ""
    if total == latent[4] - START:
        return "mind the sign: the latent weight is the start minus the sum"
    return "the latent weight of 2.1 is the start minus this sum"


def _share(answer: tuple[Fraction, ...]) -> str:
    (share,) = answer
    signs = _run(3 * PERIOD).quantized[PERIOD : 2 * PERIOD, 0]
    right = Fraction(sum(1 for s in signs if s == 1), PERIOD)
    if share == right:
        return ""
    if not 0 <= share <= 1:
        return "a share is between 0 and 1"
    if share == 1 - right:
        return "that is the share of the other level"
    if share == 2 * right - 1:
        return "that is the mean of the signs; how often is +1 among them, if that is their mean?"
    return "first the mean of the signs: at which s does a step move theta by 0?"


def _clip(answer: tuple[Fraction, ...]) -> str:
    (bound,) = answer
    if bound <= 0:
        return "c is greater than 0"
    free, clipped = _run(PERIOD).quantized, _run(PERIOD, bound).quantized
    if (free == clipped).all():
        return "with that c the first 8 signs are the same; does the clip cut anything off, and enough of it?"
    return ""


EXERCISES = (
    Exercise("2.1", "BinaryConnect's theta_4", _fourth),
    Exercise("2.2", "dual averaging's sum of the first four eta g", _sum),
    Exercise("2.3", "the share of the steps at +1 in the long run", _share),
    Exercise("2.4", "a clip c that changes a sign within the first 8 steps", _clip),
)
