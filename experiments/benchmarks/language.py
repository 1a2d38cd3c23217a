"""A training step of the LSTM language model: quantized against plain, ours against a plain loop of the same model.

Embedding and hidden state of 300, 10,000 words, batch 20, windows of 30: the paper's.
"""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from experiments.benchmarks.timing import Row, compare
from pqtheory.networks.data.text import Text
from pqtheory.networks.models.language import LanguageModel
from pqtheory.networks.training import RunFolder, preset
from pqtheory.networks.training.run import Run

WORDS, STEPS = 10_000, 2
#: of ALT-ProxQuant at 2 bits, of binary ProxQuant; of a plain loop against ours
TWO_BITS, BINARY, PLAIN = 1.6, 1.1, 1.0


def measure(words: int = WORDS, repeats: int = 9) -> list[Row]:
    """ProxQuant at 2 bits and at +-1 against full precision; a plain loop against full precision."""
    text = _text(words)
    full = _ours(text, "full-precision", "binary")
    rows = [
        compare(
            f"LSTM training step, ProxQuant, {levels}, per row / full precision, SGD",
            _ours(text, "proxquant", levels),
            full,
            limit,
            repeats=repeats,
        )
        for levels, limit in (("2-bit", TWO_BITS), ("binary", BINARY))
    ]
    name = "LSTM training step: plain PyTorch loop / ours, full precision, SGD"
    return [*rows, compare(name, _plain(text), full, PLAIN, repeats=repeats, at_least=True)]


def _text(words: int) -> Text:
    rng = np.random.default_rng(0)
    train = rng.integers(0, words, 20 * 30 * 50 + 21)
    return Text("noise", tuple(map(str, range(words))), train, train[:99], train[:99])


def _ours(text: Text, method: str, levels: str) -> Callable[[], None]:
    chosen = preset("corrected", method, task="language", levels=levels, data="ptb")
    run = Run(chosen, text, RunFolder(Path("none")), torch.device("cpu"))
    run.model.train()
    batches = itertools.cycle(list(run.batches.epoch(0)))

    def work() -> None:
        for batch in itertools.islice(batches, STEPS):
            with run.random.lent():
                run._step(*batch)

    return work


def _plain(text: Text) -> Callable[[], None]:
    """As in PyTorch's own example: detach the state, clip, step."""
    torch.manual_seed(0)
    model = LanguageModel(len(text.words))
    optimizer = torch.optim.SGD(model.parameters(), lr=20.0)
    length = (len(text.train) - 1) // 20
    streams = torch.from_numpy(text.train[: 20 * length]).view(20, length)
    starts = itertools.cycle(range(0, length - 31, 30))
    state: list[Any] = [model.state(20)]

    def work() -> None:
        for start in itertools.islice(starts, STEPS):
            words, after = streams[:, start : start + 30], streams[:, start + 1 : start + 31]
            optimizer.zero_grad()
            scores, *new = model(words, *state[0])
            loss = nn.functional.cross_entropy(scores.flatten(0, 1), after.flatten())
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.25)
            optimizer.step()
            state[0] = [s.detach() for s in new]

    return work
