r"""sign(theta_0 - sum_{k<t} eta_k g_k) = argmin_{s in {-1,1}^d} < sum_{k<t} eta_k g_k, s > + 1/2 ||s - theta_0||^2.

On the left BinaryConnect, which is the lazy projection; on the right dual averaging. Complete the square: the argmin
is the projection of theta_0 - sum eta_k g_k, on any set of levels, for any gradients and step sizes. What each variant
of BinaryConnect makes of the sum (mu: momentum, w: weight decay):

============  ==================================================================================================
momentum      weights sum_{k<=j<t} eta_j mu^{j-k} in place of eta_k: an argmin form, but one that changes with t
weight decay  weights eta_k / prod_{j<=k} (1 - eta_j w), binary, eta_j w < 1: dual averaging with growing steps
Adam          the sum of Adam's own steps, whose weights depend on the gradients
clipping      no function of a weighted sum: the order of the gradients counts
============  ==================================================================================================
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any, final

import numpy as np

from pqtheory._arrays import Array
from pqtheory.claims._binary_connect_checks import decide, product, vertices
from pqtheory.claims._binary_connect_variants import (
    DECAY,
    ETA,
    MOMENTUM,
    Move,
    adam,
    clipping,
    momentum,
    weight_decay,
)
from pqtheory.evidence import Budget, Claim, Control, Evidence, Part, join
from pqtheory.methods import BinaryConnect, DualAveraging, LazyProx, Method
from pqtheory.methods.dual_averaging import DualState
from pqtheory.problems import Quadratic
from pqtheory.regularizers import Indicator
from pqtheory.schedules import Exponential, Polynomial, Schedule
from pqtheory.sets import Binary, Codebook, FiniteSet, Ternary
from pqtheory.simulate import simulate

GRADIENTS = (-1.0, -0.5, 0.0, 0.5, 1.0)
STEP_SIZES = (0.25, 1.0)
STARTS = (-1.0, -0.5, -0.25, -0.0, 0.0, 0.25, 0.5, 1.0)


@final
@dataclass(frozen=True)
class Listed(Schedule):
    """``values[t]``."""

    values: tuple[float, ...]

    def __call__(self, step: int) -> float:
        """The listed value."""
        return self.values[step]


def _forms(levels: FiniteSet, step_size: Any) -> list[Method]:
    """The lazy forms, projection and prox, and last the argmin form."""
    return [
        BinaryConnect(step_size, set=levels),
        BinaryConnect(step_size, set=Codebook(levels.level_values)),
        LazyProx(Indicator(levels), step_size, strength=1),
        DualAveraging(levels, step_size),
    ]


def _every_case(budget: Budget, dtype: Any = np.float64) -> tuple[Array, Array]:
    """Every start with every sequence of gradients: shapes (n,) and (T, n)."""
    sequences = product(GRADIENTS, budget.pick(5, 6)).astype(dtype)
    starts = np.tile(np.array(STARTS, dtype=dtype), len(sequences))
    return starts, np.repeat(sequences, len(STARTS), axis=0).T.copy()


#: quantized and latent iterates, (T + 1, n) each
Walk = tuple[Array, Array]


def _walk(method: Method, starts: Array, gradients: Array) -> Walk:
    """What the method does when it is fed these gradients."""
    states = [method.init(starts)]
    for gradient in gradients:
        states.append(method.step(states[-1], gradient))
    quantized = np.stack([method.query(s) for s in states])
    return quantized, np.stack([np.broadcast_to(s.latent, starts.shape) for s in states])


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


def _dyadic(budget: Budget) -> Evidence:
    """No sum rounds here, and many latent weights are exactly at a tie."""
    pieces, ties = [], 0
    for dtype in (np.float32, np.float64):
        starts, gradients = _every_case(budget, dtype)
        for levels in (Binary(), Ternary()):
            for etas in product(STEP_SIZES, len(gradients)):
                forms = _forms(levels, Listed(tuple(etas.tolist())))
                first, *rivals = [_walk(m, starts, gradients) for m in forms]
                ties += int((first[1] == 0).sum()) if levels == Binary() else 0
                pieces += [_same(first, rival, starts, gradients) for rival in rivals]
    apart = sum(e.kind == "refuted" for e in pieces)
    return join(
        *pieces,
        measured={"runs that differ, dyadic": apart, "latent weights exactly at 0": ties},
        predicted={"runs that differ, dyadic": 0},
    )


def _problems(budget: Budget) -> Evidence:
    """Closed loop: the gradient is taken where the method says, all in fractions."""
    rng = np.random.default_rng(0)
    fractions = np.vectorize(lambda p, q: Fraction(int(p), int(q)), otypes=[object])

    def draw(*shape: int) -> Array:
        return fractions(rng.integers(-6, 7, shape), rng.integers(1, 8, shape))

    pieces = []
    for _ in range(budget.pick(4, 20)):
        half, b, scale = draw(3, 3), draw(3), fractions(rng.integers(1, 9, 3), 4)
        problem = Quadratic(half + half.T, b)
        starts = vertices(3).astype(int) * scale
        for step_size in (Fraction(1, 3), Polynomial(Fraction(1), -1, offset=Fraction(1))):
            forms = _forms(Binary(), step_size)
            paths = [simulate(m, problem, starts, budget.pick(10, 20)) for m in forms]
            for path in paths[1:]:
                equal = (path.quantized == paths[0].quantized) & (path.latent == paths[0].latent)

                describe = partial(_describe, problem, starts)
                pieces.append(decide("sampled", equal.all(axis=-1), describe))
    return join(*pieces)


def _describe(problem: Quadratic, starts: Array, index: tuple[int, ...]) -> dict[str, Any]:
    case = {"A": problem.A.tolist(), "b": problem.b.tolist(), "step": index[0]}
    return {**case, "start": starts[index[1]].tolist()}


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
    share = float((margins < 1).mean())

    def describe(index: tuple[int, ...]) -> dict[str, Any]:
        step, case = index
        return {"data": name, "step": step + 1, "coordinate": case, "start": starts[case].item()}

    measured: dict[str, Any] = {
        f"share of signs that differ, {name}": share,
        f"largest latent weight there / rounding bound, {name}": 1 - float(margins.min()),
    }
    if first is not None:
        measured[f"first difference, {name}: step, coordinate, both latent weights"] = first
    return decide("sampled", margins, describe, measured=measured)


def _ordinary_floats(budget: Budget) -> Evidence:
    """Normal numbers, of the size of a network's weights, hardly ever come near a tie.

    Multiples of 0.1 meet it all the time, but for the rounding of 0.1.
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


def _walk_variant(move: Move, starts: Array, gradients: Array) -> Walk:
    memory: Any = 0.0
    latents = [starts]
    for t, gradient in enumerate(gradients):
        latent, memory = move(latents[-1], memory, gradient, t)
        latents.append(latent)
    latent = np.stack(latents)
    return Binary().project(latent), latent


def _against_argmin(move: Move, step_size: Any) -> Callable[[Budget], Evidence]:
    """The variant beside the argmin form that is fed the same gradients with the step sizes given."""

    def check(budget: Budget) -> Evidence:
        starts, gradients = _every_case(budget)
        walk = _walk_variant(move, starts, gradients)
        rival = _walk(DualAveraging(Binary(), step_size), starts, gradients)
        return _same(walk, rival, starts, gradients)

    return check


def _momentum_weights(budget: Budget) -> Evidence:
    """At each t the argmin with the weights eta (1 - mu^{t-k}) / (1 - mu): dyadic, so exact."""
    starts, gradients = _every_case(budget)
    argmin, states = DualAveraging(Binary(), ETA), []
    for t in range(len(gradients) + 1):
        weights = ETA * (1 - MOMENTUM ** (t - np.arange(t))) / (1 - MOMENTUM)
        states.append(DualState(starts, weights @ gradients[:t], t))
    rival = np.stack([argmin.query(s) for s in states]), np.stack([s.latent for s in states])
    return _same(_walk_variant(momentum, starts, gradients), rival, starts, gradients)


GROWING = Exponential(ETA / (1 - ETA * DECAY), 1 / (1 - ETA * DECAY))

CLAIM = Claim(
    name="bc-is-dual-averaging",
    source="arXiv 1810.00861, section 3.1 (BinaryConnect as lazy projection, dual averaging)",
    statement="BinaryConnect, lazy projection and the argmin form have the same quantized iterates, whatever the "
    "gradients and step sizes, until sums round. Momentum, Adam, weight decay and clipping end it.",
    formula="P_Q(theta_0 - sum eta_k g_k) = argmin_{s in Q} <sum eta_k g_k, s> + 1/2 ||s - theta_0||^2",
    parts=(
        Part("dyadic", "where no sum rounds, all forms agree bit for bit, ties included", _dyadic),
        Part("fractions", "all forms agree on quadratics in exact arithmetic", _problems),
        Part(
            "ordinary floats",
            "signs differ only where the latent weight is within the rounding errors made so far",
            _ordinary_floats,
        ),
        Part(
            "momentum reweights",
            "momentum is an argmin form with the weights eta (1 - mu^{t-k}) / (1 - mu)",
            _momentum_weights,
        ),
        Part(
            "decay grows the steps",
            "weight decay, eta w < 1, is dual averaging with the step sizes eta / (1 - eta w)^{k+1}",
            _against_argmin(weight_decay, GROWING),
        ),
    ),
    controls=(
        Control("momentum", "the identity survives momentum", _against_argmin(momentum, ETA)),
        Control("Adam", "the identity survives Adam", _against_argmin(adam, ETA)),
        Control(
            "weight decay", "the identity survives weight decay", _against_argmin(weight_decay, ETA)
        ),
        Control("clipping", "the identity survives clipping", _against_argmin(clipping, ETA)),
    ),
    headline="runs that differ, dyadic",
)
