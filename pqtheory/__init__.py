"""Stability analysis and theory of quantized neural-network training.

Where the levels are (``sets``) and how the pull works (``regularizers``) are independent; so are which memory and
which map (``methods``). A first run, its sign flips, a picture, and a theorem with its proof::

    import pqtheory as pq

    W = pq.regularizers.DistanceL1(pq.sets.Binary())
    method = pq.methods.ProxQuant(W, step_size=0.1, strength=pq.schedules.Linear(1e-3))
    problem = pq.problems.Quadratic.random(dim=6, seed=0)
    path = pq.simulate(method, problem, [[0.5, -0.5, 0.2, 0.1, -0.9, 0.3]], steps=500)
    pq.signs.flips_per_step(path.latent)
    pq.plotting.flips({"ProxQuant": path})
    pq.verify("w-prox").show()

===============  ====================================================================
sets             where the levels are: exact projections
quantizers       levels that are fitted to the weights
regularizers     how the pull works: value, prox, all minimisers
schedules        step sizes and strengths over the steps
methods          BinaryConnect, ProxQuant, ...: memory x map
problems         test problems with their constants
simulate         a method on a problem, from many starts at once -> ``Trajectory``
signs            sign changes, flips and reversals of weights and codes
stability        fixed points, cycles, basins
plotting         pictures: for the screen, for slides, for papers, and films
claims           what a theorem is here: ``forall``, ``Claim``, ``Control``
evidence         solvers, searches and certificates
theory           the book: theorems by chapters
verify           checks theorems, ours or yours
testing          whether a set, regularizer, method or problem of your own is one
lessons          exercises, and what checks your answers
report           pages: what was verified, and the lab
networks         torch optimizers and training runs of real networks; needs torch
===============  ====================================================================

``pqtheory --help`` is the command line.
"""

import importlib
from typing import TYPE_CHECKING, Any

from pqtheory import methods, problems, quantizers, regularizers, schedules, sets, signs, stability
from pqtheory._version import __version__
from pqtheory.simulate import NonFiniteError, simulate
from pqtheory.trajectory import Trajectory

if TYPE_CHECKING:
    from pqtheory import claims, evidence, plotting, testing, theory
    from pqtheory.theory import verify

_ON_DEMAND = (
    "claims",
    "evidence",
    "lessons",
    "networks",
    "plotting",
    "report",
    "testing",
    "theory",
)

__all__ = [
    "NonFiniteError",
    "Trajectory",
    "__version__",
    "claims",
    "evidence",
    "lessons",
    "methods",
    "networks",
    "plotting",
    "problems",
    "quantizers",
    "regularizers",
    "report",
    "schedules",
    "sets",
    "signs",
    "simulate",
    "stability",
    "testing",
    "theory",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Load what needs more than arrays where it is used."""
    if name == "verify":
        return importlib.import_module("pqtheory.theory").verify
    if name in _ON_DEMAND:
        return importlib.import_module(f"pqtheory.{name}")
    raise AttributeError(f"module 'pqtheory' has no attribute {name!r:.80}")


def __dir__() -> list[str]:
    return sorted(__all__)
