"""How a line of a run's metrics is read; without torch, so that tables of results do not load it."""

from collections.abc import Mapping


def error_of(kinds: Mapping[str, float]) -> float:
    """Of the quantized network, as training left its batch norms; in full precision there is one error only."""
    return kinds.get("quantized", kinds["latent"])
