"""The handwritten digits: full precision, BinaryConnect and ProxQuant from one warm start."""

from pqtheory.digits.result import METHODS, DigitsResult, DigitsSettings, MethodCurves
from pqtheory.digits.training import held_out, run_digits, warm_start

__all__ = [
    "METHODS",
    "DigitsResult",
    "DigitsSettings",
    "MethodCurves",
    "held_out",
    "run_digits",
    "warm_start",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
