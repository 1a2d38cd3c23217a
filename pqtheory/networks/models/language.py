r"""A language model: embedding, one LSTM layer, decoder, dropout before and after the LSTM.

With ``normalised`` each row v of the four matrices acts as g v / ||v||, g a number that is trained: weight
normalisation, under which the length of a quantized row is of no account.

References
----------
ProxQuant, arXiv 1810.00861, section 4.2; Salimans and Kingma, *Weight Normalization*, NeurIPS 2016.
"""

from typing import Any, final

import torch
from torch import Tensor, nn

from pqtheory._checks import check_count
from pqtheory.networks.models.dropout import check_dropout

#: embeddings and decoder start uniform in [-START, START]
START = 0.1


@final
class LanguageModel(nn.Module):
    """Scores of the next word.

    Parameters
    ----------
    vocabulary : int
        Words.
    embedding, hidden : int
        Width of the embedding, and of the LSTM.
    dropout : float
        Share of the activations that is dropped in training.
    normalised : bool
        Whether the rows of the matrices are.

    Raises
    ------
    TypeError, ValueError
        If the vocabulary or a width is no integer >= 1, or the dropout not from 0 to 1.
    """

    def __init__(
        self,
        vocabulary: int,
        embedding: int = 300,
        hidden: int = 300,
        dropout: float = 0.5,
        normalised: bool = False,
    ) -> None:
        super().__init__()
        vocabulary = check_count(vocabulary, "vocabulary")
        embedding, hidden = check_count(embedding, "embedding"), check_count(hidden, "hidden")
        check_dropout(dropout)
        self.encoder = nn.Embedding(vocabulary, embedding)
        self.lstm = nn.LSTM(embedding, hidden, batch_first=True)
        self.decoder = nn.Linear(hidden, vocabulary)
        self.dropout = nn.Dropout(dropout)
        for matrix in (self.encoder.weight, self.decoder.weight):
            nn.init.uniform_(matrix, -START, START)
        nn.init.zeros_(self.decoder.bias)
        self.lengths = nn.ParameterList()
        if normalised:
            self.lengths.extend(nn.Parameter(m.detach().norm(dim=1)) for m in self.matrices())

    def matrices(self) -> tuple[nn.Parameter, ...]:
        """Encoder, both transitions, decoder: what is quantized."""
        lstm: Any = self.lstm
        return self.encoder.weight, lstm.weight_ih_l0, lstm.weight_hh_l0, self.decoder.weight

    def state(self, size: int) -> tuple[Tensor, Tensor]:
        """Hidden and cell state before the first word of ``size`` streams, each (1, size, hidden)."""
        zeros = self.decoder.weight.new_zeros(1, size, self.lstm.hidden_size)
        return zeros, zeros.clone()

    def forward(self, words: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Scores (streams, steps, vocabulary) of the words after ``words`` (streams, steps), and the new state."""
        encoder, into, across, decoder = self.effective()
        x = self.dropout(nn.functional.embedding(words, encoder))
        if self.lengths:
            lstm: Any = self.lstm
            weights = [into, across, lstm.bias_ih_l0, lstm.bias_hh_l0]
            out, hidden, cell = torch._VF.lstm(
                x, (hidden, cell), weights, True, 1, 0.0, self.training, False, True
            )
        else:
            out, (hidden, cell) = self.lstm(x, (hidden, cell))
        scores = nn.functional.linear(self.dropout(out), decoder, self.decoder.bias)
        return scores, hidden, cell

    def effective(self) -> tuple[Tensor, ...]:
        """The matrices that act."""
        if not self.lengths:
            return self.matrices()
        pairs = zip(self.lengths, self.matrices(), strict=True)
        return tuple(
            (length / m.norm(dim=1).clamp_min(torch.finfo(m.dtype).tiny))[:, None] * m
            for length, m in pairs
        )

    @torch.no_grad()
    def gate_inputs(self, words: Tensor, hidden: Tensor, cell: Tensor) -> Tensor:
        """What the four gates are given, (steps, streams, 4 hidden), step by step as the formula has it."""
        encoder, into, across, _ = self.effective()
        lstm: Any = self.lstm
        h, c, found = hidden[0], cell[0], []
        for x in nn.functional.embedding(words, encoder).unbind(1):
            inputs = x @ into.T + h @ across.T + lstm.bias_ih_l0 + lstm.bias_hh_l0
            i, f, g, o = inputs.chunk(4, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            found.append(inputs)
        return torch.stack(found)
