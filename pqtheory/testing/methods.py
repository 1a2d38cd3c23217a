"""The conformance of a method: a pure update rule, batched, the same on every kind of array."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._messages import counted
from pqtheory.methods import Prox
from pqtheory.methods.base import Eager, Lazy, MappedMethod, Method, descend
from pqtheory.problems.quadratic import Quadratic
from pqtheory.regularizers.level_regularizer import LevelRegularizer
from pqtheory.schedules import Schedule
from pqtheory.simulate import simulate
from pqtheory.testing.arrays import (
    DTYPES,
    Kind,
    are_fractions,
    bits,
    described,
    fractions,
    kinds,
    libraries,
    numbers,
    same_kind,
)
from pqtheory.testing.failure import answer, expect, fail, shown

A = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, -0.25], [0.0, -0.25, 1.5]])
B = np.array([0.25, -0.5, 1.0])
START = np.array([[0.5, -0.25, 1.5], [-0.75, 0.125, 0.375]])
STEPS = 12


@np.errstate(all="ignore")
def check_method(
    method: Method,
    *,
    arrays: Sequence[str] | None = None,
    dtypes: Sequence[str] = DTYPES,
    formula: bool = True,
) -> None:
    """Raise unless ``method`` is what :class:`~pqtheory.methods.Method` promises.

    States keep shape, dtype and library and count their steps; a step is a pure function of state and gradient, of
    which neither is changed; ``observe`` is ``query`` and ``output``; unless the map couples the coordinates, a step
    goes against the gradient and a batch is its rows; every array library does what NumPy does.
    An :class:`~pqtheory.methods.Eager` or :class:`~pqtheory.methods.Lazy` method follows the formula of its memory.
    NaN stays in its coordinate.

    Parameters
    ----------
    method : Method
        What to check, with a step size of about 0.01 to 0.3.
    arrays : sequence of str, optional
        Of "numpy", "torch" and "fractions"; None: the first two where they are installed, and fractions unless the
        method's regularizer does not say in exact arithmetic where its minimisers are (``_candidates``).
    dtypes : sequence of str
        Those that can tell the levels apart.
    formula : bool
        Whether an Eager or Lazy method has the formula of its memory; False for one with a step of its own.

    Raises
    ------
    ConformanceError
        Saying what is wrong, with the smallest case that was found.
    TypeError, ValueError
        If ``method`` is no method, or ``arrays`` names a library that is unknown or missing.
    """
    if not isinstance(method, Method):
        raise TypeError(f"method: expected a method, got {type(method).__name__}")
    chosen = libraries(arrays)
    is_schedule = isinstance(getattr(method, "step_size", None), Schedule)
    expect(is_schedule, method, "step_size: expected a schedule, as check_step_size makes one")
    for kind in kinds(arrays, dtypes):
        _check_states(method, kind)
        _check_purity(method, kind)
        _check_nan(method, kind)
        _check_run(method, kind)
    _check_direction(method)
    if formula:
        _check_formula(method)
    if "fractions" in chosen and (_is_exact(method) or arrays is not None):
        _check_fractions(method)


def is_separable(method: Method) -> bool:
    """Whether each coordinate is mapped by itself, as far as the method says."""
    return not isinstance(method, MappedMethod) or method.map.separable


def _is_exact(method: Method) -> bool:
    if not isinstance(method, MappedMethod):
        return True
    if not isinstance(method.map, Prox):
        return False
    regularizer = method.map.regularizer
    return isinstance(regularizer, LevelRegularizer) and (
        regularizer.has_candidates or not regularizer.separable
    )


def _begun(method: Method, theta: Any) -> Any:
    return answer(method, f"init of {described(theta)}", method.init, theta)


def _step(method: Method, state: Any, gradient: Any) -> Any:
    return answer(
        method, f"step with a gradient, {described(gradient)},", method.step, state, gradient
    )


def _check_states(method: Method, kind: Kind) -> None:
    for shape in [(3,), (2, 3), (0, 3), (2, 1, 3)]:
        theta = kind.array(np.resize(START, shape))
        state = _begun(method, theta)
        for step in range(3):
            count = getattr(state, "step", None)
            expect(
                count == step,
                method,
                f"state.step: expected {step} after {counted(step, 'step')}, got {count!s:.40}",
            )
            for name, call in (
                ("state.latent", lambda s: s.latent),
                ("query", method.query),
                ("output", method.output),
            ):
                got = answer(method, f"{name} of {described(theta)}", call, state)
                expect(
                    same_kind(got, theta),
                    method,
                    f"{name}: expected {described(theta)}, got {described(got)}",
                )
            seen = answer(method, "observe", method.observe, state)
            for name, got, call in zip(
                ("query", "output"), seen, (method.query, method.output), strict=True
            ):
                expect(
                    bits(got) == bits(call(state)),
                    method,
                    f"observe: its {name} differs from {name}(state) after {counted(step, 'step')} ({kind})",
                )
            state = _step(method, state, kind.array(np.full(shape, 0.5)))
    first = method.init(kind.array(START))
    if np.isfinite(numbers(first.latent)).all():
        # a method whose weights are their own latents begins quantized
        begun = (START, numbers(method.output(first)))
        expect(
            any(np.allclose(numbers(first.latent), a, rtol=2 * kind.eps) for a in begun),
            method,
            f"init: expected state.latent to be theta0, got {shown(numbers(first.latent))} for {shown(START)}",
        )


def _arrays_of(state: Any) -> list[bytes]:
    if not is_dataclass(state):
        return [bits(state.latent)]
    held = [getattr(state, field.name) for field in fields(state)]
    return [bits(array) for array in held if hasattr(array, "shape")]


def _check_purity(method: Method, kind: Kind) -> None:
    theta, gradient = kind.array(START), kind.array(np.ones_like(START))
    state = _step(method, _begun(method, theta), gradient)
    kept = _arrays_of(state)
    once = _step(method, state, gradient)
    expect(
        _arrays_of(state) == kept,
        method,
        f"step: changes the state it is given ({kind}); a step makes a new one",
    )
    again = _step(method, state, gradient)
    expect(
        bits(once.latent) == bits(again.latent) and once.step == again.step,
        method,
        f"step: the same state and gradient give two results ({kind}); nothing is kept outside the state",
    )
    method.output(state), method.query(state)
    expect(_arrays_of(state) == kept, method, f"query or output changes the state ({kind})")
    expect(bits(theta) == bits(kind.array(START)), method, f"init or step changes theta0 ({kind})")
    expect(
        bits(gradient) == bits(kind.array(np.ones_like(START))),
        method,
        f"step: changes the gradient it is given ({kind})",
    )


def _check_nan(method: Method, kind: Kind) -> None:
    state = _begun(method, kind.array([np.nan, 0.5]))
    state = _step(method, state, kind.array([1.0, 1.0]))
    for name, array in (
        ("state.latent", state.latent),
        ("query", method.query(state)),
        ("output", method.output(state)),
    ):
        spoilt = np.isnan(numbers(array)).tolist()
        expect(spoilt[0], method, f"{name}: expected NaN where theta0 has NaN ({kind})")
        expect(
            not spoilt[1] or not is_separable(method),
            method,
            f"{name}: NaN in one coordinate spreads to another ({kind})",
        )


def _check_run(method: Method, kind: Kind) -> None:
    """A batch is its rows, and a kind of array is float64."""
    problem = Quadratic(A, B)

    def run(start: Any) -> Any:
        return answer(method, "a run on a quadratic", simulate, method, problem, start, STEPS)

    batch = run(kind.array(START))
    slack = 200 * kind.eps
    if is_separable(method):
        for i in range(len(START)):
            single = run(kind.array(START[i]))
            close = np.allclose(
                numbers(batch.latent)[:, i], numbers(single.latent), rtol=slack, atol=slack
            )
            expect(
                close,
                method,
                f"step: a batch of starts is not its rows: {shown(START[i])} goes elsewhere alone ({kind})",
            )
    if kind.dtype == "float64" and kind.backend != "numpy":
        double = run(START)
        for name in ("latent", "quantized"):
            close = np.allclose(
                numbers(getattr(batch, name)), getattr(double, name), rtol=slack, atol=slack
            )
            expect(close, method, f"step: {kind} runs another way than NumPy's float64 ({name})")


def _check_direction(method: Method) -> None:
    start = np.linspace(-1.5, 1.5, 13)
    state = _begun(method, start)
    still = _step(method, state, np.zeros_like(start)).latent
    moved = _step(method, state, np.full_like(start, 0.25)).latent
    # small steps may stay within a threshold
    far = _step(method, state, np.full_like(start, 64.0)).latent
    rises = is_separable(method) and not (moved <= still).all()
    if rises or ((moved == still).all() and (far == still).all()):
        i = int(np.argmax(moved - still))
        fail(
            method,
            f"step: expected a gradient of 0.25 to lower the latent weights, got {moved[i]:.6g} from {start[i]:.6g}, "
            f"and {still[i]:.6g} without a gradient",
        )


def _check_formula(method: Method) -> None:
    """The memory's own formula, for methods that say which they have."""
    if not isinstance(method, Eager | Lazy):
        return
    state = _begun(method, START)
    for step in range(3):
        eta = method.eta(step, START)
        query, gradient = method.query(state), 0.5 * np.ones_like(START) - state.latent / 4
        if isinstance(method, Eager):
            expected_query, weight = state.latent, method.map.weight(step, eta, START)
            latent = method.map.apply(descend(state.latent, eta, gradient), weight)
            formula = "prox(theta - eta gradient)"
        else:
            expected_query = method.map(state.latent, step, 1)
            latent = descend(state.latent, eta, gradient)
            formula = "theta - eta gradient"
        if method.clip is not None:
            latent = np.clip(latent, -method.clip, method.clip)
        state = _step(method, state, gradient)
        expect(
            np.allclose(query, expected_query, rtol=1e-12, atol=1e-12),
            method,
            f"query: expected {'theta' if isinstance(method, Eager) else 'prox(theta)'} at step {step}",
        )
        expect(
            np.allclose(state.latent, latent, rtol=1e-12, atol=1e-12),
            method,
            f"step: expected {formula} at step {step}, {shown(latent)}, got {shown(state.latent)}",
        )
    quantized = method.map.quantize(state.latent)
    expect(
        np.array_equal(method.output(state), quantized),
        method,
        "output: expected the latent weights, quantized",
    )


def _check_fractions(method: Method) -> None:
    theta = fractions(START)
    state = _begun(method, theta)
    for step in range(3):
        for name, array in (
            ("state.latent", state.latent),
            ("query", method.query(state)),
            ("output", method.output(state)),
        ):
            if not are_fractions(array):
                entry = next(v for v in array.flat if not isinstance(v, Fraction | int))
                fail(
                    method,
                    f"{name}: expected fractions for fractions after {counted(step, 'step')}, got {shown(entry)}",
                )
        gradient = np.full(theta.shape, Fraction(1, 2), dtype=object)
        state = _step(method, state, gradient)
