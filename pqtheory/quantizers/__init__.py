"""Fitted quantizers: heuristics that are no projections, each with its objective stated."""

from collections.abc import Callable, Mapping

from pqtheory.quantizers.absmean_ternary import AbsMeanTernary
from pqtheory.quantizers.adaptive_ternary import AdaptiveTernary
from pqtheory.quantizers.alternating_multi_bit import AlternatingMultiBit
from pqtheory.quantizers.base import Fit, Quantizer
from pqtheory.quantizers.greedy_multi_bit import GreedyMultiBit

#: name -> instance, for the conformance tests, the pictures and the docs
REGISTRY: Mapping[str, Callable[[], Quantizer]] = {
    "greedy-1-bit": lambda: GreedyMultiBit(1),
    "greedy-3-bit-rows": lambda: GreedyMultiBit(3, axis=-1),
    "alternating-1-bit": lambda: AlternatingMultiBit(1),
    "alternating-2-bit": lambda: AlternatingMultiBit(2),
    "alternating-3-bit-rows": lambda: AlternatingMultiBit(3, axis=-1),
    "alternating-4-bit": lambda: AlternatingMultiBit(4, rounds=3),
    "adaptive-ternary": AdaptiveTernary,
    "adaptive-ternary-rows": lambda: AdaptiveTernary(axis=-1),
    "absmean-ternary": AbsMeanTernary,
}

__all__ = [
    "REGISTRY",
    "AbsMeanTernary",
    "AdaptiveTernary",
    "AlternatingMultiBit",
    "Fit",
    "GreedyMultiBit",
    "Quantizer",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
