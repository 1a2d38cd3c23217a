r"""Inequalities in exact arithmetic: when p_1 >= 0, ..., p_k >= 0, some of them strict, contradict each other.

They do if some combination of the p_i and of their products, with coefficients > 0, is identically 0 and has a strict
term.

Each such combination is a certificate, found by a linear program over the fractions and checked by adding it up. That
none is found says nothing.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import Any

Polynomial = Any
#: column -> entry, both integers; without zeros
Row = dict[int, int]
#: the row that asks for strict terms, and the column of the right-hand sides
STRICT = "strict"
RIGHT = -1


def contradict(
    signs: Sequence[tuple[Polynomial, bool]], degree: int, check: Callable[[], None]
) -> bool:
    """Whether p >= 0 (strictly where the flag says so) for all of them is refuted by a certificate.

    Parameters
    ----------
    signs : sequence of (polynomial, bool)
        Elements of one polynomial ring.
    degree : int
        1: the polynomials themselves; 2: their products of two as well.
    check : callable
        Called at each pivot; raises to stop.
    """
    if not signs:
        return False
    terms = [*signs, (signs[0][0].ring.one, True)]
    if degree > 1:
        terms += [(p * q, a and b) for (p, a), (q, b) in combinations_with_replacement(signs, 2)]
    # scaling a term changes nothing, so its coefficients may be integers, and any weight > 0 serves the strict ones
    whole = [(p.clear_denoms()[1], strict) for p, strict in dict.fromkeys(terms)]
    columns = [{**dict(p), **({STRICT: 1} if strict else {})} for p, strict in whole]
    found = combination(columns, check)
    if found is None:
        return False
    total = sum(whole[j][0] * x.numerator / x.denominator for j, x in found.items())
    if total != 0 or not any(whole[j][1] for j in found) or min(found.values()) <= 0:
        raise ArithmeticError(f"the combination {found} is no certificate")
    return True


def combination(
    columns: Sequence[Mapping[Any, Any]], check: Callable[[], None]
) -> dict[int, Fraction] | None:
    """Some x >= 0 with sum_j x_j column_j equal to 1 at ``STRICT`` and 0 elsewhere, its zeros left out; or None.

    The first phase of the simplex method with Bland's rule, which cannot cycle. Each row is kept in integers without a
    common divisor: a row may be multiplied by any number > 0.
    """
    rows: dict[Any, Row] = {STRICT: {RIGHT: 1}}
    for j, column in enumerate(columns):
        for key, value in column.items():
            rows.setdefault(key, {})[j] = int(value)
    tableau = list(rows.values())
    # the artificial variable of row i has the number n + i; it leaves for good, so it has no column
    basis = [len(columns) + i for i in range(len(tableau))]
    gain: Row = {}
    for row in tableau:
        gain = _combined(gain, 1, row, 1)
    while gain.get(RIGHT, 0) > 0:
        check()
        entering = min((j for j, value in gain.items() if j != RIGHT and value > 0), default=None)
        if entering is None:
            return None
        leaving = _leaving(tableau, basis, entering)
        pivot = tableau[leaving]
        for i, row in enumerate(tableau):
            if i != leaving and entering in row:
                tableau[i] = _combined(row, pivot[entering], pivot, -row[entering])
        gain = _combined(gain, pivot[entering], pivot, -gain[entering])
        basis[leaving] = entering
    return {
        j: Fraction(row[RIGHT], row[j])
        for j, row in zip(basis, tableau, strict=True)
        if RIGHT in row
    }


def _leaving(tableau: Sequence[Row], basis: Sequence[int], entering: int) -> int:
    """The row with the least ratio, and of several that with the first basic variable."""
    best = -1
    for i, row in enumerate(tableau):
        if row.get(entering, 0) <= 0:
            continue
        if best < 0:
            best = i
            continue
        rival = tableau[best]
        difference = row.get(RIGHT, 0) * rival[entering] - rival.get(RIGHT, 0) * row[entering]
        if difference < 0 or (difference == 0 and basis[i] < basis[best]):
            best = i
    return best


def _combined(row: Row, factor: int, other: Row, other_factor: int) -> Row:
    """``factor * row + other_factor * other`` with factor > 0, divided by the common divisor."""
    total = {j: factor * value for j, value in row.items()}
    for j, value in other.items():
        entry = total.get(j, 0) + other_factor * value
        if entry:
            total[j] = entry
        else:
            del total[j]
    divisor = math.gcd(*total.values())
    return {j: value // divisor for j, value in total.items()} if divisor > 1 else total
