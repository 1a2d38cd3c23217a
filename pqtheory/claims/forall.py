"""A statement about all values of its variables, from one description: proved, searched, sampled and replayed.

    @forall(theta=real, weight=positive, x=real)
    def minimises(theta, weight, x):
        return J(W.prox(theta, weight), theta, weight) <= J(x, theta, weight)

A solver (z3) or computer algebra (sympy) reads the operators' own code, once for all real values. Numbers that deny the
statement are found by the solver, or searched for; where no engine has an answer, a search that finds none is a sample.
What follows from lemmas has them as hypotheses, by the formulas that the lemmas prove::

    @forall(a=real, b=real, by=lambda a, b: [decrease.at(before=a, after=b)])
    def theorem(a, b): ...
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar, final

import numpy as np

from pqtheory._messages import brief
from pqtheory.claims.blank import blank
from pqtheory.claims.calling import called, named_by, nothing, texts
from pqtheory.claims.kinds import Kind, name_of, own
from pqtheory.claims.lemma import (
    Instance,
    Lemma,
    Undecided,
    each_once,
    exact_values,
    holds_of_all,
    shown_once,
)
from pqtheory.claims.source import stated_at
from pqtheory.claims.together import Searchable
from pqtheory.claims.truths import implies, listed, truth
from pqtheory.evidence import smt
from pqtheory.evidence.base import Budget, Evidence, Step
from pqtheory.evidence.judging import judge
from pqtheory.evidence.roots import Root, holds_at
from pqtheory.evidence.search.search import OnCase
from pqtheory.evidence.search.statements import search_statement
from pqtheory.evidence.symbolic import checks as algebra
from pqtheory.evidence.terms import Term
from pqtheory.evidence.variables import variable_names

#: how many cases a search looks at where no engine has an answer
EXAMPLES = {"quick": 500, "full": 5000}
ENGINES = ("solver", "algebra")
#: time limit of algebra where it is asked second
SECOND_CHOICE = {"quick": 2.0, "full": 20.0}
#: named by ``forall`` itself, so that no variable is
RESERVED = ("given", "by", "engine", "cases")
#: what a counterexample has beside its variables
MARGIN = "margin"


@final
@dataclass(frozen=True, eq=False)
class ForAll:
    """``holds`` for all values of the variables that satisfy ``given``.

    Attributes
    ----------
    holds : callable
        Takes variables by name; returns what must hold of them, a comparison or several joined by ``&`` and ``|``.
    variables : mapping of str to kind
        What each is: ``real``, ``positive``, ``between(0, 1)``, ...
    given : callable
        Takes any of the variables by name; returns what else is assumed, a list.
    by : callable
        Takes any of the variables by name; returns instances of lemmas, ``lemma.at(...)``, as further hypotheses. Each
        lemma is shown first.
    engine : {"solver", "algebra"}
        Which is asked first.
    cases : Searchable, optional
        What a search looks at in its place, such as whole runs where the variables are states of a run.

    Raises
    ------
    ValueError
        If the engine is unknown, there is no variable, or one of the callables names what is none.
    """

    holds: Callable[..., Any]
    variables: Mapping[str, Kind]
    given: Callable[..., Sequence[Any]] = nothing
    by: Callable[..., Sequence[Instance]] = nothing
    engine: str = ENGINES[0]
    cases: Searchable | None = None
    of_reached: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise ValueError(f"engine: expected one of {ENGINES}, got {brief(self.engine)}")
        if self.cases is not None and not isinstance(self.cases, Searchable):
            raise ValueError(
                f"cases: expected a check that can be searched, got {brief(self.cases)}; "
                f"no variable is called one of {', '.join(RESERVED)}"
            )
        if not self.variables:
            raise ValueError("variables: expected at least one, such as theta=real")
        for name in variable_names(self.variables):
            if name == MARGIN:
                raise ValueError(f"variables: {brief(name)} is what the slack of a case is called")
            if not callable(self.variables[name]):
                raise ValueError(
                    f"variables: expected a kind such as real for {brief(name)}, "
                    f"got {brief(self.variables[name])}"
                )
        for what, function in (("holds", self.holds), ("given", self.given), ("by", self.by)):
            for name in named_by(function):
                if name not in self.variables:
                    raise ValueError(
                        f"{what}: {brief(name)} is no variable; there are {', '.join(self.variables)}"
                    )

    def __repr__(self) -> str:
        kinds = ", ".join(f"{name}: {name_of(kind)}" for name, kind in self.variables.items())
        return f"<ForAll {getattr(self.holds, '__name__', 'sentence')}, {kinds}>"

    @property
    def names(self) -> str:
        """The variables, separated by spaces."""
        return " ".join(self.variables)

    def read(self, *values: Any) -> tuple[list[Any], Any]:
        """(assumptions, lemmas included, and conclusion), for numbers or for the terms of any engine."""
        assumptions, conclusion = self.read_for_search(*values)
        case = dict(zip(self.variables, values, strict=True))
        return [*assumptions, *(i.says for i in self._instances(case, of_all=True))], conclusion

    def read_for_search(self, *values: Any) -> tuple[list[Any], Any]:
        """As ``read``, without the lemmas that hold of all numbers: they rule no case out."""
        case = dict(zip(self.variables, values, strict=True))
        reached = [i.says for i in self._instances(case, of_all=False)]
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            assumed, conclusion = self._assumed(case), truth("holds", called(self.holds, case))
        if isinstance(values[0], Term) and not isinstance(conclusion, Term):
            raise TypeError(
                f"holds: expected a comparison of {self.names}, got {brief(conclusion)}, whatever they are"
            )
        return [*assumed, *reached], conclusion

    def at(self, **values: Any) -> Instance:
        """What it says of these values, as a hypothesis for ``by``.

        Raises
        ------
        ValueError
            If a variable is missing or unknown, or a number is not finite.
        """
        if set(values) != set(self.variables):
            raise ValueError(f"at: expected values of {self.names}, got {' '.join(values):.200}")
        case = exact_values("at", values)
        return Instance(
            self, lambda: implies(self._assumed(case), truth("holds", called(self.holds, case)))
        )

    def __call__(self, budget: Budget) -> Evidence:
        """The strongest engine that has an answer; else a search that finds nothing is a sample, with a note."""
        with stated_at(self.holds):
            if self.cases is not None and self.engine == "solver" and not smt.available():
                # at once: its lemmas have many variables, and no case is easily found for them
                return self.sampled(budget, _without_solver())
            found = shown_once(self, budget)
            if isinstance(found, Undecided):
                return self.sampled(budget, found.note, found.steps)
            return found

    def decided(self, budget: Budget) -> Evidence | Undecided:
        """What the engines say, once they have shown the lemmas."""
        shown = self._lemmas_shown(budget)
        if isinstance(shown, Undecided):
            return shown
        notes: list[str] = []
        steps: list[Step] = []
        for engine in sorted(ENGINES, key=lambda e: e != self.engine):
            found = (self._solved if engine == "solver" else self._computed)(budget, notes, steps)
            if found is not None:
                return replace(found, proof=(*shown, *found.proof))
        return Undecided("; ".join(notes), tuple(steps))

    def sampled(self, budget: Budget, note: str, steps: Sequence[Step] = ()) -> Evidence:
        """What a search finds; sampled with a note where it finds nothing.

        Raises
        ------
        ValueError
            If no case satisfies the assumptions.
        """
        found = self.search(EXAMPLES[budget.name])
        if found is None:
            raise ValueError(f"assumptions: no values of {self.names} are found that satisfy them")
        return _weaker(found, note, steps)

    def search(
        self, examples: int, seed: int = 0, on_case: OnCase | None = None
    ) -> Evidence | None:
        """Search among fractions; None where no case satisfies the assumptions.

        Raises
        ------
        ArithmeticError
            If plain arithmetic does not confirm what it finds.
        """
        if self.cases is not None:
            return self.cases.search(examples, seed, on_case)
        found = search_statement(self.read_for_search, self.names, examples, seed, on_case)
        case = None if found is None else found.counterexample
        if case is not None and self.replay(case).kind != "refuted":
            raise ArithmeticError(f"{dict(case)} does not replay")
        return found

    def replay(self, case: Mapping[str, Any]) -> Evidence:
        """The statement for these numbers, in exact arithmetic.

        Raises
        ------
        ValueError
            If a variable is missing or no exact number, or the numbers do not satisfy the assumptions.
        """
        missing = [name for name in self.variables if name not in case]
        if missing and self.cases is not None:
            return self.cases.replay(case)
        if missing:
            raise ValueError(f"case: expected {self.names}, {' '.join(missing)} missing")
        values = [_exact(case[name], name) for name in self.variables]
        try:
            holds = holds_at(self.read_for_search, values)
        except ZeroDivisionError as error:
            raise ValueError(f"case: {dict(case)}: {error}") from error
        if holds is None:
            raise ValueError(f"case: {dict(case)} does not satisfy the assumptions")
        columns = {n: np.array([v], object) for n, v in zip(self.variables, values, strict=True)}
        return judge("sampled", [holds], columns)

    def sentence(self) -> str:
        """What it quantifies over, and its own source."""
        kinds = ", ".join(f"{name} {name_of(kind)}" for name, kind in self.variables.items())
        reached = not all(map(holds_of_all, self.lemmas()))
        head = f"for all {kinds}{' that a run reaches' if reached else ''}:"
        shown = {"given": self.given, "by": self.by, **own(self.variables)}
        return "\n".join([head, *texts(self.holds, **shown)])

    def _lemmas_shown(self, budget: Budget) -> tuple[Step, ...] | Undecided:
        """The steps of all lemmas, or why they do not do."""
        lemmas = self.lemmas()
        if lemmas and self.engine == "solver" and not smt.available():
            return Undecided(f"with {smt.PACKAGE} installed it would be proved")
        steps: list[Step] = []
        with each_once():
            for lemma in lemmas:
                found = shown_once(lemma, budget)
                if isinstance(found, Undecided):
                    return Undecided(f"a lemma is not proved: {found.note}", found.steps)
                if found.kind != "proved":
                    what = found.note or "see its own check"
                    return Undecided(f"a lemma is {found.kind}: {what}")
                steps += found.proof
        return tuple(dict.fromkeys(steps))

    def lemmas(self) -> list[Lemma]:
        """What it is shown by, each once."""
        if self.by is nothing:
            return []
        instances = self._listed_instances(blank(self.variables))
        return list(dict.fromkeys(instance.lemma for instance in instances))

    @cached_property
    def _lemma_count(self) -> int:
        """How many of the assumptions hold of all numbers: the last ones."""
        return len(self._instances(blank(self.variables), of_all=True))

    def _instances(self, case: Mapping[str, Any], *, of_all: bool) -> list[Instance]:
        """Those that hold of all numbers, or those that hold of the states that a run reaches."""
        if self.by is nothing:
            return []
        return [i for i in self._listed_instances(case) if holds_of_all(i.lemma) == of_all]

    def _listed_instances(self, case: Mapping[str, Any]) -> list[Instance]:
        found = listed("by", called(self.by, case), "instances of lemmas, lemma.at(...)")
        for instance in found:
            if not isinstance(instance, Instance):
                raise TypeError(f"by: expected instances, lemma.at(...), got {brief(instance)}")
        return found

    def _assumed(self, case: Mapping[str, Any]) -> list[Any]:
        kinds = [truth(n, a) for n, kind in self.variables.items() for a in kind(case[n])]
        given = listed("given", called(self.given, case), "comparisons")
        return [*kinds, *(truth("given", a) for a in given)]

    def _solved(self, budget: Budget, notes: list[str], steps: list[Step]) -> Evidence | None:
        if not smt.available():
            notes.append(_without_solver())
            return None
        seconds = smt.SECONDS[budget.name]
        found = smt.decide(self.read, self.names, seconds=seconds, lemmas=self._lemma_count)
        if found is None:
            notes.append("the solver found no answer in its time")
            steps.append(smt.unknown(self.read, self.names))
        return found

    def _computed(self, budget: Budget, notes: list[str], steps: list[Step]) -> Evidence | None:
        if not algebra.available():
            notes.append(algebra.missing())
            return None
        seconds = (algebra.SECONDS if self.engine == "algebra" else SECOND_CHOICE)[budget.name]
        # no search for a denial here: where nobody has an answer a longer one follows
        found, reason = algebra.answer(
            self.read,
            self.names,
            seconds,
            examples=0,
            models=algebra.MODELS if self.engine == "algebra" else algebra.READINGS,
            for_search=self.read_for_search,
        )
        if found is None:
            notes.append(algebra.no_answer(reason))
        return found


def forall(
    *,
    given: Callable[..., Sequence[Any]] = nothing,
    by: Callable[..., Sequence[Instance]] = nothing,
    engine: str = ENGINES[0],
    cases: Searchable | None = None,
    **variables: Kind,
) -> Callable[[Callable[..., Any]], ForAll]:
    """A decorator: what the function below it says holds for all these variables; see :class:`ForAll`."""

    def decorated(holds: Callable[..., Any]) -> ForAll:
        return ForAll(holds, variables, given, by, engine, cases)

    return decorated


def _weaker(found: Evidence, note: str, steps: Sequence[Step] = ()) -> Evidence:
    """What a search found; where that is a sample, with what is missing."""
    return found if found.kind == "refuted" else replace(found, note=note, proof=tuple(steps))


def _without_solver() -> str:
    return f"with {smt.PACKAGE} installed it would be proved"


def _exact(value: Any, name: str) -> Fraction | Root:
    if isinstance(value, Root):
        return value
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        raise ValueError(f"case: expected a fraction for {brief(name)}, got {brief(value)}")
    return Fraction(value)
