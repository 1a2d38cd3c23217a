"""Induction over the steps of a run: what holds at its start and is kept by each step holds for ever.

    @invariant(state="descent F", fixed={"F0": real}, each={"d": nonnegative},
               first=lambda descent, F, F0: [descent == 0, F == F0],
               step=lambda descent, descent_next, F, F_next, d: [descent_next == descent + d, F_next <= F - d])
    def telescoped(descent, F, F0):
        return descent + F <= F0

Both the start and the step are statements about all real numbers (:mod:`pqtheory.claims.forall`). The step may use
lemmas, and the invariant is one itself: ``telescoped.at(...)`` is a hypothesis of the theorem that follows from it.

What is computed is better given by its value, as a sum is: there are fewer variables then, and cases are found::

    @invariant(state="total", begins=lambda: {"total": 0}, becomes=lambda total, d: {"total": total + d}, ...)
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, final

from pqtheory._messages import brief
from pqtheory.claims.blank import blank
from pqtheory.claims.calling import called, named_by, nothing, texts
from pqtheory.claims.forall import ForAll
from pqtheory.claims.kinds import Kind, name_of, own, real
from pqtheory.claims.lemma import (
    Instance,
    Lemma,
    Undecided,
    exact_values,
    holds_of_all,
    shown_once,
)
from pqtheory.claims.source import stated_at
from pqtheory.claims.together import AllOf
from pqtheory.claims.truths import implies, truth
from pqtheory.evidence import smt
from pqtheory.evidence.base import Budget, Evidence, Step
from pqtheory.evidence.judging import join
from pqtheory.evidence.search.search import OnCase
from pqtheory.evidence.terms import Term
from pqtheory.evidence.variables import variable_names

#: how the value after the step is called
NEXT = "_next"


def no_values(**_: Any) -> Mapping[str, Any]:
    """Nothing is given by its value."""
    return {}


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
    begins, becomes : callable
        Take what ``first`` and ``step`` take, without what they give; return values of variables of the state at the
        start, and after the step, by name.
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
    first: Callable[..., Sequence[Any]] = nothing
    step: Callable[..., Sequence[Any]] = nothing
    begins: Callable[..., Mapping[str, Any]] = no_values
    becomes: Callable[..., Mapping[str, Any]] = no_values
    fixed: Mapping[str, Kind] = field(default_factory=dict)
    each: Mapping[str, Kind] = field(default_factory=dict)
    given: Callable[..., Sequence[Any]] = nothing
    by: Callable[..., Sequence[Instance]] = nothing
    engine: str = "solver"
    of_reached: ClassVar[bool] = True

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
                        f"{what}: {brief(name)} is none of its variables, which are {', '.join(known)}"
                    )

    @property
    def names(self) -> tuple[str, ...]:
        """The variables of the state."""
        return variable_names(self.state)

    @cached_property
    def start(self) -> ForAll:
        """It holds at the start."""

        def whole(case: Mapping[str, Any]) -> dict[str, Any]:
            return {**case, **_values(self.begins, case)}

        def given(**case: Any) -> list[Any]:
            return [*self._assumed(case), *called(self.first, whole(case))]

        def holds(**case: Any) -> Any:
            return self._said(whole(case))

        free = self._free(self.begins, self.fixed)
        variables = {**dict.fromkeys(free, real), **self.fixed}
        # a statement has a variable at least, here one that its value hides
        return ForAll(
            holds, variables or dict.fromkeys(self.names[:1], real), given, engine=self.engine
        )

    @cached_property
    def kept(self) -> ForAll:
        """Where it holds before a step, it holds after it."""

        def whole(case: Mapping[str, Any]) -> dict[str, Any]:
            after = _values(self.becomes, case)
            return {**case, **{name + NEXT: value for name, value in after.items()}}

        def given(**case: Any) -> list[Any]:
            return [*self._assumed(case), self._said(case), *called(self.step, whole(case))]

        def holds(**case: Any) -> Any:
            after = whole(case)
            return self._said({**case, **{n: after[n + NEXT] for n in self.names}})

        def by(**case: Any) -> Sequence[Instance]:
            return called(self.by, whole(case))

        before = dict.fromkeys(self.names, real)
        free = self._free(self.becomes, {**before, **self.each, **self.fixed})
        after = dict.fromkeys((n + NEXT for n in free), real)
        variables = {**before, **after, **self.each, **self.fixed}
        return ForAll(holds, variables, given, nothing if self.by is nothing else by, self.engine)

    def _assumed(self, case: Mapping[str, Any]) -> Sequence[Any]:
        """What is assumed of the fixed variables; of the state it might hold at the start alone."""
        return called(self.given, {name: case[name] for name in self.fixed})

    def _said(self, case: Mapping[str, Any]) -> Any:
        """What holds of a state, and of nothing that a step brings."""
        return called(self.holds, {name: case[name] for name in (*self.names, *self.fixed)})

    def _free(
        self, values: Callable[..., Mapping[str, Any]], known: Mapping[str, Any]
    ) -> list[str]:
        """The variables of the state that are not given by their value."""
        found = called(values, blank(known))
        for name in found:
            if name not in self.names:
                raise ValueError(f"state: {brief(name)} is given a value; there are {self.names}")
        return [name for name in self.names if name not in found]

    def __call__(self, budget: Budget) -> Evidence:
        """The evidence of start and step, joined."""
        with stated_at(self.holds):
            return self._begun(join(*(_named(check(budget), what) for check, what in self._checks)))

    def decided(self, budget: Budget) -> Evidence | Undecided:
        """What the engines say of start and step."""
        pieces = []
        for check, what in self._checks:
            found = shown_once(check, budget)
            if isinstance(found, Undecided):
                return found
            pieces.append(_named(found, what))
        return self._begun(join(*pieces))

    def _begun(self, found: Evidence) -> Evidence:
        """``found``, unless that is a proof of what no run is: one that cannot make its first step.

        Raises
        ------
        ValueError
            If start and step, lemmas on what runs reach included, contradict each other.
        """

        def first_step(*values: Any) -> Any:
            case = dict(zip(self.kept.variables, values, strict=True))
            start = {name: case[name] for name in (*self.names, *self.fixed)}
            start |= _values(self.begins, start)
            assumed, kept = self.kept.read_for_search(*{**case, **start}.values())
            return [*called(self.first, start), *assumed], kept

        asks = found.kind == "proved" and smt.available()
        if asks and smt.contradicts_itself(first_step, self.kept.names):
            raise ValueError("step: none follows the start, so that the invariant says nothing")
        return found

    @property
    def _checks(self) -> tuple[tuple[ForAll, str], ...]:
        return (
            (self.start, "induction, at the start: "),
            (self.kept, "induction, from one step to the next: "),
        )

    def at(self, **values: Any) -> Instance:
        """What it says of a state that is reached, as a hypothesis for ``by``.

        Raises
        ------
        ValueError
            If a variable is missing or unknown, or a number is not finite.
        """
        expected = {*self.names, *self.fixed}
        if set(values) != expected:
            raise ValueError(
                f"at: expected values of {' '.join(sorted(expected))}, got {brief(' '.join(values))}"
            )

        case = exact_values("at", values)

        def reads() -> Any:
            assumed = [a for name, kind in self.fixed.items() for a in kind(case[name])]
            return truth("at", implies([*assumed, *self._assumed(case)], self._said(case)))

        return Instance(self, reads)

    def search(
        self, examples: int, seed: int = 0, on_case: OnCase | None = None
    ) -> Evidence | None:
        """Search for a start or a step where it fails."""
        return AllOf((self.start, self.kept)).search(examples, seed, on_case)

    def replay(self, case: Mapping[str, Any]) -> Evidence:
        """Start or step for these numbers, whichever the case is one of."""
        return (self.kept if all(n in case for n in self.kept.variables) else self.start).replay(
            case
        )

    def sentence(self) -> str:
        """What is fixed, the start, the step, and what is kept."""
        fixed = ", ".join(f"{name} {name_of(kind)}" for name, kind in self.fixed.items())
        reached = not all(map(holds_of_all, self.lemmas()))
        step = f"at each step{' that runs of its lemmas reach' if reached else ''}:"
        head = f"for all {fixed}, {step}" if fixed else step
        known = {
            "first": self.first,
            "begins": self.begins,
            "step": self.step,
            "becomes": self.becomes,
            "given": self.given,
            "by": self.by,
            **own({**self.fixed, **self.each}),
        }
        shown = {n: f for n, f in known.items() if f is not nothing and f is not no_values}
        return "\n".join([head, *texts(self.holds, **shown)])

    def lemmas(self) -> list[Lemma]:
        """What the step is shown by, each once."""
        return self.kept.lemmas()


def _values(function: Callable[..., Any], case: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values that a function gives, as terms where the case is of terms: an engine reads what is said of them."""
    some, found = next(iter(case.values())), exact_values("state", called(function, case))
    if not isinstance(some, Term):
        return found
    return {name: some.backend.asarray(value) for name, value in found.items()}


def invariant(
    *,
    state: str,
    first: Callable[..., Sequence[Any]] = nothing,
    step: Callable[..., Sequence[Any]] = nothing,
    begins: Callable[..., Mapping[str, Any]] = no_values,
    becomes: Callable[..., Mapping[str, Any]] = no_values,
    fixed: Mapping[str, Kind] | None = None,
    each: Mapping[str, Kind] | None = None,
    given: Callable[..., Sequence[Any]] = nothing,
    by: Callable[..., Sequence[Instance]] = nothing,
    engine: str = "solver",
) -> Callable[[Callable[..., Any]], Invariant]:
    """A decorator: what the function below it says is kept by every step; see :class:`Invariant`."""

    def decorated(holds: Callable[..., Any]) -> Invariant:
        return Invariant(
            holds, state, first, step, begins, becomes, fixed or {}, each or {}, given, by, engine
        )

    return decorated


def _named(found: Evidence, what: str) -> Evidence:
    steps = tuple(step if not step.answer else _prefixed(step, what) for step in found.proof)
    return replace(found, proof=steps)


def _prefixed(step: Step, what: str) -> Step:
    return replace(step, text=what + step.text)
