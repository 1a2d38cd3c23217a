"""Operators and methods as sympy reads them, against exact fractions."""

import math
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pqtheory import methods, regularizers, sets
from pqtheory.evidence.smt.backend import Z3
from pqtheory.evidence.terms import Term
from pqtheory.schedules import Exponential
from pqtheory.sets.finite import FiniteSet

sympy = pytest.importorskip("sympy")

from pqtheory.evidence.symbolic.backend import Sympy, Where  # noqa: E402  (needs sympy)

numbers = st.fractions(-4, 4, max_denominator=16)
positive = st.fractions(Fraction(1, 16), 4, max_denominator=16)


def value(term: Term, **values: Fraction) -> Fraction:
    """The reading at these numbers."""
    seen = {
        sympy.Symbol(name, real=True): sympy.Rational(v.numerator, v.denominator)
        for name, v in values.items()
    }

    def at(node: Any) -> Any:
        if node not in seen:
            if isinstance(node, Where):
                seen[node] = at(node.args[1 if at(node.args[0]) else 2])
            else:
                seen[node] = node.func(*map(at, node.args)) if node.args else node
        return seen[node]

    found = at(term.expression)
    return Fraction(int(found.p), int(found.q))


def exact(number: Fraction) -> Any:
    return np.array([number], dtype=object)


def on_terms(registry: Any) -> list[str]:
    """Operators of one coordinate; a set that couples coordinates has no reading by terms."""
    made = {name: make() for name, make in registry.items()}
    return [n for n, m in made.items() if isinstance(getattr(m, "set", m), FiniteSet)]


@cache
def prox_reading(name: str) -> Term:
    t, w = Sympy().symbols("t w")
    return regularizers.REGISTRY[name]().prox(t, weight=w)


@cache
def value_reading(name: str) -> Term:
    return regularizers.REGISTRY[name]().value(*Sympy().symbols("t"))


@pytest.mark.parametrize("name", on_terms(regularizers.REGISTRY))
@given(t=numbers, w=positive)
def test_prox_reads_as_it_runs(name: str, t: Fraction, w: Fraction) -> None:
    expected = regularizers.REGISTRY[name]().prox(exact(t), w)[0]
    assert value(prox_reading(name), t=t, w=w) == expected


@pytest.mark.parametrize(
    "name", [n for n in on_terms(regularizers.REGISTRY) if not n.startswith(("indicator", "bump"))]
)
@given(t=numbers)
def test_value_reads_as_it_runs(name: str, t: Fraction) -> None:
    expected = regularizers.REGISTRY[name]().value(exact(t))
    # no term is infinite: over terms a value is that of where it is finite
    assume(expected != math.inf)
    assert value(value_reading(name), t=t) == expected


@cache
def set_reading(name: str) -> tuple[Term, Term]:
    made, (t,) = sets.REGISTRY[name](), Sympy().symbols("t")
    return made.project(t), made.distance(t)


@pytest.mark.parametrize("name", on_terms(sets.REGISTRY))
@given(t=numbers)
def test_sets_read_as_they_run(name: str, t: Fraction) -> None:
    made, (projection, distance) = sets.REGISTRY[name](), set_reading(name)
    assert value(projection, t=t) == made.project(exact(t))[0]
    assert value(distance, t=t) == made.distance(exact(t))[0]


#: 1 / (1 + weight) rounds where the weight is a float, as it does in this registry; what needs exp has no exact reading
METHODS = {
    **{n: make for n, make in methods.REGISTRY.items() if not make(1).transcendental},
    "binaryrelax": lambda eta: methods.BinaryRelax(eta, Exponential(Fraction(1), Fraction(51, 50))),
}


def moved(name: str, theta: Any, gradient: Any) -> Any:
    """Two steps with the same gradient, and the output."""
    method = METHODS[name](Fraction(1, 3))
    state = method.step(method.init(theta), gradient)
    return method.output(method.step(state, gradient)), method.query(state)


@cache
def method_reading(name: str) -> tuple[Term, Term]:
    return moved(name, *Sympy().symbols("t g"))


@pytest.mark.parametrize("name", METHODS)
@given(t=numbers, g=numbers)
def test_methods_read_as_they_run(name: str, t: Fraction, g: Fraction) -> None:
    expected = moved(name, exact(t), exact(g))
    for reading, ran in zip(method_reading(name), expected, strict=True):
        assert value(reading, t=t, g=g) == ran[0]


def test_divisors_are_kept_though_sympy_cancels_them() -> None:
    backend = Sympy()
    (x,) = backend.symbols("x")
    assert (x / x).expression == 1
    assert backend.divisors == [x.expression]
    with pytest.raises(ZeroDivisionError):
        x / (x - x)


def test_where_is_a_piecewise_of_sympy() -> None:
    (x,) = Sympy().symbols("x")
    expression = abs(x).expression.rewrite(sympy.Piecewise)
    assert expression == sympy.Piecewise((x.expression, x.expression >= 0), (-x.expression, True))


def test_powers_of_terms() -> None:
    (x,) = Sympy().symbols("x")
    assert (x**0).expression == 1
    assert (x**3).expression == x.expression**3
    with pytest.raises(ValueError, match="exponent: expected an integer >= 0, got -1"):
        x**-1
    with pytest.raises(TypeError, match="base: expected an integer or a term"):
        0.1**x
    z3 = pytest.importorskip("z3")
    y = Term(z3.Real("y"), Z3())
    assert (y**0).expression == 1
    with pytest.raises(TypeError, match="expected a number as exponent"):
        y**y
