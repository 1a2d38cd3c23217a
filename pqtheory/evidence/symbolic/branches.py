"""Case by case: a formula with ``where`` is split at its tests until what is left of it are plain rational functions.

To prove that no numbers satisfy some conditions, each undecided relation is assumed to hold, and then assumed to fail,
until every branch is contradictory. A branch that is not shown to be so leaves the whole undecided.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, final

import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom, BooleanFunction

from pqtheory.evidence.symbolic.backend import Where, opposite
from pqtheory.evidence.symbolic.facts import Facts
from pqtheory.evidence.symbolic.normal import Expression

#: whether a relation holds, if that is known
Verdict = Callable[[Relational], bool | None]


@final
@dataclass(frozen=True)
class Branch:
    """One combination of tests.

    Attributes
    ----------
    facts : Facts
        What holds in it.
    tests : tuple of relation
        Those that it was split at, in order; each shortened by what was known before it.
    shown : tuple of expressions
        How those read in it that were to be shown.
    """

    facts: Facts
    tests: tuple[Relational, ...]
    shown: tuple[Expression, ...]


def resolve(expression: Expression, verdict: Verdict) -> Expression:
    """The expression with every ``where`` and every relation that the verdict decides put in; nothing else changes."""
    return _Resolver(verdict).visit(expression)


class _Resolver:
    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.seen: dict[Expression, Expression] = {}

    def visit(self, expression: Expression) -> Expression:
        if not expression.args:
            return expression
        if expression not in self.seen:
            self.seen[expression] = self._visit(expression)
        return self.seen[expression]

    def _visit(self, expression: Expression) -> Expression:
        if isinstance(expression, Where):
            test = self.visit(expression.args[0])
            if isinstance(test, BooleanAtom):
                return self.visit(expression.args[1 if test else 2])
            return Where(test, *map(self.visit, expression.args[1:]))
        arguments = [self.visit(a) for a in expression.args]
        if isinstance(expression, Relational):
            relation = expression.func(*arguments, evaluate=False)
            decided = None if relation.has(Where) else self.verdict(relation)
            return relation if decided is None else sympy.sympify(decided)
        changed = any(a is not b for a, b in zip(arguments, expression.args, strict=True))
        return expression.func(*arguments) if changed else expression


def branches(
    facts: Facts, conditions: Sequence[Any], shown: Sequence[Expression] = ()
) -> Iterator[Branch]:
    """The branches of some conditions that are not shown to be contradictory.

    Parameters
    ----------
    facts : Facts
        What holds in all of them.
    conditions : sequence of truth values
        What else must hold; relations go to the facts of a branch as soon as no ``where`` is left in them.
    shown : sequence of expressions
        Split as well, until no ``where`` is left in them.
    """
    yield from _split(facts.copy(), list(conditions), list(shown), ())


def _split(
    facts: Facts, conditions: list[Any], shown: list[Any], tests: tuple[Relational, ...]
) -> Iterator[Branch]:
    facts.clock.check()
    while True:
        resolver = _Resolver(facts.verdict)
        left, settled = [], True
        for condition in conjuncts(conditions):
            plain = resolver.visit(condition)
            if plain == sympy.false:
                return
            if isinstance(plain, Relational) and not plain.has(Where):
                facts.assume(plain)
                settled = False
            elif plain != sympy.true:
                left.append(plain)
        conditions = left
        eliminated = facts.eliminate()
        if eliminated:
            conditions, shown = ([e.xreplace(eliminated) for e in es] for es in (conditions, shown))
        if facts.absurd:
            return
        if settled and not eliminated:
            break
    shown = [_Resolver(facts.verdict).visit(e) for e in shown]
    test = next(_tests([*conditions, *shown]), None)
    if facts.impossible(1):
        return
    if test is None:
        if not facts.refuted():
            yield Branch(facts, tests, tuple(shown))
        return
    for assumed in (test, opposite(test)):
        inner = facts.copy()
        inner.assume(assumed)
        known = (*tests, facts.shortened(assumed))
        yield from _split(inner, conditions, shown, known)


def conjuncts(conditions: Iterable[Any]) -> Iterator[Any]:
    """The pieces that an ``And`` consists of, and the others as they are."""
    for condition in conditions:
        if isinstance(condition, sympy.And):
            yield from conjuncts(condition.args)
        else:
            yield condition


def _tests(expressions: Iterable[Expression]) -> Iterator[Relational]:
    """Relations without ``where`` to split at: those in front of a ``where``, or in a condition that is none itself."""
    for expression in expressions:
        is_condition = isinstance(expression, BooleanFunction)
        for node in sympy.postorder_traversal(expression):
            plain = isinstance(node, Relational) and not node.has(Where)
            if plain and (is_condition or expression.has(Where)):
                yield node
