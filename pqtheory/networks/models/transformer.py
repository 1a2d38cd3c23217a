r"""A decoder-only Transformer: embeddings of words and places, blocks before whose parts there is a norm, a decoder.

With d the width, x of shape (streams, steps, d), and attention that looks at no later step:

    x <- x + out(attention(qkv(norm(x))))
    x <- x + down(gelu(up(norm(x))))

A block has 12 d^2 weights in its four matrices.

References
----------
Vaswani et al., *Attention is all you need*, NeurIPS 2017; Radford et al., *Language models are unsupervised multitask
learners*, 2019, for the order and the first weights; Xiong et al., ICML 2020: with the norm first the step size needs
no warm-up.
"""

from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, gelu, scaled_dot_product_attention

from pqtheory._checks import check_count
from pqtheory._messages import brief
from pqtheory.networks.models.dropout import check_dropout

#: standard deviation of the first weights
START = 0.02


@final
class Inputs(nn.Module):
    """Words and their places as vectors.

    What is quantized by default are weights of layers that multiply; these tables are looked up, one row for each word,
    so that few bits would save no arithmetic here, and rows of rare words see few gradients.

    Parameters
    ----------
    vocabulary, window, width : int
        Words, places, length of the vectors.
    """

    def __init__(self, vocabulary: int, window: int, width: int) -> None:
        super().__init__()
        self.words = nn.Parameter(START * torch.randn(vocabulary, width))
        self.places = nn.Parameter(START * torch.randn(window, width))

    def forward(self, words: Tensor) -> Tensor:
        """Vectors (streams, steps, width) of the words (streams, steps)."""
        window, steps = len(self.places), words.shape[1]
        if steps > window:
            raise ValueError(f"words: expected at most {brief(window)} steps, got {brief(steps)}")
        return embedding(words, self.words) + self.places[:steps]


@final
class Block(nn.Module):
    """Attention, and a network of one hidden layer for each step; both are added to what comes in.

    Parameters
    ----------
    width, heads : int
        Of the vectors; parts into which attention divides them.
    dropout : float
        Share of the activations that is dropped in training.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, nn.Dropout(dropout)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape (streams, steps, width)."""
        x = x + self.dropout(self.out(self._attention(self.norm1(x))))
        return x + self.dropout(self.down(gelu(self.up(self.norm2(x)))))

    def _attention(self, x: Tensor) -> Tensor:
        # (3, streams, heads, steps, width / heads)
        query, key, value = self.qkv(x).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        seen = scaled_dot_product_attention(query, key, value, is_causal=True)
        return seen.transpose(1, 2).flatten(2)


@final
class Transformer(nn.Module):
    """Scores of the next word, from the words of a window up to this one.

    Parameters
    ----------
    vocabulary : int
        Words.
    window : int
        Steps that it sees at most.
    width, layers, heads : int
        Of the vectors; blocks; parts into which attention divides the width.
    dropout : float
        Share of the activations that is dropped in training.

    Raises
    ------
    TypeError, ValueError
        If one of the numbers is no integer >= 1, the width no multiple of the heads, or the dropout not from 0 to 1.
    """

    def __init__(
        self,
        vocabulary: int,
        window: int = 64,
        width: int = 144,
        layers: int = 4,
        heads: int = 4,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        vocabulary, window = check_count(vocabulary, "vocabulary"), check_count(window, "window")
        width, layers = check_count(width, "width"), check_count(layers, "layers")
        heads = check_count(heads, "heads")
        check_dropout(dropout)
        if width % heads:
            raise ValueError(f"heads: expected a divisor of the width {width}, got {brief(heads)}")
        self.inputs, self.dropout = Inputs(vocabulary, window, width), nn.Dropout(dropout)
        self.blocks = nn.Sequential(*(Block(width, heads, dropout) for _ in range(layers)))
        self.norm, self.decoder = nn.LayerNorm(width), nn.Linear(width, vocabulary)
        for name, module in self.named_modules():
            if isinstance(module, nn.Linear):
                # what is added 2 n times begins smaller
                added = name.endswith((".out", ".down"))
                nn.init.normal_(module.weight, std=START / (2 * layers) ** 0.5 if added else START)
                nn.init.zeros_(module.bias)

    def state(self, size: int) -> tuple[()]:
        """Nothing goes on from window to window."""
        return ()

    def forward(self, words: Tensor) -> tuple[Tensor]:
        """Scores (streams, steps, vocabulary) of the words after ``words`` (streams, steps)."""
        x = self.blocks(self.dropout(self.inputs(words)))
        return (self.decoder(self.norm(x)),)
