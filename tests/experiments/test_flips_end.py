"""The bound of ProxQuant's flips and the flip law: small real runs, and what the reports say of numbers."""

import numpy as np
import pytest
import torch

from experiments import counted, flip_law, flips_end, full_gradients
from experiments.law import Law


def shorten(patched):
    """One seed, few steps, few images."""
    for module in (full_gradients, flips_end, flip_law):
        for name, value in {"STEPS": 12, "IMAGES": 64, "SEEDS": (0,), "WINDOW": 8}.items():
            if name in vars(module):
                patched.setattr(module, name, value)
    patched.setattr(flip_law, "ADAM_EPOCHS", 1)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    data = counted.data_of(flips_end.warm_settings("digits", 0), None, 96, 20)
    with pytest.MonkeyPatch.context() as patched:
        shorten(patched)
        plans = {**flips_end.plan(folder, lambda: data), **flip_law.plan(folder, lambda: data)}
        return counted.carry_out(plans, folder, 1.0)


def test_the_flips_of_real_runs_are_below_the_bound(small):
    for strength in flips_end.LAMBDAS:
        run = small[f"{flips_end.FULL} {strength:g} 0"]
        assert 0 < flips_end.ETA * run["beta"] < 1
        assert 0 < flips_end.counted_of(run) <= flips_end.bound(run)
        # what a step of the method cannot do
        assert run["F_last"] < run["F_first"]
        assert len(run["flips"]) == 12
    assert "beta" not in small[f"{flips_end.BATCHES} {strength:g} 0"]


def test_the_beta_that_a_run_needs_is_that_of_a_parabola():
    parameter = torch.nn.Parameter(torch.tensor([1.0, 2.0], dtype=torch.float64))
    loss = (torch.tensor([3.0, 1.0]) * parameter**2).sum() / 2
    loss.backward()
    before, gradients = [parameter.detach().clone()], [parameter.grad.clone()]
    with torch.no_grad():
        parameter[0] -= 0.5
    new = (torch.tensor([3.0, 1.0]) * parameter**2).sum().item() / 2
    needed = flips_end._needed([parameter], before, gradients, loss.item(), new)
    assert needed == pytest.approx(3)


def full(flips, beta=2.0, strength=3e-3):
    m = flips_end.ETA * strength
    return {"flips": flips, "early": 0, "m": m, "beta": beta, "F_first": 4.0, "F_last": 1.0}


def everything(**changed):
    found = {}
    for seed in flips_end.SEEDS:
        early, late = [5] + [0] * 399, [5] * 400
        for strength in flips_end.LAMBDAS:
            found[f"{flips_end.FULL} {strength:g} {seed}"] = full(early, strength=strength)
            found[f"{flips_end.BATCHES} {strength:g} {seed}"] = {"flips": late}
        found[f"{flips_end.PLAIN} {seed}"] = {"flips": late}
    return {**found, **changed}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, [True] * 4),
        ({f"{flips_end.FULL} 0.003 1": full([10**9] + [0] * 399)}, [False, False, True, False]),
        # of which the theorem does not speak
        ({f"{flips_end.FULL} 0.003 1": full([5] + [0] * 399, 9.0)}, [None, True, True, True]),
        (
            {f"{flips_end.FULL} 0.003 1": full([0] * 300 + [5] + [0] * 99)},
            [True, True, False, True],
        ),
        ({f"{flips_end.PLAIN} 1": {"flips": [5] + [0] * 399}}, [True, True, False, True]),
    ],
)
def test_what_held_of_the_bound(changed, expected):
    found = everything(**changed)
    assert [holds(found) for holds in flips_end.PREDICTIONS.values()] == expected


def test_the_bound_is_the_theorems():
    run = full([0])
    x = 0.15 * 2.0
    assert flips_end.bound(run) == pytest.approx(0.15 * 4 / (2 * (1 - x) * (0.15 * 3e-3) ** 2))
    assert flips_end.bound(full([0], 7.0)) == np.inf
    early = {**full([4]), "early": 2}
    assert flips_end.counted_of(early) == pytest.approx(2 + 2 / (2 - x))


def test_the_reports_of_real_runs(small, monkeypatch):
    shorten(monkeypatch)
    text = flips_end.report(small)
    assert "ProxQuant, full gradients, lambda = 0.003" in text
    assert flips_end.draw(small).startswith(b"\x89PNG")
    text = flip_law.report(small)
    assert "| batches, Adam | conv2 |" in text
    assert flip_law.draw(small).startswith(b"\x89PNG")
    assert flip_law._never_above(small) is True


class Latents:
    """An optimizer whose latent weights are set."""

    def __init__(self, values):
        self.parameter = torch.nn.Parameter(torch.tensor(values))

    def latent_parameters(self):
        return [(self.parameter, self.parameter.detach())]


def test_the_law_counts_flips_and_shares():
    made = Latents([-1.0, -1.0, -1.0])
    model = torch.nn.Module()
    model.weight = made.parameter
    law = Law(made, model)
    # at +1 in every second step, in one of four, never
    for row in ([1, 1, -1], [-1, -1, -1], [1, -1, -1], [-1, -1, -1]):
        made.parameter.data = torch.tensor(row, dtype=torch.float32)
        law.look(counts=True)
    found = law.by_layer()["weight"]
    assert found["flips"] == pytest.approx((4 + 2 + 0) / 3 / 4)
    assert found["law"] == pytest.approx((4 + 2 + 0) / 3 / 4)
    assert found["above_it"] == 0
    assert flip_law.nearness({"law": {"all": found}}) == pytest.approx(1)


def law(share, above=0):
    return {"law": {"all": {"flips": share / 100, "law": 0.01, "above_it": above}}}


@pytest.mark.parametrize(
    ("plain", "adam", "expected"),
    [
        (law(0.8), law(0.3), [True, True, True]),
        (law(0.8, 1), law(0.3), [False, True, True]),
        (law(0.2), law(0.3), [True, False, True]),
        (law(0.8), law(0.6), [True, True, False]),
    ],
)
def test_what_held_of_the_law(plain, adam, expected):
    found = {f"{flip_law.PLAIN} {seed}": plain for seed in flip_law.SEEDS}
    found |= {f"{flip_law.ADAM} {seed}": adam for seed in flip_law.SEEDS}
    assert [holds(found) for holds in flip_law.PREDICTIONS.values()] == expected
    assert [holds({}) for holds in flip_law.PREDICTIONS.values()] == [None] * 3
