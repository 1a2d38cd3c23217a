r"""The normal form of rational functions: a quotient of coprime polynomials with rational coefficients.

Two expressions are the same rational function iff they have the same normal form, so an identity is decided, not
guessed: sympy's ``simplify`` and numbers put in for the variables take no part. What is no rational function (roots,
absolute values, floats) has none. The index n of an induction may stand in exponents: base^n is a variable of its own
for each irreducible factor of the base.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import sympy
from sympy.core.relational import Equality, GreaterThan, LessThan, Relational, Unequality
from sympy.polys import QQ
from sympy.polys.fields import FracField

from pqtheory.evidence.symbolic.clock import UndecidedError

Expression = Any
Polynomial = Any
Fraction = Any


class NormalForms:
    """Normal forms over some variables, and over the powers with an index as exponent that occur.

    Parameters
    ----------
    symbols : sequence of sympy symbols
        The variables.
    index : sympy symbol, optional
        The index of an induction, a nonnegative integer; one of the variables.
    expressions : iterable of sympy expressions
        Where to look for powers; others than those that occur here have no normal form.
    """

    def __init__(
        self,
        symbols: Sequence[Any],
        index: Any = None,
        expressions: Iterable[Expression] = (),
    ) -> None:
        self.index = index
        plain = FracField(symbols, QQ)
        self.field = plain
        #: irreducible factor of a base, or a prime, or -1 -> the variable that stands for its n-th power
        self.powers: dict[Expression, Any] = {}
        if index is None:
            return
        found = (p for e in expressions for p in e.atoms(sympy.Pow) if p.exp.has(index))
        for base in sorted({p.base for p in found}, key=str):
            for factor, _ in _factors(plain, base):
                self.powers.setdefault(factor, sympy.Dummy(f"({factor})^n", real=True))
        self.field = FracField([*symbols, *self.powers.values()], QQ)

    def fraction(self, expression: Expression) -> Fraction:
        """The normal form; it is 0 iff the expression is identically 0.

        Raises
        ------
        UndecidedError
            If the expression is no rational function.
        """
        return _fraction(self, expression)

    def polynomial(self, relation: Relational) -> tuple[Polynomial, str]:
        """(p, kind) with kind ">", ">=", "=" or "!=": the relation says "p kind 0" where no divisor in it is 0.

        p is scaled to a leading coefficient of +-1.
        """
        left, right = relation.args
        if isinstance(relation, LessThan | sympy.StrictLessThan):
            left, right = right, left
        fraction = self.fraction(left - right)
        if isinstance(relation, Equality | Unequality):
            return scaled(fraction.numer), "=" if isinstance(relation, Equality) else "!="
        p, kind = fraction.numer, ">=" if isinstance(relation, GreaterThan | LessThan) else ">"
        # the sign of a quotient is that of the product with the odd factors of the denominator
        sign, factors = factor_list(fraction.denom)
        for factor, multiplicity in factors:
            if multiplicity % 2:
                p = p * factor
        return scaled(p * sign), kind

    def comparison(self, p: Polynomial, kind: str) -> Relational:
        """The relation "p kind 0" between polynomials, with nothing negative on either side."""
        sides = [
            p.ring.from_dict({m: c * side for m, c in p.terms() if c * side > 0})
            for side in (1, -1)
        ]
        left, right = (self.named(side.as_expr()) for side in sides)
        return _RELATIONS[kind](left, right, evaluate=False)

    def named(self, expression: Expression) -> Expression:
        """The expression with powers for the variables that stand for them."""
        return expression.xreplace({q: base**self.index for base, q in self.powers.items()})

    def without_powers(self, expression: Expression) -> Expression:
        """``base^(a n + b)`` as powers of the variables that stand for it."""
        if self.index is None or not expression.has(self.index):
            return expression
        replaced = {}
        for power in expression.atoms(sympy.Pow):
            if power.exp.has(self.index):
                replaced[power] = self._power(power)
        return expression.xreplace(replaced)

    def _power(self, power: Any) -> Expression:
        exponent = sympy.Poly(power.exp, self.index)
        if exponent.degree() > 1 or not all(c.is_Integer for c in exponent.all_coeffs()):
            raise UndecidedError(f"the exponent {power.exp} is not linear in {self.index}")
        slope, offset = int(exponent.nth(1)), int(exponent.nth(0))
        product = power.base**offset
        for factor, multiplicity in _factors(FracField(self._plain_symbols(), QQ), power.base):
            if factor not in self.powers:
                raise UndecidedError(f"{power} was not expected")
            product *= self.powers[factor] ** (multiplicity * slope)
        return product

    def _plain_symbols(self) -> list[Any]:
        return [s for s in self.field.symbols if s not in self.powers.values()]


_RELATIONS = {
    ">": sympy.StrictGreaterThan,
    ">=": sympy.GreaterThan,
    "=": sympy.Equality,
    "!=": sympy.Unequality,
}


@lru_cache(maxsize=4096)
def _fraction(forms: NormalForms, expression: Expression) -> Fraction:
    if expression.has(sympy.Float):
        raise UndecidedError(f"{expression} holds a float")
    return _convert(forms.field, forms.without_powers(expression))


def _convert(field: Any, expression: Expression) -> Fraction:
    try:
        return field.from_expr(expression)
    except (ValueError, ArithmeticError, NotImplementedError, sympy.PolynomialError) as error:
        raise UndecidedError(f"no normal form of {expression}: {error}") from error


def scaled(p: Polynomial) -> Polynomial:
    """``p`` divided by the absolute value of its leading coefficient: the same sign everywhere."""
    return p if p == 0 else p.quo_ground(abs(p.LC))


@lru_cache(maxsize=4096)
def factor_list(p: Polynomial) -> tuple[int, tuple[tuple[Polynomial, int], ...]]:
    """(sign, ((factor, multiplicity), ...)): irreducible factors, up to a positive constant."""
    try:
        constant, factors = p.factor_list()
    except (NotImplementedError, sympy.PolynomialError) as error:
        raise UndecidedError(f"no factors of {p}: {error}") from error
    return (1 if constant > 0 else -1), tuple(factors)


def _factors(field: Any, base: Expression) -> list[tuple[Expression, int]]:
    """Irreducible factors of a base, with primes and -1 for its number."""
    fraction = _convert(field, base)
    found: list[tuple[Expression, int]] = []
    for p, direction in ((fraction.numer, 1), (fraction.denom, -1)):
        constant, factors = p.factor_list()
        number = sympy.Rational(constant.numerator, constant.denominator)
        found += [
            (sympy.Integer(prime), direction * k) for prime, k in sympy.factorrat(number).items()
        ]
        found += [(factor.as_expr(), direction * k) for factor, k in factors]
    return found
