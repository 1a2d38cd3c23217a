"""What a formula divides by, and where: a quotient counts only on the branches that use it.

A solver gives x / 0 some value of its own, so that whatever divides must be shown not to divide by 0.
"""

from collections.abc import Iterable
from typing import Any

Expression = Any


def divisors(roots: Iterable[Expression]) -> list[tuple[Expression, Expression]]:
    """(divisor, under which condition it is divided by) for each divisor of some formulas of z3 that is no number.

    The condition is that of the branches: in ``If(y > 0, x / y, 0)`` the divisor y is met where y > 0. A member of a
    disjunction counts where the others do not hold, of a conjunction where they do, as far as those divide by nothing.
    """
    import z3

    conditions: dict[int, list[Expression]] = {}
    nodes: dict[int, Expression] = {}
    order = _parents_first(roots)
    for root in roots:
        conditions.setdefault(root.get_id(), []).append(z3.BoolVal(True))
    divides: dict[int, bool] = {}
    for node in reversed(order):
        inside = any(divides[child.get_id()] for child in node.children())
        divides[node.get_id()] = inside or _divisor(node) is not None
    found = []
    for node in order:
        nodes[node.get_id()] = node
        reached = conditions.get(node.get_id(), [])
        here = reached[0] if len(reached) == 1 else z3.Or(*reached)
        children = node.children()
        tests: list[Expression] = [z3.BoolVal(True)] * len(children)
        if z3.is_app_of(node, z3.Z3_OP_ITE):
            tests[1], tests[2] = children[0], z3.Not(children[0])
        elif z3.is_or(node) or z3.is_and(node):
            tests = [_matters(node, child, divides) for child in children]
        divisor = _divisor(node)
        if divisor is not None:
            found.append((divisor, here))
        for child, test in zip(children, tests, strict=True):
            plain = z3.is_true(test)
            reaches = here if plain else z3.And(here, test)
            known = conditions.setdefault(child.get_id(), [])
            if not any(z3.eq(reaches, k) or z3.is_true(k) for k in known):
                known.append(reaches)
    return found


def _divisor(node: Expression) -> Expression | None:
    """What a quotient divides by, unless that is a number."""
    import z3

    if not z3.is_div(node) or z3.is_rational_value(node.children()[1]):
        return None
    return node.children()[1]


def _matters(node: Expression, child: Expression, divides: dict[int, bool]) -> Expression:
    """Where a member of a conjunction or disjunction decides about it."""
    import z3

    if not divides[child.get_id()]:
        return z3.BoolVal(True)
    others = [c for c in node.children() if not divides[c.get_id()]]
    if z3.is_and(node):
        return z3.And(*others) if others else z3.BoolVal(True)
    return z3.Not(z3.Or(*others)) if others else z3.BoolVal(True)


def _parents_first(roots: Iterable[Expression]) -> list[Expression]:
    """Each node once, after all formulas that it stands in."""
    seen: set[int] = set()
    order: list[Expression] = []
    stack = [(root, False) for root in roots]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node.get_id() not in seen:
            seen.add(node.get_id())
            stack.append((node, True))
            stack.extend((child, False) for child in node.children())
    return order[::-1]
