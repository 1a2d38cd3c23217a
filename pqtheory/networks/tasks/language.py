"""Language: the next word of a text, an LSTM, perplexity per word, all four matrices quantized by rows."""

import math
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, final

import torch
from torch import Tensor, nn

from pqtheory._messages import brief
from pqtheory.networks.data.sentences import load_sentences
from pqtheory.networks.data.text import Text, load_text
from pqtheory.networks.models.language import LanguageModel
from pqtheory.networks.tasks.base import Memory, Options, Task, check_name
from pqtheory.networks.tasks.batches import Batch, Batches
from pqtheory.networks.tasks.streams import TextBatches

#: a gate whose input is beyond this is shut or open, and learns no more: sigmoid' < 0.007
SATURATED = 5.0
#: windows of validation text over which saturation is counted
WATCHED = 10
#: the paper's; on the text of the package what takes a minute
_PTB = {"epochs": 80}
_SMALL = {"epochs": 20, "options": {"embedding": 64, "hidden": 64, "dropout": 0.2}}
#: lambda per epoch, on a large text and on that of the package, of a squared distance and of W: by the end a tenth of
#: the way is made in a step; all steps together move by about 4, from where weights of size 0.1 have to move by 0.9
_RATES = ((6e-5, 4e-8), (2.5e-4, 3e-5))


@final
class LanguageTask(Task):
    """The next word."""

    measure = "perplexity"
    data = ("sentences", "ptb")
    models = ("lstm",)
    options: ClassVar[Options] = {
        "embedding": 300,
        "hidden": 300,
        "dropout": 0.5,
        # words of a window: how far the gradient goes back
        "window": 30,
        # whether rows are normalised
        "normalised": False,
        # the most frequent words that are kept, and words that are trained on; 0: all
        "vocabulary": 0,
        "tokens": 0,
    }
    validates = True
    # the gradient ends at the window
    whole_gradient = False

    def check(self, data: str, model: str) -> None:
        """A text is one of those by name, or a folder."""
        if data not in self.data and "/" not in data and not Path(data).is_dir():
            check_name("data", data, (*self.data, "FOLDER/"))
        check_name("model", model, self.models)

    def load(self, name: str, data_dir: Any, options: Options) -> Text:
        """The text of that name, or in that folder."""
        sizes = int(options["vocabulary"]), int(options["tokens"])
        return load_sentences(*sizes) if name == "sentences" else load_text(name, data_dir, *sizes)

    def make_model(self, name: str, data: Text, options: Options) -> nn.Module:
        """The LSTM."""
        return LanguageModel(
            len(data.words),
            int(options["embedding"]),
            int(options["hidden"]),
            float(options["dropout"]),
            bool(options["normalised"]),
        )

    def sets(
        self,
        shared: Any,
        *,
        batch_size: int,
        held_out: int,
        augment: bool,
        seed: int,
        options: Options,
    ) -> tuple[Batches, dict[str, Batches]]:
        """The training part in ``batch_size`` streams; validation and test part.

        Raises
        ------
        ValueError
            If the text is too short for so many streams, or is to be augmented.
        """
        if augment:
            raise ValueError("augment: expected false for a text, got True")
        text, device = shared
        window = int(options["window"])
        if window < 1:
            raise ValueError(f"window: expected an integer >= 1, got {brief(window)}")
        test, valid = (
            TextBatches(text.train, part, device, batch_size, window)
            for part in (text.test, text.valid)
        )
        return valid, {"test": test, "held_out": valid}

    def memory(self, model: nn.Module, size: int) -> Memory:
        """Hidden and cell state."""
        return _lstm(model).state(size)

    def loss(
        self, forward: Callable[..., Any], batch: Batch, memory: Memory
    ) -> tuple[Tensor, Memory]:
        """Cross-entropy of the next words; the state goes on."""
        words, after = batch
        scores, *state = forward(words, *memory)
        return nn.functional.cross_entropy(scores.flatten(0, 1), after.flatten()), tuple(state)

    @torch.no_grad()
    def measured(self, model: nn.Module, batches: Batches, which: str = "test") -> float:
        """Exp of the mean negative log-likelihood of a word; infinite where that overflows."""
        was_training = model.training
        model.eval()
        total = torch.zeros((), dtype=torch.float64, device=batches.device)
        count, memory = torch.zeros_like(total), None
        for words, after in batches.plain(which):
            memory = self.memory(model, len(words)) if memory is None else memory
            scores, *memory = model(words, *memory)
            # as float32, also under autocast: scores of +-1 matrices are in the hundreds
            total += nn.functional.cross_entropy(
                scores.flatten(0, 1).float(), after.flatten(), reduction="sum"
            )
            count += (after >= 0).sum()
        model.train(was_training)
        mean = float(total / count)
        try:
            return math.exp(mean)
        except OverflowError:
            return math.inf

    @torch.no_grad()
    def watched(self, model: nn.Module, batches: Batches) -> Mapping[str, float]:
        """Gate saturation: share of the inputs of gates beyond +-5, on the first words of the validation part."""
        was_training = model.training
        model.eval()
        lstm, memory, found = _lstm(model), None, []
        for words, _ in islice(batches.plain("test"), WATCHED):
            memory = lstm.state(len(words)) if memory is None else memory
            found.append((lstm.gate_inputs(words, *memory).abs() > SATURATED).double().mean())
            _, *memory = lstm(words, *memory)
        model.train(was_training)
        return {"gate saturation": float(torch.stack(found).mean())}

    def preset(self, method: str, levels: str, data: str) -> Mapping[str, Any]:
        """Zaremba-like SGD as in the paper's section 4.2: step size 20, divided by 1.2 when validation is no better."""
        shared = {
            "batch_size": 20,
            "optimizer": "sgd",
            "lr": 20.0,
            "momentum": 0.0,
            "clip_norm": 0.25,
            "stall_divisor": 1.2,
            "per": "row",
            **(_SMALL if data == "sentences" else _PTB),
        }
        if method == "binaryrelax":
            return {**shared, "rate": 1.02}
        if method == "proxquant":
            return {**shared, "rate": _RATES[data == "sentences"][levels == "binary"]}
        return shared


def _lstm(model: nn.Module) -> LanguageModel:
    if not isinstance(model, LanguageModel):
        raise TypeError(f"model: expected a LanguageModel, got {type(model).__name__}")
    return model
