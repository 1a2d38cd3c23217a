"""What holds in one branch: polynomials with their signs, and whether they contradict each other."""

from collections.abc import Iterator
from typing import Any, final

import sympy
from sympy.core.relational import Relational

from pqtheory.evidence.symbolic.backend import opposite
from pqtheory.evidence.symbolic.certificates import contradict
from pqtheory.evidence.symbolic.clock import Clock
from pqtheory.evidence.symbolic.normal import (
    Expression,
    NormalForms,
    Polynomial,
    factor_list,
    scaled,
)

#: (p, strict): p > 0, or p >= 0
Sign = tuple[Polynomial, bool]


@final
class Facts:
    """Relations that hold together; none of the divisors in them may be 0.

    Attributes
    ----------
    signs : list of (polynomial, bool)
        p >= 0, or where the flag says so p > 0. Factors of known sign are left out.
    zeros, nonzeros : list of polynomial
        p = 0 and p != 0.
    """

    def __init__(self, forms: NormalForms, clock: Clock) -> None:
        self.forms = forms
        self.clock = clock
        self.signs: list[Sign] = []
        self.zeros: list[Polynomial] = []
        self.nonzeros: list[Polynomial] = []
        #: signs of factors that were found; facts are only added, so they stay
        self.known: dict[Polynomial, int] = {}
        self.absurd = False

    def copy(self) -> "Facts":
        """The same, to add to."""
        other = Facts(self.forms, self.clock)
        other.signs, other.zeros = list(self.signs), list(self.zeros)
        other.nonzeros, other.known = list(self.nonzeros), dict(self.known)
        other.absurd = self.absurd
        return other

    def assume(self, relation: Relational) -> None:
        """Add one relation."""
        p, kind = self.forms.polynomial(relation)
        if kind in (">", ">="):
            self.assume_sign(p, kind == ">")
        else:
            self._assume_zero(p, kind == "=")

    def _assume_zero(self, p: Polynomial, is_zero: bool) -> None:
        p = self.reduced(p)
        if p.is_ground:
            self.absurd |= (p == 0) != is_zero
        else:
            (self.zeros if is_zero else self.nonzeros).append(_positive_leading(p))

    def assume_sign(self, p: Polynomial, strict: bool) -> None:
        """Add p > 0, or p >= 0."""
        p = self.reduced(p)
        if p.is_ground:
            self.absurd |= p.const() < 0 or (strict and p == 0)
        elif (p, True) not in self.signs and (p, strict) not in self.signs:
            self.signs.append((p, strict))

    def eliminate(self) -> dict[Any, Any]:
        """Put one equation x = ..., linear in x, into all other facts; {x: ...}, empty where there is none."""
        for zero in self.zeros:
            for x, coefficient in _linear_variables(zero):
                value = x - zero.quo_ground(coefficient)
                self._put_in(x, value)
                return {x.as_expr(): value.as_expr()}
        return {}

    def _put_in(self, x: Polynomial, value: Polynomial) -> None:
        signs, zeros, nonzeros = self.signs, self.zeros, self.nonzeros
        self.signs, self.known = [], {}
        self.zeros, self.nonzeros = [], []
        for p in zeros:
            self._assume_zero(p.compose(x, value), True)
        for p in nonzeros:
            self._assume_zero(p.compose(x, value), False)
        for p, strict in signs:
            self.assume_sign(scaled(p.compose(x, value)), strict)

    def verdict(self, relation: Relational) -> bool | None:
        """Whether a relation is one of the facts, or denied by one, as it stands; None where neither is plain."""
        p, kind = self.forms.polynomial(relation)
        p = self.reduced(p)
        if kind in ("=", "!="):
            if p.is_ground:
                return (p == 0) == (kind == "=")
            found = [_positive_leading(p) in known for known in (self.zeros, self.nonzeros)]
            return (kind == "=") == found[0] if any(found) else None
        if p.is_ground:
            return bool(p.const() > 0 or (p == 0 and kind == ">="))
        if (p, True) in self.signs or ((p, False) in self.signs and kind == ">="):
            return True
        if (-p, True) in self.signs or ((-p, False) in self.signs and kind == ">"):
            return False
        return None

    def shortened(self, relation: Relational) -> Relational:
        """The same relation, given the facts: between polynomials, without factors of known sign."""
        p, kind = self.forms.polynomial(relation)
        return self.forms.comparison(self.reduced(p), kind)

    def impossible(self, degree: int) -> bool:
        """Whether a certificate with products up to that degree refutes the facts; False says nothing."""
        return self.absurd or contradict(self._linear(), degree, self.clock.check)

    def refuted(self) -> bool:
        """Whether the facts are shown to contradict each other, with a try of everything there is."""
        if any(self.impossible(degree) for degree in (1, 2)):
            return True
        if not self.nonzeros:
            return False
        # p != 0: there must be nothing on either side of 0
        *others, p = self.nonzeros
        for side in (1, -1):
            one_side = self.copy()
            one_side.nonzeros = list(others)
            one_side.assume_sign(side * p, True)
            if not one_side.refuted():
                return False
        return True

    def follows(self, relation: Relational) -> bool:
        """Whether a relation is shown to hold: its opposite contradicts the facts."""
        denial = self.copy()
        denial.assume(opposite(relation))
        return denial.refuted()

    def sign_of(self, p: Polynomial, degree: int = 1) -> int:
        """1 or -1 where p > 0 or p < 0 follows, with products up to that degree; 0 where it does not."""
        if p.is_ground:
            return int(p.const() > 0) - int(p.const() < 0)
        p = scaled(p)
        if p not in self.known:
            sides = (side for side in (1, -1) if self._excludes(-side * p, degree))
            side = next(sides, 0)
            if side == 0:
                return 0
            self.known[p] = side
        return self.known[p]

    def sign_of_product(self, p: Polynomial) -> int:
        """``sign_of``, factor by factor."""
        product, factors = factor_list(p)
        for factor, multiplicity in factors:
            product *= self.sign_of(factor) ** multiplicity
        return product

    def positive(self, expression: Expression) -> Expression:
        """The normal form in factors, each of which is written so that it is positive where its sign is known."""
        fraction = self.forms.fraction(expression)
        number, product = sympy.Integer(1), sympy.Integer(1)
        for p, power in ((fraction.numer, 1), (fraction.denom, -1)):
            constant, factors = p.factor_list()
            number *= sympy.Rational(constant.numerator, constant.denominator) ** power
            for factor, multiplicity in factors:
                side = self.sign_of(factor, 2) or 1
                number *= side**multiplicity
                product *= (side * factor).as_expr() ** (power * multiplicity)
        return self.forms.named(number * product)

    def _excludes(self, p: Polynomial, degree: int) -> bool:
        """Whether p >= 0 cannot be."""
        if (-p, True) in self.signs:
            return True
        return contradict([*self._linear(), (p, False)], degree, self.clock.check)

    def reduced(self, p: Polynomial) -> Polynomial:
        """``p`` without its factors of known sign, scaled."""
        if p.is_ground or p.is_generator:
            return scaled(p)
        sign, factors = factor_list(p)
        if len(factors) == 1 and factors[0][1] == 1:
            return scaled(p)
        kept = p.ring.ground_new(sign)
        for factor, multiplicity in factors:
            known = self.sign_of(factor)
            kept *= factor**multiplicity if known == 0 else known**multiplicity
        return scaled(kept)

    def _linear(self) -> list[Sign]:
        return [*self.signs, *((side * p, False) for p in self.zeros for side in (1, -1))]


def _positive_leading(p: Polynomial) -> Polynomial:
    return p if p.LC > 0 else -p


def _linear_variables(p: Polynomial) -> Iterator[tuple[Polynomial, Any]]:
    """The variables that occur in ``p`` once and alone, with their coefficients."""
    for i, x in enumerate(p.ring.gens):
        alone = [c for monomial, c in p.terms() if monomial[i] == 1 and sum(monomial) == 1]
        if alone and p.degree(x) == 1 and sum(bool(m[i]) for m in p.monoms()) == 1:
            yield x, alone[0]
