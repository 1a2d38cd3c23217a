"""What a test problem offers: value, gradient, a stochastic gradient, and the constants that theorems need."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from pqtheory._arrays import EXACT, HALF_PRECISION, Array, Namespace, as_float, dtype_name
from pqtheory._checks import check_vectors
from pqtheory._elementwise import narrow, widen
from pqtheory._messages import brief
from pqtheory._notebook import shown, sketch
from pqtheory.problems._inputs import as_argument


class Problem(ABC):
    """A loss L on R^dim. The batch is the leading axes: theta has shape (..., dim).

    Attributes
    ----------
    dim : int
        Number of coordinates.
    smoothness : float or None
        A Lipschitz constant of the gradient on all of R^dim; None where there is none, or none is known.
    lower_bound : float
        A number that L never goes below (-inf where L is unbounded).
    minimisers : array of shape (count, dim) or None
        Global minimisers over R^dim, where known.
    is_convex : bool
        Whether L is convex.
    transcendental : str
        A function that L needs and that fractions lack, such as "exp"; "" where L is exact on them.

    Notes
    -----
    Beside fractions the constants of a problem are fractions, floats too: its value and gradient are exact. On NumPy's
    floats a start's value and gradient are the same bit for bit whatever else is in the batch, and however the batch
    lies in memory. Half precision is computed in float32: ``_value`` and the others see no narrower floats.
    """

    dim: int
    smoothness: float | None = None
    lower_bound: float = -np.inf
    minimisers: Array | None = None
    is_convex: bool = False
    transcendental: ClassVar[str] = ""

    def value(self, theta: Any) -> Array:
        """L(theta): shape (...,) for ``theta`` of shape (..., dim).

        Raises
        ------
        TypeError, ValueError
            If ``theta`` is not real or its last axis is not ``dim``.
        """
        xp, t = self._checked(theta)
        return _like(xp, self._value(xp, widen(xp, t)), t)

    def gradient(self, theta: Any) -> Array:
        """Gradient of L at ``theta``: shape (..., dim); a subgradient at kinks.

        Raises
        ------
        TypeError, ValueError
            If ``theta`` is not real or its last axis is not ``dim``.
        """
        xp, t = self._checked(theta)
        return _like(xp, self._gradient(xp, widen(xp, t)), t)

    def stochastic_gradient(self, theta: Any, rng: np.random.Generator) -> Array:
        """An unbiased estimate of the gradient, independent along the leading axes: shape (..., dim).

        Raises
        ------
        TypeError, ValueError
            If ``theta`` is not real or its last axis is not ``dim``, or ``rng`` is no generator of NumPy's.
        """
        if not isinstance(rng, np.random.Generator):
            raise TypeError(f"rng: expected a numpy.random.Generator, got {brief(rng)}")
        xp, t = self._checked(theta)
        return _like(xp, self._stochastic_gradient(xp, widen(xp, t), rng), t)

    def value_and_gradient(self, theta: Any) -> tuple[Array, Array]:
        """``(value(theta), gradient(theta))``, at less than the cost of both where they share work.

        Raises
        ------
        TypeError, ValueError
            If ``theta`` is not real or its last axis is not ``dim``.
        """
        xp, t = self._checked(theta)
        value, gradient = self._value_and_gradient(xp, widen(xp, t))
        return _like(xp, value, t), _like(xp, gradient, t)

    def __repr__(self) -> str:
        arguments = self._arguments()
        if arguments is None:
            return object.__repr__(self)
        written = (f"{name}={as_argument(value)}" for name, value in arguments.items())
        return f"{type(self).__name__}({', '.join(written)})"

    def _repr_html_(self) -> str:
        """The constants; of a problem on the line also its graph."""
        facts = {
            "dimension": self.dim,
            "smoothness": "none known" if self.smoothness is None else f"{self.smoothness:.6g}",
            "infimum at least": f"{as_float(self.lower_bound):.6g}",
            "convex": "yes" if self.is_convex else "no",
        }
        plots = []
        if self.dim == 1:
            x = np.linspace(-2.0, 2.0, 401)
            value, slope = self.value(x[:, None]), self.gradient(x[:, None])[:, 0]
            plots = [sketch(x, [value], "loss"), sketch(x, [slope], "gradient")]
        return shown(brief(self), facts=facts, plots=plots)

    def _arguments(self) -> Mapping[str, Any] | None:
        """The constructor's arguments by name, for ``repr``; None where they are not known."""
        return None

    def _checked(self, theta: Any) -> tuple[Namespace, Array]:
        xp, t = check_vectors(theta, self.dim)
        if self.transcendental and dtype_name(t) == EXACT:
            raise TypeError(
                f"theta: expected floats, got fractions: {type(self).__name__} needs "
                f"{self.transcendental}, which is not exact on them"
            )
        # NumPy sums what lies side by side in another order than what does not
        return xp, np.ascontiguousarray(t) if isinstance(t, np.ndarray) else t

    def _value_and_gradient(self, xp: Namespace, theta: Array) -> tuple[Array, Array]:
        return self._value(xp, theta), self._gradient(xp, theta)

    @abstractmethod
    def _value(self, xp: Namespace, theta: Array) -> Array: ...

    @abstractmethod
    def _gradient(self, xp: Namespace, theta: Array) -> Array: ...

    @abstractmethod
    def _stochastic_gradient(
        self, xp: Namespace, theta: Array, rng: np.random.Generator
    ) -> Array: ...


def require_problem(value: Any) -> None:
    """Raise unless ``value`` is a problem."""
    if not isinstance(value, Problem):
        raise TypeError(f"problem: expected a problem, got {brief(value)}")


def _like(xp: Namespace, result: Array, theta: Array) -> Array:
    """``result`` in the dtype of ``theta``, for half precision computed in float32."""
    return narrow(xp, result, theta)[()] if dtype_name(theta) in HALF_PRECISION else result
