"""The book: what is true of quantized training, a page for each theorem, in chapters.

A page reads downwards: derivation, statement, and the nearby false statements beside it, which the same checks refute.
"""

from typing import Any

from pqtheory.claims.book import Book
from pqtheory.claims.claim import Claim
from pqtheory.claims.results import Report
from pqtheory.claims.verification import verify as _verify

#: in the order of the theory; a new claim is one file and one line
BOOK = Book(
    "pqtheory.theory",
    {
        "prox": ("w-prox", "squared-prox", "codebook-prox", "smoothed-w", "alternating-prox"),
        "binary_connect": (
            "bc-is-dual-averaging",
            "bc-fixed-points",
            "fixed-points-are-vertices",
            "no-fixed-point",
            "bc-average",
            "bc-scale-invariance",
            "flip-law",
            "ste-is-dual-subgradient",
            "fixed-point-existence-is-np-hard",
            "bop-fixed-points",
            "grid-oscillation",
            "stochastic-rounding-never-anneals",
            "ste-floor",
        ),
        "lazy": ("lazy-oscillation", "lazy-minimises-what"),
        "proxquant": (
            "proxquant-convergence",
            "nonsmooth-convergence",
            "two-function-toy",
            "proxquant-fixed-points",
            "preconditioned-prox",
            "proxquant-flips-finitely-often",
            "signs-identified",
            "stochastic-convergence",
        ),
        "successors": (
            "parq-is-a-prox",
            "prox-maps-are-monotone",
            "lotion-interpolates",
            "detach-is-inexact",
            "pm1-lstm-saturates",
            "par-prox",
            "prox-sgd-loses-quantization",
            "prox-connect-bound",
            "aprox-last-iterate",
        ),
    },
)


def verify(*names: str | Claim, **options: Any) -> Report:
    """Check claims of the book, of files, or as they are; see :func:`pqtheory.claims.verify` for the options."""
    return _verify(*names, book=BOOK, **options)


__all__ = ["BOOK", "verify"]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
