r"""sign(theta_0 - sum_{k<t} eta_k g_k) = argmin_{s in {-1,1}^d} < sum_{k<t} eta_k g_k, s > + 1/2 ||s - theta_0||^2.

On the left BinaryConnect, which is the lazy projection; on the right dual averaging. Both sides are sums over the
coordinates. With z = sum_{k<t} eta_k g_k, induction over t: at the start latent = theta_0 - z, and one step with any
gradient and any eta > 0 keeps that. Wherever it holds, both forms ask for the gradient at the same point: complete the
square, the argmin of z s + (s - theta_0)^2 / 2 is the projection of theta_0 - z. So they get the same gradients for
ever, and the induction closes, whatever the loss. Of two levels the code of both sides takes the same; of any number,
sorted, both take the largest level that none beats, as each midpoint between two levels orders them on both sides.

What each variant of BinaryConnect makes of the sum (mu: momentum, w: weight decay):

============  ==================================================================================================
momentum      weights sum_{k<=j<t} eta_j mu^{j-k} in place of eta_k: an argmin form, but one that changes with t
weight decay  weights eta_k / prod_{j<=k} (1 - eta_j w), binary, eta_j w < 1: dual averaging with growing steps
Adam          the sum of Adam's own steps, whose weights depend on the gradients
clipping      no function of a weighted sum: the order of the gradients counts
============  ==================================================================================================

For a constant eta the sum of momentum is eta (G - mu m) / (1 - mu), with G = sum g_k and m the momentum itself.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import (
    Check,
    Claim,
    Control,
    ForAll,
    Invariant,
    Part,
    all_of,
    between,
    every,
    forall,
    implies,
    invariant,
    nonnegative,
    positive,
    real,
)
from pqtheory.methods import DualAveraging
from pqtheory.methods.base import State
from pqtheory.methods.dual_averaging import DualState
from pqtheory.sets import Binary, FiniteSet, Ternary, UniformGrid
from pqtheory.theory.binary_connect.bc_is_dual_averaging import runs
from pqtheory.theory.binary_connect.bc_is_dual_averaging.variants import (
    ETA,
    Move,
    adam,
    clipping,
    momentum,
    weight_decay,
)
from pqtheory.theory.given import Given, GivenLevels, exact
from pqtheory.theory.prox.one_more_level import (
    COUNTS,
    Seen,
    levels_of,
    nearest_is_closest,
    nearest_of,
    with_level,
)

HALF = Fraction(1, 2)
RUN: dict[str, Any] = {"theta": real, "z": real, "g": real, "eta": positive}


def argmin(levels: FiniteSet, theta: Any, z: Any) -> Any:
    """The level that dual averaging takes: theta_0 = theta, sum of eta_k g_k = z."""
    return DualAveraging(levels, 1).query(DualState(exact(theta), exact(z), 0))


def objective(level: Any, theta: Any, z: Any) -> Any:
    """What the argmin minimises."""
    return z * level + (level - theta) ** 2 / 2


def same_run(form: int) -> Invariant:
    """A lazy form and dual averaging, which get the same gradient where they ask at the same point."""
    asked = runs.forms(Binary(), 1)[form]

    def lazy_step(latent: Any, g: Any, eta: Any) -> Any:
        return runs.forms(Binary(), Given(eta))[form].step(State(exact(latent), 0), exact(g)).latent

    def dual_step(theta: Any, z: Any, g: Any, eta: Any) -> DualState:
        method = DualAveraging(Binary(), Given(eta))
        return method.step(DualState(exact(theta), exact(z), 0), exact(g))

    @invariant(
        state="latent z",
        fixed={"theta": real},
        each={"g": real, "rival": real, "eta": positive},
        first=lambda latent, z, theta: [latent == asked.init(exact(theta)).latent, z == 0],
        step=lambda latent, latent_next, z, z_next, theta, g, rival, eta: [
            implies(
                [asked.query(State(exact(latent), 0)) == argmin(Binary(), theta, z)], g == rival
            ),
            latent_next == lazy_step(latent, g, eta),
            z_next == dual_step(theta, z, rival, eta).gradient_sum,
        ],
    )
    def latent_is_theta_less_the_sum(latent: Any, z: Any, theta: Any) -> Any:
        return latent == theta - z

    return latent_is_theta_less_the_sum


def same_signs(form: int) -> ForAll:
    """At every step both ask at the same point, which no other beats in the argmin."""
    run, asked = same_run(form), runs.forms(Binary(), 1)[form]

    @forall(theta=real, z=real, latent=real, by=lambda **reached: [run.at(**reached)])
    def same(theta: Any, z: Any, latent: Any) -> Any:
        point = asked.query(State(exact(latent), 0))
        beats = (objective(point, theta, z) <= objective(s, theta, z) for s in (-1, 1))
        return (point == argmin(Binary(), theta, z)) & every(list(beats))

    return same


def same_query(levels: FiniteSet, theta: Any, z: Any, anchor: int = 1) -> Any:
    """Where latent = theta_0 - z all forms ask at the same level, and none has a smaller objective of the argmin.

    ``anchor`` is the share of theta_0 that the argmin knows.
    """
    *lazy, _ = runs.forms(levels, 1)
    asked = argmin(levels, anchor * theta, z)
    same = [m.query(State(exact(theta - z), 0)) == asked for m in lazy]
    best = (objective(asked, theta, z) <= objective(v, theta, z) for v in levels.level_values)
    return every([*same, *best])


def fixed_levels(levels: FiniteSet, anchor: int = 1) -> ForAll:
    """``same_query`` for all theta_0 and z."""

    @forall(theta=real, z=real)
    def same(theta: Any, z: Any) -> Any:
        return same_query(levels, theta, z, anchor)

    return same


def turned(theta: Any, z: Any, best: Any, last: Any, new: Any) -> Any:
    """What the argmin takes with one more level on the right: one more turn of the method's loop."""
    xp, gain = as_array(exact(z + ((last + new) / 2 - theta)))
    return xp.where(gain <= 0, new, best)


def is_taken_level_by_level(count: int) -> ForAll:
    """With so many levels dual averaging takes what it takes without the last, turned once more."""

    def one_more(theta: Any, z: Any, **case: Any) -> Any:
        *before, last, new = case.values()
        whole = argmin(GivenLevels(*before, last, new), theta, z)
        return whole == turned(theta, z, argmin(GivenLevels(*before, last), theta, z), last, new)

    return levels_of(count, one_more, theta=real, z=real)


@invariant(
    state="last near best",
    fixed={"theta": real, "z": real},
    each={"new": real},
    first=lambda last, near, best, theta, z: [
        near == nearest_of(theta - z, last),
        best == argmin(GivenLevels(last), theta, z),
    ],
    step=lambda last, last_next, near, near_next, best, best_next, theta, z, new: [
        new > last,
        last_next == new,
        near_next == with_level(theta - z, Seen(near), last, new).level,
        best_next == turned(theta, z, best, last, new),
    ],
)
def projection_is_the_argmin(near: Any, best: Any) -> Any:
    """With any number of levels: P(theta_0 - z) is the level that dual averaging takes."""
    return near == best


@forall(
    theta=real,
    z=real,
    last=real,
    near=real,
    best=real,
    level=real,
    by=lambda theta, z, last, near, best, level: [
        projection_is_the_argmin.at(last=last, near=near, best=best, theta=theta, z=z),
        nearest_is_closest.at(last=last, near=near, other=level, y=theta - z, z=level),
    ],
)
def no_level_beats_it(theta: Any, z: Any, best: Any, level: Any) -> Any:
    """Nor has any level, which is its own nearest one, a smaller objective."""
    return objective(best, theta, z) <= objective(level, theta, z)


@forall(theta=real, total=real, m=real, g=real, eta=positive, mu=between(0, 1, open_high=True))
def momentum_is_reweighted(theta: Any, total: Any, m: Any, g: Any, eta: Any, mu: Any) -> Any:
    """Latent = theta_0 - eta (G - mu m) / (1 - mu) is kept, and the argmin with that sum is the sign."""

    def weighted(total: Any, m: Any) -> Any:
        return eta * (total - mu * m) / (1 - mu)

    after, m_after = momentum(exact(theta - weighted(total, m)), m, g, 0, eta, mu)
    z = weighted(total + g, m_after)
    kept = after == theta - z
    return kept & (Binary().project(exact(after)) == argmin(Binary(), theta, z))


@forall(
    **RUN,
    decay=nonnegative,
    scale=positive,
    given=lambda eta, decay: [eta * decay < 1],
)
def decay_grows_the_steps(theta: Any, z: Any, g: Any, eta: Any, decay: Any, scale: Any) -> Any:
    """Latent = c (theta_0 - z) is kept, c the product of the 1 - eta w > 0; eta / c is the step size of z."""
    after, _ = weight_decay(exact(scale * (theta - z)), 0, g, 0, eta, decay)
    shrunk = scale * (1 - eta * decay)
    method = DualAveraging(Binary(), Given(eta / shrunk))
    state = method.step(DualState(exact(theta), exact(z), 0), g)
    kept = after == shrunk * state.latent
    return kept & (Binary().project(exact(after)) == method.query(state))


def keeps_the_sum(move: Move) -> ForAll:
    """A variant keeps latent = theta_0 - z, whatever its memory."""

    @forall(**RUN, memory=real)
    def kept(theta: Any, z: Any, g: Any, eta: Any, memory: Any) -> Any:
        after, _ = move(exact(theta - z), memory, g, 0, eta)
        return after == theta - (z + eta * g)

    return kept


def variant(name: str, move: Move, in_exact: Move) -> Check:
    """The check of the identity with a variant in place of BinaryConnect."""
    return all_of(keeps_the_sum(in_exact), beside=(runs.against_argmin(name, move, ETA),))


FORMS: Sequence[int] = (0, 1)

CLAIM = Claim(
    name="bc-is-dual-averaging",
    source="arXiv 1810.00861, section 3.1 (BinaryConnect as lazy projection, dual averaging)",
    statement=(
        "In exact arithmetic BinaryConnect, lazy projection and the argmin form have the same quantized iterates, whatever "
        "the loss and the step sizes eta_k > 0; on any finite set of levels the projection of theta_0 - z is the argmin that "
        "dual averaging takes. Momentum (0 <= mu < 1) and weight decay (eta w < 1) are argmin forms with other weights; "
        "with them, Adam and clipping the identity itself ends."
    ),
    formula="P_Q(theta_0 - sum eta_k g_k) = argmin_{s in Q} <sum eta_k g_k, s> + 1/2 ||s - theta_0||^2,  eta_k > 0",
    formula_latex=(
        r"P_Q\Bigl(\theta_0 - \sum_{k<t} \eta_k g_k\Bigr) = \operatorname*{arg\,min}_{s \in Q}"
        r" \Bigl\langle \sum_{k<t} \eta_k g_k,\, s \Bigr\rangle + \tfrac12 \|s - \theta_0\|^2,\qquad \eta_k > 0"
    ),
    derivation_latex=(
        r"With $z = \sum_{k<t} \eta_k g_k$ the latent weight is $\theta_0 - z$ at the start, and a step with any gradient"
        r" keeps that. Complete the square: $z s + \tfrac12 (s - \theta_0)^2$ is least for the level $s$ nearest to"
        r" $\theta_0 - z$. So both forms ask for the gradient at the same point, get the same one, and the induction over"
        r" $t$ closes, whatever the loss."
    ),
    parts=(
        Part(
            "same run",
            "each form keeps latent = theta_0 - sum eta_k g_k, and asks at the argmin, at every step",
            all_of(*map(same_signs, FORMS), beside=(runs.dyadic, runs.ordinary_floats)),
        ),
        Part(
            "argmin",
            "there the projection is the argmin, ties included: for any number of levels by one more level",
            all_of(
                *(fixed_levels(s) for s in (Binary(), Ternary(), UniformGrid(3, -1, 1))),
                *map(is_taken_level_by_level, COUNTS),
                no_level_beats_it,
            ),
        ),
        Part(
            "momentum reweights",
            "momentum is an argmin form with the weights eta (1 - mu^{t-k}) / (1 - mu)",
            all_of(momentum_is_reweighted, beside=(runs.reweighted,)),
        ),
        Part(
            "decay grows the steps",
            "weight decay, eta w < 1, is dual averaging with the step sizes eta / (1 - eta w)^{k+1}",
            all_of(
                decay_grows_the_steps,
                beside=(
                    runs.against_argmin("weight decay, growing steps", weight_decay, runs.GROWING),
                ),
            ),
        ),
    ),
    controls=(
        Control(
            "momentum",
            "the identity survives momentum",
            variant("momentum", momentum, partial(momentum, mu=HALF)),
        ),
        Control(
            "Adam",
            "the identity survives Adam, whose root leaves it to the runs",
            runs.against_argmin("Adam", adam, ETA),
        ),
        Control(
            "weight decay",
            "the identity survives weight decay",
            variant("weight decay", weight_decay, partial(weight_decay, decay=1)),
        ),
        Control(
            "clipping",
            "the identity survives clipping",
            variant("clipping", clipping, clipping),
        ),
        Control(
            "argmin without the start",
            "argmin <z, s> + 1/2 ||s||^2 is the projection too",
            fixed_levels(Binary(), anchor=0),
        ),
    ),
    headline=runs.DYADIC,
    uses=("codebook-prox",),
    operators=(
        "pqtheory.methods.BinaryConnect.step",
        "pqtheory.methods.LazyProx.query",
        "pqtheory.methods.DualAveraging.query",
        "pqtheory.methods.DualAveraging.step",
        "pqtheory.sets.Binary.project",
    ),
)
