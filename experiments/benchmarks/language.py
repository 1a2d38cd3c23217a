"""A training step of the LSTM language model: quantized against plain, ours against a plain loop of the same model.

Embedding and hidden state of 300, 10,000 words, batch 20, windows of 30: the paper's. The plain loop has a process of
its own, so that neither lives on the memory that the other has left.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from experiments.benchmarks.timing import Row, compare, elsewhere
from pqtheory.networks.data.text import Text
from pqtheory.networks.models.language import LanguageModel
from pqtheory.networks.training import RunFolder, preset
from pqtheory.networks.training.run import Run

WORDS, STEPS = 10_000, 2
#: of ALT-ProxQuant at 2 bits, of binary ProxQuant; of a plain loop against ours
TWO_BITS, BINARY, PLAIN = 1.6, 1.1, 1.0


def measure(words: int = WORDS, compiled: bool = True, repeats: int = 9) -> list[Row]:
    """ProxQuant at 2 bits and at +-1 against full precision, not compiled; a plain loop against full precision."""
    text = _text(words)
    full = _ours(text, "full-precision", "binary")
    kinds = [("2-bit", False, TWO_BITS), ("2-bit", True, TWO_BITS), ("binary", False, BINARY)]
    rows = [
        compare(
            f"LSTM training step, ProxQuant, {levels}, per row{', compiled' * by_compiler} / full precision, SGD",
            _ours(text, "proxquant", levels, by_compiler),
            full,
            limit,
            repeats=repeats,
        )
        for levels, by_compiler, limit in kinds
        if compiled or not by_compiler
    ]
    name = "LSTM training step: plain PyTorch loop / ours, full precision, SGD"
    with elsewhere(_plain, words) as plain:
        return [*rows, compare(name, plain, full, PLAIN, repeats=repeats, at_least=True)]


def _text(words: int) -> Text:
    rng = np.random.default_rng(0)
    train = rng.integers(0, words, 20 * 30 * 50 + 21)
    return Text("noise", tuple(map(str, range(words))), train, train[:99], train[:99])


def _ours(text: Text, method: str, levels: str, compiled: bool = False) -> Callable[[], None]:
    chosen = preset("corrected", method, task="language", levels=levels, data="ptb")
    chosen = replace(chosen, compile=compiled)
    run = Run(chosen, text, RunFolder(Path("none")), torch.device("cpu"))
    run.model.train()
    batches = itertools.cycle(list(run.batches.epoch(0)))

    def work() -> None:
        for batch in itertools.islice(batches, STEPS):
            with run.random.lent():
                run._step(*batch)

    return work


def _plain(words: int) -> Callable[[], None]:
    """As in PyTorch's own example: detach the state, clip, step."""
    torch.manual_seed(0)
    text = _text(words)
    model = LanguageModel(len(text.words))
    optimizer = torch.optim.SGD(model.parameters(), lr=20.0)
    length = (len(text.train) - 1) // 20
    streams = torch.from_numpy(text.train[: 20 * length]).view(20, length)
    starts = itertools.cycle(range(0, length - 31, 30))
    state: list[Any] = [model.state(20)]

    def work() -> None:
        for start in itertools.islice(starts, STEPS):
            now, after = streams[:, start : start + 30], streams[:, start + 1 : start + 31]
            optimizer.zero_grad()
            scores, *new = model(now, *state[0])
            loss = nn.functional.cross_entropy(scores.flatten(0, 1), after.flatten())
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.25)
            optimizer.step()
            state[0] = [s.detach() for s in new]

    return work
