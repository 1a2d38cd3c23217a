"""Regions of the parameters: what a branch asks for, without what is implied, and joined with its neighbours."""

from collections.abc import Iterator, Sequence
from typing import Any

import sympy
from sympy.core.relational import Relational

from pqtheory.evidence.symbolic.facts import Facts, Sign
from pqtheory.evidence.symbolic.normal import Polynomial

#: signs that hold together
Region = list[Sign]


def implied(facts: Facts, region: Region, sign: Sign) -> bool:
    """Whether ``sign`` follows from the facts and the region."""
    inner = facts.copy()
    for p, strict in region:
        inner.assume_sign(p, strict)
    p, strict = sign
    inner.assume_sign(-p, not strict)
    return inner.refuted()


def reduced(facts: Facts, region: Region) -> Region:
    """The region without the signs that follow from the others, the longest first."""
    kept = list(region)
    for sign in sorted(region, key=lambda s: (len(s[0]), str(s[0])), reverse=True):
        others = [s for s in kept if s != sign]
        if implied(facts, others, sign):
            kept = others
    return kept


def joined(facts: Facts, regions: Sequence[Region]) -> list[Region]:
    """The same set in fewer regions, where two of them meet at a border that neither needs."""
    left = [reduced(facts, region) for region in regions]
    while (found := next(_joinable(facts, left), None)) is not None:
        first, second, union = found
        left = [r for r in left if r is not first and r is not second]
        left.append(reduced(facts, union))
    return left


def _joinable(facts: Facts, regions: list[Region]) -> Iterator[tuple[Region, Region, Region]]:
    """Pairs (P, Q) and R with P or Q = R: Q is R cut off at a border, and P is R beyond it."""
    for first in regions:
        for second in regions:
            if first is second:
                continue
            if all(implied(facts, second, sign) for sign in first):
                yield first, second, first
            for p, strict in second:
                beyond = (-p, not strict)
                whole = [s for s in second if s != (p, strict)]
                inside = all(implied(facts, first, sign) for sign in whole)
                if inside and all(implied(facts, [*whole, beyond], sign) for sign in first):
                    yield first, second, whole


def relation(facts: Facts, sign: Sign, solve_for: Any) -> Relational:
    """The sign as a relation, solved for a variable where that is possible."""
    p, strict = sign
    if solve_for is not None:
        solved = _solved(facts, p, strict, solve_for)
        if solved is not None:
            return solved
    return facts.forms.comparison(p, ">" if strict else ">=")


def _solved(facts: Facts, p: Polynomial, strict: bool, variable: Any) -> Relational | None:
    x = facts.forms.fraction(variable).numer
    if p.degree(x) != 1:
        return None
    coefficient = p.diff(x)
    side = facts.sign_of_product(coefficient)
    if side == 0:
        return None
    border = facts.positive(-p.subs(x, 0).as_expr() / coefficient.as_expr())
    if side > 0:
        kind = sympy.StrictGreaterThan if strict else sympy.GreaterThan
    else:
        kind = sympy.StrictLessThan if strict else sympy.LessThan
    return kind(variable, border, evaluate=False)


def closed(region: Region, sign: Sign) -> Region:
    """The region with the border of one of its signs."""
    return [(p, False) if (p, strict) == sign else (p, strict) for p, strict in region]


def as_condition(facts: Facts, regions: Sequence[Region], solve_for: Any = None) -> Any:
    """The union of the regions as a condition of sympy."""
    return sympy.Or(
        *(sympy.And(*(relation(facts, sign, solve_for) for sign in r)) for r in regions)
    )


def new_signs(branch: Facts, before: Facts) -> Region:
    """What a branch knows beside what was known."""
    return [sign for sign in branch.signs if sign not in before.signs]
