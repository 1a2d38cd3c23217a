"""The Transformer: it looks at no later word, has a million weights, and is the formula of its docstring."""

import math

import pytest
import torch
from torch.nn.functional import gelu, layer_norm, linear

from pqtheory.networks.models.transformer import Block, Transformer
from pqtheory.networks.optim import describe_split, split_parameters


def test_no_word_sees_a_later_one_and_each_sees_all_before():
    torch.manual_seed(0)
    model = Transformer(11, window=6, width=8, layers=2, heads=2, dropout=0.0)
    words = torch.randint(0, 11, (3, 6))
    (scores,) = model(words)
    assert scores.shape == (3, 6, 11)
    for step in range(6):
        other = words.clone()
        other[:, step] = (other[:, step] + 1) % 11
        same = torch.isclose(model(other)[0], scores).all(2).all(0)
        assert same.tolist() == [place < step for place in range(6)]
    torch.testing.assert_close(model(words[:, :4])[0], scores[:, :4])


def test_a_block_is_its_formula():
    torch.manual_seed(0)
    block, x = Block(6, 2, 0.0).double(), torch.randn(2, 5, 6, dtype=torch.float64)
    n = layer_norm(x, (6,))
    query, key, value = linear(n, block.qkv.weight, block.qkv.bias).chunk(3, 2)
    seen = torch.zeros_like(x)
    for head in (slice(0, 3), slice(3, 6)):
        for step in range(5):
            past = slice(step + 1)
            like = torch.einsum("sd,std->st", query[:, step, head], key[:, past, head])
            weights = torch.softmax(like / math.sqrt(3), 1)
            seen[:, step, head] = torch.einsum("st,std->sd", weights, value[:, past, head])
    y = x + block.out(seen)
    expected = y + block.down(gelu(block.up(layer_norm(y, (6,)))))
    torch.testing.assert_close(block(x), expected)


def test_a_million_weights_of_which_the_tables_and_vectors_are_not_quantized():
    model = Transformer(118)
    assert sum(p.numel() for p in model.parameters()) == pytest.approx(1e6, rel=0.06)
    split = describe_split(
        model,
        split_parameters(model, lambda m, n: isinstance(m, torch.nn.Linear) and n == "weight"),
    )
    assert split.quantized == 4 * 12 * 144**2 + 118 * 144
    assert {left.name for left in split.left} == {"inputs.words", "inputs.places"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"width": 10, "heads": 4}, "heads: expected a divisor of the width 10, got 4"),
        ({"layers": 0}, "layers: expected an integer >= 1, got 0"),
        ({"heads": 0}, "heads: expected an integer >= 1, got 0"),
    ],
)
def test_sizes_that_do_not_fit(wrong, message):
    with pytest.raises(ValueError, match=message):
        Transformer(11, **{"width": 8, "heads": 2, **wrong})


def test_more_words_than_places():
    with pytest.raises(ValueError, match="words: expected at most 4 steps, got 5"):
        Transformer(11, window=4, width=8, heads=2)(torch.zeros(1, 5, dtype=torch.int64))
