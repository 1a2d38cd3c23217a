r"""The worst instance as a semidefinite program over the Gram matrix of all moves and gradients.

Nothing changes if <v, x> and a constant move from L to R, so theta_0 = 0, grad L(theta_0) = 0 and L(theta_0) = 0.
The basis is D_1 .. D_T, U_1 .. U_T (the moves and the changes of grad L), in units in which small steps are not small:
|D_k|^2 and |U_k|^2 are of the order of x_k, so is L, and |grad F|^2 of that of 1 / x_k.
"""

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np

from pqtheory.evidence.worst_case.instance import Instance
from pqtheory.evidence.worst_case.solver import load_cvxpy, solve


def find_instance(
    x: Sequence[float], rule: str, best: int | None, margin: float, time_limit: float
) -> Instance:
    """The instance of the largest ratio, among those where step ``best`` is the shortest (None: any).

    Every inequality shall hold with ``margin`` to spare, so that the instance exists whatever the solver's last digits
    are.

    Raises
    ------
    SolverError
        If the solver fails.
    """
    cp = load_cvxpy()
    steps, eta = len(x), np.array(x)
    basis = np.eye(2 * steps) * np.sqrt(np.tile(eta, 2))[:, None]
    moves, turns = basis[:steps], basis[steps:]
    slopes = turns - moves / eta[:, None]
    start = np.zeros((1, 2 * steps))
    points = np.concatenate([start, np.cumsum(moves, 0)])
    gradients = np.concatenate([start, np.cumsum(turns, 0)])
    gram = cp.Variable((2 * steps, 2 * steps), PSD=True)
    losses, penalties, worst = cp.Variable(steps + 1), cp.Variable(steps + 1), cp.Variable()
    unit = float(eta.mean())
    objectives = unit * losses + penalties
    flat = cp.vec(gram, order="C")
    quadratic, linear = _smoothness(points, gradients)
    constraints = [
        quadratic / unit @ flat + linear @ losses >= margin,
        losses[0] == 0,
        objectives >= 0,
        # scaled so that each step has about one unit to spend
        objectives[0] <= steps,
    ]
    quadratic, linear = _prox(points, gradients, slopes, eta)
    constraints.append(quadratic @ flat + linear @ penalties >= margin)
    squares = unit * np.array([_product(v, v) for v in slopes])
    if best is None:
        constraints.append(squares @ flat >= worst)
    else:
        lengths = np.array([_product(v, v) for v in moves]) / unit
        others = lengths[np.arange(steps) != best - 1]
        constraints.append(squares[best - 1] @ flat >= worst)
        if steps > 1:
            constraints.append((others - lengths[best - 1]) @ flat >= margin)
    solve(cp.Problem(cp.Maximize(worst), constraints), "worst instance", time_limit)
    sizes, vectors = np.linalg.eigh(gram.value)
    kept = sizes > 1e-12 * sizes.max()
    frame = vectors[:, kept] * np.sqrt(sizes[kept])
    values = unit * np.array(losses.value), np.array(penalties.value)
    return Instance(eta, rule, points @ frame, gradients @ frame, *values)


def _smoothness(points: Any, gradients: Any) -> tuple[Any, Any]:
    """The slacks of ``Instance`` as rows on the flat Gram matrix, and on L_0 .. L_T."""
    unit = np.eye(len(points))
    quadratic, linear = [], []
    for i, j in permutations(range(len(points)), 2):
        apart, turn = points[i] - points[j], gradients[i] - gradients[j]
        form = -_product(gradients[i] + gradients[j], apart) / 2
        quadratic.append(form - _product(turn, turn) / 4 + _product(apart, apart) / 4)
        linear.append(unit[i] - unit[j])
    return np.array(quadratic), np.array(linear)


def _prox(points: Any, gradients: Any, slopes: Any, eta: Any) -> tuple[Any, Any]:
    """The slacks of ``Instance`` as rows on the flat Gram matrix, and on R_0 .. R_T."""
    unit = np.eye(len(points))
    quadratic, linear = [], []
    for j, k in permutations(range(len(points)), 2):
        if k >= 1:
            apart, selected = points[j] - points[k], slopes[k - 1] - gradients[k]
            form = _product(apart, apart) / (2 * eta[k - 1]) - _product(selected, apart)
            quadratic.append(form)
            linear.append(unit[j] - unit[k])
    return np.array(quadratic), np.array(linear)


def _product(u: Any, v: Any) -> Any:
    """<u, v> as a row on the flat Gram matrix."""
    return ((np.outer(u, v) + np.outer(v, u)) / 2).ravel()
