"""BinaryConnect, its variants and the argmin form on the same gradients, in floating point: where do they differ?

On dyadic rationals no sum rounds, and every case of a small range is run. On ordinary floats the latent weight of one
form and the gradient sum of the other round differently.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from pqtheory._arrays import Array
from pqtheory.claims import Check
from pqtheory.evidence import Budget, Evidence, join
from pqtheory.methods import BinaryConnect, DualAveraging, LazyProx, Method
from pqtheory.methods.dual_averaging import DualState
from pqtheory.regularizers import Indicator
from pqtheory.schedules import Exponential
from pqtheory.sets import Binary, Codebook, FiniteSet, Ternary
from pqtheory.theory.binary_connect.bc_is_dual_averaging.variants import (
    DECAY,
    ETA,
    MOMENTUM,
    Move,
    momentum,
)
from pqtheory.theory.binary_connect.small_quadratics import decide, product
from pqtheory.theory.given import Listed

GRADIENTS = (-1.0, -0.5, 0.0, 0.5, 1.0)
STEP_SIZES = (0.25, 1.0)
STARTS = (-1.0, -0.5, -0.25, -0.0, 0.0, 0.25, 0.5, 1.0)
#: quantized and latent iterates, (T + 1, n) each
Walk = tuple[Array, Array]

DYADIC = "runs that differ, dyadic"
#: the step sizes of dual averaging that make up for weight decay
GROWING = Exponential(ETA / (1 - ETA * DECAY), 1 / (1 - ETA * DECAY))


def forms(levels: FiniteSet, step_size: Any) -> list[Method]:
    """The lazy forms, projection and prox, and last the argmin form."""
    return [
        BinaryConnect(step_size, set=levels),
        LazyProx(Indicator(levels), step_size, strength=1),
        DualAveraging(levels, step_size),
    ]


def dyadic(budget: Budget) -> Evidence:
    """All forms on every case, bit for bit; many latent weights are exactly at a tie."""
    pieces, ties = [], 0
    for dtype in (np.float32, np.float64):
        starts, gradients = _every_case(budget, dtype)
        for levels in (Binary(), Ternary()):
            for etas in product(STEP_SIZES, len(gradients)):
                step_size = Listed(tuple(etas.tolist()))
                by_search = BinaryConnect(step_size, set=Codebook(levels.level_values))
                methods = [*forms(levels, step_size), by_search]
                walks = [_walk(m, starts, gradients) for m in methods]
                ties += int((walks[0][1] == 0).sum()) if levels == Binary() else 0
                pieces += [_same(walks[0], rival, starts, gradients) for rival in walks[1:]]
    apart = sum(e.kind == "refuted" for e in pieces)
    return join(
        *pieces,
        measured={DYADIC: apart, "latent weights exactly at 0": ties},
        predicted={DYADIC: 0},
    )


def against_argmin(name: str, move: Move, step_size: Any) -> Check:
    """A variant beside the argmin form that is fed the same gradients with the step sizes given: every dyadic case."""

    def check(budget: Budget) -> Evidence:
        starts, gradients = _every_case(budget)
        walk = _walk_variant(move, starts, gradients)
        rival = _walk(DualAveraging(Binary(), step_size), starts, gradients)
        return _counted(name, _same(walk, rival, starts, gradients))

    return check


def reweighted(budget: Budget) -> Evidence:
    """Momentum beside the argmin with the weights eta (1 - mu^{t-k}) / (1 - mu) at each t: dyadic, so exact."""
    starts, gradients = _every_case(budget)
    argmin, states = DualAveraging(Binary(), ETA), []
    for t in range(len(gradients) + 1):
        weights = ETA * (1 - MOMENTUM ** (t - np.arange(t))) / (1 - MOMENTUM)
        states.append(DualState(starts, weights @ gradients[:t], t))
    rival = np.stack([argmin.query(s) for s in states]), np.stack([s.latent for s in states])
    walk = _walk_variant(momentum, starts, gradients)
    return _counted("momentum, reweighted", _same(walk, rival, starts, gradients))


def _counted(name: str, runs: Evidence) -> Evidence:
    key = f"{DYADIC}, {name}"
    return join(runs, measured={key: int(runs.kind == "refuted")}, predicted={key: 0})


def _every_case(budget: Budget, dtype: Any = np.float64) -> tuple[Array, Array]:
    """Every start with every sequence of gradients: shapes (n,) and (T, n)."""
    sequences = product(GRADIENTS, budget.pick(5, 6)).astype(dtype)
    starts = np.tile(np.array(STARTS, dtype=dtype), len(sequences))
    return starts, np.repeat(sequences, len(STARTS), axis=0).T.copy()


def _walk(method: Method, starts: Array, gradients: Array) -> Walk:
    """What the method does when it is fed these gradients."""
    states = [method.init(starts)]
    for gradient in gradients:
        states.append(method.step(states[-1], gradient))
    quantized = np.stack([method.query(s) for s in states])
    return quantized, np.stack([np.broadcast_to(s.latent, starts.shape) for s in states])


def _walk_variant(move: Move, starts: Array, gradients: Array) -> Walk:
    memory: Any = 0.0
    latents = [starts]
    for t, gradient in enumerate(gradients):
        latent, memory = move(latents[-1], memory, gradient, t, ETA)
        latents.append(latent)
    latent = np.stack(latents)
    return Binary().project(latent), latent


def _same(walk: Walk, rival: Walk, starts: Array, gradients: Array) -> Evidence:
    """Equal bit for bit? A difference weighs 1 plus its distance from a tie: the clearest one is shown."""
    bits = f"i{starts.itemsize}"
    differ = walk[0].view(bits) != rival[0].view(bits)
    clear = np.minimum(abs(walk[1]), abs(rival[1])) if differ.any() else 0.0

    def describe(index: tuple[int, ...]) -> dict[str, Any]:
        step, case = index
        return {
            "start": starts[case].item(),
            "gradients": gradients[:step, case].tolist(),
            "quantized": [w[0][index].item() for w in (walk, rival)],
            "latent": [w[1][index].item() for w in (walk, rival)],
        }

    return decide("enumerated", np.where(differ, -1.0 - clear, 0.0), describe)


def ordinary_floats(budget: Budget) -> Evidence:
    """Signs that differ, and the bound on the rounding errors, which no latent weight exceeds there.

    Normal numbers, of the size of a network's weights, hardly ever come near a tie. Multiples of 0.1 meet it all the
    time, but for the rounding of 0.1.
    """
    rng, shape, pieces = np.random.default_rng(0), (budget.pick(1500, 10000), 2000), []
    for dtype in (np.float32, np.float64):
        name = np.dtype(dtype).name
        normal = rng.standard_normal((shape[0] + 1, shape[1]), dtype=dtype)
        pieces.append(_rounded(f"normal {name}", normal[0] / 50, normal[1:], 2e-4))
        starts = (rng.integers(-5, 6, shape[1]) / 10).astype(dtype)
        decimal = rng.integers(-1, 2, shape).astype(dtype)
        pieces.append(_rounded(f"decimal {name}", starts, decimal, 0.1))
    return join(*pieces)


def _rounded(name: str, starts: Array, gradients: Array, eta: float) -> Evidence:
    """Where the signs differ, |latent| is within the rounding errors that the two forms made.

    Each rounded sum errs by at most u |result|: in the latent weight, in the gradient sum, and in the two scores that
    the argmin compares. Both forms round eta g alike.
    """
    lazy, argmin = BinaryConnect(eta), DualAveraging(Binary(), eta)
    a, b = lazy.init(starts), argmin.init(starts)
    unit = np.finfo(starts.dtype).eps / 2
    errors, squares = np.zeros(starts.shape), 3 * (1 + abs(starts.astype(np.float64))) ** 2
    margins, first = np.ones(gradients.shape), None
    for step, gradient in enumerate(gradients):
        a, b = lazy.step(a, gradient), argmin.step(b, gradient)
        errors += unit * (abs(a.latent) + abs(b.gradient_sum)).astype(np.float64)
        differ = lazy.query(a) != argmin.query(b)
        if differ.any():
            bound = errors + unit * (abs(b.gradient_sum) + squares)
            margins[step] = np.where(differ, 1 - abs(a.latent) / bound, 1.0)
            if first is None:
                at = int(np.argmax(differ))
                first = [step + 1, at, a.latent[at].item(), b.latent[at].item()]

    measured: dict[str, Any] = {
        f"share of signs that differ, {name}": float((margins < 1).mean()),
        f"largest latent weight there / rounding bound, {name}": 1 - float(margins.min()),
    }
    if first is not None:
        measured[f"first difference, {name}: step, coordinate, both latent weights"] = first
    describe = partial(_describe_rounded, name, starts)
    return decide("sampled", margins, describe, measured=measured)


def _describe_rounded(name: str, starts: Array, index: Sequence[int]) -> dict[str, Any]:
    step, case = index
    return {"data": name, "step": step + 1, "coordinate": case, "start": starts[case].item()}
