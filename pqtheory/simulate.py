"""Simulation: a method on a problem from any number of starts at once -> Trajectory."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pqtheory._arrays import EXACT, Array, Namespace, as_array, dtype_name, is_torch
from pqtheory._checks import check_count, check_last_axis, check_seed
from pqtheory._elementwise import keep_freed_memory
from pqtheory._messages import brief, counted
from pqtheory._progress import progress_bar
from pqtheory._recording import Record, Recorder
from pqtheory.methods.base import Method
from pqtheory.problems.base import Problem, require_problem
from pqtheory.trajectory import FIELDS, Trajectory

#: numbers between the beginnings of two steps' streams
STREAM = 2**64
#: starts that an error names
NAMED = 5


class NonFiniteError(ArithmeticError):
    """An iterate is NaN or infinite.

    Attributes
    ----------
    step : int
        The step after which it appeared.
    starts : array of int, shape (count, axes)
        Which starts: their indices along the leading axes.
    """

    def __init__(self, message: str, step: int = 0, starts: Array | None = None) -> None:
        super().__init__(message)
        self.step = step
        self.starts = np.empty((0, 0), dtype=np.int64) if starts is None else starts


def simulate(
    method: Method,
    problem: Problem,
    theta0: Any,
    steps: int,
    *,
    seed: Any = 0,
    stochastic: bool = False,
    record: Record = "all",
    fields: Sequence[str] = FIELDS,
    progress: bool | None = None,
    on_nonfinite: str = "raise",
) -> Trajectory:
    """Run ``steps`` steps of ``method`` on ``problem`` from every start in ``theta0``.

    On NumPy's floats the path of a start is the same, bit for bit, whatever else is in the batch, wherever method and
    problem treat starts by themselves. A set that shares a scale over the whole array couples them:
    ``ScaledBinary(axis=-1)`` has one for each start. Other array libraries sum as they like, up to rounding.

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
    seed : int, sequence of int, SeedSequence or numpy.random.Generator
        Source of the noise of stochastic gradients; the same seed gives the same run. Each step has a stream of its
        own, from which the starts draw one after the other, row by row: the noise of a start depends on the seed, the
        step and its place, and not on how many starts come after it. From a generator all draws are taken in turn, so
        that runs can be chained; there the noise depends on the number of starts.
    stochastic : bool
        Whether steps use ``problem.stochastic_gradient`` in place of the full gradient.
    record : {"all", "last"}, int, function or Tracker
        Which steps to keep: all, the last only, or every k-th (and the last). A function is called with the
        :class:`~pqtheory.trajectory.Snapshot` of every step, and what it returns is ``Trajectory.reduced``; a
        :class:`~pqtheory.trajectory.Tracker`, such as :class:`~pqtheory.signs.PathSigns`, sees every step and remembers
        what it likes. Beside them the last step alone is kept, so any number of steps fits in memory.
    fields : sequence of str
        What to keep of "latent", "quantized", "gradients", "values", and what a function is shown.
    progress : bool, optional
        Whether to show a progress bar; None shows one on a terminal once a run takes a while.
    on_nonfinite : {"raise", "mask"}
        What happens where an iterate is NaN or infinite. "mask": the other starts go on, the records of this one are
        NaN from there on, and ``Trajectory.diverged`` says from which step.

    Returns
    -------
    Trajectory
        Records of the shape (n, ..., dim), n = steps + 1 for ``record="all"``.

    Raises
    ------
    TypeError, ValueError
        If ``method`` is no method, ``problem`` no problem, or another argument is out of range.
    NonFiniteError
        If an iterate is NaN or infinite; says after which step, and from which starts.
    """
    if not isinstance(method, Method):
        raise TypeError(f"method: expected a method, got {brief(method)}")
    require_problem(problem)
    steps = check_count(steps, "steps", 0)
    xp, start = as_array(theta0, "theta0")
    check_last_axis(start, problem.dim, "theta0")
    # in one order of memory, in which NumPy sums alike whatever is in the batch
    if isinstance(start, np.ndarray):
        start = np.ascontiguousarray(start)
    if is_torch(start):
        start = start.detach()
    recorder = Recorder(record, xp, start, steps, fields)
    finite = _FiniteStarts(xp, start, method, on_nonfinite)
    noise = _noise(seed)

    def gradient(query: Array, step: int) -> Array:
        if stochastic:
            return problem.stochastic_gradient(query, noise(step))
        return problem.gradient(query)

    def look(state: Any, step: int, wanted: Sequence[str]) -> dict[str, Array | None]:
        if "quantized" in wanted:
            query, quantized = method.observe(state)
        else:
            query, quantized = method.query(state), None
        value = slope = None
        # no draw beyond the last step: runs on one generator can be chained
        needs_slope = step < steps or "gradients" in wanted
        if "values" in wanted and needs_slope and not stochastic:
            value, slope = problem.value_and_gradient(query)
        else:
            value = problem.value(query) if "values" in wanted else None
            slope = gradient(query, step) if needs_slope else None
        return {"latent": state.latent, "quantized": quantized, "gradients": slope, "values": value}

    keep_freed_memory()
    # an overflow is reported once, by NonFiniteError
    with (
        np.errstate(over="ignore", invalid="ignore"),
        progress_bar("simulating", steps, progress) as advance,
    ):
        state = method.init(start)
        finite.check(state.latent, 0)
        for step in range(steps):
            wanted = recorder.wants(step)
            if wanted is None:
                slope: Any = gradient(method.query(state), step)
            else:
                records = look(state, step, wanted)
                slope = records["gradients"]
                recorder.keep(step, finite.masked(records))
            state = method.step(state, slope)
            finite.check(state.latent, step + 1)
            advance()
        records = look(state, steps, recorder.wants(steps) or ())
        recorder.keep(steps, finite.masked(records))
    return recorder.trajectory(finite.diverged)


class _FiniteStarts:
    """Which starts are finite still."""

    def __init__(self, xp: Namespace, start: Array, method: Method, on_nonfinite: str) -> None:
        if on_nonfinite not in ("raise", "mask"):
            raise ValueError(f"on_nonfinite: expected 'raise' or 'mask', got {brief(on_nonfinite)}")
        self.xp, self.method, self.exact = xp, method, dtype_name(start) == EXACT
        batch = tuple(start.shape[:-1])
        #: the step after which each start was no longer finite, -1 where it is
        self.diverged = np.full(batch, -1) if on_nonfinite == "mask" else None
        self.any_diverged = False

    def check(self, latent: Array, step: int) -> None:
        if self.exact:
            return
        # one pass: a finite sum has finite terms; overflow of the sum alone is settled by the second look
        if math.isfinite(float(self.xp.sum(latent))):
            return
        finite = self.xp.all(self.xp.isfinite(latent), axis=-1)
        bad = ~(finite.cpu().numpy() if is_torch(finite) else np.asarray(finite))
        if not bad.any():
            return
        if self.diverged is None:
            raise NonFiniteError(_not_finite(bad, step, self.method), step, np.argwhere(bad))
        self.diverged[bad & (self.diverged < 0)] = step
        self.any_diverged = True

    def masked(self, records: dict[str, Array | None]) -> dict[str, Array | None]:
        """The records, NaN for the starts that are not finite or were not before."""
        if not self.any_diverged or self.diverged is None:
            return records
        gone = self.diverged >= 0
        masked = dict(records)
        for name, array in records.items():
            if array is None:
                continue
            where = gone if name == "values" else gone[..., None]
            if self.xp is np:
                masked[name] = np.where(where, np.asarray(np.nan, dtype=array.dtype), array)
            else:
                mask = self.xp.asarray(where, device=array.device)
                masked[name] = self.xp.where(mask, self.xp.full_like(array, np.nan), array)
        return masked


def _not_finite(bad: Array, step: int, method: Method) -> str:
    end = f"not finite after step {step} of {brief(method)}"
    if bad.ndim == 0:
        return f"the latent weights are {end}"
    indices = [tuple(index.tolist()) for index in np.argwhere(bad)[:NAMED]]
    named = ", ".join(str(i[0] if len(i) == 1 else i) for i in indices)
    more = ", ..." if bad.sum() > NAMED else ""
    return f"the latent weights of {bad.sum()} of {counted(bad.size, 'start')} are {end}: starts {named}{more}"


def _noise(seed: Any) -> Callable[[int], np.random.Generator]:
    """The generator of a step."""
    generator = check_seed(seed)
    if isinstance(seed, (np.random.Generator, np.random.BitGenerator, np.random.RandomState)):
        return lambda step: generator
    bits: Any = generator.bit_generator
    origin = bits.state

    def of_step(step: int) -> np.random.Generator:
        # far beyond what one step can draw
        bits.state = origin
        bits.advance(step * STREAM)
        return generator

    return of_step
