"""What a division by 0 gives: it may stand in a branch that is not taken, and is an error where it is compared."""

from typing import Any, NoReturn, final


@final
class Undefined:
    """No number; whatever is computed from it is none either.

    Raises
    ------
    ZeroDivisionError
        Where it is compared.
    """

    def _stays(self, *_: Any) -> "Undefined":
        return self

    def _compared(self, *_: Any) -> NoReturn:
        raise ZeroDivisionError("something is divided by 0")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __neg__ = __abs__ = _stays
    __truediv__ = __rtruediv__ = _stays
    __ge__ = __gt__ = __le__ = __lt__ = __bool__ = _compared
    __eq__ = __ne__ = _compared
    __hash__ = None  # type: ignore[assignment]


UNDEFINED: Any = Undefined()


def divided(a: Any, b: Any) -> Any:
    """``a / b``, or no number where b is 0."""
    if isinstance(a, Undefined) or isinstance(b, Undefined):
        return UNDEFINED
    return a / b if b else UNDEFINED
