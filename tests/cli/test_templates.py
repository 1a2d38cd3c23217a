"""The templates of claims at work."""

from fractions import Fraction

import numpy as np
import pytest

from pqtheory.cli.templates import proof, sample
from pqtheory.evidence.base import Budget


@pytest.mark.parametrize(("budget", "size"), [("quick", 1000), ("full", 100_000)])
def test_the_template_of_a_sample(budget, size):
    rng = np.random.default_rng(0)
    theta, weight = rng.uniform(-3, 3, size), rng.uniform(0, 2, size)
    found = sample._check(Budget(budget), 1.0)
    moved = sample.W.prox(theta, weight)
    margins = abs(theta - np.sign(theta)) - abs(moved - np.sign(theta))
    assert (found.kind, found.cases, found.margin) == ("sampled", size, margins.min())
    assert (found.measured, found.predicted) == (
        *({"share closer or equal": 1.0}, {"share closer or equal": 1.0}),
    )
    assert found.tolerance == 1e-12
    wrong = sample._check(Budget(budget), -1.0)
    assert wrong.kind == "refuted"
    moved = sample.W.prox(-theta, weight)
    margins = abs(theta - np.sign(theta)) - abs(moved - np.sign(theta))
    assert wrong.measured == {"share closer or equal": float((margins >= -1e-12).mean())}
    case = wrong.counterexample
    moved = sample.W.prox(-case["theta"], case["weight"])
    margin = abs(case["theta"] - np.sign(case["theta"])) - abs(moved - np.sign(case["theta"]))
    assert case["margin"] == pytest.approx(margin)
    assert set(case) == {"theta", "weight", "margin"}


def test_the_template_of_a_proof():
    pytest.importorskip("z3")
    assert proof.never_farther(1)(Budget("quick")).kind == "proved"
    assert proof.never_farther(-1)(Budget("quick")).kind == "refuted"
    for number in (1, Fraction(-1, 2), 3):
        case = {"theta": number, "weight": Fraction(1, 4)}
        assert proof.never_farther(1).replay(case).kind == "sampled"
        assert proof.never_farther(-1).replay(case).kind == "refuted"
