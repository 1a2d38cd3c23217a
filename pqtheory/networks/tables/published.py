"""Figures that papers report for CIFAR-10, each with where it is from and how sure it is. Nothing here was run by us.

References
----------
ProxQuant, arXiv 1810.00861, Table 1, the ternary table of section 4 and the raw runs of its sign-change experiment.
PARQ, arXiv 2503.15748: ResNet-20 with one bit, all weights quantized, 200 epochs, 3 seeds; accuracies, here as errors.
"""

from dataclasses import dataclass
from typing import final

#: in no copy that was at hand were these displays legible
RECALLED = "recalled, unverified"
READ = "read in the source"
PROXQUANT, PARQ = "ProxQuant", "PARQ"


@final
@dataclass(frozen=True)
class Published:
    """A top-1 test error in percent.

    Attributes
    ----------
    source : str
        ``PROXQUANT`` or ``PARQ``.
    model, levels, method : str
        As in ``Settings``; "-" for the levels of full precision. TTQ is ProxQuant's ternary baseline.
    error, deviation : float, float or None
        Mean and standard deviation.
    runs : int or None
        How many, where it says so.
    mark : str
        ``RECALLED`` or ``READ``.
    """

    source: str
    model: str
    levels: str
    method: str
    error: float
    deviation: float | None = None
    runs: int | None = None
    mark: str = RECALLED


@final
@dataclass(frozen=True)
class PublishedSigns:
    """Sign change (a fraction) and test error (percent) of a method from one warm start, over ``runs`` runs."""

    warm_start: int
    method: str
    change: float
    error: float
    runs: int = 4
    mark: str = RECALLED


#: ResNet -> full precision; BinaryConnect with its deviation; ProxQuant with its
_TABLE_1 = {
    "resnet20": (8.06, (9.54, 0.03), (9.35, 0.13)),
    "resnet32": (7.25, (8.61, 0.27), (8.53, 0.15)),
    "resnet44": (6.96, (8.23, 0.23), (7.95, 0.05)),
    "resnet56": (6.54, (7.97, 0.22), (7.70, 0.06)),
}
#: ResNet -> TTQ; ternary ProxQuant with its deviation
_TERNARY = {
    "resnet20": (8.87, (8.40, 0.13)),
    "resnet32": (7.63, (7.65, 0.15)),
    "resnet44": (7.02, (7.05, 0.08)),
}
_PARQ = {"straight-through": 89.56, "binaryrelax": 89.98, "parq": 90.48, "full-precision": 91.82}

CIFAR10: tuple[Published, ...] = (
    *(
        row
        for model, (full, connect, prox) in _TABLE_1.items()
        for row in (
            Published(PROXQUANT, model, "-", "full-precision", full),
            Published(PROXQUANT, model, "binary", "binaryconnect", *connect, runs=4),
            Published(PROXQUANT, model, "binary", "proxquant", *prox, runs=4),
        )
    ),
    *(
        row
        for model, (ttq, prox) in _TERNARY.items()
        for row in (
            Published(PROXQUANT, model, "ternary", "ttq", ttq),
            Published(PROXQUANT, model, "ternary", "proxquant", *prox),
        )
    ),
    *(
        Published(
            PARQ,
            "resnet20",
            "-" if method == "full-precision" else "binary",
            method,
            round(100 - accuracy, 2),
            runs=3,
            mark=READ,
        )
        for method, accuracy in _PARQ.items()
    ),
)

_SIGNS = {
    "binaryconnect": ((0.383, 9.489), (0.381, 9.745), (0.359, 9.383)),
    "proxquant": ((0.276, 9.146), (0.288, 9.444), (0.275, 9.084)),
}
#: ResNet-20, frozen at epoch 400 of 600; the raw runs were read, some of their digits recalled
SIGN_CHANGE: tuple[PublishedSigns, ...] = tuple(
    PublishedSigns(number + 1, method, *_SIGNS[method][number])
    for number in range(3)
    for method in _SIGNS
)
