"""The book: what is true of quantized training, a page for each theorem, in chapters.

A page reads downwards: derivation, statement, and the nearby false statements beside it, which the same checks refute.

Not yet in it, and what is missing:

* Coarse gradients (Yin et al., ICLR 2019, arXiv 1903.05662): with a step for activation and Gaussian inputs the expected
  straight-through gradient of the first layer has the product sin(theta) (v . v*)^2 / (2 (2 pi)^{3/2} |w|) >= 0 with the
  gradient of the expected loss. ``tests/theory/test_cited.py`` compares these formulas with samples and differences. Not
  proved: no engine here carries a Gaussian integral or an angle, and the theorem is about activations; weights are not
  quantized in it.
* Recurrence of the optimum (Long, Yin, Xin, "Recurrence of optimum for training weight and activation quantized
  networks"; in outline, not in its own words): with weights and activations quantized a run does not rest
  at the optimum and comes back to it again and again. On a quadratic in one dimension ``flip-law`` and
  ``grid-oscillation`` say how often, and in any dimension ``bc-average`` and ``ste-is-dual-subgradient`` say where the
  mean is. Missing: that a run visits the best levels infinitely often in several dimensions, where the orbit is a
  piecewise translation that no invariant here describes; and the activations, as above.
* High-dimensional limits (Ichikawa, Kashiwamura, Sakata, arXiv 2510.10693): as the dimension grows the run of
  straight-through on a linear model tends to an ordinary differential equation. Missing: an engine for limits in
  distribution; what is proved here holds at each dimension, and says nothing of typical random data.
* ``ste-floor``: the best floor under |grad L|^2 >= 2 mu (L - L_*) alone, which lies between that of a convex L and
  beta / mu times it; from the optimum at step sizes below 1 / beta the best constants of short runs.
* ``aprox-last-iterate``: the factor 1.5 of ln T at steps like 1 / sqrt(t), where 2 is proved.
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
