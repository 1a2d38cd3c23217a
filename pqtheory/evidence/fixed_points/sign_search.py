r"""An exact search: branch and bound over sign vectors, in integers.

A partial s leaves some coordinates free. With r = b + sum_{j fixed} A_ij s_j, j != i, row i asks for

    A_ii + s_i r_i + s_i sum_{j free} A_ij s_j <= 0,

and every combination of the rows of fixed coordinates with weights y_i >= 0 asks for

    sum_i y_i (A_ii + s_i r_i) + sum_{j free} c_j s_j <= 0,        c_j = sum_i y_i s_i A_ij.

The free signs lower the left-hand side by sum |c_j| at most; slack = sum |c_j| - sum_i y_i (A_ii + s_i r_i) is left.
slack < 0 means that no completion is a fixed point, and 2 |c_j| > slack forces s_j = -sign c_j. A free coordinate whose
own row admits one sign only is forced, too. Combinations are the single rows, and all of them with weights that fall
with their slack. The rest is branched on a coordinate that matters to the rows with little slack.

Everything is a whole number: float64 holds them exactly, in any order of summation, while no sum passes 2^53; otherwise
they are Python's integers. Only the choice of the branching coordinate rounds, and no answer depends on it.
"""

import math
import time
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from pqtheory._arrays import EXACT, Array
from pqtheory.evidence.fixed_points._integers import integers, push
from pqtheory.problems import Quadratic

#: sums of integers up to it are exact in float64
FITS = 2**53
#: a row of slack k has the weight w // (1 + k) in a combination, for each w of these
WEIGHTS = (8, 64)
#: partial vectors that are looked at together
BATCH = 2048


@final
@dataclass(frozen=True)
class Searched:
    """What a search found.

    Attributes
    ----------
    finished : bool
        Whether nothing is left to look at: then without a witness there is no fixed point.
    nodes : int
        How many partial vectors were looked at.
    witness : array of shape (dim,) or None
        A fixed point.
    """

    finished: bool
    nodes: int
    witness: Array | None = None


@final
class _Rows:
    """An integer quadratic, split for the bounds: diagonal, rest, its sizes."""

    def __init__(self, A: Array, b: Array) -> None:
        largest = int(max(abs(A).sum(axis=1) + abs(b))) * max(WEIGHTS) * len(b)
        dtype: Any = np.float64 if 4 * largest < FITS else EXACT
        self.A, self.b = A.astype(dtype), b.astype(dtype)
        self.diagonal = self.A.diagonal().copy()
        self.rest = self.A - np.diag(self.diagonal)
        self.sizes = abs(self.rest)

    def narrowed(self, s: Array) -> tuple[Array, Array, Array]:
        """The partial vectors that may have completions, each with the signs that are forced; and all slacks.

        Slacks are those of the row for the sign that it has, and of the better sign where it is free.
        """
        free = s == 0
        r = s @ self.rest + self.b
        room = free @ self.sizes - self.diagonal
        # what is left of row i with s_i = +1, and with s_i = -1
        plus, minus = room - r, room + r
        slack = np.where(s > 0, plus, np.where(s < 0, minus, np.maximum(plus, minus)))
        up, down = free & (minus < 0), free & (plus < 0)
        dead = (slack < 0).any(axis=1)
        # row by row: a sign that uses up more than the slack
        signs = s.astype(np.int8)[:, :, None] * np.sign(self.rest).astype(np.int8)
        too_much = (2 * self.sizes > slack[:, :, None]) & free[:, None]
        up |= ((signs < 0) & too_much).any(axis=1)
        down |= ((signs > 0) & too_much).any(axis=1)
        for weight in WEIGHTS:
            y = np.where(free, 0, weight // (1 + np.maximum(slack, 0)))
            c = np.where(free, (y * s) @ self.rest, 0)
            together = abs(c).sum(axis=1) - (y * (self.diagonal + s * r)).sum(axis=1)
            dead |= together < 0
            too_much = 2 * abs(c) > together[:, None]
            up |= (c < 0) & too_much
            down |= (c > 0) & too_much
        dead |= (up & down).any(axis=1)
        forced = up.astype(np.int8) - down
        return s[~dead], forced[~dead], slack[~dead]

    def branch(self, s: Array, slack: Array) -> Array:
        """Both signs for one free coordinate of each."""
        left = np.maximum(slack, 0).astype(np.float64)
        near = np.where(s == 0, 0.0, 1 / (1 + left)) @ self.sizes.astype(np.float64)
        score = np.where(s == 0, near + 2 / (2 + left), -1.0)
        chosen = np.arange(len(s)), score.argmax(axis=1)
        children = np.concatenate([s, s])
        children[: len(s)][chosen] = 1
        children[len(s) :][chosen] = -1
        return children


def search_signs(problem: Quadratic, *, nodes: int = 10**6, seconds: float = math.inf) -> Searched:
    """Search all of {-1, +1}^dim for a fixed point.

    Parameters
    ----------
    problem : Quadratic
        The loss; decided exactly, whatever its data.
    nodes : int
        How many partial vectors are looked at before it gives up.
    seconds : float
        How long it may take.

    Returns
    -------
    Searched
        Not finished where it gave up.
    """
    A, b, _ = integers(problem)
    common = math.gcd(*A.flat, *b) or 1
    A, b = A // common, b // common
    rows, end = _Rows(A, b), time.monotonic() + seconds
    stack, looked = [np.zeros((1, len(b)), np.int8)], 0
    while stack:
        if looked >= nodes or time.monotonic() > end:
            return Searched(False, looked)
        batch = stack.pop()
        stack += [batch[BATCH:]] if len(batch) > BATCH else []
        batch = batch[:BATCH]
        looked += len(batch)
        while len(batch):
            batch, forced, slack = rows.narrowed(batch.astype(rows.A.dtype))
            whole = (batch != 0).all(axis=1)
            if whole.any():
                return Searched(True, looked, _checked(A, b, batch[whole][0]))
            moved = (forced != 0).any(axis=1)
            if not moved.all():
                stack.append(rows.branch(batch[~moved], slack[~moved]).astype(np.int8))
            batch = (batch + forced)[moved]
    return Searched(True, looked)


def _checked(A: Array, b: Array, s: Array) -> Array:
    """The fixed point.

    Raises
    ------
    ArithmeticError
        If exact arithmetic denies it: then the bounds are wrong.
    """
    if (push(A, b, s) > 0).any():
        raise ArithmeticError(f"{s.tolist()} is no fixed point")
    return s.astype(np.float64)
