"""What a formula divides by, and where: a quotient counts only on the branches that use it.

A solver gives x / 0 some value of its own, so that whatever divides must be shown not to divide by 0.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Expression = Any


def divisors(roots: Iterable[Expression]) -> list[tuple[Expression, Expression]]:
    """(divisor, under which condition it is divided by) for each divisor of some formulas of z3 that may be 0.

    The condition is that of the branches: in ``If(y > 0, x / y, 0)`` the divisor y is met where y > 0. A member of a
    disjunction counts where the others do not hold, of a conjunction where they do, as far as those divide by nothing.
    """
    import z3

    order, below = _parents_first(roots)
    divides = _divide(order, below)
    conditions: dict[int, list[Expression]] = {}
    for root in roots:
        conditions.setdefault(root.get_id(), []).append(z3.BoolVal(True, root.ctx))
    found = []
    for node in order:
        if not divides[node.get_id()]:
            continue
        reached = conditions[node.get_id()]
        here = reached[0] if len(reached) == 1 else z3.Or(*reached)
        children = below[node.get_id()]
        tests: list[Expression] = [z3.BoolVal(True, node.ctx)] * len(children)
        if z3.is_app_of(node, z3.Z3_OP_ITE):
            tests[1], tests[2] = children[0], z3.Not(children[0])
        elif z3.is_or(node) or z3.is_and(node):
            tests = [_matters(node, child, divides) for child in children]
        divisor = _divisor(node, children)
        if divisor is not None:
            found.append((divisor, here))
        for child, test in zip(children, tests, strict=True):
            if divides[child.get_id()]:
                reaches = here if z3.is_true(test) else z3.And(here, test)
                known = conditions.setdefault(child.get_id(), [])
                if not any(z3.eq(reaches, k) or z3.is_true(k) for k in known):
                    known.append(reaches)
    return found


def _divide(
    order: Sequence[Expression], below: Mapping[int, Sequence[Expression]]
) -> dict[int, bool]:
    """Which nodes divide by what may be 0, or have one below them that does."""
    divides: dict[int, bool] = {}
    for node in reversed(order):
        children = below[node.get_id()]
        inside = any(divides[child.get_id()] for child in children)
        divides[node.get_id()] = inside or _divisor(node, children) is not None
    return divides


def _divisor(node: Expression, children: Sequence[Expression]) -> Expression | None:
    """What a quotient divides by, unless that is a number other than 0."""
    import z3

    if len(children) != 2 or not z3.is_div(node) or not may_be_zero(children[1]):
        return None
    return children[1]


def may_be_zero(divisor: Expression) -> bool:
    """Whether it is 0, or no number."""
    import z3

    return not z3.is_rational_value(divisor) or not divisor.numerator_as_long()


def _matters(node: Expression, child: Expression, divides: dict[int, bool]) -> Expression:
    """Where a member of a conjunction or disjunction decides about it."""
    import z3

    others = [c for c in node.children() if not divides[c.get_id()]]
    if not divides[child.get_id()] or not others:
        return z3.BoolVal(True, node.ctx)
    return z3.And(*others) if z3.is_and(node) else z3.Not(z3.Or(*others))


def _parents_first(
    roots: Iterable[Expression],
) -> tuple[list[Expression], dict[int, list[Expression]]]:
    """Each node once, after all formulas that it stands in, and the children of each."""
    below: dict[int, list[Expression]] = {}
    order: list[Expression] = []
    stack = [(root, False) for root in roots]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node.get_id() not in below:
            children = below[node.get_id()] = node.children()
            stack.append((node, True))
            stack.extend((child, False) for child in children)
    return order[::-1], below
