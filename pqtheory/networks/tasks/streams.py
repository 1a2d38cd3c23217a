"""A text as streams that are read side by side, a window of each at a time."""

from collections.abc import Iterator
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from pqtheory._messages import brief
from pqtheory.networks.tasks.batches import Batch, Batches

#: streams of an evaluation
EVALUATED = 10
#: in place of a word that is none: cross-entropy leaves it out
NONE = -100


@final
class TextBatches(Batches):
    """Windows of a text.

    Parameters
    ----------
    text, tested : array of int64
        What is trained and what is measured on.
    device : torch.device
        Where.
    streams, window : int
        Of training. Each stream is a part of the text in its order, so that the state of a network can go on from
        window to window; a rest that fills no window is not trained on.

    Raises
    ------
    ValueError
        If the text is too short for one window of each stream.
    """

    def __init__(
        self,
        text: NDArray[np.int64],
        tested: NDArray[np.int64],
        device: torch.device,
        streams: int,
        window: int,
    ) -> None:
        self.device, self.per_step, self.window = device, 1, window
        length = (len(text) - 1) // streams
        self.count = length // window
        if not self.count:
            raise ValueError(
                f"batch_size: expected streams of {window + 1} words or more, "
                f"got {brief(streams)} streams of a text of {len(text)} words"
            )
        words = torch.from_numpy(text).to(device)
        self._words = words[: length * streams].view(streams, length)
        self._next = words[1 : length * streams + 1].view(streams, length)
        self._part = torch.arange(window, device=device)
        self._tested = torch.from_numpy(tested).to(device)

    def drawn(self, epoch: int) -> list[Tensor]:
        """The windows in their order: nothing is left to chance."""
        return [torch.arange(self.count, device=self.device)]

    def batch(self, *drawn: Tensor) -> Batch:
        """Words (streams, window), and the words after them."""
        columns = drawn[0] * self.window + self._part
        return self._words.index_select(1, columns), self._next.index_select(1, columns)

    def plain(self, which: str, size: int | None = None) -> Iterator[Batch]:
        """The windows that are trained on; or every word of the "test" part but the first, in ``size`` streams."""
        if which == "train":
            yield from self.epoch(0)
            return
        count, streams = len(self._tested) - 1, min(size or EVALUATED, len(self._tested) - 1)
        length = -(-count // streams)
        missing = streams * length - count
        words = pad(self._tested[:-1], (0, missing)).view(streams, length)
        after = pad(self._tested[1:], (0, missing), value=NONE).view(streams, length)
        yield from zip(words.split(self.window, 1), after.split(self.window, 1), strict=True)
