r"""An instance of lazy prox-gradient as finitely many numbers, and the worst one by a semidefinite program.

At beta = 1 and p_0 = theta_0 = 0 the points p_0 .. p_T, u with L_j, grad L_j and (lambda R)_j belong to some convex
1-smooth L, some convex finite R and some run exactly if the inequalities of :mod:`lazy_model` hold; grad L(u) = 0, so
that u minimises L; and with aggregated strength R_j >= R_u too, so that u minimises F = L + lambda R.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from pqtheory.evidence.worst_case.lazy_certificate import output_weights
from pqtheory.evidence.worst_case.lazy_model import FIXED, Forms, LazyModel, flat
from pqtheory.evidence.worst_case.solver import load_cvxpy, solve


@final
@dataclass(frozen=True, eq=False)
class LazyInstance:
    """T lazy steps at beta = 1, in d dimensions.

    Attributes
    ----------
    model : LazyModel
        Step sizes and strength.
    measure : str
        "last", "best" or "average".
    points, gradients : arrays of shape (T + 2, d)
        p_0 .. p_T, u and grad L there.
    losses, penalties : arrays of shape (T + 2,)
        L and lambda R there; with aggregated strength ``penalties[0]`` is not used.
    """

    model: LazyModel
    measure: str
    points: Any
    gradients: Any
    losses: Any
    penalties: Any

    @property
    def x(self) -> Any:
        """Step sizes times beta."""
        return np.array(self.model.x, dtype=float)

    @property
    def latent(self) -> Any:
        """theta_0 .. theta_T."""
        moves = self.x[:, None] * self.gradients[:-2]
        return -np.concatenate([0 * moves[:1], np.cumsum(moves, axis=0)])

    @property
    def pieces(self) -> list[int]:
        """The points where a subgradient of lambda R is known."""
        at_u = [] if self.model.strength == FIXED else [self.model.comparator]
        return [*self.model.mapped, *at_u]

    @property
    def subgradients(self) -> Any:
        """The subgradients at ``pieces``: (theta_k - p_k) / w_k, and 0 at u."""
        weights = np.array(self.model.weights, dtype=float)
        start = self.model.mapped.start
        selected = (self.latent - self.points[:-1])[start:] / weights[start:, None]
        return (
            selected
            if self.model.strength == FIXED
            else np.concatenate([selected, 0 * selected[:1]])
        )

    def slacks(self) -> dict[str, Any]:
        """Slack of every inequality, by kind, each >= 0 in an instance: "smoothness" and "penalty"."""
        apart = self.points[:, None] - self.points[None]
        turn = self.gradients[:, None] - self.gradients[None]
        needed = (self.gradients[None] * apart).sum(-1) + (turn**2).sum(-1) / 2
        smooth = self.losses[:, None] - self.losses[None] - needed
        # entry (j, k): point j against the piece of point k
        pieces, ends = self.pieces, [*self.model.mapped, self.model.comparator]
        below = (self.subgradients[None] * apart[np.ix_(ends, pieces)]).sum(-1)
        penalty = self.penalties[ends][:, None] - self.penalties[pieces][None] - below
        return {
            "smoothness": smooth[~np.eye(len(smooth), dtype=bool)],
            "penalty": penalty[np.array(ends)[:, None] != np.array(pieces)[None]],
        }

    def margin(self) -> float:
        """The least slack; the instance exists if it is >= 0."""
        return float(np.concatenate([*self.slacks().values()]).min())

    def ratio(self) -> float:
        """(f of the output - f_u) / D, which no bound can be below."""
        return lazy_ratio(self, self.losses, self.penalties)


def lazy_ratio(instance: LazyInstance, losses: Any, penalties: Any) -> float:
    """The ratio for these values of L and lambda R at p_0 .. p_T and u."""
    fixed = instance.model.strength == FIXED
    reached = losses if fixed else losses + penalties
    excess = reached[1:-1] - reached[-1]
    distance = (instance.points[-1] ** 2).sum() / 2
    if fixed:
        distance = distance + penalties[-1] - penalties[0]
    weights = output_weights(instance.model, instance.measure)
    found = excess.min() if weights is None else np.array(weights, dtype=float) @ excess
    return float(found / distance)


def find_lazy_instance(
    model: LazyModel, measure: str, margin: float, time_limit: float
) -> LazyInstance:
    """The instance of the largest ratio, with ``margin`` to spare in every inequality.

    Raises
    ------
    SolverError
        If the solver fails.
    """
    cp = load_cvxpy()
    forms, last, fixed = Forms(model, float), model.comparator, model.strength == FIXED
    gram = cp.Variable((forms.size, forms.size), PSD=True)
    losses, penalties, worst = cp.Variable(last + 1), cp.Variable(last + 1), cp.Variable()
    entries = cp.vec(gram, order="C")

    def slack(values: Any, pairs: Any, form: Any) -> Any:
        ends = np.array(pairs).T
        rows = np.array([flat(form(p)) for p in pairs])
        return values[ends[0]] - values[ends[1]] - rows @ entries

    reached = losses if fixed else losses + penalties
    excess = reached[1:-1] - reached[last]
    distance = flat(forms.half_distance()) @ entries
    constraints = [
        slack(losses, model.smoothness_pairs(), forms.smoothness) >= margin,
        slack(penalties, model.penalty_pairs(), forms.penalty) >= margin,
        losses[last] == 0,
        penalties[last] == 0,
    ]
    if fixed:
        distance = distance + penalties[last] - penalties[0]
    else:
        constraints.append(penalties[1:-1] >= margin)
    # scaled so that each step has about one unit to spend
    constraints.append(distance <= model.steps)
    weights = output_weights(model, measure)
    if weights is None:
        constraints.append(excess >= worst)
    else:
        constraints.append(np.array(weights, dtype=float) @ excess >= worst)
    solve(cp.Problem(cp.Maximize(worst), constraints), "worst instance", time_limit, margin / 20)
    sizes, vectors = np.linalg.eigh(gram.value)
    kept = sizes > 1e-12 * sizes.max()
    frame = vectors[:, kept] * np.sqrt(sizes[kept])
    values = np.array(losses.value), np.array(penalties.value)
    return LazyInstance(model, measure, forms.points @ frame, forms.gradients @ frame, *values)
