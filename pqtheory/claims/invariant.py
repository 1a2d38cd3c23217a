"""Induction over the steps of a run: what holds at its start and is kept by each step holds for ever.

    @invariant(state="descent F", fixed={"F0": real}, each={"d": nonnegative},
               first=lambda descent, F, F0: [descent == 0, F == F0],
               step=lambda descent, descent_next, F, F_next, d: [descent_next == descent + d, F_next <= F - d])
    def telescoped(descent, F, F0):
        return descent + F <= F0

Both the start and the step are statements about all real numbers (:mod:`pqtheory.claims.forall`). The step may use
lemmas, and the invariant is one itself: ``telescoped.at(...)`` is a hypothesis of the theorem that follows from it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, final

from pqtheory.claims.forall import (
    ForAll,
    Instance,
    Lemma,
    called,
    implies,
    named_by,
    nothing,
    texts,
)
from pqtheory.claims.kinds import Kind, name_of, real
from pqtheory.claims.source import stated_at
from pqtheory.claims.together import AllOf
from pqtheory.evidence.base import Budget, Evidence, Step
from pqtheory.evidence.judging import join
from pqtheory.evidence.search.search import OnCase
from pqtheory.evidence.variables import variable_names

#: how the value after the step is called
NEXT = "_next"


@final
@dataclass(frozen=True, eq=False)
class Invariant:
    """``holds`` of the state at every step.

    Attributes
    ----------
    holds : callable
        Takes variables of the state and fixed ones by name; returns what holds of them.
    state : str
        What changes from step to step: names, separated by spaces; any real numbers. ``x_next`` is x after the step.
    first : callable
        Takes any of the state and the fixed variables; returns what is known of the start, a list.
    step : callable
        Takes any of the state, the state after the step, the variables of the step and the fixed ones; returns how they
        are related, a list.
    fixed, each : mapping of str to kind
        What stays the same, and what each step brings.
    given : callable
        Takes any of the fixed variables; returns what is assumed of them.
    by : callable
        Instances of lemmas for the step.
    engine : {"solver", "algebra"}
        Which is asked first.

    Raises
    ------
    ValueError
        If two variables have one name, or one of the callables names what is none of its variables.
    """

    holds: Callable[..., Any]
    state: str
    first: Callable[..., Sequence[Any]]
    step: Callable[..., Sequence[Any]]
    fixed: Mapping[str, Kind] = field(default_factory=dict)
    each: Mapping[str, Kind] = field(default_factory=dict)
    given: Callable[..., Sequence[Any]] = nothing
    by: Callable[..., Sequence[Instance]] = nothing
    engine: str = "solver"

    def __post_init__(self) -> None:
        if not self.names:
            raise ValueError("state: expected at least one name")
        after = tuple(n + NEXT for n in self.names)
        variable_names((*self.names, *after, *self.fixed, *self.each))
        start = (*self.names, *self.fixed)
        allowed = {
            "holds": (self.holds, start),
            "first": (self.first, start),
            "step": (self.step, (*start, *after, *self.each)),
            # of the state only what holds before a step may be assumed of it
            "given": (self.given, tuple(self.fixed)),
            "by": (self.by, (*start, *after, *self.each)),
        }
        for what, (function, known) in allowed.items():
            for name in named_by(function):
                if name not in known:
                    raise ValueError(
                        f"{what}: {name!r} is none of its variables, which are {', '.join(known)}"
                    )

    @property
    def names(self) -> tuple[str, ...]:
        """The variables of the state."""
        return variable_names(self.state)

    @cached_property
    def start(self) -> ForAll:
        """It holds at the start."""
        variables = {**dict.fromkeys(self.names, real), **self.fixed}

        def given(**case: Any) -> list[Any]:
            return [*called(self.given, case), *called(self.first, case)]

        def holds(**case: Any) -> Any:
            return called(self.holds, case)

        return ForAll(holds, variables, given, engine=self.engine)

    @cached_property
    def kept(self) -> ForAll:
        """Where it holds before a step, it holds after it."""
        after = dict.fromkeys((n + NEXT for n in self.names), real)
        before = dict.fromkeys(self.names, real)

        def given(**case: Any) -> list[Any]:
            kept = called(self.holds, case)
            return [*called(self.given, case), kept, *called(self.step, case)]

        def holds(**case: Any) -> Any:
            return called(self.holds, {**case, **{n: case[n + NEXT] for n in self.names}})

        variables = {**before, **after, **self.each, **self.fixed}
        return ForAll(holds, variables, given, self.by, self.engine)

    def __call__(self, budget: Budget) -> Evidence:
        """The evidence of start and step, joined."""
        with stated_at(self.holds):
            return join(
                _named(self.start(budget), "induction, at the start: "),
                _named(self.kept(budget), "induction, from one step to the next: "),
            )

    def at(self, **values: Any) -> Instance:
        """What it says of a state that is reached, as a hypothesis for ``by``.

        Raises
        ------
        ValueError
            If a variable is missing or unknown.
        """
        expected = {*self.names, *self.fixed}
        if set(values) != expected:
            raise ValueError(
                f"at: expected values of {' '.join(sorted(expected))}, got {' '.join(values)}"
            )
        assumed = [a for name, kind in self.fixed.items() for a in kind(values[name])]
        return Instance(
            self, implies([*assumed, *called(self.given, values)], called(self.holds, values))
        )

    def search(
        self, examples: int, seed: int = 0, on_case: OnCase | None = None
    ) -> Evidence | None:
        """Search for a start or a step where it fails."""
        return AllOf((self.start, self.kept)).search(examples, seed, on_case)

    def replay(self, case: Mapping[str, Any]) -> Evidence:
        """Start or step for these numbers, whichever the case is one of."""
        return (self.kept if all(n + NEXT in case for n in self.names) else self.start).replay(case)

    def sentence(self) -> str:
        """What is fixed, the start, the step, and what is kept."""
        fixed = ", ".join(f"{name} {name_of(kind)}" for name, kind in self.fixed.items())
        head = f"for all {fixed}, at each step:" if fixed else "at each step:"
        parts = {"first": self.first, "step": self.step, "given": self.given, "by": self.by}
        return "\n".join([head, *texts(self.holds, **parts)])

    def lemmas(self) -> list[Lemma]:
        """What the step is shown by, each once."""
        return self.kept.lemmas()


def invariant(
    *,
    state: str,
    first: Callable[..., Sequence[Any]],
    step: Callable[..., Sequence[Any]],
    fixed: Mapping[str, Kind] | None = None,
    each: Mapping[str, Kind] | None = None,
    given: Callable[..., Sequence[Any]] = nothing,
    by: Callable[..., Sequence[Instance]] = nothing,
    engine: str = "solver",
) -> Callable[[Callable[..., Any]], Invariant]:
    """A decorator: what the function below it says is kept by every step; see :class:`Invariant`."""

    def decorated(holds: Callable[..., Any]) -> Invariant:
        return Invariant(holds, state, first, step, fixed or {}, each or {}, given, by, engine)

    return decorated


def _named(found: Evidence, what: str) -> Evidence:
    steps = tuple(step if not step.answer else _prefixed(step, what) for step in found.proof)
    return replace(found, proof=steps)


def _prefixed(step: Step, what: str) -> Step:
    return replace(step, text=what + step.text)
