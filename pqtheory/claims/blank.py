"""Variables that keep nothing: to see which lemmas a statement puts to use, before any engine is asked."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, final

from pqtheory.evidence.terms import Backend, Expression, Term


@final
class _Blank(Backend):
    """A reading that keeps nothing: to see which lemmas are put to use, before any engine is asked."""

    def number(self, value: Fraction) -> Expression:
        """Nothing."""
        return _EMPTY

    def conditional(self, test: Expression, yes: Expression, no: Expression) -> Expression:
        """Nothing, a number or true or false as the two are."""
        return yes

    def connect(self, kind: str, a: Expression, b: Expression) -> Expression:
        """Nothing that would be true or false."""
        return _COMPARED

    def negate(self, a: Expression) -> Expression:
        """Nothing that would be true or false."""
        return _COMPARED

    def is_truth(self, a: Expression) -> bool:
        """Whether it came of a comparison."""
        return a is _COMPARED

    def power(self, a: Expression, exponent: Expression) -> Expression:
        """Nothing."""
        return _EMPTY


class _Empty:
    """Whatever is worked out of it gives itself."""

    def _same(self, *_: Any) -> "_Empty":
        return self

    def _compared(self, *_: Any) -> Expression:
        return _COMPARED

    __add__ = __sub__ = __mul__ = __truediv__ = __neg__ = _same
    __ge__ = __gt__ = __le__ = __lt__ = _compared


_EMPTY = _Empty()
#: what any comparison of it gives
_COMPARED = object()


def blank(names: Iterable[str]) -> dict[str, Term]:
    """Variables that keep nothing."""
    return dict.fromkeys(names, Term(_EMPTY, _Blank()))
