"""The loss that leaves its gradient in the scores: as torch's own, and only where that is safe."""

import pytest
import torch
from torch.nn.functional import cross_entropy, linear

from pqtheory.networks.tasks import cross_entropy as module
from pqtheory.networks.tasks.cross_entropy import next_word_loss


def trained(loss, after, factor=1.0, dtype=torch.float32):
    """The loss of a linear layer on noise, and its gradients."""
    generator = torch.Generator().manual_seed(0)
    x, matrix = (torch.randn(n, 7, generator=generator).to(dtype) for n in (len(after), 23))
    bias = torch.zeros(23, dtype=dtype)
    for t in (x, matrix, bias):
        t.requires_grad_()
    found = loss(linear(x, 20 * matrix, bias), after)
    (factor * found).backward()
    return [found.detach(), x.grad, matrix.grad, bias.grad]


@pytest.mark.parametrize("block", [1, 50, 1 << 16])
@pytest.mark.parametrize("factor", [1.0, -0.5])
@pytest.mark.parametrize("left_out", [(), (0, 4, 12)])
def test_it_is_torchs_cross_entropy_however_it_is_parted(monkeypatch, block, factor, left_out):
    monkeypatch.setattr(module, "BLOCK", block)
    after = torch.randint(0, 23, (13,), generator=torch.Generator().manual_seed(1))
    after[list(left_out)] = -100
    for ours, theirs in zip(
        trained(next_word_loss, after, factor), trained(cross_entropy, after, factor), strict=True
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


def test_the_gradient_is_in_the_memory_of_the_scores_and_there_once():
    scores = torch.randn(5, 9, requires_grad=True)
    used = 1 * scores
    loss = next_word_loss(used, torch.arange(5))
    (gradient,) = torch.autograd.grad(loss, used, retain_graph=True)
    assert gradient.data_ptr() == used.data_ptr()
    with pytest.raises(RuntimeError, match="has been taken already"):
        loss.backward()


def test_a_layer_that_needs_its_scores_is_not_given_wrong_ones():
    scores = torch.randn(5, 9, requires_grad=True)
    # tanh' is a function of tanh
    loss = next_word_loss(scores.tanh(), torch.arange(5))
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_elsewhere_it_is_torchs_and_the_scores_stay():
    after = torch.arange(4)
    for scores in (
        torch.randn(4, 6),
        torch.randn(4, 6, dtype=torch.float64, requires_grad=True),
        torch.randn(6, 4, requires_grad=True).T,
    ):
        before = scores.detach().clone()
        assert torch.equal(next_word_loss(scores, after), cross_entropy(scores, after))
        assert torch.equal(scores, before)
    with torch.no_grad():
        scores = torch.randn(4, 6, requires_grad=True)
        before = scores.clone()
        next_word_loss(scores, after)
        assert torch.equal(scores, before)


@pytest.mark.parametrize("view", [lambda leaf: leaf, lambda leaf: leaf.view(2, 5)])
def test_a_parameter_is_never_overwritten(view):
    leaf = torch.randn(2, 5, requires_grad=True)
    before, after = leaf.detach().clone(), torch.tensor([1, 4])
    assert torch.equal(next_word_loss(view(leaf), after), cross_entropy(leaf, after))
    assert torch.equal(leaf, before)


def test_the_default_dtype_is_no_matter():
    after = torch.arange(5)
    expected = trained(next_word_loss, after)
    torch.set_default_dtype(torch.float64)
    try:
        found = trained(next_word_loss, after)
    finally:
        torch.set_default_dtype(torch.float32)
    assert found[0].dtype == torch.float32
    assert found[0].isfinite()
    assert [f.shape for f in found] == [e.shape for e in expected]


@pytest.mark.parametrize("word", [-1, 9])
def test_a_word_that_is_none_is_an_error_with_a_gradient_and_without(word):
    after = torch.tensor([1, word])
    for scores in (torch.randn(2, 9), 1 * torch.randn(2, 9, requires_grad=True)):
        with pytest.raises((IndexError, RuntimeError), match=r"out of (bounds|range)"):
            next_word_loss(scores, after)
