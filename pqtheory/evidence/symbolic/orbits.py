"""The search for a periodic orbit in closed form."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, final

import sympy
from sympy.core.relational import Relational

from pqtheory._messages import brief, counted
from pqtheory.evidence.base import Step
from pqtheory.evidence.symbolic.backend import Sympy, denied
from pqtheory.evidence.symbolic.branches import branches, resolve
from pqtheory.evidence.symbolic.clock import Clock, UndecidedError, failures
from pqtheory.evidence.symbolic.facts import Facts
from pqtheory.evidence.symbolic.formulas import Formula
from pqtheory.evidence.symbolic.normal import Expression, NormalForms
from pqtheory.evidence.symbolic.proofs import Question, aligned, same_form
from pqtheory.evidence.symbolic.regions import Region, as_condition, closed, joined, new_signs
from pqtheory.evidence.terms import Term

POINT = sympy.Symbol("theta", real=True)


@final
@dataclass(frozen=True)
class Orbit:
    """What was found.

    Attributes
    ----------
    points : tuple of Formula
        The points in the order that they are visited in, as functions of the parameters.
    inside : Formula
        Whether the parameters are in the range where they are an orbit.
    slope : Formula
        The derivative of going round once: the orbit attracts where it is between -1 and 1.
    exact : bool
        Whether it is shown that outside of the range these points are no orbit.
    proof : tuple of Step
        How it was found and verified.
    """

    points: tuple[Formula, ...]
    inside: Formula
    slope: Formula
    exact: bool
    proof: tuple[Step, ...]


class Sought(Protocol):
    """What orbit is looked for: a map with its parameters, and where a run shows the branches that it takes."""

    @property
    def step(self) -> Callable[..., Any]: ...  # noqa: D102

    @property
    def parameters(self) -> str: ...  # noqa: D102

    @property
    def period(self) -> int: ...  # noqa: D102

    @property
    def start(self) -> Fraction: ...  # noqa: D102

    @property
    def sample(self) -> tuple[Fraction, ...]: ...  # noqa: D102

    @property
    def assuming(self) -> Callable[..., Sequence[Any]]: ...  # noqa: D102

    @property
    def solve_for(self) -> str: ...  # noqa: D102

    @property
    def settle(self) -> int: ...  # noqa: D102

    def moved(self, theta: Fraction, values: Sequence[Fraction]) -> Fraction:
        """One step in exact arithmetic."""


def find_orbit(wanted: Sought, seconds: float) -> Orbit:
    """The orbit that ``wanted`` runs into at its sample, for all parameters.

    Raises
    ------
    UndecidedError
        If there is none of that period, or it is not shown to be one.
    """
    with failures():
        return _Search(wanted, Clock(seconds)).found()


@final
class _Search:
    def __init__(self, wanted: Sought, clock: Clock) -> None:
        self.wanted = wanted
        self.backend = Sympy()
        self.parameters = self.backend.symbols(wanted.parameters)
        self.symbols = [p.expression for p in self.parameters]
        self.forms = NormalForms([*self.symbols, POINT])
        self.clock = clock
        self.facts = Facts(self.forms, clock)
        self.assumed = [a.expression for a in wanted.assuming(*self.parameters)]
        self.known = self.facts.copy()
        for condition in self.assumed:
            if not isinstance(condition, Relational):
                raise UndecidedError(f"expected comparisons as assumptions, got {brief(condition)}")
            self.known.assume(condition)

    def found(self) -> Orbit:
        pieces = self.pieces()
        points, slope = self.closed_form(pieces)
        regions = self.regions(points)
        name = self.wanted.solve_for
        inside = as_condition(self.known, regions, sympy.Symbol(name, real=True) if name else None)
        exact = self.is_exact(points, inside)
        steps = (
            _step(
                f"the branches along the run from theta = {self.wanted.start}",
                (
                    (_name(i + 1), piece.xreplace({POINT: sympy.Symbol(f"theta_{i}")}))
                    for i, piece in enumerate(pieces)
                ),
            ),
            _step(
                f"the points that return after {counted(len(points), 'step')}",
                ((_name(i), point) for i, point in enumerate(points)),
            ),
            *self.verified(points, inside),
            Step(f"sympy: that is so where{' and only where' if exact else ''}", _latex(inside)),
        )
        return Orbit(
            tuple(self.formula(point) for point in points),
            self.formula(inside),
            self.formula(slope),
            exact,
            steps,
        )

    def formula(self, expression: Expression) -> Formula:
        """The expression as a function of the parameters."""
        return Formula(expression, self.wanted.parameters)

    def pieces(self) -> list[Expression]:
        """The map along the last steps of an exact run, branch by branch as the numbers say."""
        wanted, point = self.wanted, Term(POINT, self.backend)
        reading = wanted.step(point, *self.parameters).expression
        run = [wanted.start]
        for _ in range(wanted.settle + 2 * wanted.period - 1):
            run.append(wanted.moved(run[-1], wanted.sample))
        pieces = [self._piece(reading, theta) for theta in run[wanted.settle :]]
        first, again = pieces[: wanted.period], pieces[wanted.period :]
        for before, after in zip(first, again, strict=True):
            if self.forms.fraction(before - after) != 0:
                raise UndecidedError(
                    f"the branches do not repeat after {counted(wanted.period, 'step')}"
                )
        return first

    def _piece(self, reading: Expression, theta: Fraction) -> Expression:
        numbers = {
            symbol: sympy.Rational(value.numerator, value.denominator)
            for symbol, value in zip(
                (POINT, *self.symbols), (theta, *self.wanted.sample), strict=True
            )
        }

        def verdict(relation: Relational) -> bool:
            # exact: rational numbers in a rational function
            return bool(relation.func(*(side.xreplace(numbers) for side in relation.args)))

        return resolve(reading, verdict)

    def closed_form(self, pieces: Sequence[Expression]) -> tuple[list[Expression], Expression]:
        """The points that return, and the slope of the map that takes them round once."""
        once: Expression = POINT
        for piece in pieces:
            once = piece.xreplace({POINT: once})
        fraction, theta = self.forms.fraction(once), self.forms.fraction(POINT).numer
        if fraction.numer.degree(theta) > 1 or fraction.denom.degree(theta) > 0:
            raise UndecidedError(
                f"after {counted(len(pieces), 'step')} the map is not linear in theta"
            )
        slope = self.forms.field(fraction.numer.diff(theta)) / fraction.denom
        offset = self.forms.field(fraction.numer.subs(theta, 0)) / fraction.denom
        if slope == 1:
            # nothing to solve
            raise UndecidedError(
                f"the slope of {counted(len(pieces), 'step')} is 1: the points are not isolated"
            )
        points = [self.known.positive((offset / (1 - slope)).as_expr())]
        for piece in pieces[:-1]:
            points.append(self.known.positive(piece.xreplace({POINT: points[-1]})))
        for i, point in enumerate(points[1:], start=1):
            if self.forms.fraction(point - points[0]) == 0:
                raise UndecidedError(f"the period is {i}, not {len(pieces)}")
        return points, self.known.positive(slope.as_expr())

    def returns(
        self, facts: Facts, conditions: Sequence[Any], points: Sequence[Expression]
    ) -> Iterator[tuple[Facts, list[Relational]]]:
        """Branch by branch: its facts, and the equations by which each point leads to the next."""
        for branch in branches(facts, conditions, [*self.moved(points), *_following(points)]):
            sides = zip(branch.shown[: len(points)], branch.shown[len(points) :], strict=True)
            yield branch.facts, [sympy.Eq(a, b, evaluate=False) for a, b in sides]

    def regions(self, points: Sequence[Expression]) -> list[Region]:
        """Where the points go round."""
        found = []
        for facts, equations in self.returns(self.known, (), points):
            plain = not facts.zeros and not facts.nonzeros
            if plain and all(same_form(facts, equation) for equation in equations):
                found.append(new_signs(facts, self.known))
        if not found:
            raise UndecidedError("no branch has these points as an orbit")
        return [self.with_borders(region, points) for region in joined(self.known, found)]

    def with_borders(self, region: Region, points: Sequence[Expression]) -> Region:
        """The region with those of its borders where the points go round as well."""
        for sign in region:
            p, strict = sign
            border = self.known.copy()
            for q, q_strict in region:
                if q != p:
                    border.assume_sign(q, q_strict)
            border.zeros.append(p)
            if strict and self.go_round(border, points):
                region = closed(region, sign)
        return region

    def go_round(self, facts: Facts, points: Sequence[Expression]) -> bool:
        """Whether each point is shown to lead to the next."""
        return all(
            same_form(inner, equation) or inner.follows(equation)
            for inner, equations in self.returns(facts, (), points)
            for equation in equations
        )

    def is_exact(self, points: Sequence[Expression], inside: Any) -> bool:
        """Whether outside of the range the points are shown not to go round."""
        for facts, equations in self.returns(self.known, [denied(inside)], points):
            for equation in equations:
                facts.assume(equation)
            if not facts.refuted():
                return False
        return True

    def moved(self, points: Sequence[Expression]) -> list[Expression]:
        """One step from each point, in the code of the map itself."""
        return [
            self.wanted.step(Term(point, self.backend), *self.parameters).expression
            for point in points
        ]

    def verified(self, points: Sequence[Expression], inside: Any) -> tuple[Step, ...]:
        """Substitution into the code of the map, branch by branch."""
        self.backend.divisors.clear()
        equations = [
            sympy.Eq(a, b, evaluate=False)
            for a, b in zip(self.moved(points), _following(points), strict=True)
        ]
        below = [sympy.fraction(p)[1] for p in points]
        divisors = [d for d in (*below, *self.backend.divisors) if not d.is_Rational]
        assumed = (*self.assumed, inside)
        problem = Question(self.facts, assumed, tuple(dict.fromkeys(divisors)))
        apart = [
            sympy.Ne(points[0], points[i], evaluate=False)
            for i in range(1, len(points))
            if len(points) % i == 0
        ]
        return (
            *problem.require_defined(),
            *problem.require(sympy.And(*equations), "substituted, "),
            *problem.require(sympy.And(*apart), "no smaller period: "),
        )


def _following(points: Sequence[Expression]) -> list[Expression]:
    return [*points[1:], points[0]]


def _name(i: int) -> str:
    return rf"\theta_{{{i}}}"


def _step(text: str, lines: Iterable[tuple[str, Expression]]) -> Step:
    return Step(f"sympy: {text}", aligned((name, "=", sympy.latex(e)) for name, e in lines))


def _latex(condition: Any) -> str:
    parts = condition.args if isinstance(condition, sympy.Or) else (condition,)
    sides = (p.args if isinstance(p, sympy.And) else (p,) for p in parts)
    return r" \quad \mathrm{or} \quad ".join(
        r",\; ".join(sympy.latex(relation) for relation in relations) for relations in sides
    )
