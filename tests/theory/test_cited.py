"""Formulas that the book cites and does not prove: Yin et al., ICLR 2019, looked at by sampling and by differences.

One hidden layer with steps for activations, y = v . [Z w > 0], Gaussian Z, half the squared distance to the y of
(v*, w*), |w*| = 1; theta is the angle of w and w*. In the coarse gradient the derivative of the rectifier stands in for
that of the step.
"""

import numpy as np
import pytest

V, V_STAR = np.array([1.0, -0.5, 0.75]), np.array([0.5, 1.0, 0.25])
W = np.array([0.8, 0.4, -0.3, 0.1])
W_STAR = np.array([0.5, 0.5, 0.5, 0.5])


def loss(w):
    """The expected loss: (v.Av - 2 v.Bv* + v*.Av*) / 8, A = I + 11', B = (1 - 2 theta / pi) I + 11'."""
    angle = np.arccos(w @ W_STAR / np.linalg.norm(w))
    one, eye = np.ones((3, 3)), np.eye(3)
    A, B = eye + one, (1 - 2 * angle / np.pi) * eye + one
    return (V @ A @ V - 2 * V @ B @ V_STAR + V_STAR @ A @ V_STAR) / 8


def coarse_gradient():
    """Its expectation in closed form."""
    unit = W / np.linalg.norm(W)
    angle = np.arccos(unit @ W_STAR)
    middle = unit + W_STAR
    h = V @ V + V.sum() ** 2 - V.sum() * V_STAR.sum() + V @ V_STAR
    along = h / (2 * np.sqrt(2 * np.pi)) * unit
    toward = np.cos(angle / 2) * (V @ V_STAR) / np.sqrt(2 * np.pi)
    return along - toward * middle / np.linalg.norm(middle)


@pytest.fixture(scope="module")
def sampled():
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((300_000, 3, 4))
    on, wanted = (Z @ W > 0).astype(float), (Z @ W_STAR > 0).astype(float)
    off = on @ V - wanted @ V_STAR
    return (off**2).mean() / 2, np.einsum("kij,ki->j", Z, on * V * off[:, None]) / len(Z)


def test_the_expected_loss(sampled):
    assert loss(W) == pytest.approx(sampled[0], rel=1e-2)


def test_the_expected_coarse_gradient(sampled):
    np.testing.assert_allclose(coarse_gradient(), sampled[1], atol=1e-2)


def test_its_product_with_the_gradient():
    """sin(theta) (v . v*)^2 / (2 (2 pi)^{3/2} |w|), which is >= 0: coarse steps descend."""
    steps = 1e-6 * np.eye(4)
    gradient = np.array([(loss(W + e) - loss(W - e)) / 2e-6 for e in steps])
    length = np.linalg.norm(W)
    sine = np.sin(np.arccos(W @ W_STAR / length))
    expected = sine * (V @ V_STAR) ** 2 / (2 * (2 * np.pi) ** 1.5 * length)
    assert coarse_gradient() @ gradient == pytest.approx(expected, rel=1e-6)
