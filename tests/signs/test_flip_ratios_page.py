"""The page of names: its attributes are there, its examples run."""

import re
from pathlib import Path

import numpy as np
import torch

import pqtheory as pq
from pqtheory.signs import CodeMetrics, CodeTracker

PAGE = (Path(__file__).parents[2] / "docs" / "flip_ratios.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (?!known|-).*\| ([^|]*) \|$", PAGE, re.MULTILINE)


def test_every_metric_has_a_row_and_every_row_a_metric():
    named = {name for row in ROWS for name in re.findall(r"`(\w+)`", row)}
    properties = {n for n, v in vars(CodeMetrics).items() if isinstance(v, property)}
    assert named | {"size", "reversals_per_weight"} == (
        set(CodeMetrics.__dataclass_fields__) | properties
    )


def test_the_examples_run():
    first, *_ = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    scope = {"net": torch.nn.Linear(3, 4), "pq": pq}
    exec(first, scope)
    assert scope["codes"]["all"].flips == 0.0
    assert CodeTracker(np.array([0, 2]), 3).names == ("weights",)


def test_the_first_reversal_alone_makes_the_momentum():
    tracker = CodeTracker(np.array([1]), 3, frequencies=True)
    seen = [tracker.update(np.array([code]))["all"] for code in (2, 1)]
    assert [m.frequency for m in seen] == [0.0, 0.01]
    assert [m.oscillating for m in seen] == [0.0, 1.0]


def test_the_mean_flip_ratio_is_flips_per_weight_by_updates():
    path = np.random.default_rng(0).integers(0, 4, size=(9, 30))
    tracker = CodeTracker(path[0], 4)
    flips = [tracker.update(codes)["all"] for codes in path[1:]]
    mean = np.mean([m.flips for m in flips])
    assert np.isclose(flips[-1].flips_per_weight / tracker.updates, mean, rtol=1e-14)
