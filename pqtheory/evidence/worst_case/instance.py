r"""An instance of prox-gradient as finitely many numbers, and the inequalities that make it one.

Points theta_0 .. theta_T with L_j, grad L_j and (lambda R)_j belong to some 1-smooth L, some R and some run exactly if,
for g = gradients and s_k = (theta_{k-1} - theta_k) / x_k - g_{k-1} (the subgradient that the prox selects),

    L_i - L_j >= <g_i + g_j, theta_i - theta_j> / 2 + |g_i - g_j|^2 / 4 - |theta_i - theta_j|^2 / 4    for all i != j,
    R_j - R_k >= <s_k, theta_j - theta_k> - |theta_j - theta_k|^2 / (2 x_k)                     for all j and k >= 1.

The second line says that theta_k minimises lambda R(x) + |x - (theta_{k-1} - x_k g_{k-1})|^2 / (2 x_k) over all points;
R may be infinite elsewhere, so F_* is the least of F(theta_0) .. F(theta_T), and nothing more is known of it.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np


@final
@dataclass(frozen=True, eq=False)
class Instance:
    """T steps at beta = 1, in d dimensions.

    Attributes
    ----------
    x : array of shape (T,)
        Step sizes times beta.
    rule : str
        How the output is picked.
    points, gradients : arrays of shape (T + 1, d)
        theta_j and grad L(theta_j).
    losses, penalties : arrays of shape (T + 1,)
        L(theta_j) and lambda R(theta_j).
    """

    x: Any
    rule: str
    points: Any
    gradients: Any
    losses: Any
    penalties: Any

    @property
    def objectives(self) -> Any:
        """F(theta_j), shape (T + 1,)."""
        return self.losses + self.penalties

    @property
    def subgradients(self) -> Any:
        """s_1 .. s_T, the subgradients of lambda R that the prox selects: shape (T, d)."""
        moves = self.points[:-1] - self.points[1:]
        return moves / self.x[:, None] - self.gradients[:-1]

    def slacks(self) -> dict[str, Any]:
        """Slack of every inequality, by kind, each >= 0 in an instance: "smoothness" and "prox"."""
        apart = self.points[:, None] - self.points[None]
        turn = self.gradients[:, None] - self.gradients[None]
        mean = (self.gradients[:, None] + self.gradients[None]) / 2
        needed = (mean * apart).sum(-1) + (turn**2).sum(-1) / 4 - (apart**2).sum(-1) / 4
        smooth = self.losses[:, None] - self.losses[None] - needed
        # entry (k, j): minimiser theta_{k+1} against theta_j
        from_new = self.points[None] - self.points[1:, None]
        below = (self.subgradients[:, None] * from_new).sum(-1)
        below = below - (from_new**2).sum(-1) / (2 * self.x[:, None])
        prox = self.penalties[None] - self.penalties[1:, None] - below
        steps = len(self.x)
        return {
            "smoothness": smooth[~np.eye(steps + 1, dtype=bool)],
            "prox": prox[np.arange(steps + 1)[None] != np.arange(1, steps + 1)[:, None]],
        }

    def margin(self) -> float:
        """The least slack; the instance exists if it is >= 0."""
        return float(np.concatenate([*self.slacks().values()]).min())

    def ratio(self) -> float:
        """||grad F(theta_best)||^2 / (F_0 - F_*), which no bound can be below."""
        squares = ((self.gradients[1:] + self.subgradients) ** 2).sum(-1)
        lengths = ((self.points[1:] - self.points[:-1]) ** 2).sum(-1)
        best = np.argmin(squares if self.rule == "smallest-gradient" else lengths)
        return float(squares[best] / (self.objectives[0] - self.objectives.min()))


def on_the_line(x: float, steps: int, rule: str) -> Instance:
    """A bad run in one dimension: equal steps, L'' = -1 in those whose gradient counts and +1 in the others.

    Parameters
    ----------
    x : float
        eta times beta, in (0, 1].
    steps : int
        T.
    rule : str
        "smallest-gradient": every gradient counts; "smallest-step": only the last, shorter by a hair, does.
    """
    by_step = rule == "smallest-step"
    counts = np.arange(1, steps + 1) == steps if by_step else np.ones(steps, dtype=bool)
    moves = np.where(counts, 1.0, 1.0 + 1e-9)
    curvature = np.where(counts, -1.0, 1.0)
    slopes = (curvature - 1 / x) * moves
    losses, gradients, objectives = [0.0], [0.0], [0.0]
    for move, bend, slope in zip(moves, curvature, slopes, strict=True):
        losses.append(losses[-1] + gradients[-1] * move + bend * move**2 / 2)
        gradients.append(gradients[-1] + bend * move)
        objectives.append(objectives[-1] + slope * move / 2)
    points = np.concatenate([[0.0], np.cumsum(moves)])
    return Instance(
        np.full(steps, x),
        rule,
        points[:, None],
        np.array(gradients)[:, None],
        np.array(losses),
        np.array(objectives) - np.array(losses),
    )
