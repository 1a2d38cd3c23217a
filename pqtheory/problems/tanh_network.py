r"""A tanh classifier: cross-entropy of ``gain W2 tanh(W1 x / sqrt(inputs)) / sqrt(hidden)``."""

import math
from collections.abc import Mapping
from typing import Any, Self, final

import numpy as np

from pqtheory._arrays import Array, Namespace, constant_like
from pqtheory._checks import check_count, check_float, check_seed
from pqtheory._elementwise import narrow, widen
from pqtheory.problems._inputs import as_numpy, float_array
from pqtheory.problems._sampling import draw_rows
from pqtheory.problems.base import Problem
from pqtheory.problems.digits_data import digits_split


@final
class TanhNetwork(Problem):
    """Mean softmax cross-entropy over the data, as a function of all weights.

    theta holds W1 (hidden x inputs) and then W2 (classes x hidden), each row by row. There are no
    biases: x is the sample with a constant 1 appended. The two square roots keep every unit of
    order one for weights +-1. Not convex, whatever the data, and no global smoothness is known. The
    stochastic gradient is that of ``batch_size`` samples drawn with replacement, separately for
    each leading index of theta.

    Parameters
    ----------
    X : array of shape (n, features)
        Samples.
    y : integer array of shape (n,)
        Labels 0, 1, ..., classes - 1.
    hidden : int
        Width of the hidden layer.
    classes : int, optional
        Number of classes, at least 2; by default the largest label plus 1.
    gain : float
        Factor > 0 of the logits.
    batch_size : int
        Samples per stochastic gradient.

    Attributes
    ----------
    layers : dict
        Slices of theta: ``"hidden"`` is W1, ``"output"`` is W2.

    Raises
    ------
    TypeError, ValueError
        If shapes do not match, a label is out of range, an entry is not finite, or a number is
        out of range.
    """

    smoothness = None
    lower_bound = 0.0
    is_convex = False
    transcendental = "tanh"

    def __init__(
        self,
        X: Any,
        y: Any,
        *,
        hidden: int = 64,
        classes: int | None = None,
        gain: float = 4.0,
        batch_size: int = 32,
    ) -> None:
        self.X = float_array(X, "X", 2)
        self.samples, self.features = self.X.shape
        self.y = _labels(y, self.samples, classes)
        found = int(self.y.max()) + 1 if classes is None else classes
        self.classes = check_count(found, "classes", 2)
        self.hidden = check_count(hidden, "hidden")
        self.gain = check_float(gain, "gain", 0, open_low=True, finite=True)
        self.batch_size = check_count(batch_size, "batch_size")
        inputs = self.features + 1
        split = self.hidden * inputs
        self.dim = split + self.classes * self.hidden
        self.layers = {"hidden": slice(0, split), "output": slice(split, self.dim)}
        self._inputs = np.column_stack([self.X, np.ones(self.samples)]) / math.sqrt(inputs)
        self._targets = np.eye(self.classes)[self.y]

    @classmethod
    def random(
        cls,
        features: int,
        hidden: int,
        classes: int,
        samples: int,
        seed: int = 0,
        *,
        gain: float = 4.0,
        batch_size: int = 32,
    ) -> Self:
        """Draw normal samples, and labels that have nothing to do with them."""
        shape = check_count(samples, "samples"), check_count(features, "features")
        rng = check_seed(seed)
        classes = check_count(classes, "classes")
        X, y = rng.standard_normal(shape), rng.integers(0, classes, shape[0])
        return cls(X, y, hidden=hidden, classes=classes, gain=gain, batch_size=batch_size)

    @classmethod
    def digits(
        cls,
        hidden: int = 64,
        *,
        split: str = "train",
        seed: int = 0,
        gain: float = 4.0,
        batch_size: int = 32,
    ) -> Self:
        """Classify the handwritten digits of ``digits_split(seed=seed).part(split)``.

        Raises
        ------
        ImportError
            If scikit-learn is missing.
        """
        X, y = digits_split(seed=seed).part(split)
        return cls(X, y, hidden=hidden, classes=10, gain=gain, batch_size=batch_size)

    def _arguments(self) -> Mapping[str, Any]:
        given = {"X": self.X, "y": self.y, "hidden": self.hidden, "classes": self.classes}
        return {**given, "gain": self.gain, "batch_size": self.batch_size}

    def logits(self, theta: Any, X: Any) -> Array:
        """Logits of the samples ``X``: shape (..., n, classes) for (..., dim) and (n, features).

        Raises
        ------
        TypeError, ValueError
            If ``theta`` is not real or its last axis is not ``dim``, or ``X`` has no ``features``
            columns.
        """
        xp, t = self._checked(theta)
        X = float_array(X, "X", 2)
        if X.shape[1] != self.features:
            raise ValueError(f"X: expected shape (n, {self.features}), got {X.shape}")
        inputs = np.column_stack([X, np.ones(len(X))]) / math.sqrt(self.features + 1)
        wide = widen(xp, t)
        return narrow(xp, self._forward(xp, wide, constant_like(xp, inputs, wide))[1], t)

    def error(self, theta: Any, X: Any, y: Any) -> Array:
        """Misclassified fraction of the samples ``X`` with labels ``y``: shape (...,).

        Raises
        ------
        TypeError, ValueError
            As for :meth:`logits`, or if ``y`` does not match ``X``.
        """
        xp, t = self._checked(theta)
        predicted = xp.argmax(self.logits(t, X), axis=-1)
        y = constant_like(xp, _labels(y, predicted.shape[-1], self.classes), predicted)
        return xp.mean(constant_like(xp, predicted != y, t), axis=-1)

    def _forward(self, xp: Namespace, theta: Array, inputs: Array) -> tuple[Array, Array]:
        """Hidden activations (..., n, hidden) and logits (..., n, classes) of prepared inputs."""
        W1, W2 = self._matrices(xp, theta)
        active = xp.tanh(inputs @ xp.matrix_transpose(W1))
        return active, active @ xp.matrix_transpose(W2) * (self.gain / math.sqrt(self.hidden))

    def _matrices(self, xp: Namespace, theta: Array) -> tuple[Array, Array]:
        lead = tuple(theta.shape[:-1])
        W1 = xp.reshape(theta[..., self.layers["hidden"]], (*lead, self.hidden, self.features + 1))
        W2 = xp.reshape(theta[..., self.layers["output"]], (*lead, self.classes, self.hidden))
        return W1, W2

    def _value(self, xp: Namespace, theta: Array) -> Array:
        inputs = constant_like(xp, self._inputs, theta)
        targets = constant_like(xp, self._targets, theta)
        z = self._forward(xp, theta, inputs)[1]
        z = z - xp.max(z, axis=-1, keepdims=True)
        normaliser = xp.log(xp.sum(xp.exp(z), axis=-1))
        return xp.sum(normaliser - xp.sum(targets * z, axis=-1), axis=-1) / self.samples

    def _gradient(self, xp: Namespace, theta: Array) -> Array:
        return self._mean_gradient(xp, theta, self._inputs, self._targets)

    def _stochastic_gradient(self, xp: Namespace, theta: Array, rng: np.random.Generator) -> Array:
        rows = draw_rows(theta, self.samples, self.batch_size, rng)
        inputs, targets = np.take(self._inputs, rows, axis=0), np.take(self._targets, rows, axis=0)
        return self._mean_gradient(xp, theta, inputs, targets)

    def _mean_gradient(self, xp: Namespace, theta: Array, inputs: Array, targets: Array) -> Array:
        inputs, targets = constant_like(xp, inputs, theta), constant_like(xp, targets, theta)
        active, z = self._forward(xp, theta, inputs)
        p = xp.exp(z - xp.max(z, axis=-1, keepdims=True))
        p = p / xp.sum(p, axis=-1, keepdims=True)
        scale = self.gain / (math.sqrt(self.hidden) * inputs.shape[-2])
        at_logits = (p - targets) * scale
        at_hidden = at_logits @ self._matrices(xp, theta)[1] * (1 - active * active)
        of_W1 = xp.matrix_transpose(at_hidden) @ inputs
        of_W2 = xp.matrix_transpose(at_logits) @ active
        return xp.concat([_flat(xp, of_W1), _flat(xp, of_W2)], axis=-1)


def _flat(xp: Namespace, matrices: Array) -> Array:
    rows, columns = matrices.shape[-2:]
    return xp.reshape(matrices, (*matrices.shape[:-2], rows * columns))


def _labels(y: Any, samples: int, classes: int | None) -> Array:
    labels = as_numpy(y)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"y: expected integer labels, got dtype {labels.dtype}")
    if labels.shape != (samples,):
        raise ValueError(f"y: expected shape ({samples},) like the rows of X, got {labels.shape}")
    highest = math.inf if classes is None else check_count(classes, "classes") - 1
    if labels.min() < 0 or labels.max() > highest:
        allowed = "0, 1, ..." if classes is None else f"0 to {highest}"
        raise ValueError(f"y: expected labels {allowed}, got {labels.min()} to {labels.max()}")
    return labels.copy()
