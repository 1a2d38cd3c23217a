"""Cases as JSON, types included: a fraction is a string "p/q"; texts, mappings and infinities are marked.

A text is ``{"text": ...}``, a mapping ``{"mapping": ...}``, an infinity or NaN ``{"float": ...}``,
a root of a polynomial ``{"root": [coefficients, highest power first, ..., its place]}``. All other floats
come back bit for bit. NumPy's numbers become Python's, arrays and tuples become lists.
"""

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._messages import brief
from pqtheory.evidence.roots import Root

#: how deep lists and mappings of a case may be nested
DEEPEST = 50
_FRACTION = re.compile(r"-?\d+/[1-9]\d*")


def encoded(value: Any) -> Any:
    """``value`` with JSON's own types, for ``decoded``; what is no number, list or mapping becomes its text."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, np.floating):
        value = float(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Mapping):
        return {"mapping": {str(k): encoded(v) for k, v in value.items()}}
    if isinstance(value, list | tuple):
        return [encoded(v) for v in value]
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, Root):
        return {"root": [*map(encoded, value.coefficients), value.place]}
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": str(value)}
    if value is None or isinstance(value, bool | int):
        return value
    return {"text": str(value)}


def decoded(value: Any, depth: int = DEEPEST) -> Any:
    """What ``encoded`` made ``value`` of.

    Raises
    ------
    ValueError
        If it did not, or what it made is nested more than ``depth`` deep.
    """
    if depth < 0:
        raise ValueError(f"expected lists and mappings at most {DEEPEST} deep")
    if isinstance(value, list):
        return [decoded(v, depth - 1) for v in value]
    if isinstance(value, str) and _FRACTION.fullmatch(value):
        return Fraction(value)
    if isinstance(value, dict) and len(value) == 1:
        ((kind, content),) = value.items()
        if kind == "mapping" and isinstance(content, dict):
            return {k: decoded(v, depth - 1) for k, v in content.items()}
        if kind == "float" and content in ("inf", "-inf", "nan"):
            return float(content)
        if kind == "root" and isinstance(content, list) and len(content) > 2:
            *coefficients, place = map(decoded, content)
            if all(isinstance(number, int | Fraction) for number in coefficients):
                with suppress(TypeError, ArithmeticError):
                    return Root(tuple(map(Fraction, coefficients)), place)
        if kind == "text" and isinstance(content, str):
            return content
    elif value is None or isinstance(value, bool | int | float):
        return value
    raise ValueError(
        f"expected a number, a fraction 'p/q', a list or a marked text, got {brief(value)}"
    )
