"""What each picture says, whole: its size on the screen, its titles, labels and legends, and its caption."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pqtheory as pq
from pqtheory import plotting
from pqtheory.networks.metrics import PERPLEXITY
from pqtheory.networks.tables.curves import RunsOfALabel
from pqtheory.plotting.book_layout import Entry
from pqtheory.plotting.book_map import book_map
from pqtheory.plotting.distances import distances
from pqtheory.plotting.run_curves import run_curves
from pqtheory.plotting.sign_curves import metric_curves, sign_curves
from pqtheory.plotting.sweep_curves import sweep_curves
from pqtheory.regularizers import REGISTRY, Indicator, PiecewiseAffine
from pqtheory.sets import Ternary

from .drawn import digits

#: label -> layer -> rows
CURVES = {
    "BC": {"all": [[0.1] * 10 + [0.3] * 10, [0.1] * 10 + [0.5] * 10], "fc": [[0.2] * 20] * 2},
    "mine": {"all": [[0.0] * 19 + [0.125]], "fc": [[0.05] * 20]},
}
AFFINE = PiecewiseAffine(Ternary(), (-2.0, -0.5, 0.5, 2.0))
SIGNS = {"all": {"change_from_start": 0.25, "flips": 0.125, "reversals": 0.0625}}
LINES = [
    {
        "epoch": e,
        "perplexity": {"test": {"latent": 100.0 - e, "quantized": 200.0 - e}},
        "signs": SIGNS,
    }
    for e in range(3)
]
KINDS = {"latent": 0.5, "quantized": 0.25, "quantized, reestimated": 0.125}
OF_TWO_SEEDS = RunsOfALabel(
    [0, 2],
    np.array([[100.0, 50.0], [80.0, 40.0]]),
    np.array([[0.1, 0.2], [0.1, 0.3]]),
    1,
    PERPLEXITY,
)


def record(counts: list[int], pinned: float) -> dict[str, Any]:
    return {"counts": counts, "pinned": pinned}


def at_a_freeze(**layers: Any) -> dict[str, Any]:
    return {"upper": 1.0, "layers": layers}


DRAWN: dict[str, Callable[[], Any]] = {
    "the W": lambda: plotting.regularizer(),
    "four bits": lambda: plotting.regularizer(REGISTRY["l1-4-bit"](), (0.5,), name="R"),
    "an indicator": lambda: plotting.regularizer(Indicator(Ternary()), (0, np.inf)),
    "affine": lambda: plotting.regularizer(AFFINE, (0.5,), low=-0.25),
    "affine on two bits": lambda: plotting.regularizer(
        PiecewiseAffine(pq.sets.UniformGrid(2), (-2, -1, 0, 1, 2)), (0.5,), 0.5, 1.5, name="R"
    ),
    "one level": lambda: plotting.regularizer(
        pq.regularizers.DistanceL1(pq.sets.Codebook((0.5,))), (0.25,), name="R"
    ),
    "the toy": lambda: plotting.toy(0.25, 0.125, 0.25, 30),
    "the toy, few steps": lambda: plotting.toy(-0.25, 0.125, 0.0, 4),
    "one step": lambda: plotting.one_step(),
    "one step from afar": lambda: plotting.one_step(
        {"BC": pq.methods.BinaryConnect(0.6)}, theta0=(-2.0, 0.5)
    ),
    "a trajectory": lambda: plotting.trajectory(
        {
            "a": pq.methods.BinaryConnect(0.25),
            "b": pq.methods.ProjectedSGD(Ternary(), 0.25),
            "c": pq.methods.ProxQuant(pq.regularizers.DistanceL1(Ternary()), 0.125, 0.125),
        },
        pq.problems.Quadratic(np.eye(2), [0.5, -0.75]),
        [1.0, -1.0],
        40,
    ),
    "basins": lambda: plotting.basins(resolution=25, steps=100),
    "sign flips": lambda: plotting.sign_flips(digits()),
    "signs and errors": lambda: sign_curves(
        CURVES,
        ["fc", "all"],
        errors={"BC": (range(20), [[0.75] * 19 + [0.5], [0.5] * 19 + [0.25]])},
    ),
    "signs to a freeze": lambda: sign_curves(
        CURVES, ["fc"], "flips", "step", freezes={"BC": 10, "mine": 10}
    ),
    "no share": lambda: sign_curves({"BC": {"all": [[1.5, -2.25]]}}, ["all"], "pi"),
    "metrics": lambda: metric_curves(
        {"flips": CURVES, "reversals": {"BC, level 0": CURVES["BC"]}},
        ["all", "fc"],
        "step",
        {"BC": 10},
    ),
    "flips": lambda: plotting.flips(
        {"BC": np.ones((21, 3, 4)), "m": np.repeat([[1.0], [-1.0]], [20, 1], axis=0)}
    ),
    "a run": lambda: run_curves(LINES, 2),
    "a run in errors": lambda: run_curves(
        [{"epoch": 0, "error": {"test": KINDS, "held_out": KINDS}}], None, "mine"
    ),
    "nothing measured": lambda: run_curves([]),
    "a sweep": lambda: sweep_curves(
        {
            "BC": OF_TWO_SEEDS,
            "b": RunsOfALabel(
                [0, 2], np.array([[100.0, 60.0]]), np.array([[0.1, 0.5]]), None, PERPLEXITY
            ),
        }
    ),
    "a sweep of two tasks": lambda: sweep_curves(
        {
            "BC": OF_TWO_SEEDS,
            "b": RunsOfALabel([0, 2], np.array([[0.5, 0.25]]), np.array([[0.1, 0.5]]), 2),
        }
    ),
    "a sweep of nothing": lambda: sweep_curves(
        {"x": RunsOfALabel([], np.zeros((1, 0)), np.zeros((1, 0)), None)}
    ),
    "distances": lambda: distances(
        {
            "BC": [
                at_a_freeze(fc=record([4, 3, 1, 0, 0], 0.25), all=record([4, 3, 1, 0, 0], 0.125))
            ],
            "b": [at_a_freeze(fc=record([4, 0, 0, 0, 0], 0.5), all=record([4, 3, 0, 0, 1], 0.25))],
        },
        ["fc", "all"],
    ),
    "the map": lambda: book_map(
        [Entry("a", "one", (), "proved", "proved"), Entry("b", "", ("a",))]
    ),
}

#: by name: inches on the screen, the title, each panel's title, labels and notes, legends, the caption
SAID: dict[str, Any] = {
    "the W": (
        (10.0, 4.4),
        "W: DistanceL1(set=Binary(scale=1.0))",
        [
            ("value: 0 at each level", "weight $\\theta$", "$R(\\theta)$"),
            ("prox: jumps at 0", "weight $\\theta$", "$\\mathrm{prox}_{\\lambda R}(\\theta)$"),
        ],
        [["identity ($\\lambda = 0$)", "$\\lambda = 0.25$", "$\\lambda = 0.5$", "$\\lambda = 1$"]],
        (
            "W: DistanceL1(set=Binary(scale=1.0)): a regularizer and its prox, which jumps at 0. Of two points "
            "that minimise the library returns the filled one. The value is 0 at the levels -1, 1, between them 1"
            " at 0. The prox from -2 to 2: for lambda = 0.25 it jumps at 0 from -0.25 to 0.25; for lambda = 0.5 "
            "it jumps at 0 from -0.5 to 0.5; for lambda = 1 it jumps at 0 from -1 to 1."
        ),
    ),
    "four bits": (
        (10.0, 4.4),
        "R",
        [
            ("value: 0 at each level", "weight $\\theta$", "$R(\\theta)$"),
            (
                "prox: jumps halfway between levels",
                "weight $\\theta$",
                "$\\mathrm{prox}_{\\lambda R}(\\theta)$",
            ),
        ],
        [["identity ($\\lambda = 0$)", "$\\lambda = 0.5$"]],
        (
            "R: a regularizer and its prox, which jumps halfway between levels. Of two points that minimise the "
            "library returns the filled one. The value is 0 at the levels -1, -0.8, -0.6, -0.4, -0.2, 0, 0.2, "
            "0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.6, 1.8, 2, between them 0.1 at -0.9, 0.1 at -0.7, 0.1 at -0.5, 0.1 at "
            "-0.3, .... The prox from -2.5 to 3.5: for lambda = 0.5 it jumps at -0.9 from -1 to -0.8, at -0.7 "
            "from -0.8 to -0.6, at -0.5 from -0.6 to -0.4, at -0.3 from -0.4 to -0.2, ...."
        ),
    ),
    "an indicator": (
        (10.0, 4.4),
        "Indicator(set=Ternary(scale=1.0))",
        [
            (
                "value: 0 at each level",
                "weight $\\theta$",
                "$R(\\theta)$",
                "infinite everywhere else",
            ),
            (
                "prox: jumps halfway between levels",
                "weight $\\theta$",
                "$\\mathrm{prox}_{\\lambda R}(\\theta)$",
            ),
        ],
        [["identity ($\\lambda = 0$)", "$\\lambda = 0$", "$\\lambda = inf$"]],
        (
            "Indicator(set=Ternary(scale=1.0)): a regularizer and its prox, which jumps halfway between levels. "
            "Of two points that minimise the library returns the filled one. The value is 0 at the levels -1, 0, "
            "1 and infinite everywhere else. The prox from -2 to 2: for lambda = 0 it jumps at -0.5 from -1 to 0,"
            " at 0.5 from 0 to 1; for lambda = inf it jumps at -0.5 from -1 to 0, at 0.5 from 0 to 1."
        ),
    ),
    "affine": (
        (10.0, 4.4),
        "PiecewiseAffine(set=Ternary(scale=1.0), slopes=(-2.0, -0.5, 0.5, 2.0))",
        [
            ("value", "weight $\\theta$", "$R(\\theta)$"),
            ("prox: does not jump", "weight $\\theta$", "$\\mathrm{prox}_{\\lambda R}(\\theta)$"),
        ],
        [["identity ($\\lambda = 0$)", "$\\lambda = 0.5$"]],
        (
            "PiecewiseAffine(set=Ternary(scale=1.0), slopes=(-2.0, -0.5, 0.5, 2.0)): a regularizer and its prox, "
            "which does not jump. Of two points that minimise the library returns the filled one. The value is "
            "affine between the levels, 0.5 at -1, 0 at 0, 0.5 at 1. The prox from -0.25 to 2: for lambda = 0.5 "
            "it does not jump."
        ),
    ),
    "affine on two bits": (
        (10.0, 4.4),
        "R",
        [
            ("value", "weight $\\theta$", "$R(\\theta)$"),
            ("prox: does not jump", "weight $\\theta$", "$\\mathrm{prox}_{\\lambda R}(\\theta)$"),
        ],
        [["identity ($\\lambda = 0$)", "$\\lambda = 0.5$"]],
        (
            "R: a regularizer and its prox, which does not jump. Of two points that minimise the library returns "
            "the filled one. The value is affine between the levels, 0.667 at -1, 0 at -0.333333, 0 at 0.333333, "
            "0.667 at 1. The prox from 0.5 to 1.5: for lambda = 0.5 it does not jump."
        ),
    ),
    "one level": (
        (10.0, 4.4),
        "R",
        [
            ("value: 0 at each level", "weight $\\theta$", "$R(\\theta)$"),
            ("prox: does not jump", "weight $\\theta$", "$\\mathrm{prox}_{\\lambda R}(\\theta)$"),
        ],
        [["identity ($\\lambda = 0$)", "$\\lambda = 0.25$"]],
        (
            "R: a regularizer and its prox, which does not jump. Of two points that minimise the library returns "
            "the filled one. The value is 0 at the levels 0.5. The prox from 0 to 1: for lambda = 0.25 it does "
            "not jump."
        ),
    ),
    "the toy": (
        (13.0, 4.2),
        "",
        [
            (
                "the same slopes, another best vertex (ringed)",
                "weight $\\theta$",
                "loss",
                "$f_1$",
                "$f_{-1}$",
                "start",
            ),
            ("BinaryConnect: the same path on both", "step", "latent weight $\\theta$"),
            ("ProxQuant: a path for each, to its best vertex", "step", "latent weight $\\theta$"),
        ],
        [["on $f_1$", "on $f_{-1}$"], ["on $f_1$", "on $f_{-1}$"]],
        (
            "Of two functions with the same slopes at -1 and +1 BinaryConnect has the same path on both, "
            "ProxQuant has a path for each, to its best vertex. BinaryConnect takes gradients at -1 and +1 alone,"
            " where those of both are equal; ProxQuant takes them where it is. Left: f_1(x) = |x + 1/2| - 1/2, "
            "best vertex -1, and f_-1(x) = |x - 1/2| - 1/2, best vertex +1, both ringed. All paths start at 0.25 "
            "and have 30 steps. BinaryConnect: between -0.125 and 0.25. ProxQuant: to -1 on f_1 and to 1 on f_-1."
        ),
    ),
    "the toy, few steps": (
        (13.0, 4.2),
        "",
        [
            (
                "the same slopes, another best vertex (ringed)",
                "weight $\\theta$",
                "loss",
                "$f_1$",
                "$f_{-1}$",
                "start",
            ),
            ("BinaryConnect: the same path on both", "step", "latent weight $\\theta$"),
            ("ProxQuant: a path for each", "step", "latent weight $\\theta$"),
        ],
        [["on $f_1$", "on $f_{-1}$"], ["on $f_1$", "on $f_{-1}$"]],
        (
            "Of two functions with the same slopes at -1 and +1 BinaryConnect has the same path on both, "
            "ProxQuant has a path for each. BinaryConnect takes gradients at -1 and +1 alone, where those of both"
            " are equal; ProxQuant takes them where it is. Left: f_1(x) = |x + 1/2| - 1/2, best vertex -1, and "
            "f_-1(x) = |x - 1/2| - 1/2, best vertex +1, both ringed. All paths start at -0.25 and have 4 steps. "
            "BinaryConnect: between -0.25 and 0. ProxQuant: to -0.5 on f_1 and to 0.25 on f_-1."
        ),
    ),
    "one step": (
        (10.8, 5.2),
        "",
        [
            (
                "BinaryConnect: its gradient is taken elsewhere",
                "weight 1",
                "weight 2",
                "$\\theta_t$",
                "$\\theta_{t+1}$",
            ),
            (
                "ProxQuant: its gradient is taken where it is",
                "weight 1",
                "",
                "$\\theta_t$",
                "$\\theta_{t+1}$",
            ),
        ],
        [
            [
                "gradient taken here",
                "$-\\eta\\,\\nabla L$",
                "mapped and kept",
                "mapped for the gradient alone",
                "vertices",
            ]
        ],
        (
            "One step in the plane of two weights: with BinaryConnect its gradient is taken elsewhere; with "
            "ProxQuant its gradient is taken where it is. The contours are those of the loss, the squares the "
            "vertices. BinaryConnect: from (-0.5, 0.6), gradient at (-1, 1), which leads to (0.4, 0.276); kept is"
            " (0.4, 0.276). ProxQuant: from (-0.5, 0.6), gradient at (-0.5, 0.6), which leads to (0.148, 0.36); "
            "kept is (0.508, 0.72)."
        ),
    ),
    "one step from afar": (
        (6.2, 5.2),
        "",
        [
            (
                "BC: its gradient is taken elsewhere",
                "weight 1",
                "weight 2",
                "$\\theta_t$",
                "$\\theta_{t+1}$",
            )
        ],
        [
            [
                "gradient taken here",
                "$-\\eta\\,\\nabla L$",
                "mapped and kept",
                "mapped for the gradient alone",
                "vertices",
            ]
        ],
        (
            "One step in the plane of two weights: with BC its gradient is taken elsewhere. The contours are "
            "those of the loss, the squares the vertices. BC: from (-2, 0.5), gradient at (-1, 1), which leads to"
            " (-1.1, 0.176); kept is (-1.1, 0.176)."
        ),
    ),
    "a trajectory": (
        (15.3, 6.0),
        "",
        [
            ("a: levels still change at step 40", "", "latent weight"),
            ("b: no level changes", "", ""),
            ("c: at rest from step 18 on", "", ""),
            ("", "step", "quantized weight"),
            ("", "step", ""),
            ("", "step", ""),
        ],
        [["weight 1", "weight 2"]],
        (
            "a: levels still change at step 40; b: no level changes; c: at rest from step 18 on. 2 of 2 weights "
            "of Quadratic over 40 steps: above the latent weights, below the level of each, the highest at the "
            "top of its strip and the lowest at the bottom. a: levels change 29 times; latent weights end at 0, "
            "0, levels at 1, 1. b: no level changes; latent weights end at 1, -1, levels at 1, -1. c: levels "
            "change 3 times; latent weights end at -0.37, 0.857, levels at 0, 1."
        ),
    ),
    "basins": (
        (10.8, 5.0),
        "",
        [
            (
                "BinaryConnect: 52% settle",
                "start of weight 1",
                "start of weight 2",
                "(-1, -1)",
                "(-1, +1)",
                "(+1, -1)",
                "(+1, +1)",
            ),
            (
                "ProxQuant: 100% settle",
                "start of weight 1",
                "",
                "(-1, -1)",
                "(-1, +1)",
                "(+1, -1)",
                "(+1, +1)",
            ),
        ],
        [
            [
                "ends at (-1, -1)",
                "ends at (-1, +1)",
                "ends at (+1, -1)",
                "ends at (+1, +1)",
                "keeps changing",
            ]
        ],
        (
            "Of the starts on a problem with two weights there settle 52% with BinaryConnect, 100% with "
            "ProxQuant. A colour is the vertex of {-1, +1}^2 at which a start ends; where the quantized weights "
            "go on changing it is white and hatched. The contours are those of the loss. Starts from [-1.5, "
            "1.5]^2, 25 along each axis, 100 steps. BinaryConnect: 46% ends at (-1, -1), 6% ends at (+1, +1), 48%"
            " keeps changing. ProxQuant: 39% ends at (-1, -1), 1% ends at (-1, +1), 4% ends at (+1, -1), 56% ends"
            " at (+1, +1)."
        ),
    ),
    "sign flips": (
        (14.0, 6.6),
        "BinaryConnect still flips 32 % of the signs at a step; ProxQuant still flips 32 % of the signs at a step",
        [
            ("changed since start", "", "hidden layer,\n% of weights"),
            ("flips per step", "", ""),
            ("reversals per step", "", ""),
            ("", "epoch", "output layer,\n% of weights"),
            ("", "epoch", ""),
            ("", "epoch", ""),
            ("test error", "epoch", "% of test digits"),
        ],
        [["full precision (test error only)", "BinaryConnect", "ProxQuant"]],
        (
            "BinaryConnect still flips 32 % of the signs at a step; ProxQuant still flips 32 % of the signs at a "
            "step. Handwritten digits, all methods from one warm start at the same step size, by layer: signs "
            "changed since the start, flips and reversals (flips back to where the weight came from), and at the "
            "right the test error. Lines are means over 2 seeds, bands one standard deviation, over 15 epochs. "
            "full precision: test error 32.3 %. BinaryConnect: 32.3 % of the signs changed since the start, at "
            "the end 32.3 % flip at a step and 32.3 % go back; test error 32.3 %. ProxQuant: 32.3 % of the signs "
            "changed since the start, at the end 32.3 % flip at a step and 32.3 % go back; test error 32.3 %."
        ),
    ),
    "signs and errors": (
        (12.3, 4.2),
        "Signs changed since the start at the end: 6.25 % (mine) to 40 % (BC)",
        [
            ("fc", "epoch", "changed since start,\n% of weights"),
            ("all", "epoch", ""),
            ("quantized network", "epoch", "test error,\n% of images"),
        ],
        [["BC (2)", "mine (1)"]],
        (
            "Signs changed since the start at the end: 6.25 % (mine) to 40 % (BC) (means over runs, whose number "
            "stands in brackets, and bands of one standard deviation). In the last tenth of the epochs: fc, BC: "
            "20 % of the weights. fc, mine: 5 % of the weights. all, BC: 40 % of the weights. all, mine: 6.25 % "
            "of the weights. BC: at last 37.5 % of the images wrong."
        ),
    ),
    "signs to a freeze": (
        (5.1, 4.2),
        "Flips before the freeze: 5 % (mine) to 20 % (BC); fc",
        [("fc", "step", "flips,\n% of weights")],
        [["BC (2)", "mine (1)", "freeze"]],
        (
            "Flips before the freeze: 5 % (mine) to 20 % (BC); fc (means over runs, whose number stands in "
            "brackets, and bands of one standard deviation). In the last tenth of the steps before the freeze: "
            "fc, BC: 20 % of the weights. fc, mine: 5 % of the weights."
        ),
    ),
    "no share": (
        (5.1, 4.2),
        "Pi = log(flips + e^-9) at the end: -2.25 (BC)",
        [("all", "epoch", "pi = log(flips + e^-9)")],
        [["BC (1)"]],
        (
            "Pi = log(flips + e^-9) at the end: -2.25 (BC) (means over runs, whose number stands in brackets, and"
            " bands of one standard deviation). In the last tenth of the epochs: all, BC: -2.25."
        ),
    ),
    "metrics": (
        (8.7, 7.4),
        "Flips, reversals",
        [
            ("all", "step", "flips,\n% of weights"),
            ("fc", "step", ""),
            ("all", "step", "reversals,\n% of weights"),
            ("fc", "step", ""),
        ],
        [["BC (2)", "mine (1)"], ["BC, level 0 (2)"]],
        (
            "Flips, reversals (means over runs, and bands). Flips before the freeze: 6.25 % (mine) to 10 % (BC): "
            "all, BC: 10 % of the weights. all, mine: 6.25 % of the weights. fc, BC: 20 % of the weights. fc, "
            "mine: 5 % of the weights. Reversals before the freeze: 40 % (BC, level 0): all, BC, level 0: 40 % of"
            " the weights. fc, BC, level 0: 20 % of the weights."
        ),
    ),
    "flips": (
        (7.0, 4.4),
        "",
        [("Flips at the end: 0 % (BC) to 50 % (m)", "step", "flips,\n% of weights")],
        [["BC", "m"]],
        (
            "Flips at the end: 0 % (BC) to 50 % (m) (means, and bands of one standard deviation). BC: 3 starts, "
            "20 steps, 0 % on average in the last tenth. m: 1 start, 20 steps, 50 % on average in the last tenth."
        ),
    ),
    "a run": (
        (12.0, 4.8),
        "",
        [
            ("perplexity: test, quantized 198.00", "epoch", "perplexity per word"),
            ("signs: changed since start 25 %", "epoch", "% of weights"),
        ],
        [
            [
                "test, latent",
                "test, quantized",
                "freeze",
                "changed since start",
                "flips in the epoch",
                "reversals in the epoch",
            ]
        ],
        (
            "A run: perplexity and sign changes of all weights against epochs. At last: test, latent 98.00, test,"
            " quantized 198.00, changed since start 25 %, flips in the epoch 12.5 %, reversals in the epoch 6.25 "
            "%."
        ),
    ),
    "a run in errors": (
        (12.0, 4.8),
        "mine",
        [("error: test, quantized 25.00 %", "epoch", "%"), ("signs", "epoch", "% of weights")],
        [
            [
                "test, latent",
                "test, quantized",
                "test, quantized, reestimated",
                "held out, latent",
                "held out, quantized",
                "held out, quantized, reestimated",
                "changed since start",
                "flips in the epoch",
                "reversals in the epoch",
            ]
        ],
        (
            "mine: error and sign changes of all weights against epochs. At last: test, latent 50.00 %, test, "
            "quantized 25.00 %, test, quantized, reestimated 12.50 %, held out, latent 50.00 %, held out, "
            "quantized 25.00 %, held out, quantized, reestimated 12.50 %."
        ),
    ),
    "nothing measured": (
        (12.0, 4.8),
        "",
        [("error", "epoch", "%"), ("signs", "epoch", "% of weights")],
        [["changed since start", "flips in the epoch", "reversals in the epoch"]],
        ("A run: error and sign changes of all weights against epochs. At last: nothing measured."),
    ),
    "a sweep": (
        (11.0, 4.8),
        "Signs changed since the start at the end: 25 % (BC) to 50 % (b)",
        [
            ("test perplexity of the quantized network", "epoch", "perplexity per word"),
            ("signs changed since the start", "epoch", "% of weights"),
        ],
        [["BC (2)", "b (1)", "freeze"]],
        (
            "Signs changed since the start at the end: 25 % (BC) to 50 % (b). Left: test perplexity of the "
            "quantized network against epochs (means over runs, whose number stands in brackets, and bands of one"
            " standard deviation), at last: BC (2): perplexity 45.00. b (1): perplexity 60.00."
        ),
    ),
    "a sweep of two tasks": (
        (11.0, 4.8),
        "Signs changed since the start at the end: 25 % (BC) to 50 % (b)",
        [
            ("test perplexity or error of the quantized network", "epoch", "perplexity per word"),
            ("signs changed since the start", "epoch", "% of weights"),
        ],
        [["BC (2)", "b (1)"]],
        (
            "Signs changed since the start at the end: 25 % (BC) to 50 % (b). Left: test perplexity or error of "
            "the quantized network against epochs (means over runs, whose number stands in brackets, and bands of"
            " one standard deviation), at last: BC (2): perplexity 45.00. b (1): error 25.00 %."
        ),
    ),
    "a sweep of nothing": (
        (11.0, 4.8),
        "Signs changed since the start",
        [
            ("test error of the quantized network", "epoch", "%"),
            ("signs changed since the start", "epoch", "% of weights"),
        ],
        [["x (1)"]],
        (
            "Signs changed since the start. Left: test error of the quantized network against epochs (means over "
            "runs, whose number stands in brackets, and bands of one standard deviation), at last: x (1): error "
            "none."
        ),
    ),
    "distances": (
        (9.6, 3.8),
        "Before the freeze up to 50 % of the weights are on their level (b)",
        [("fc", "distance to the level", "% of weights"), ("all", "distance to the level", "")],
        [["BC (1)", "b (1)"]],
        (
            "Before the freeze up to 50 % of the weights are on their level (b). Shares of weights by their "
            "distance to it, on a logarithmic scale; weights exactly on it have a bar of their own at the left. "
            "fc, BC: 25 % on the level. fc, b: 50 % on the level. all, BC: 12.5 % on the level. all, b: 25 % on "
            "the level, 12.5 % beyond the last bin."
        ),
    ),
    "the map": (
        (4.5, 2.5625),
        "",
        [("", "", "", "one", "claims of your own", "a", "proved", "b")],
        [],
        (
            "The map of the book: 2 claims (1 proved) and 1 arrow from each to what it uses. From top to bottom:"
            " one, claims of your own. Within a chapter a claim stands the farther to the right, the longer the "
            "chain of claims below it; in each box stand its name and its evidence."
        ),
    ),
}


def panels(figure: Any) -> list[tuple[str, ...]]:
    """The title, the labels and the notes of each panel that is seen, a title in one line."""
    figure.draw_without_rendering()
    return [
        (
            axes.get_title().replace("\n", " "),
            *((axes.get_xlabel(), axes.get_ylabel()) if axes.axison else ("", "")),
            *(text.get_text() for text in axes.texts if text.get_text()),
        )
        for axes in figure.axes
        if axes.get_visible()
    ]


def legends(figure: Any) -> list[list[str]]:
    """Under all panels, and in them."""
    own = [axes.get_legend() for axes in figure.axes if axes.get_visible()]
    found = [*figure.legends, *(legend for legend in own if legend is not None)]
    return [[text.get_text() for text in legend.get_texts()] for legend in found]


@pytest.mark.parametrize("name", DRAWN)
def test_what_a_picture_says(name: str) -> None:
    figure = DRAWN[name]()
    size, title, shown, keys, caption = SAID[name]
    assert tuple(figure.get_size_inches()) == pytest.approx(size)
    assert figure.get_suptitle().replace("\n", " ") == title
    assert panels(figure) == shown
    assert legends(figure) == keys
    assert plotting.description(figure) == caption
