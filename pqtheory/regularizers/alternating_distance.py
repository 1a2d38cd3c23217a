r"""Half the squared distance to a fitted codebook, R(t) = inf over B, alpha of 1/2 ||t - B alpha||^2; its prox.

The prox alternates, from x = t: q = B alpha fitted to x starting from the last (alpha, B), then
x = (t + w q) / (1 + w), as for every half squared distance. For the alternating multi-bit quantizer each step is an
exact block minimisation of J(x, alpha, B) = 1/2 ||x - t||^2 + w/2 ||x - B alpha||^2, so J never increases.

The paper has the whole square, with (t + 2 lambda q) / (1 + 2 lambda): its lambda is half of ours, w = 2 lambda.

References
----------
ProxQuant, arXiv 1810.00861, section on multi-bit and ternary quantization with adaptive levels.
"""

import math
import numbers
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn, final

import numpy as np

from pqtheory._arrays import Array, as_array, as_given, is_symbolic, is_torch, namespace
from pqtheory._checks import array_like, check_count, check_number, store
from pqtheory._elementwise import check_out, narrow, widen
from pqtheory._groups import by_parts, find_groups
from pqtheory._messages import brief
from pqtheory.quantizers import Fit, Quantizer
from pqtheory.regularizers.base import Axis, Regularizer, total
from pqtheory.regularizers.weights import weight_like

#: entries that are pulled at a time
PART = 1 << 17


@final
@dataclass(frozen=True)
class AlternatingDistance(Regularizer):
    """R and its prox by a heuristic: both rest on what ``quantizer`` finds, not on the infimum.

    ``value`` and ``envelope`` are what the heuristic attains, upper bounds of R and of
    min_x 1/2 ||x - t||^2 + w R(x). Given q, the best x has J = w / (1 + w) 1/2 ||t - q||^2: the
    global prox would take the q nearest to t, whatever w is, and the alternation is only a search
    for it. The larger w, the less it searches: with the alternating multi-bit quantizer the prox
    tends to ``quantizer.quantize(t)``, whatever ``rounds``. One NaN or infinity makes its whole
    group NaN.

    Parameters
    ----------
    quantizer : Quantizer
        One of `pqtheory.quantizers`; a closed form (greedy, ternary) is applied to x afresh, which
        need not decrease J.
    rounds : int
        Rounds of (q, x).

    Raises
    ------
    TypeError, ValueError
        If ``quantizer`` is none or ``rounds`` is no integer >= 1.
    """

    quantizer: Quantizer
    rounds: int = 2

    def __post_init__(self) -> None:
        if not isinstance(self.quantizer, Quantizer):
            raise TypeError(f"quantizer: expected a quantizer, got {brief(self.quantizer)}")
        store(self, rounds=check_count(self.rounds, "rounds"))

    @property
    def quantized_by(self) -> Quantizer:
        """What fits the levels."""
        return self.quantizer

    def quantize(self, theta: Any) -> Array:
        """Values of ``quantizer.quantize(theta)``.

        Raises
        ------
        TypeError, ValueError
            As ``prox``.
        """
        return as_given(self.quantizer.quantize(theta)[0], theta)

    def envelope(self, theta: Any, weight: Any, axis: Axis = None) -> Array:
        """J at the prox and its q, w / (1 + w) 1/2 ||t - q||^2: an upper bound of the envelope.

        Raises
        ------
        TypeError, ValueError
            As ``prox``.
        """
        xp, t = as_array(theta)
        wide, w = widen(xp, t), _number(weight, t)
        fit = self._end(wide, w)[1]
        return total(xp, _shares(w)[1] / 2 * (wide - fit.values) ** 2, t, axis)

    def iterates(self, theta: Any, weight: Any) -> Iterator[tuple[Array, Fit]]:
        """Yield (x, fit) after every half-step, 2 ``rounds`` pairs: first (theta, q), then (x, q).

        Half precision is yielded in the float32 that it is computed in.

        Raises
        ------
        TypeError, ValueError
            As ``prox``.
        """
        xp, t = as_array(theta)
        t, w = widen(xp, t), _number(weight, t)
        x, fit = t, None
        for _ in range(self.rounds):
            fit = self.quantizer.fit(x, fit)
            yield x, fit
            x = best_point(t, fit.values, w)
            yield x, fit

    def objective(self, x: Any, theta: Any, weight: Any, fit: Fit, axis: Axis = None) -> Array:
        """J(x, alpha, B) = 1/2 ||x - theta||^2 + weight/2 ||x - B alpha||^2, summed over ``axis``.

        Raises
        ------
        TypeError, ValueError
            As ``prox``.
        """
        xp, t = as_array(theta)
        w = _number(weight, t)
        wide, point = widen(xp, t), widen(xp, array_like(x, t, "x"))
        gap = (point - widen(xp, fit.values)) ** 2 / 2
        pull = xp.where(gap == 0, gap, np.inf) if _is_infinite(w) else w * gap
        return total(xp, (point - wide) ** 2 / 2 + pull, t, axis)

    def history(self, theta: Any, weight: Any, axis: Axis = None) -> list[Array]:
        """J after every half-step, 2 ``rounds`` numbers (or arrays of shape theta's less ``axis``).

        Raises
        ------
        TypeError, ValueError
            As ``prox``.
        """
        return [
            self.objective(x, theta, weight, fit, axis) for x, fit in self.iterates(theta, weight)
        ]

    def prox_naive(self, theta: Any, weight: Any) -> Array:
        """``prox`` one group at a time in exact arithmetic, rounded at the end.

        Raises
        ------
        TypeError, ValueError
            As ``prox``.
        """
        w = check_number(weight, "weight", 0)

        def prox_row(row: Sequence[Fraction]) -> Sequence[Fraction]:
            x, signs = row, None
            for _ in range(self.rounds):
                fit = self.quantizer.fit_row(x, signs)
                signs = fit.signs
                if w == math.inf:
                    x = fit.values
                else:
                    pull = Fraction(w)
                    pairs = zip(row, fit.values, strict=True)
                    x = [(t + pull * q) / (1 + pull) for t, q in pairs]
            return x

        return self.quantizer.map_naive(prox_row, theta)

    def prox_set(self, theta: Any, weight: Any) -> NoReturn:
        """Not available: the heuristic does not find the global minimisers.

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError(
            "AlternatingDistance.prox_set: expected a regularizer whose global minimisers are "
            f"known; {brief(self.quantizer)} fits its levels by a heuristic"
        )

    def subdifferential(self, theta: Any) -> NoReturn:
        """Not available: R, an infimum over all codebooks, is known by an upper bound only.

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError(
            "AlternatingDistance.subdifferential: expected a regularizer with fixed levels; "
            f"{brief(self.quantizer)} fits its levels by a heuristic"
        )

    def _weight_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (1,) * len(shape)

    def _values(self, theta: Array) -> Array:
        wide = widen(namespace(theta), theta)
        return (wide - self.quantize(wide)) ** 2 / 2

    def _prox(self, theta: Array, weight: Any, out: Array | None) -> Array:
        xp = namespace(theta)
        if out is not None:
            check_out(out, theta)
        wide, w = widen(xp, theta), _number(weight, theta)
        # of the last fit q is all that is needed
        room = out if wide is theta else None
        x = self._once(wide, w, room) if self.rounds == 1 else self._end(wide, w)[0]
        result = narrow(xp, x, theta)
        if out is None:
            return result
        if result is not out:
            out[...] = result
        return out

    def _once(self, theta: Array, weight: Any, room: Array | None) -> Array:
        """One round, in ``room`` if it is of use.

        Groups are for themselves: those that a cache holds are pulled before the next, on all threads.
        """
        in_memory = is_torch(theta) and self.quantizer.fits_in_memory(theta)
        # a weight that is a tensor rounds as tensors do, and may have a gradient
        if in_memory and not (theta.requires_grad or is_torch(weight)):
            xp = namespace(theta)
            memory = None if room is None else room.detach().numpy()
            x = self._in_parts(theta.numpy(), weight, xp.get_num_threads(), memory)
            if room is None or x is not memory:
                return xp.asarray(x)
            # torch counts who writes
            room[:0] = 0
            return room
        if isinstance(theta, np.ndarray):
            return self._in_parts(theta, weight, 1, room)
        return best_point(theta, self.quantize(theta), weight)

    def _in_parts(self, theta: Array, weight: Any, threads: int, room: Array | None) -> Array:
        def pull(t: Array) -> Array:
            return best_point(t, self.quantize(t), weight)

        groups = find_groups(theta.shape, self.quantizer.axis, self.quantizer.per)
        parts = groups.parts(PART)
        return pull(theta) if len(parts) == 1 else by_parts(pull, theta, parts, threads, room)

    def _end(self, theta: Array, weight: Any) -> tuple[Array, Fit]:
        *_, end = self.iterates(theta, weight)
        return end


def best_point(theta: Array, values: Array, weight: Any) -> Array:
    """argmin_x 1/2 ||x - theta||^2 + weight/2 ||x - values||^2 = (theta + w values) / (1 + w).

    Exact at both ends: theta for weight 0, values for weight infinity.

    Parameters
    ----------
    theta, values : array
        Of the same shape.
    weight : float
        One number >= 0.
    """
    kept, moved = _shares(weight)
    near_theta = moved < kept
    if is_symbolic(near_theta) or is_torch(near_theta):
        xp = namespace(theta)
        from_theta, from_values = theta + moved * (values - theta), values + kept * (theta - values)
        return xp.where(near_theta, from_theta, from_values)
    # theta + moved (values - theta), or values + kept (theta - values), in the memory of the difference
    near, far, share = (theta, values, moved) if near_theta else (values, theta, kept)
    x = far - near
    x *= share
    x += near
    return x


def _number(weight: Any, theta: Array) -> Any:
    """``weight`` as one number: a weight per coordinate would make the fit another problem."""
    found = weight_like(weight, theta, (1,) * theta.ndim)
    if isinstance(found, numbers.Real) or is_symbolic(found):
        return found
    # a tensor stays on its device
    return found.reshape(()) if is_torch(found) else found.item()


def _shares(weight: Any) -> tuple[Any, Any]:
    """1 / (1 + w) and w / (1 + w), for w = infinity too."""
    if is_torch(weight):
        xp = namespace(weight)
        return 1 / (1 + weight), xp.where(weight == math.inf, 1.0, weight / (1 + weight))
    if _is_infinite(weight):
        return 0, 1
    return 1 / (1 + weight), weight / (1 + weight)


def _is_infinite(weight: Any) -> bool:
    """Whether ``weight`` is infinity, which a term never is."""
    return not is_symbolic(weight) and bool(weight == math.inf)
