r"""What T steps gain, summed by induction: ``coordinates`` has what one step does.

E is >= |G|^2 / (2 (a + 1)) by the square of G + (a + 1) D, and >= (a - 1) |D|^2 / 2 by that of G + (a - 1) D. For the
smallest |G| the first is summed. For the shortest step E itself counts, for the others the second, with |D| of the
shortest; a multiple of |D|^2 - |U|^2 of that one makes its |G|^2 out of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, final

from pqtheory._arrays import as_array
from pqtheory.claims import ForAll, Invariant, forall, invariant, nonnegative, real
from pqtheory.claims.kinds import Kind
from pqtheory.claims.lemma import Instance
from pqtheory.theory.proxquant.proxquant_convergence.coordinates import (
    OF_ANY,
    SETTING,
    SUMS,
    UP_TO_ONE,
    energy,
    square,
)

#: (x, T) -> C
Constant = Callable[[Any, Any], Any]
#: of the shortest step so far
PICKED = "m best_GG best_GD best_DD"


def is_smooth(case: Mapping[str, Any]) -> list[Any]:
    """L(z) and L(z2) are within the bounds of the old point and of the new one."""
    above, below, above2, below2, *_ = (case[name] for name in SUMS.split())
    old, new, z, z2 = (case[name] for name in ("L", "L_after", "z", "z2"))
    return [z <= old + above, z >= new + below, z2 <= new + above2, z2 >= old + below2]


def any_step(case: Mapping[str, Any]) -> list[Any]:
    """L is smooth, and the prox of lambda R = F - L does no worse than staying."""
    before, following = case["F"] - case["L"], case["F_next"] - case["L_after"]
    return [*is_smooth(case), before - following >= case["pull"]]


@final
@dataclass(frozen=True, eq=False)
class Steps:
    """What is known of each step of a run.

    Attributes
    ----------
    sums : Invariant
        What its coordinates add up to.
    each : str
        Further numbers that it brings.
    known : callable
        (case) -> how they are related.
    measure : str
        What is to be small, at most |G|^2: one of the sums.
    """

    sums: Invariant
    each: str
    known: Callable[[Mapping[str, Any]], list[Any]]
    measure: str

    @property
    def brings(self) -> dict[str, Any]:
        """All that a step brings."""
        fixed = {name: kind for name, kind in self.sums.fixed.items() if name not in SETTING}
        return {**fixed, **dict.fromkeys((*self.each.split(), *self.sums.names), real)}

    @cached_property
    def gain(self) -> ForAll:
        """What each step gains."""
        kinds: dict[str, Any] = {"F": real, "F_next": real, **SETTING, **self.brings}

        @forall(
            **kinds,
            given=lambda **case: self.known(case),
            by=lambda **case: [at(self.sums, case)],
        )
        def gains(**case: Any) -> Any:
            """It gains E, |U|^2 <= |D|^2, squares are >= 0, and the measure is at most |G|^2."""
            a, products = 1 / case["x"], [case[name] for name in SUMS.split()[-3:]]
            return (
                (energy(case["x"], *products) <= case["beta"] * (case["F"] - case["F_next"]))
                & (square(a, *products) <= case["DD"])
                & (square(a + 1, *products) >= 0)
                & (square(a - 1, *products) >= 0)
                & (case[self.measure] <= case["GG"])
            )

        return gains

    def gained(self, case: Mapping[str, Any]) -> list[Instance]:
        """That of this step."""
        return [self.gain.at(**{name: case[name] for name in self.gain.variables})]


ANY = Steps(OF_ANY, "L L_after z z2", any_step, "GG")
FIXED: dict[str, Any] = {**SETTING, "F0": real}


def at(lemma: Invariant, case: Mapping[str, Any]) -> Instance:
    """What an invariant says of the variables of its names."""
    return lemma.at(**{name: case[name] for name in (*lemma.names, *lemma.fixed)})


@cache
def smallest_so_far(steps: Steps) -> Invariant:
    """Sum |G|^2 / (2 (a + 1)) <= beta (F_old - F_new)."""

    @invariant(
        state="n F m",
        fixed=FIXED,
        each=steps.brings,
        begins=lambda F0: {"n": 0, "F": F0},
        becomes=lambda n: {"n": n + 1},
        step=lambda n, m, m_next, **case: [
            *steps.known(case),
            m_next <= case[steps.measure],
            (n == 0) | (m_next <= m),
        ],
        by=lambda **case: steps.gained(case),
    )
    def so_far(n: Any, F: Any, m: Any, F0: Any, x: Any, beta: Any) -> Any:
        """The number m is at most each of n measures."""
        return (n >= 0) & (n * m <= 2 * (1 + 1 / x) * beta * (F0 - F))

    return so_far


@cache
def shortest_so_far(steps: Steps) -> Invariant:
    """Sum E, and (a - 1) |D|^2 / 2 of the steps that are not the shortest."""

    def longer_or_shorter(**case: Any) -> dict[str, Any]:
        xp, length = as_array(case["DD"])
        shorter = (case["n"] == 0) | (case["best_DD"] >= length)
        pairs = zip(PICKED.split(), (steps.measure, "GG", "GD", "DD"), strict=True)
        picked = {name: xp.where(shorter, case[own], case[name]) for name, own in pairs}
        return {"n": case["n"] + 1, **picked}

    @invariant(
        state=f"n F {PICKED}",
        fixed=FIXED,
        each=steps.brings,
        begins=lambda F0: {"n": 0, "F": F0},
        becomes=longer_or_shorter,
        step=lambda **case: steps.known(case),
        by=lambda **case: steps.gained(case),
    )
    def so_far(
        n: Any, F: Any, m: Any, best_GG: Any, best_GD: Any, best_DD: Any, F0: Any, x: Any, beta: Any
    ) -> Any:
        """m, G and D are those of the shortest of n steps."""
        best, a = (best_GG, best_GD, best_DD), 1 / x
        gained = energy(x, *best) + (n - 1) * (a - 1) * best_DD / 2
        return ((n == 0) & (F0 == F)) | (
            (n >= 1)
            & (m <= best_GG)
            & (square(a, *best) <= best_DD)
            & (square(a + 1, *best) >= 0)
            & (square(a - 1, *best) >= 0)
            & (gained <= beta * (F0 - F))
        )

    return so_far


@cache
def after_the_shortest(steps: Steps) -> ForAll:
    """What E, |U|^2 <= |D|^2 and the squares leave of the shortest step."""
    kinds: dict[str, Any] = {**FIXED, **dict.fromkeys(["n", "F", *PICKED.split()], real)}

    @forall(**kinds, given=lambda n: [n >= 1], by=lambda **case: [at(shortest_so_far(steps), case)])
    def is_bounded(n: Any, F: Any, m: Any, F0: Any, x: Any, beta: Any) -> Any:
        """(2 + n (a - 1)) m / (2 (a + 1)^2) <= beta (F_0 - F_n)."""
        a = 1 / x
        return (2 + n * (a - 1)) * m <= 2 * (a + 1) ** 2 * beta * (F0 - F)

    return is_bounded


def at_the_end(
    claimed: Constant, by_step: bool, up_to: Kind = UP_TO_ONE, steps: Steps = ANY
) -> ForAll:
    """The measure of the step that the rule picks is at most C beta (F_0 - F_*) after T steps."""
    picked = PICKED.split() if by_step else ["m"]
    known = dict.fromkeys(["T", "F", "least", *picked], real)
    kinds: dict[str, Any] = {**FIXED, "x": up_to, **known, "m": nonnegative}
    lemma = after_the_shortest(steps) if by_step else smallest_so_far(steps)

    @forall(
        **kinds,
        given=lambda T, F, least: [T >= 1, least <= F],
        by=lambda T, **case: [
            lemma.at(n=T, **{name: case[name] for name in ("F", *FIXED, *picked)})
        ],
    )
    def bounded(x: Any, beta: Any, T: Any, F0: Any, least: Any, m: Any) -> Any:
        return m <= claimed(x, T) * beta * (F0 - least)

    return bounded
