r"""Logistic regression: L(theta) = 1/n sum_i log(1 + exp(-y_i x_i.theta)) + l2/2 ||theta||^2."""

from collections.abc import Mapping, Sequence
from typing import Any, Self, final

import numpy as np

from pqtheory._arrays import Array, Namespace
from pqtheory._checks import check_count, check_seed
from pqtheory._messages import brief
from pqtheory.problems._inputs import real_array
from pqtheory.problems.digits_data import digits_split
from pqtheory.problems.linear_model import LinearModel


@final
class LogisticRegression(LinearModel):
    """Binary labels in {-1, +1}: ``phi(u) = log(1 + exp(-u))`` at ``u_i = y_i x_i.theta``.

    The smoothness ``||X||_2^2 / (4 n) + l2`` is attained at theta = 0. The lower bound 0 is
    approached without being attained where the classes are separable and ``l2 = 0``; elsewhere it
    is only a bound.

    Parameters
    ----------
    X : array of shape (n, dim)
        Features. There is no intercept: append a column of ones for one.
    y : array of shape (n,)
        Labels -1 or +1.
    l2 : float
        Strength of the squared penalty.
    batch_size : int
        Rows, drawn with replacement, per stochastic gradient.

    Raises
    ------
    TypeError, ValueError
        If shapes do not match, an entry of ``X`` is not finite, a label is neither -1 nor +1,
        ``l2`` < 0 or ``batch_size`` < 1.
    """

    curvature = 0.25
    transcendental = "exp"

    def __init__(self, X: Any, y: Any, l2: float = 0.0, *, batch_size: int = 32) -> None:
        X, labels = real_array(X, "X", 2), real_array(y, "y", 1)
        wrong = np.abs(labels) != 1
        if wrong.any():
            raise ValueError(f"y: expected labels -1 or +1, got {labels[wrong][0]}")
        if len(labels) != len(X):
            raise ValueError(
                f"y: expected shape ({len(X)},) like the rows of X, got {labels.shape}"
            )
        super().__init__(labels[:, None] * X, np.zeros(len(X)), l2=l2, batch_size=batch_size)
        self.labels = labels

    @classmethod
    def random(
        cls, dim: int, samples: int, seed: int = 0, *, l2: float = 0.0, batch_size: int = 32
    ) -> Self:
        """Draw normal features, and labels from the logistic model of a normal theta."""
        dim, samples = check_count(dim, "dim"), check_count(samples, "samples")
        rng = check_seed(seed)
        X = rng.standard_normal((samples, dim))
        margin = X @ rng.standard_normal(dim) + rng.logistic(size=samples)
        return cls(X, np.where(margin >= 0, 1.0, -1.0), l2, batch_size=batch_size)

    @classmethod
    def digits(
        cls,
        positive: Sequence[int] = (1, 3, 5, 7, 9),
        negative: Sequence[int] = (0, 2, 4, 6, 8),
        *,
        split: str = "train",
        seed: int = 0,
        l2: float = 0.0,
        batch_size: int = 32,
    ) -> Self:
        """Set ``positive`` against ``negative`` handwritten digits; 64 pixels and a constant 1.

        Raises
        ------
        ImportError
            If scikit-learn is missing.
        ValueError
            If the two groups overlap, one is empty, an entry is no digit, or ``split`` is neither
            train nor test.
        """
        groups, given = (set(positive), set(negative)), f"{brief(positive)} and {brief(negative)}"
        if not groups[0] or not groups[1] or groups[0] & groups[1]:
            raise ValueError(
                f"positive, negative: expected disjoint groups of digits, got {brief(given)}"
            )
        if not groups[0] | groups[1] <= set(range(10)):
            raise ValueError(f"positive, negative: expected digits 0 to 9, got {brief(given)}")
        X, y = digits_split(seed=seed).part(split)
        chosen = np.isin(y, [*groups[0], *groups[1]])
        X = np.column_stack([X[chosen], np.ones(chosen.sum())])
        labels = np.where(np.isin(y[chosen], list(groups[0])), 1.0, -1.0)
        return cls(X, labels, l2, batch_size=batch_size)

    def _arguments(self) -> Mapping[str, Any]:
        # signs are taken back as they were put in
        given = {"X": self.labels[:, None] * self.X, "y": self.labels, "l2": self.l2}
        return {**given, "batch_size": self.batch_size}

    def _loss(self, xp: Namespace, u: Array) -> Array:
        return _softplus(xp, -u)

    def _slope(self, xp: Namespace, u: Array) -> Array:
        return -xp.exp(-_softplus(xp, u))  # -1 / (1 + e^u) without overflow


def _softplus(xp: Namespace, u: Array) -> Array:
    """log(1 + e^u) without overflow; ``logaddexp`` would warn at NaN."""
    return xp.maximum(u, xp.zeros_like(u)) + xp.log1p(xp.exp(-xp.abs(u)))
