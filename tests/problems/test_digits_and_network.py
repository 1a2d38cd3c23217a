"""The problems on the digits: how they are split, logistic regression, and the network."""

import math
import sys
from typing import Any

import numpy as np
import pytest
import torch

from pqtheory.problems import LogisticRegression, TanhNetwork, digits_split
from pqtheory.problems.digits_data import DigitsSplit

from .helpers import points


@pytest.fixture(scope="module")
def split() -> DigitsSplit:
    return digits_split(seed=0)


def test_digits_split(split: DigitsSplit) -> None:
    (train_X, train_y), (test_X, test_y) = split.train, split.test
    assert len(train_y) + len(test_y) == 1797
    assert train_X.shape == (len(train_y), 64)
    assert train_X.min() == -1
    assert train_X.max() == 1
    everything = np.bincount(train_y) + np.bincount(test_y)
    np.testing.assert_array_equal(np.bincount(test_y), np.round(0.25 * everything))
    both = np.concatenate([train_X, test_X])
    assert len(np.unique(both, axis=0)) == 1797  # no image is on both sides
    again, other = digits_split(seed=0), digits_split(seed=1)
    np.testing.assert_array_equal(split.train[0], again.train[0])
    assert not np.array_equal(split.train[0], other.train[0])
    assert split.part("train") is split.train
    assert split.part("test") is split.test
    with pytest.raises(ValueError, match="split: expected 'train' or 'test', got 'all'"):
        split.part("all")


@pytest.mark.parametrize("fraction", [0, 1, -0.1, math.nan])
def test_digits_split_refuses_fractions_outside(fraction: float) -> None:
    with pytest.raises(ValueError, match="test_fraction"):
        digits_split(fraction)


def test_missing_scikit_learn_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    for call in (digits_split, TanhNetwork.digits, LogisticRegression.digits):
        with pytest.raises(ImportError, match=r"pip install 'pqtheory\[digits\]'"):
            call()


def test_logistic_regression_on_digits(split: DigitsSplit) -> None:
    y = split.train[1]
    parity = LogisticRegression.digits()
    assert parity.X.shape == (len(y), 65)
    np.testing.assert_array_equal(parity.labels, np.where(y % 2 == 1, 1, -1))
    np.testing.assert_array_equal((parity.labels[:, None] * parity.X)[:, :64], split.train[0])
    np.testing.assert_array_equal(parity.labels * parity.X[:, 64], 1)
    pair = LogisticRegression.digits([3], [8], split="test", l2=0.1)
    assert pair.samples == np.isin(split.test[1], [3, 8]).sum()
    assert (pair.labels == 1).sum() == (split.test[1] == 3).sum()
    x = np.zeros(65)
    for _ in range(50):
        x -= pair.gradient(x) / pair.smoothness
    assert pair.value(x) < 0.5 * math.log(2)


@pytest.mark.parametrize(("positive", "negative"), [((1,), (1, 2)), ((), (1,)), ((1,), (10,))])
def test_logistic_regression_refuses_odd_groups(positive: Any, negative: Any) -> None:
    with pytest.raises(ValueError, match="positive, negative: expected"):
        LogisticRegression.digits(positive, negative)


def test_tanh_network_logits_and_error() -> None:
    X, y = np.asarray([[1.0, -1.0], [0.5, 2.0], [0.0, 0.0]]), np.asarray([0, 1, 1])
    network = TanhNetwork(X, y, hidden=3, gain=2.0)
    assert network.dim == 3 * 3 + 2 * 3
    assert network.layers == {"hidden": slice(0, 9), "output": slice(9, 15)}
    theta = points(network, 4)
    logits = network.logits(theta, X)
    assert logits.shape == (4, 3, 2)
    W1, W2 = theta[0, :9].reshape(3, 3), theta[0, 9:].reshape(2, 3)
    for k in range(3):
        active = np.tanh(W1 @ np.append(X[k], 1) / math.sqrt(3))
        np.testing.assert_allclose(logits[0, k], 2 * W2 @ active / math.sqrt(3), rtol=1e-12)
    error = network.error(theta, X, y)
    np.testing.assert_array_equal(error, (logits.argmax(-1) != y).mean(axis=-1))
    torch_error = network.error(torch.asarray(theta, dtype=torch.float32), X, y)
    assert torch_error.dtype == torch.float32
    np.testing.assert_allclose(torch_error.numpy(), error, rtol=1e-6)
    for bad_X, bad_y, message in (
        (X[:, :1], y, "X: expected shape"),
        (X, y[:2], "y: expected shape"),
        (X, y + 1, "y: expected labels 0 to 1"),
    ):
        with pytest.raises(ValueError, match=message):
            network.error(theta, bad_X, bad_y)


def test_tanh_network_survives_large_logits() -> None:
    network = TanhNetwork.random(3, 4, 3, 12)
    theta = 1e4 * points(network, 3)
    value, gradient = network.value(theta), network.gradient(theta)
    assert np.isfinite(gradient).all()
    # hidden units are saturated, so the loss grows linearly in theta
    np.testing.assert_allclose(network.value(2 * theta), 2 * value, rtol=1e-3)


def test_tanh_network_learns_the_digits(split: DigitsSplit) -> None:
    network = TanhNetwork.digits(hidden=32)
    rng = np.random.default_rng(0)
    theta = rng.standard_normal((2, network.dim)).astype(np.float32)
    assert (network.error(theta, *split.test) > 0.5).all()
    for _ in range(400):
        theta -= network.stochastic_gradient(theta, rng)
    assert theta.dtype == np.float32
    assert (network.error(theta, *split.test) < 0.12).all()
    held_out = TanhNetwork.digits(hidden=32, split="test")
    assert (held_out.value(theta) < 0.5).all()
