"""A text in streams: each word once, windows in their order, and what is too short."""

import numpy as np
import pytest
import torch

from pqtheory.networks.tasks.streams import EVALUATED, NONE, TextBatches

from ..messages import exactly

CPU = torch.device("cpu")


def batches_of(words, streams, window, tested=23):
    return TextBatches(np.arange(words), np.arange(100, 100 + tested), CPU, streams, window)


@pytest.mark.parametrize(
    ("words", "streams", "window", "count"),
    # the last word has none after it
    [(13, 3, 4, 1), (25, 3, 4, 2), (24, 3, 4, 1), (9, 1, 8, 1), (2, 1, 1, 1)],
)
def test_as_many_windows_as_there_are_words_for(words, streams, window, count):
    batches = batches_of(words, streams, window)
    assert (batches.count, batches.per_step, len(batches)) == (count, 1, count)
    assert batches.device == CPU
    length = (words - 1) // streams
    expected = torch.arange(length * streams).view(streams, length)
    for number, (now, after) in enumerate(batches.epoch(0)):
        assert torch.equal(now, expected[:, number * window : (number + 1) * window])
        assert torch.equal(after, now + 1)
    assert number + 1 == count


@pytest.mark.parametrize(("words", "streams", "window"), [(12, 3, 4), (8, 1, 8), (1, 1, 1)])
def test_a_text_that_is_too_short(words, streams, window):
    with pytest.raises(
        ValueError,
        match=exactly(
            f"batch_size: expected streams of {window + 1} words or more, "
            f"got {streams} streams of a text of {words} words"
        ),
    ):
        batches_of(words, streams, window)


def test_nothing_of_an_epoch_is_left_to_chance():
    batches = batches_of(25, 3, 4)
    for epoch in (0, 5):
        (drawn,) = batches.drawn(epoch)
        assert drawn.tolist() == [0, 1]
    for (one, _), (other, _) in zip(batches.plain("train"), batches.epoch(3), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("tested", "size", "streams"),
    [(23, None, EVALUATED), (23, 4, 4), (23, 22, 22), (23, 99, 22), (6, None, 5), (2, None, 1)],
)
def test_every_word_but_the_first_is_measured_once(tested, size, streams):
    batches = batches_of(25, 3, 4, tested)
    parts = list(batches.plain("test", size))
    assert all(part.shape[1] <= 4 for part, _ in parts)
    words, after = (torch.cat(column, 1) for column in zip(*parts, strict=True))
    assert words.shape == after.shape == (streams, -(-(tested - 1) // streams))
    count = tested - 1
    assert words.flatten()[:count].tolist() == list(range(100, 100 + count))
    assert after.flatten()[:count].tolist() == list(range(101, 101 + count))
    # a rest is filled with words that count for nothing
    assert set(words.flatten()[count:].tolist()) <= {0}
    assert set(after.flatten()[count:].tolist()) <= {NONE}
