"""Scaled runs of BinaryConnect have the same signs: by the page, by other code, and in networks bit for bit."""

import numpy as np
import pytest

from pqtheory.evidence import Budget
from pqtheory.theory.binary_connect import bc_scale_invariance as page

from ..verified import verified

pytest.importorskip("z3")

QUICK = Budget("quick")


def test_the_page_holds():
    result = verified("bc-scale-invariance")
    assert result.ok
    assert {part.kind for part in result.parts} == {"proved"}
    assert result.measured[page.FIGURE] == pytest.approx([2 / 3, 0, 2 / 3])


@pytest.mark.parametrize("c", [2.0**-20, 0.5, 4.0, 2.0**30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_adam_with_noise_bit_for_bit(c, dtype):
    rng = np.random.default_rng(0)
    A = rng.normal(size=(5, 5)).astype(dtype)
    noise = rng.normal(size=(300, 5)).astype(dtype)
    start = rng.normal(size=5).astype(dtype)

    def run(scale):
        theta, eta = dtype(scale) * start, dtype(scale) * dtype(0.03)
        m = v = np.zeros(5, dtype)
        path = []
        for t in range(300):
            s = np.where(theta >= 0, dtype(1), dtype(-1))
            g = A.T @ (A @ s) + noise[t]
            m, v = dtype(0.9) * m + dtype(0.1) * g, dtype(0.99) * v + dtype(0.01) * g * g
            theta = theta - eta * (m / (np.sqrt(v) + dtype(1e-8)))
            path.append(theta)
        return np.array(path)

    one, other = run(1.0), run(c)
    assert (np.diff(one >= 0, axis=0) != 0).any()
    np.testing.assert_array_equal(other, dtype(c) * one)


def test_a_network_with_latent_weights_and_step_size_times_four_has_the_same_signs():
    torch = pytest.importorskip("torch")
    from pqtheory.networks import optim

    x, y = torch.randn(64, 8, generator=torch.Generator().manual_seed(0)), torch.arange(64) % 3

    def run(c):
        torch.manual_seed(1)
        net = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3))
        groups = optim.split_parameters(net, lr=c * 1e-2)
        with torch.no_grad():
            for p in groups[0]["params"]:
                p.mul_(c)
        opt = optim.BinaryConnect(torch.optim.Adam(groups, lr=1e-2))
        signs = []
        for _ in range(40):
            opt.zero_grad()
            torch.nn.functional.cross_entropy(net(x), y).backward()
            opt.step()
            with opt.quantized():
                signs.append(torch.cat([p.detach().flatten() for p in groups[0]["params"]]).clone())
        return torch.stack(signs)

    one, four = run(1), run(4)
    assert (one[1:] != one[:-1]).any()
    assert torch.equal(one, four)


@pytest.mark.parametrize(
    "check",
    [
        page.same_signs(page.clipping),
        page.same_signs(page.decay),
        page.same_signs(page.decay, lambda w, c: w / (2 * c)),
        page.same_signs(lambda theta, memory, u, eta, w: (theta - eta * eta * u, memory)),
    ],
)
def test_what_has_another_yardstick_is_refuted(check):
    assert check(QUICK).kind == "refuted"


def test_a_step_that_rounds_otherwise_is_found_out(monkeypatch):
    from pqtheory.methods import BinaryConnect
    from pqtheory.methods.base import State

    monkeypatch.setattr(
        BinaryConnect, "step", lambda self, s, g: State(s.latent - np.float16(0.01) * g, 1)
    )
    assert page.bit_for_bit(QUICK).kind == "refuted"


def test_all_of_half_precision_at_every_budget():
    for budget in ("quick", "full"):
        assert page.bit_for_bit(Budget(budget)).kind == "proved"
