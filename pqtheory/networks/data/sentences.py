r"""A text without a file: sentences of a small grammar, in the public domain as nobody wrote them.

    the small cat that the dogs chase sees a bird near the house

A verb agrees with its own subject, over the clause between them, which is what a recurrent network has to remember.
Each sentence has one derivation, so its probability is the product of the choices made: the perplexity that no model
can beat, in the long run, is known (``grammar_perplexity``).
"""

import math
from collections.abc import Sequence
from typing import final

import numpy as np

from pqtheory.networks.data.text import END, Text, encoded

#: words of each part
SIZES = {"train": 20_000, "valid": 2_000, "test": 2_000}


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_NOUNS = _listed(
    "cat dog bird child farmer teacher king sailor horse baker fox girl boy miller giant queen "
    "singer hunter goose wolf"
)
_PLACES = _listed("house river garden forest bridge market tower mill field harbour road hill")
_VERBS = _listed("see chase hear follow find help love fear call watch visit feed")
_ALONE = _listed("sleep sing run laugh wait dance work swim")
_ADJECTIVES = _listed("small old young brave tired happy grey quiet clever hungry tall lost")
_ADVERBS = _listed("often never always today again slowly")
_PREPOSITIONS = _listed("near in behind beyond")


def load_sentences(vocabulary: int = 0, tokens: int = 0) -> Text:
    """The same text each time; arguments and errors as of ``load_text``."""
    return encoded("sentences", {part: made(part)[0] for part in SIZES}, vocabulary, tokens)


def grammar_perplexity(part: str = "test") -> float:
    """Of a word of that part under the grammar itself: exp of the mean negative log-probability."""
    words, log_probability = made(part)
    return math.exp(-log_probability / len(words))


def made(part: str) -> tuple[list[str], float]:
    """Whole sentences up to the size of a part, and their log-probability."""
    speaker = _Speaker(np.random.default_rng(sorted(SIZES).index(part)))
    words: list[str] = []
    while len(words) < SIZES[part]:
        words += speaker.sentence()
    return words, speaker.log_probability


@final
class _Speaker:
    """Says sentences, and keeps the log-probability of all that was chosen."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng, self.log_probability = rng, 0.0

    def sentence(self) -> list[str]:
        """S = NP [that-clause] (V NP | V-alone [adverb]) [preposition the place]."""
        plural = self._happens(0.4)
        words = self._noun_phrase(plural, True)
        if self._happens(0.3):
            words += self._clause()
        if self._happens(0.6):
            words += [self._verb(_VERBS, plural), *self._noun_phrase(self._happens(0.4), False)]
        else:
            words.append(self._verb(_ALONE, plural))
            if self._happens(0.4):
                words.append(self._one_of(_ADVERBS))
        if self._happens(0.3):
            words += [self._one_of(_PREPOSITIONS), "the", self._one_of(_PLACES)]
        return [*words, END]

    def _noun_phrase(self, plural: bool, subject: bool) -> list[str]:
        words = ["the" if plural or self._happens(0.6) else "a"]
        if self._happens(0.4 if subject else 0.2):
            words.append(self._one_of(_ADJECTIVES))
        noun = self._one_of(_NOUNS)
        return [*words, _many(noun) if plural else noun]

    def _clause(self) -> list[str]:
        """What somebody else does to the subject."""
        plural = self._happens(0.4)
        return ["that", *self._noun_phrase(plural, False), self._verb(_VERBS, plural)]

    def _verb(self, verbs: Sequence[str], plural: bool) -> str:
        verb = self._one_of(verbs)
        return verb if plural else _third_person(verb)

    def _happens(self, probability: float) -> bool:
        happened = bool(self._rng.random() < probability)
        self.log_probability += math.log(probability if happened else 1 - probability)
        return happened

    def _one_of(self, words: Sequence[str]) -> str:
        """The k-th word with a probability as 1/k."""
        weights = 1 / np.arange(1, len(words) + 1)
        weights /= weights.sum()
        # by its own steps, so that the text does not depend on how NumPy chooses
        place = min(
            int(np.searchsorted(weights.cumsum(), self._rng.random(), "right")), len(words) - 1
        )
        self.log_probability += math.log(weights[place])
        return words[place]


def _many(noun: str) -> str:
    odd = {"child": "children", "fox": "foxes", "goose": "geese", "wolf": "wolves"}
    return odd.get(noun, f"{noun}s")


def _third_person(verb: str) -> str:
    return f"{verb}es" if verb.endswith("ch") else f"{verb}s"
