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

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache, reduce
from operator import and_, or_
from typing import Any, Protocol, final

import numpy as np

from pqtheory.claims.kinds import Kind, name_of
from pqtheory.claims.source import source, stated_at, where
from pqtheory.claims.together import Searchable
from pqtheory.evidence import smt
from pqtheory.evidence.base import Budget, Evidence, Step
from pqtheory.evidence.judging import judge
from pqtheory.evidence.roots import Root, holds_at, plain_truth
from pqtheory.evidence.search.search import OnCase
from pqtheory.evidence.search.statements import search_statement
from pqtheory.evidence.symbolic import checks as algebra
from pqtheory.evidence.terms import Backend, Expression, Term
from pqtheory.evidence.variables import variable_names

#: how many cases a search looks at where no engine has an answer
EXAMPLES = {"quick": 500, "full": 5000}
ENGINES = ("solver", "algebra")
#: time limit of algebra where it is asked second
SECOND_CHOICE = {"quick": 2.0, "full": 20.0}
#: named by ``forall`` itself, so that no variable is
RESERVED = ("given", "by", "engine", "cases")


@final
@dataclass(frozen=True)
class Undecided:
    """That no engine has an answer, what would help, and the questions that were put."""

    note: str
    steps: tuple[Step, ...] = ()


class Lemma(Protocol):
    """What a theorem may be proved by: a statement that is shown by itself, and can be put to use at any values."""

    def decided(self, budget: Budget) -> Evidence | Undecided:
        """Show it."""

    def at(self, **values: Any) -> "Instance":
        """What it says of these values."""

    def lemmas(self) -> "list[Lemma]":
        """What it is shown by itself."""


@final
@dataclass(frozen=True)
class Instance:
    """What a lemma says of some values: its assumptions imply its conclusion; read only where it is asked for."""

    lemma: Lemma
    reads: Callable[[], Any]

    @property
    def says(self) -> Any:
        """The formula."""
        return self.reads()


def nothing(**_: Any) -> Sequence[Any]:
    """No assumptions."""
    return ()


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

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise ValueError(f"engine: expected one of {ENGINES}, got {self.engine!r}")
        if self.cases is not None and not isinstance(self.cases, Searchable):
            raise ValueError(
                f"cases: expected a check that can be searched, got {self.cases!r:.60}; "
                f"no variable is called one of {', '.join(RESERVED)}"
            )
        if not self.variables:
            raise ValueError("variables: expected at least one, such as theta=real")
        for name in variable_names(self.variables):
            if not callable(self.variables[name]):
                raise ValueError(
                    f"variables: expected a kind such as real for {name!r}, "
                    f"got {self.variables[name]!r:.60}"
                )
        for what, function in (("holds", self.holds), ("given", self.given), ("by", self.by)):
            for name in named_by(function):
                if name not in self.variables:
                    raise ValueError(
                        f"{what}: {name!r} is no variable; there are {', '.join(self.variables)}"
                    )

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
        return [*self._assumed(case), *reached], _truth("holds", called(self.holds, case))

    def at(self, **values: Any) -> Instance:
        """What it says of these values, as a hypothesis for ``by``.

        Raises
        ------
        ValueError
            If a variable is missing or unknown.
        """
        if set(values) != set(self.variables):
            raise ValueError(f"at: expected values of {self.names}, got {' '.join(values)}")
        return Instance(
            self,
            lambda: implies(self._assumed(values), _truth("holds", called(self.holds, values))),
        )

    def __call__(self, budget: Budget) -> Evidence:
        """The strongest engine that has an answer; else a search that finds nothing is a sample, with a note."""
        with stated_at(self.holds):
            if self.cases is not None and self.engine == "solver" and not smt.available():
                # at once: its lemmas have many variables, and no case is easily found for them
                return self.sampled(budget, _without_solver())
            found = self.decided(budget)
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
        return "\n".join([f"for all {kinds}:", *texts(self.holds, given=self.given, by=self.by)])

    def _lemmas_shown(self, budget: Budget) -> tuple[Step, ...] | Undecided:
        """The steps of all lemmas, or why they do not do."""
        lemmas = self.lemmas()
        if lemmas and self.engine == "solver" and not smt.available():
            return Undecided(f"with {smt.PACKAGE} installed it would be proved")
        steps: list[Step] = []
        if _rests_on(self, self):
            raise ValueError("by: expected other statements, got one that is shown by this one")
        with _each_once():
            for lemma in lemmas:
                found = _shown_once(lemma, budget)
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
        return [i for i in self._listed_instances(case) if _speaks_of_all(i.lemma) == of_all]

    @cached_property
    def _speaks_of_all(self) -> bool:
        """Whether none of what it is shown by is an invariant, which holds of the states that a run reaches."""
        return _rests_on_none_but_forall(self)

    def _listed_instances(self, case: Mapping[str, Any]) -> list[Instance]:
        found = _listed("by", called(self.by, case), "instances of lemmas, lemma.at(...)")
        for instance in found:
            if not isinstance(instance, Instance):
                raise TypeError(f"by: expected instances, lemma.at(...), got {instance!r:.60}")
        return found

    def _assumed(self, case: Mapping[str, Any]) -> list[Any]:
        kinds = [a for name, kind in self.variables.items() for a in kind(case[name])]
        given = _listed("given", called(self.given, case), "comparisons")
        return [*kinds, *(_truth("given", a) for a in given)]

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


@final
class _Blank(Backend):
    """A reading that keeps nothing: to see which lemmas are put to use, before any engine is asked."""

    def number(self, value: Fraction) -> Expression:
        """Nothing."""
        return _EMPTY

    def conditional(self, test: Expression, yes: Expression, no: Expression) -> Expression:
        """Nothing."""
        return _EMPTY

    def connect(self, kind: str, a: Expression, b: Expression) -> Expression:
        """Nothing."""
        return _EMPTY

    def negate(self, a: Expression) -> Expression:
        """Nothing."""
        return _EMPTY

    def power(self, a: Expression, exponent: Expression) -> Expression:
        """Nothing."""
        return _EMPTY


class _Empty:
    """Whatever is done with it gives itself."""

    def _same(self, *_: Any) -> "_Empty":
        return self

    __add__ = __sub__ = __mul__ = __truediv__ = __neg__ = _same
    __ge__ = __gt__ = __le__ = __lt__ = _same


_EMPTY = _Empty()


def _weaker(found: Evidence, note: str, steps: Sequence[Step] = ()) -> Evidence:
    """What a search found; where that is a sample, with what is missing."""
    return found if found.kind == "refuted" else replace(found, note=note, proof=tuple(steps))


def blank(names: Iterable[str]) -> dict[str, Term]:
    """Variables that keep nothing."""
    return dict.fromkeys(names, Term(_EMPTY, _Blank()))


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


def implies(assumptions: Sequence[Any], conclusion: Any) -> Any:
    """The assumptions imply the conclusion: for truth values and for terms."""
    if not assumptions:
        return conclusion
    return reduce(or_, map(negated, assumptions)) | conclusion


def negated(truth: Any) -> Any:
    """Not ``truth``: for truth values, where ~True would be -2, and for terms."""
    return not truth if isinstance(truth, bool) else ~truth


def _truth(what: str, value: Any) -> Any:
    """``value`` if it is true or false, or a term that is; a number or a tuple would count as true."""
    if isinstance(value, Term):
        if not value.is_truth:
            raise TypeError(f"{what}: expected a comparison, got a number")
        return value
    try:
        return plain_truth(value)
    except TypeError as error:
        raise TypeError(f"{what}: {error}") from error


def _listed(what: str, value: Any, of: str) -> list[Any]:
    """``value`` as a list."""
    if isinstance(value, Term) or not isinstance(value, Iterable):
        raise TypeError(f"{what}: expected a list of {of}, got {_shown(value)}")
    return list(value)


def _shown(value: Any) -> str:
    return "a single one" if isinstance(value, Term) else f"{value!r:.60}"


#: what the engines say of lemmas, while one statement is shown
_SHOWN: ContextVar[dict[Lemma, Evidence | Undecided] | None] = ContextVar("_SHOWN", default=None)


@contextmanager
def _each_once() -> Iterator[None]:
    """Until a statement is shown, each lemma is, once, however many of its other lemmas rest on it."""
    if _SHOWN.get() is not None:
        yield
        return
    token = _SHOWN.set({})
    try:
        yield
    finally:
        _SHOWN.reset(token)


def _shown_once(lemma: Lemma, budget: Budget) -> Evidence | Undecided:
    known = _SHOWN.get()
    if known is None:
        return lemma.decided(budget)
    if lemma not in known:
        known[lemma] = lemma.decided(budget)
    return known[lemma]


def _speaks_of_all(lemma: Lemma) -> bool:
    return isinstance(lemma, ForAll) and lemma._speaks_of_all


def _rests_on_none_but_forall(lemma: Lemma, above: tuple[Lemma, ...] = ()) -> bool:
    if lemma in above:
        # a circle, an error where lemmas are shown
        return True
    below = lemma.lemmas()
    return isinstance(lemma, ForAll) and all(
        _rests_on_none_but_forall(b, (*above, lemma)) for b in below
    )


def _rests_on(statement: Any, lemma: Any, seen: tuple[Any, ...] = ()) -> bool:
    """Whether a statement is shown by a lemma, or by one that is."""
    if statement in seen:
        return False
    below = statement.lemmas()
    return lemma in below or any(_rests_on(b, lemma, (*seen, statement)) for b in below)


def _without_solver() -> str:
    return f"with {smt.PACKAGE} installed it would be proved"


def every(tests: Sequence[Any]) -> Any:
    """Whether all of them hold, for terms and for truth values."""
    return reduce(and_, tests)


def texts(holds: Callable[..., Any], **others: Callable[..., Any]) -> list[str]:
    """The source of a statement, what its names stand for, and the source of the others unless it holds them."""
    whole = source(holds)
    found = [whole]
    if names := where(holds):
        found.append(f"where {names}")
    for name, function in others.items():
        text = source(function)
        held = " ".join(text.split()) in " ".join(whole.split())
        if function is not nothing and not held:
            found.append(f"{name}: {text}")
    return found


def _signature(function: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """Its parameters by name, those that must be given, and whether it takes any name."""
    parameters = inspect.signature(function).parameters.values()
    by_name = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    needed = tuple(p.name for p in by_name if p.default is p.empty)
    any_name = any(p.kind is p.VAR_KEYWORD for p in parameters)
    return tuple(p.name for p in by_name), needed, any_name


#: a search asks for the same ones again and again
_remembered = lru_cache(maxsize=4096)(_signature)


def _parameters(function: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    try:
        return _remembered(function)
    except TypeError:
        # no hash
        return _signature(function)


def named_by(function: Callable[..., Any]) -> tuple[str, ...]:
    """The parameters that must be given by name."""
    return _parameters(function)[1]


def called(function: Callable[..., Any], case: Mapping[str, Any]) -> Any:
    """``function`` with those of the case that it names."""
    names, _, any_name = _parameters(function)
    if any_name:
        return function(**case)
    return function(**{name: case[name] for name in names if name in case})


def _exact(value: Any, name: str) -> Fraction | Root:
    if isinstance(value, Root):
        return value
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        raise ValueError(f"case: expected a fraction for {name!r}, got {value!r}")
    return Fraction(value)
