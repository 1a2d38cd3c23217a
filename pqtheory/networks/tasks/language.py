"""Language: the next word of a text, an LSTM or a Transformer, perplexity per word, matrices quantized by rows.

Of the LSTM all four matrices are quantized by default, as in the paper; of the Transformer all matrices of the blocks
and the decoder, but no norms, no biases, and not the tables of words and places, which are looked up.
"""

import math
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, final

import torch
from torch import Tensor, nn

from pqtheory._messages import brief
from pqtheory.methods.registry import TTQ
from pqtheory.networks.data.sentences import SIZES, load_sentences
from pqtheory.networks.data.text import Text, load_text
from pqtheory.networks.models.language import LanguageModel
from pqtheory.networks.models.transformer import Transformer
from pqtheory.networks.optim import is_weight
from pqtheory.networks.optim.groups import Predicate
from pqtheory.networks.tasks.base import Memory, Options, Task, check_name
from pqtheory.networks.tasks.batches import Batch, Batches
from pqtheory.networks.tasks.cross_entropy import next_word_loss
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
LSTM_ALONE, TRANSFORMER_ALONE = ("embedding", "normalised"), ("layers", "heads")
#: that are trained on
PTB_WORDS = 929_589


@final
class LanguageTask(Task):
    """The next word."""

    measure = "perplexity"
    data = ("sentences", "ptb")
    models = ("lstm", "transformer")
    options: ClassVar[Options] = {
        "embedding": 300,
        "hidden": 300,
        "dropout": 0.5,
        # of the Transformer alone, whose width is "hidden"
        "layers": 4,
        "heads": 4,
        # words of a window: how far the gradient goes back, and the Transformer sees
        "window": 30,
        # whether rows are normalised, of the LSTM alone, as "embedding" is
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
        """The LSTM or the Transformer; raises as they do."""
        if name == "transformer":
            return Transformer(
                len(data.words),
                _window(options),
                int(options["hidden"]),
                int(options["layers"]),
                int(options["heads"]),
                float(options["dropout"]),
            )
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
        window = _window(options)
        test, valid = (
            TextBatches(text.train, part, device, batch_size, window)
            for part in (text.test, text.valid)
        )
        return valid, {"test": test, "held_out": valid}

    def memory(self, model: nn.Module, size: int) -> Memory:
        """Hidden and cell state of the LSTM; a Transformer sees its window alone."""
        if not isinstance(model, LanguageModel | Transformer):
            raise TypeError(f"model: expected one of language, got {type(model).__name__}")
        return model.state(size)

    def loss(
        self, forward: Callable[..., Any], batch: Batch, memory: Memory
    ) -> tuple[Tensor, Memory]:
        """Cross-entropy of the next words; the state goes on."""
        words, after = batch
        scores, *state = forward(words, *memory)
        return next_word_loss(scores.flatten(0, 1), after.flatten()), tuple(state)

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
        if not isinstance(model, LanguageModel):
            return {}
        lstm, was_training = model, model.training
        model.eval()
        memory, found = None, []
        for words, _ in islice(batches.plain("test"), WATCHED):
            memory = lstm.state(len(words)) if memory is None else memory
            found.append((lstm.gate_inputs(words, *memory).abs() > SATURATED).double().mean())
            _, *memory = lstm(words, *memory)
        model.train(was_training)
        return {"gate saturation": float(torch.stack(found).mean())}

    def options_of(self, model: str) -> Options:
        """Each network has options that the other has not."""
        others = {"transformer": LSTM_ALONE}.get(model, TRANSFORMER_ALONE)
        return {name: value for name, value in self.options.items() if name not in others}

    def quantized(self, levels: str, data: Text) -> Predicate:
        """Of the LSTM all four matrices; of the Transformer those of the blocks and the decoder, not its tables."""
        return lambda module, name: is_weight(module, name)

    def preset(self, method: str, levels: str, data: str) -> Mapping[str, Any]:
        """Zaremba-like SGD as in the paper's section 4.2: step size 20, divided by 1.2 when validation is no better."""
        shared: dict[str, Any] = {
            "batch_size": 20,
            "optimizer": "sgd",
            "lr": 20.0,
            "momentum": 0.0,
            "clip_norm": 0.25,
            "stall_divisor": 1.2,
            # trained levels are those of a layer
            "per": "tensor" if method == TTQ.name else "row",
            **(_SMALL if data == "sentences" else _PTB),
        }
        if method == "binaryrelax":
            return {**shared, "rate": 1.02}
        if method == "proxquant":
            return {**shared, "rate": _RATES[data == "sentences"][levels == "binary"]}
        return shared

    def suited(self, settings: Any) -> Mapping[str, Any]:
        """Of the Transformer: Adam, its step size cut to 0.3 times at a half, three quarters and seven eighths."""
        if settings.model != "transformer":
            return {}
        epochs, small = max(settings.epochs, 1), settings.data == "sentences"
        lr, streams = 2e-3, 20
        options = {"hidden": 144, "dropout": 0.1, "window": 32 if small else 64}
        chosen: dict[str, Any] = {
            "batch_size": streams,
            "optimizer": "adam",
            "lr": lr,
            "clip_norm": 1.0,
            "stall_divisor": 1.0,
            "drops": tuple(sorted({max(1, round(share * epochs)) for share in (0.5, 0.75, 0.875)})),
            "drop_factor": 0.3,
            "options": options,
        }
        if settings.method == "proxquant":
            words = SIZES["train"] if small else PTB_WORDS
            steps = max((settings.options["tokens"] or words) // (streams * options["window"]), 1)
            # as _RATES: of W all steps together, of a squared distance the share of the last step
            by_w, by_share = 2 * 4 / (lr * epochs**2 * steps), 0.1 / (lr * epochs)
            chosen["rate"] = by_w if settings.levels == "binary" else by_share
        return chosen


def _window(options: Options) -> int:
    window = int(options["window"])
    if window < 1:
        raise ValueError(f"window: expected an integer >= 1, got {brief(window)}")
    return window
