"""Exercises of lesson 4, why ProxQuant comes to rest: runs, proved bounds and the solver say what is right."""

from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import Array
from pqtheory.claims import ForAll, forall, positive, real
from pqtheory.evidence import worst_case
from pqtheory.lessons.exercise import Exercise
from pqtheory.lessons.sentences import judge_largest
from pqtheory.methods import ProxQuant
from pqtheory.problems import Quadratic
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary
from pqtheory.simulate import simulate
from pqtheory.theory.proxquant.proxquant_convergence.claim import smallest_step
from pqtheory.theory.proxquant.proxquant_flips_finitely_often.energy import bound, flipped
from pqtheory.theory.proxquant.two_function_toy.runs import reached

W = DistanceL1(Binary())
ONE, HALF = Fraction(1), Fraction(1, 2)
SMALL = Fraction(1, 10**6)
#: below it a run of the toy is long
LEAST_RATE = Fraction(1, 1000)
#: how near to the threshold a rate is called near
NEAR = Fraction(1, 500)
STEPS = 7


def _run(least: Fraction, start: Fraction, eta: Fraction, strength: Fraction, steps: int) -> Array:
    """The weights of ProxQuant on (x - least)^2 / 2."""
    problem = Quadratic([[ONE]], [-least])
    start_ = np.array([start], dtype=object)
    path = simulate(
        ProxQuant(W, eta, strength), problem, start_, steps, fields=("latent",), progress=False
    )
    weights: Array = path.latent[:, 0]
    return weights


def _for_ever(answer: tuple[Fraction, ...]) -> str:
    (strength,) = answer
    if strength <= 0:
        return "a strength is greater than 0"
    # one return proves that it goes on: the next weight is a function of this one alone
    if _run(0 * ONE, ONE, Fraction(3, 2), strength, 2).tolist() == [1, -1, 1]:
        return ""
    return "the gradient step leads from 1 to -1/2, and then the prox does not pull as far as to -1"


def _most_flips(answer: tuple[Fraction, ...]) -> str:
    (count,) = answer
    right = bound(HALF, HALF, ONE, Fraction(3))
    if count == right:
        return ""
    if count == bound(HALF, HALF, 2 * ONE, Fraction(3)):
        return "what is m here? The prox's weight w is eta times the strength"
    if count < right:
        return "more flips than that can be paid for; what are x and m?"
    return "so many cannot be paid for; what are x and m?"


def _costs(factor: Fraction) -> ForAll:
    """A flip from |p| >= m costs ``factor`` m^2 at x = 1/2, m = min(weight, 1)."""

    @forall(
        p=real,
        y=real,
        weight=positive,
        given=lambda p, y, weight: [
            (abs(p) >= weight) | (abs(p) >= 1),
            flipped(p, W.prox(y, weight)) == 1,
        ],
    )
    def paid(p: Any, y: Any, weight: Any) -> Any:
        q = W.prox(y, weight)
        lost = weight * (W.value(p) - W.value(q)) + (y - p) * (q - p) - (q - p) ** 2 / 4
        return (lost >= factor * weight**2) | (lost >= factor)

    return paid


def _price(answer: tuple[Fraction, ...]) -> str:
    return judge_largest(answer[0], _costs)


def _sharp(answer: tuple[Fraction, ...]) -> str:
    (constant,) = answer
    if constant == smallest_step(HALF, Fraction(STEPS)):
        return ""
    if constant < worst_case.on_the_line(0.5, STEPS, "smallest-step").ratio():
        return "that is refuted by a run: it reaches more"
    return "that is true, but not sharp: by which formula do the runs of the lesson go?"


def _keeps(strength: Fraction) -> bool:
    return bool(_run(Fraction(1, 5), -ONE, HALF, strength, 1)[-1] == -1)


def _keeps_the_wrong_one(answer: tuple[Fraction, ...]) -> str:
    (strength,) = answer
    if strength < 0:
        return "a strength is at least 0"
    if not _keeps(strength):
        return "with that strength a step leads away from -1; what is the slope there?"
    if strength > 0 and _keeps(max(strength - SMALL, 0 * ONE)):
        return "it keeps -1, but a weaker pull does so, too"
    return ""


def _ends_right(rate: Fraction) -> bool:
    """Whether ProxQuant ends at -1 on f_1, from 1/2 with eta = 1/10."""
    return reached(Fraction(1, 10), HALF, rate, side=1) == -1


def _threshold(answer: tuple[Fraction, ...]) -> str:
    (rate,) = answer
    if rate < LEAST_RATE:
        return f"that rate is low, and a run long: try one above {LEAST_RATE}"
    if _ends_right(rate):
        return "at that rate it ends at -1, the right vertex: the threshold is higher"
    if not _ends_right(rate - SMALL):
        near = (
            "; you are near: which simple fraction lies just below?"
            if _ends_right(rate - NEAR)
            else ""
        )
        return f"at that rate it ends at +1, but at a slightly lower one, too{near}"
    return ""


EXERCISES = (
    Exercise("4.1", "a strength at which +1 leads to -1 and back, eta = 3/2", _for_ever),
    Exercise(
        "4.2", "the most flips for F_0 - F_* = 3, beta = 1, eta = 1/2, lambda = 1", _most_flips
    ),
    Exercise("4.3", "the largest c such that a flip costs c m^2 at x = 1/2", _price),
    Exercise("4.4", "the sharp constant after 7 steps", _sharp),
    Exercise(
        "4.5", "the least strength that keeps -1 on the bowl least at 1/5", _keeps_the_wrong_one
    ),
    Exercise("4.6", "the threshold rate on f_1 from 1/2 with eta = 1/10", _threshold),
)
