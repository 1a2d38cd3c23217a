"""One small picture of each kind, in a style."""

from functools import cache

import numpy as np

import pqtheory as pq
from pqtheory import plotting
from pqtheory.digits import DigitsResult, DigitsSettings, MethodCurves
from pqtheory.networks.tables.curves import RunsOfALabel
from pqtheory.plotting.book_layout import Entry
from pqtheory.plotting.book_map import book_map
from pqtheory.plotting.distances import distances
from pqtheory.plotting.run_curves import run_curves
from pqtheory.plotting.sign_curves import sign_curves
from pqtheory.plotting.sweep_curves import sweep_curves

LABELS = ("binaryconnect, lr = 1", "proxquant, rate = 1", "proxquant, rate = 2", "mine", "yours")
ROWS = np.linspace(0.1, 0.4, 2 * 16).reshape(2, 16)
ALL = {"change_from_start": 0.2, "flips": 0.1, "reversals": 0.05}
KINDS = {"latent": 0.1, "quantized": 0.2, "quantized, reestimated": 0.15}
METRICS = [
    {"epoch": e, "error": {"test": KINDS, "held_out": KINDS}, "signs": {"all": ALL}}
    for e in range(16)
]
RECORD = {"upper": 1.0, "layers": {"all": {"counts": [5, 3, 1, 1, 0, 1], "pinned": 0.2}}}
STEPS = pq.simulate(
    pq.methods.BinaryConnect(0.1), pq.problems.Quadratic.random(dim=3, seed=0), np.ones((2, 3)), 30
)


def digits():
    """What training on the digits gives, with curves that are made up."""
    signs = {layer: dict.fromkeys(ALL, ROWS.T) for layer in ("hidden", "output", "all")}
    names = ("full precision", "BinaryConnect", "ProxQuant")
    curves = {name: MethodCurves(ROWS.T, ROWS.T, ROWS.T, signs) for name in names}
    return DigitsResult(DigitsSettings(seeds=2, epochs=15), curves)


#: name -> style -> figure
PICTURES = {
    "regularizer": lambda style: plotting.regularizer(style=style),
    "toy": lambda style: plotting.toy(steps=20, style=style),
    "one-step": lambda style: plotting.one_step(style=style),
    "trajectory": lambda style: plotting.trajectory(steps=20, style=style),
    "basins": lambda style: plotting.basins(resolution=25, steps=100, style=style),
    "sign-flips": lambda style: plotting.sign_flips(digits(), style=style),
    "flips": lambda style: plotting.flips(
        dict.fromkeys(("BC", "ProxQuant", "PQ, slower", "mine"), STEPS), style=style
    ),
    "sign-curves": lambda style: sign_curves(
        {label: {"all": ROWS.tolist()} for label in LABELS},
        ["all"],
        errors={label: (range(16), ROWS.tolist()) for label in LABELS},
        style=style,
    ),
    "run": lambda style: run_curves(METRICS, 8, "a run", style=style),
    "sweep": lambda style: sweep_curves(
        {label: RunsOfALabel(list(range(16)), ROWS, ROWS, 8) for label in LABELS}, style=style
    ),
    "distances": lambda style: distances(
        {label: [RECORD] for label in LABELS[:3]}, ["all"], style=style
    ),
    "map": lambda style: book_map(
        [Entry("a", "one", (), "proved", "proved"), Entry("b", "one", ("a",))], style=style
    ),
}


@cache
def picture(name, style=None):
    """The picture of that name; tests change its dots per inch alone."""
    return PICTURES[name](style)
