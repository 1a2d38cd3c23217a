"""Patterns of messages, for ``pytest.raises``."""

import re


def exactly(message: str) -> str:
    """Of this one and no other."""
    return f"^{re.escape(message)}$"


def begins_with(message: str) -> str:
    """Of those that begin so."""
    return f"^{re.escape(message)}"
