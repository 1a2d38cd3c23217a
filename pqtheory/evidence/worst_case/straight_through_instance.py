r"""A straight-through run as finitely many numbers, and the worst one by a semidefinite program.

At beta = 1 and u = 0 the points q_0 .. q_{T-1}, u with L_j and grad L_j belong to some convex 1-smooth L exactly if the
inequalities of :mod:`straight_through_model` hold.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np

from pqtheory.evidence.worst_case.lazy_model import flat
from pqtheory.evidence.worst_case.solver import load_cvxpy, solve
from pqtheory.evidence.worst_case.straight_through_model import (
    StraightThroughForms,
    StraightThroughModel,
)


@final
@dataclass(frozen=True, eq=False)
class StraightThroughInstance:
    """T straight-through steps at beta = 1, in d dimensions.

    Attributes
    ----------
    model : StraightThroughModel
        Step sizes, R and delta.
    points, gradients : arrays of shape (T + 1, d)
        q_0 .. q_{T-1}, u and grad L there.
    losses : array of shape (T + 1,)
        L there.
    start : array of shape (d,)
        w_0.
    errors : array of shape (T, d)
        r_0 .. r_{T-1}.
    """

    model: StraightThroughModel
    points: Any
    gradients: Any
    losses: Any
    start: Any
    errors: Any

    @property
    def x(self) -> Any:
        """Step sizes times beta."""
        return np.array(self.model.x, dtype=float)

    def slacks(self) -> dict[str, Any]:
        """Slack of every inequality, by kind, each >= 0 in an instance: "smoothness" and "limits"."""
        apart = self.points[:, None] - self.points[None]
        turn = self.gradients[:, None] - self.gradients[None]
        needed = (self.gradients[None] * apart).sum(-1) + (turn**2).sum(-1) / 2
        smooth = self.losses[:, None] - self.losses[None] - needed
        limited = (np.concatenate([self.start[None], self.errors]) ** 2).sum(-1)
        return {
            "smoothness": smooth[~np.eye(len(smooth), dtype=bool)],
            "limits": np.array(self.model.limits(), dtype=float) - limited,
        }

    def margin(self) -> float:
        """The least slack; the instance exists if it is >= 0."""
        return float(np.concatenate([*self.slacks().values()]).min())

    def enlarged(self, times: Fraction) -> "StraightThroughInstance":
        """The same run so many times as large: it obeys the same inequalities, all of them of squares."""
        t, model = float(times), self.model
        return StraightThroughInstance(
            StraightThroughModel(model.x, times * model.distance, times * model.error),
            t * self.points,
            t * self.gradients,
            t**2 * self.losses,
            t * self.start,
            t * self.errors,
        )

    def ratio(self) -> float:
        """The mean of L(q_t) - L(u), which no bound can be below."""
        return float(self.losses[:-1].mean() - self.losses[-1])


def find_straight_through_instance(
    model: StraightThroughModel, margin: float, time_limit: float
) -> StraightThroughInstance:
    """The instance of the largest mean, with ``margin`` to spare in every inequality.

    Raises
    ------
    SolverError
        If the solver fails.
    """
    cp = load_cvxpy()
    forms, pairs, T = StraightThroughForms(model, float, units=True), model.pairs(), model.steps
    gram, losses = cp.Variable((forms.size, forms.size), PSD=True), cp.Variable(T + 1)
    entries = cp.vec(gram, order="C")
    ends = np.array(pairs).T
    rows = np.array([flat(forms.smoothness(p)) for p in pairs])
    squares = np.array([flat(forms.square(i)) for i in range(T + 1)])
    limited = np.array([limit > 0 for limit in model.limits()])
    constraints = [
        losses[T] == 0,
        losses[ends[0]] - losses[ends[1]] - rows @ entries >= margin,
        squares[limited] @ entries <= 1 - margin,
    ]
    mean = cp.sum(losses[:T]) / T
    solve(cp.Problem(cp.Maximize(mean), constraints), "worst instance", time_limit, margin / 20)
    sizes, vectors = np.linalg.eigh(gram.value)
    kept = sizes > 1e-12 * sizes.max()
    frame = vectors[:, kept] * np.sqrt(sizes[kept])
    start = float(model.distance) * forms.limited[0] @ frame
    errors = float(model.error) * forms.limited[1:] @ frame
    return StraightThroughInstance(
        model, forms.points @ frame, forms.gradients @ frame, np.array(losses.value), start, errors
    )
