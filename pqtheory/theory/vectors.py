"""Vectors of any dimension for a solver: what it knows of them are their inner products, each a variable.

    SPACE = Vectors("p q g")

    @forall(**SPACE.products, eta=positive)
    def shorter(eta, **case):
        p, q, g = SPACE.of(case)
        return (q - p) @ (q - p) <= g @ g * (eta * eta)

The products are bilinear; that |x|^2 >= 0 is for a statement to assume, for the x that it needs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations_with_replacement
from types import MappingProxyType
from typing import Any, final

from pqtheory.claims import real


@final
@dataclass(frozen=True, eq=False)
class Vector:
    """A linear combination of vectors that have names.

    Attributes
    ----------
    parts : mapping of str to number or term
        The factor of each.
    products : mapping of str to number or term
        Inner products, that of a and b under the name "a_b".
    """

    parts: Mapping[str, Any]
    products: Mapping[str, Any]

    def __add__(self, other: "Vector") -> "Vector":
        names = dict.fromkeys((*self.parts, *other.parts))
        both = {n: self.parts.get(n, 0) + other.parts.get(n, 0) for n in names}
        return Vector(both, self.products)

    def __sub__(self, other: "Vector") -> "Vector":
        return self + other * -1

    def __mul__(self, factor: Any) -> "Vector":
        return Vector({n: factor * part for n, part in self.parts.items()}, self.products)

    def __matmul__(self, other: "Vector") -> Any:
        total: Any = 0
        for a, left in self.parts.items():
            for b, right in other.parts.items():
                total = left * right * self._product(a, b) + total
        return total

    def _product(self, a: str, b: str) -> Any:
        return self.products[f"{a}_{b}" if f"{a}_{b}" in self.products else f"{b}_{a}"]


#: the origin
ZERO = Vector(MappingProxyType({}), MappingProxyType({}))


@final
@dataclass(frozen=True)
class Vectors:
    """Some vectors by their names, separated by spaces."""

    names: str

    @property
    def products(self) -> dict[str, Any]:
        """Their inner products, as variables of ``forall``."""
        return reals(*(f"{a}_{b}" for a, b in self._pairs()))

    def of(self, case: Mapping[str, Any]) -> list[Vector]:
        """The vectors themselves, for these values of the products."""
        return [Vector({name: 1}, case) for name in self.names.split()]

    def at(self, *vectors: Vector) -> dict[str, Any]:
        """The products where these vectors stand for the named ones."""
        named = dict(zip(self.names.split(), vectors, strict=True))
        return {f"{a}_{b}": named[a] @ named[b] for a, b in self._pairs()}

    def _pairs(self) -> Iterable[tuple[str, str]]:
        return combinations_with_replacement(self.names.split(), 2)


def reals(*names: str) -> dict[str, Any]:
    """Real variables of these names, for ``forall``."""
    return dict.fromkeys(names, real)
