r"""BinaryConnect stays at s for ever  <=>  sign(grad L(s)_i) = -s_i wherever grad L(s)_i != 0.

For eta_t > 0 with infinite sum, and from any latent theta_0 with sign theta_0 = s. Until s is left the gradient is
g = grad L(s), so each coordinate may be looked at by itself. Where the condition holds one step keeps the sign: by
induction over t, of all coordinates at once, so that the gradient stays g for ever. Where it fails in coordinate i,
each step that keeps the sign brings s_i theta_i down by at least eta_t |g_i|: with S_t = sum_{k<t} eta_k, once
S_t |g_i| > |theta_0i| the sign has changed, unless s was left before. Clipping to [-1, 1] after each step, and by
scaling to any other interval, changes neither. Without it theta_t = theta_0 - S_t g: coordinate i leaves at the first
t with

    S_t s_i g_i > |theta_0i|   (s_i = +1)          S_t s_i g_i >= |theta_0i|   (s_i = -1: sign 0 = +1),

never if s_i g_i <= 0. With a finite sum S it leaves iff S s_i g_i > |theta_0i|, whichever sign, as S_t comes as close
to S as one likes: more than the fixed points are stable. A coordinate with g_i = 0 is free; to count its sign as +1
would be wrong. That there may be no fixed point at all is the claim no-fixed-point.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from pqtheory.claims import Check, Claim, Control, Part
from pqtheory.evidence import smt
from pqtheory.methods import BinaryConnect
from pqtheory.methods.base import State
from pqtheory.sets import Binary
from pqtheory.theory.binary_connect.bc_fixed_points import runs
from pqtheory.theory.given import Given, exact
from pqtheory.theory.statements import POSITIVE, SIGNED, for_all, illustrated, together

#: (s, g) -> should the coordinate stay?
Condition = Callable[[Any, Any], Any]
#: (theta_0, g, S) -> does the sum of the step sizes suffice?
Enough = Callable[[Any, Any, Any], Any]
CLIPS = (None, 1)


def condition(s: Any, g: Any) -> Any:
    """Theorem 5.3 for one coordinate: sign(g) = -s unless g = 0."""
    return (g == 0) | zero_counts_as_plus(s, g)


def zero_counts_as_plus(s: Any, g: Any) -> Any:
    """sign(g) = -s with sign(0) = +1, g = 0 or not."""
    return Binary().project(exact(g)) == -s


def fixed_points(claimed: Condition = condition) -> Check:
    """BinaryConnect stays exactly where ``claimed`` holds, clipped or not: both directions, one step each."""
    steps = (
        for_all(make(claimed, clip), theta=SIGNED, gradient=SIGNED, eta=POSITIVE)
        for make in (_keeps, _approaches)
        for clip in CLIPS
    )
    return together(*steps)


def _moved(theta: Any, g: Any, eta: Any, clip: Any) -> tuple[Any, Any, Any]:
    """The sign before, the latent weight and the sign after one step with the gradient g."""
    method = BinaryConnect(Given(eta), clip=clip)
    state = State(exact(theta), 0)
    after = State(exact(method.step(state, exact(g)).latent), 1)
    return method.query(state), after.latent, method.query(after)


def _keeps(claimed: Condition, clip: Any) -> smt.Statement:
    """Where the condition holds the sign stays."""

    def statement(theta: Any, g: Any, eta: Any) -> Any:
        s, _, after = _moved(theta, g, eta, clip)
        return [eta > 0, claimed(s, g)], after == s

    return statement


def _approaches(claimed: Condition, clip: Any) -> smt.Statement:
    """Where it does not, the sign changes or the latent weight comes nearer to doing so, by eta |g| > 0 at least."""

    def statement(theta: Any, g: Any, eta: Any) -> Any:
        s, latent, after = _moved(theta, g, eta, clip)
        nearer = (abs(g) > 0) & (s * latent <= s * theta - eta * abs(g))
        return [eta > 0], claimed(s, g) | (after == -s) | nearer

    return statement


def _far_enough(start: Any, g: Any, total: Any) -> Any:
    return total * abs(g) > abs(start)


def _sum_of_one(start: Any, g: Any, total: Any) -> Any:
    return (total >= 1) & (abs(g) > 0)


def _crosses(enough: Enough) -> Check:
    """After steps of sum S, each nearer by eta |g|, the sign has changed."""

    def statement(start: Any, theta: Any, g: Any, total: Any) -> Any:
        s = Binary().project(exact(start))
        nearer = s * theta <= abs(start) - total * abs(g)
        assumed = [total > 0, nearer, enough(start, g, total)]
        return assumed, Binary().project(exact(theta)) == -s

    return for_all(statement, start=SIGNED, theta=SIGNED, gradient=SIGNED, total=POSITIVE)


def _straight(start: Any, g: Any, eta: Any, total: Any) -> Any:
    """One step leads from theta_0 - S g to theta_0 - (S + eta) g."""
    _, latent, _ = _moved(start - total * g, g, eta, None)
    return [eta > 0, total >= 0], latent == start - (total + eta) * g


def _has_left(strict: bool) -> smt.Statement:
    """After steps of sum S the sign has changed iff S s g > |theta_0|, or = and s = -1 unless ``strict``."""

    def statement(start: Any, g: Any, total: Any) -> Any:
        s = Binary().project(exact(start))
        now = Binary().project(exact(start - total * g))
        reach, size = total * s * g, abs(start)
        left = (reach > size) if strict else (reach > size) | ((reach == size) & (s < 0))
        return [total >= 0], (now == -s) == left

    return statement


def _held(start: Any, g: Any, total: Any, limit: Any) -> Any:
    """S_t < S and S s g <= |theta_0|: the sign is that of theta_0."""
    s = Binary().project(exact(start))
    assumed = [total >= 0, total < limit, limit * s * g <= abs(start)]
    return assumed, Binary().project(exact(start - total * g)) == s


def _lost(start: Any, g: Any, total: Any, limit: Any) -> Any:
    """S s g > |theta_0|: it has changed once S_t s g is halfway from |theta_0| to S s g."""
    s = Binary().project(exact(start))
    reach, size = limit * s * g, abs(start)
    assumed = [total >= 0, total < limit, reach > size, 2 * total * s * g >= reach + size]
    return assumed, Binary().project(exact(start - total * g)) == -s


def _sums(statement: smt.Statement, *names: str) -> Check:
    """For all starts and gradients, and sums of step sizes of these names."""
    sums = dict.fromkeys(names, (Fraction(0), *POSITIVE))
    return for_all(statement, start=SIGNED, gradient=SIGNED, **sums)


def _theorem(claimed: Condition = condition, enough: Enough = _far_enough) -> Check:
    return together(fixed_points(claimed), _crosses(enough))


STEADY, CLIPPED = BinaryConnect(runs.ETA), BinaryConnect(runs.ETA, clip=1.0)
VANISHING, SOME_STEPS = BinaryConnect(runs.SUMMABLE), runs.SUMMABLE_STEPS

CLAIM = Claim(
    name="bc-fixed-points",
    source="arXiv 1810.00861, Definition 5.1 and Theorem 5.3",
    statement="A vertex is a fixed point of BinaryConnect iff the gradient there points outward or vanishes in every "
    "coordinate; from every latent point of that sign, clipped or not, if the step sizes have an infinite sum.",
    formula="s fixed <=> sign(grad L(s)_i) = -s_i wherever grad L(s)_i != 0",
    parts=(
        Part(
            "fixed points",
            "the sign stays where the condition holds, and changes once S_t |g| > |theta_0| where not; clipped or not",
            illustrated(
                _theorem(),
                runs.stays_where("constant steps", STEADY),
                runs.stays_where("clipped", CLIPPED),
            ),
        ),
        Part(
            "when it leaves",
            "a vertex is left when S_t s g first exceeds |theta_0|, or equals it with s = -1",
            illustrated(
                together(
                    for_all(_straight, start=SIGNED, gradient=SIGNED, eta=POSITIVE, total=POSITIVE),
                    _sums(_has_left(strict=False), "total"),
                ),
                runs.departure,
            ),
        ),
        Part(
            "summable steps",
            "with a finite sum S it stays iff S s_i g_i <= |theta_0i| for all i",
            illustrated(
                together(_sums(_held, "total", "limit"), _sums(_lost, "total", "limit")),
                runs.stays_where("summable steps", VANISHING, runs.summable, SOME_STEPS),
            ),
        ),
    ),
    controls=(
        Control(
            "summable steps do as well",
            "where the condition fails the sign changes by the time that S_t = 1",
            illustrated(
                _theorem(enough=_sum_of_one),
                runs.stays_where("summable steps", VANISHING, steps=SOME_STEPS),
            ),
        ),
        Control(
            "zero gradients count",
            "stays iff sign(g_i) = -s_i for every i, with sign(0) = +1",
            illustrated(
                _theorem(zero_counts_as_plus),
                runs.stays_where("constant steps", STEADY, runs.zero_counts_as_plus),
            ),
        ),
        Control(
            "strict for both signs",
            "a vertex is left only when S_t s g exceeds |theta_0|, whichever sign",
            _sums(_has_left(strict=True), "total"),
        ),
    ),
    headline=runs.STAY,
)
