"""Numbers of a certificate as JSON, exactly: fractions as "p/q", so that anyone can check them."""

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np


def as_json(values: Mapping[str, Any]) -> str:
    """One line of JSON; fractions keep every digit, keys that are pairs are "i j"."""
    return json.dumps({name: _exact(value) for name, value in values.items()})


def _exact(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return _exact(value.tolist())
    if isinstance(value, list | tuple):
        return [_exact(v) for v in value]
    if isinstance(value, Mapping):
        return {" ".join(map(str, key)): _exact(v) for key, v in value.items()}
    return str(value) if isinstance(value, Fraction) else value
