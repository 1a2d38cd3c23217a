"""Predictions, stated before a run: sentences, each with what decides it, in one vocabulary."""

from collections.abc import Callable, Mapping
from typing import Any

#: sentence -> whether it held of some runs; None where they do not decide it
Predictions = Mapping[str, Callable[[Any], bool | None]]
WORDS = {True: "held", False: "did not hold", None: "not decided by these runs"}


def decided(predictions: Predictions, runs: Any) -> dict[str, bool | None]:
    """Of each sentence whether it held."""
    return {said: held(runs) for said, held in predictions.items()}


def listed(found: Mapping[str, bool | None]) -> str:
    """Markdown: a line for each sentence, with the word on it."""
    return "\n".join(f"* {said}: **{WORDS[held]}**" for said, held in found.items())
