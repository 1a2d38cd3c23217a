"""Simulation: a method on a problem from any number of starts at once -> Trajectory."""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from pqtheory._arrays import EXACT, Array, Namespace, as_array, dtype_name, is_torch
from pqtheory._checks import check_count, check_last_axis
from pqtheory._elementwise import keep_freed_memory
from pqtheory.methods.base import Method
from pqtheory.problems.base import Problem
from pqtheory.trajectory import FIELDS, Trajectory

#: an automatic progress bar appears once a run has taken this long
SECONDS_BEFORE_BAR = 2.0


class NonFiniteError(ArithmeticError):
    """An iterate is NaN or infinite.

    Attributes
    ----------
    step : int
        The step after which it appeared.
    """

    def __init__(self, step: int, method: Method) -> None:
        super().__init__(f"the latent weights are not finite after step {step} of {method!r}")
        self.step = step


def simulate(
    method: Method,
    problem: Problem,
    theta0: Any,
    steps: int,
    *,
    seed: int | np.random.Generator = 0,
    stochastic: bool = False,
    record: str | int = "all",
    fields: Sequence[str] = FIELDS,
    progress: bool | None = None,
) -> Trajectory:
    """Run ``steps`` steps of ``method`` on ``problem`` from every start in ``theta0``.

    Parameters
    ----------
    method : Method
        The update rule.
    problem : Problem
        The loss.
    theta0 : array of shape (..., dim)
        Latent weights at the start; the leading axes are runs side by side.
    steps : int
        Number of steps, >= 0.
    seed : int or numpy.random.Generator
        Source of the noise of stochastic gradients; the same seed gives the same run.
    stochastic : bool
        Whether steps use ``problem.stochastic_gradient`` in place of the full gradient.
    record : {"all", "last"} or int
        Which steps to keep: all, the last only, or every k-th (and the last).
    fields : sequence of str
        What to keep of "latent", "quantized", "gradients", "values".
    progress : bool, optional
        Whether to show a progress bar; None shows one on a terminal once a run takes a while.

    Returns
    -------
    Trajectory
        Records of the shape (n, ..., dim), n = steps + 1 for ``record="all"``.

    Raises
    ------
    TypeError, ValueError
        If ``method`` is no method, ``problem`` no problem, or another argument is out of range.
    NonFiniteError
        If an iterate is NaN or infinite; says after which step.
    """
    if not isinstance(method, Method):
        raise TypeError(f"method: expected a method, got {method!r}")
    if not isinstance(problem, Problem):
        raise TypeError(f"problem: expected a problem, got {problem!r}")
    check_count(steps, "steps", 0)
    xp, start = as_array(theta0, "theta0")
    check_last_axis(start, problem.dim, "theta0")
    if is_torch(start):
        start = start.detach()
    rng = np.random.default_rng(seed)
    recorder = _Recorder(xp, start, _recorded_steps(record, steps), fields)
    gradient = partial(problem.stochastic_gradient, rng=rng) if stochastic else problem.gradient

    def value_and_gradient(query: Array) -> tuple[Array | None, Array]:
        if "values" not in fields:
            return None, gradient(query)
        if stochastic:
            return problem.value(query), gradient(query)
        return problem.value_and_gradient(query)

    keep_freed_memory()
    # an overflow is reported once, by NonFiniteError
    with np.errstate(over="ignore", invalid="ignore"):
        state = method.init(start)
        _check_finite(xp, state.latent, 0, method)
        with _progress(steps, progress) as advance:
            for step in range(steps):
                if recorder.wants(step):
                    query, quantized = method.observe(state)
                    value, slope = value_and_gradient(query)
                    recorder.keep(
                        latent=state.latent, quantized=quantized, gradients=slope, values=value
                    )
                else:
                    slope = gradient(method.query(state))
                state = method.step(state, slope)
                _check_finite(xp, state.latent, step + 1, method)
                advance()
        query, quantized = method.observe(state)
        if "gradients" in fields:
            value, slope = value_and_gradient(query)
        else:
            # no draw beyond the last step: runs on one generator can be chained
            value, slope = problem.value(query) if "values" in fields else None, None
        recorder.keep(latent=state.latent, quantized=quantized, gradients=slope, values=value)
    return recorder.trajectory()


class _Recorder:
    """Keeps the wanted fields of the wanted steps in arrays made beforehand."""

    def __init__(self, xp: Namespace, start: Array, steps: Array, fields: Sequence[str]) -> None:
        unknown = [f for f in fields if f not in FIELDS]
        if unknown or isinstance(fields, str):
            raise ValueError(f"fields: expected names out of {FIELDS}, got {fields!r}")
        self.steps = steps
        self.count = 0
        shape = (len(steps), *start.shape)
        self.kept: dict[str, Array | None] = dict.fromkeys(FIELDS)
        for name in fields:
            field_shape = shape[:-1] if name == "values" else shape
            if xp is np:
                self.kept[name] = np.empty(field_shape, dtype=start.dtype)
            else:
                self.kept[name] = xp.empty(field_shape, dtype=start.dtype, device=start.device)

    def wants(self, step: int) -> bool:
        return bool(self.steps[self.count] == step)

    def keep(self, **records: Array | None) -> None:
        for name, field in self.kept.items():
            if field is not None:
                field[self.count] = records[name]
        self.count += 1

    def trajectory(self) -> Trajectory:
        return Trajectory(self.steps, self.kept)


def _recorded_steps(record: str | int, steps: int) -> Array:
    if record == "all":
        return np.arange(steps + 1)
    if record == "last":
        return np.array([steps])
    if isinstance(record, str):
        raise ValueError(f"record: expected 'all', 'last' or an integer >= 1, got {record!r}")
    every = check_count(record, "record")
    return np.unique(np.append(np.arange(0, steps + 1, every), steps))


def _check_finite(xp: Namespace, latent: Array, step: int, method: Method) -> None:
    if dtype_name(latent) == EXACT:
        return
    # one pass: a finite sum has finite terms; overflow of the sum alone is settled by the second look
    with np.errstate(over="ignore", invalid="ignore"):
        total = float(xp.sum(latent))
    if not math.isfinite(total) and not bool(xp.all(xp.isfinite(latent))):
        raise NonFiniteError(step, method)


@contextmanager
def _progress(total: int, wanted: bool | None) -> Iterator[Any]:
    if wanted is False:
        yield lambda: None
        return
    bar = _LateBar(total, 0.0 if wanted else SECONDS_BEFORE_BAR)
    try:
        yield bar.advance
    finally:
        bar.close()


class _LateBar:
    """A rich progress bar on standard error that appears after a while, on terminals only."""

    def __init__(self, total: int, delay: float) -> None:
        self.total, self.done = total, 0
        self.show_at = time.monotonic() + delay
        self.bar: Any = None

    def advance(self) -> None:
        self.done += 1
        if self.done % 64 and self.done != self.total:
            return
        if self.bar is None and time.monotonic() >= self.show_at:
            self.bar, self.show_at = self._make(), math.inf
        if self.bar is not None:
            self.bar.update(self.bar.task_ids[0], completed=self.done)

    def _make(self) -> Any:
        from rich.console import Console
        from rich.progress import Progress

        console = Console(stderr=True)
        if not console.is_terminal:
            return None
        bar = Progress(console=console, transient=True)
        bar.add_task("simulating", total=self.total)
        bar.start()
        return bar

    def close(self) -> None:
        if self.bar is not None:
            self.bar.stop()
