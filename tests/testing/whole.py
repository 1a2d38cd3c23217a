"""Whole messages, in which "…" stands for numbers that another machine may round in another way."""

import re


def fits(message: str, told: str) -> bool:
    """Whether a message is the one that is told."""
    return re.fullmatch(re.escape(told).replace("…", ".+"), message) is not None
