"""Induction: a sequence that is given by its first value and a recurrence has a closed form.

    s_0 = first(...),   s_{n+1} = following(s_n, n, ...)      =>      s_n = closed(n, ...)  for every n >= 0

Proved where closed(0, ...) = first(...) and following(closed(n, ...), n, ...) = closed(n + 1, ...) are, the latter with
n a symbol, which may stand in exponents.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

from pqtheory._messages import brief
from pqtheory.claims import cases as falsify
from pqtheory.evidence.base import Budget, Evidence
from pqtheory.evidence.exact import Exact
from pqtheory.evidence.roots import all_hold_at
from pqtheory.evidence.search.statements import REALS
from pqtheory.evidence.symbolic.checks import EXAMPLES, SECONDS, available, missing, no_answer
from pqtheory.evidence.symbolic.clock import Clock, UndecidedError, failures

#: the largest index of a case is that of the first value plus this
LARGEST = 12


@final
@dataclass(frozen=True)
class Induction:
    """A check that proves a closed form by induction, or else looks at single values.

    Attributes
    ----------
    closed : callable
        (n, *parameters) -> s_n.
    first : callable
        (*parameters) -> the first value.
    following : callable
        (s_n, n, *parameters) -> s_{n+1}.
    parameters : str
        Names, separated by spaces; none is "n".
    assuming : callable
        (*parameters) -> assumptions on them.
    start : int
        Index of the first value, >= 0.

    Raises
    ------
    ValueError
        If a parameter is called "n", or ``start`` is negative.
    """

    closed: Callable[..., Any]
    first: Callable[..., Any]
    following: Callable[..., Any]
    parameters: str = ""
    assuming: Callable[..., Sequence[Any]] = lambda *_: ()
    start: int = 0

    def __post_init__(self) -> None:
        if "n" in self.parameters.split():
            raise ValueError("parameters: expected names other than 'n', which is the index")
        if self.start < 0:
            raise ValueError(f"start: expected an index >= 0, got {brief(self.start)}")

    def __call__(self, budget: Budget) -> Evidence:
        """Proved, refuted by a value, or sampled with a note."""
        found = self._cases().search(EXAMPLES[budget.name])
        if found is None:
            raise ValueError("assuming: no case satisfies the assumptions")
        if found.kind == "refuted":
            return found
        if not available():
            return replace(found, note=missing())
        try:
            return self.prove(SECONDS[budget.name])
        except UndecidedError as error:
            return replace(found, note=no_answer(str(error)))

    def replay(self, case: Mapping[str, Any]) -> Evidence:
        """One value, computed from the first by the recurrence.

        Raises
        ------
        ValueError
            If n or a parameter is missing, or outside of what is assumed.
        """
        return self._cases().replay(case)

    def search(
        self, examples: int, seed: int = 0, on_case: Callable[[int], None] | None = None
    ) -> Evidence | None:
        """Search among fractions and small n, without sympy."""
        return self._cases().search(examples, seed, on_case)

    def prove(self, seconds: float) -> Evidence:
        """Base and step as identities.

        Raises
        ------
        UndecidedError
            If one of them is not shown.
        """
        import sympy

        from pqtheory.evidence.symbolic.backend import Sympy
        from pqtheory.evidence.symbolic.facts import Facts
        from pqtheory.evidence.symbolic.normal import NormalForms
        from pqtheory.evidence.symbolic.proofs import Question, assume_powers
        from pqtheory.evidence.terms import Term

        backend = Sympy()
        with failures():
            index = sympy.Symbol("n", integer=True, nonnegative=True)
            n, values = Term(index, backend), backend.symbols(self.parameters)
            # either side may be a number
            begun = backend.asarray(self.closed(backend.asarray(self.start), *values))
            after = backend.asarray(self.following(self.closed(n, *values), n, *values))
            base = begun == self.first(*values)
            step = after == self.closed(n + 1, *values)
            from_start = sympy.Ge(index, self.start, evaluate=False)
            assumptions = [*self.assuming(*values), Term(from_start, backend)]
            everything = [t.expression for t in (base, step, *assumptions)] + backend.divisors
            symbols = [v.expression for v in values]
            facts = Facts(NormalForms([*symbols, index], index, everything), Clock(seconds))
            problem = Question.of(facts, assumptions, backend)
            assume_powers(facts, problem.assumptions)
            steps = (
                *problem.require_defined(),
                *problem.require(base.expression, f"first value, n = {self.start}: "),
                *problem.require(step.expression, "step from n to n + 1: "),
            )
        return Evidence("proved", proof=steps)

    def _cases(self) -> falsify.Cases:
        names = dict.fromkeys(self.parameters.split(), REALS)
        index = falsify.Integers(self.start, self.start + LARGEST)
        return falsify.Cases(self._value_is_as_said, {"n": index, **names})

    def _value_is_as_said(self, **case: Any) -> bool | None:
        """Whether s_n is the closed form; None where that is not assumed, or something is divided by 0."""
        values = [Exact(case[name]) for name in self.parameters.split()]
        try:
            if not all_hold_at(self.assuming, values):
                return None
            # the first may be a float
            value = Exact(0) + self.first(*values)
            for n in range(self.start, case["n"]):
                value = self.following(value, Exact(n), *values)
            return bool(value == self.closed(Exact(case["n"]), *values))
        except ZeroDivisionError:
            return None
