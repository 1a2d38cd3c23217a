"""Fractions beside which floats are fractions, too: Python's own become floats there, and round."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, final

import numpy as np


@final
class Exact(Fraction):
    """A fraction, and so is whatever is worked out of it; its comparisons are NumPy's, which ~ negates."""


def _exactly(name: str) -> Callable[..., Any]:
    operation = getattr(Fraction, name)

    def worked_out(self: Exact, *others: Any) -> Any:
        exact = (Fraction(o) if isinstance(o, float) and math.isfinite(o) else o for o in others)
        found = operation(self, *exact)
        return Exact(found) if isinstance(found, int | Fraction) else found

    return worked_out


def _compared(name: str) -> Callable[..., Any]:
    operation = getattr(Fraction, name)

    def compared(self: Exact, other: Any) -> Any:
        found = operation(self, other)
        return np.bool_(found) if isinstance(found, bool) else found

    return compared


for _name in ("add", "sub", "mul", "truediv", "pow"):
    for _side in ("", "r"):
        setattr(Exact, f"__{_side}{_name}__", _exactly(f"__{_side}{_name}__"))
for _name in ("neg", "pos", "abs"):
    setattr(Exact, f"__{_name}__", _exactly(f"__{_name}__"))
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Exact, f"__{_name}__", _compared(f"__{_name}__"))
