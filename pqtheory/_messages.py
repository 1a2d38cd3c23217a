"""Values in error messages: one line of bounded length, whatever the value is."""

import difflib
import math
import numbers
import re
import reprlib
import unicodedata
from collections.abc import Iterable
from typing import Any

import array_api_compat

#: how much alike, from 0 to 1, a word must be to be suggested
LIKENESS = 0.4
#: longest text of a value in a message
LONGEST = 120

_SHORT = reprlib.Repr()
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxset = _SHORT.maxdict = 6
_SHORT.maxlong = 40
_SHORT.maxstring = _SHORT.maxother = LONGEST
#: arrays of more entries than this are shown by their shape
SHOWN = 12


def brief(value: Any) -> str:
    """``repr(value)`` in one line of at most ``LONGEST`` characters; large arrays as their type and shape."""
    if array_api_compat.is_array_api_obj(value) and math.prod(value.shape) > SHOWN:
        return f"{type(value).__name__} of shape {tuple(value.shape)}"
    try:
        is_number = isinstance(value, numbers.Number)
        text = " ".join((repr(value) if is_number else _SHORT.repr(value)).split())
    except ValueError:
        # Python writes out no integer of more than some thousand digits
        return f"{type(value).__name__} with thousands of digits"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def counted(count: int, noun: str) -> str:
    """``"1 case"``, ``"2 cases"``: how many there are of what ``noun`` names."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def nearest(word: str, words: Iterable[str]) -> str:
    """``"; did you mean 'x'?"`` for the word nearest to ``word``; nothing where none is near."""
    near = difflib.get_close_matches(str(word), list(words), 1, LIKENESS)
    return f"; did you mean {near[0]!r}?" if near else ""


def without_trace(error: BaseException) -> str:
    """What an error says, without the list of where in its own C++ code it was that torch adds below."""
    return str(error).partition("\nException raised from")[0]


def visible(text: str) -> str:
    r"""``text`` as it can be shown anywhere: what steers a terminal or a line of text is written out, as \x1b.

    Control characters but for line breaks and tabs, halves of a surrogate pair, and marks that reverse the direction.
    """
    return _NOT_PLAIN.sub(lambda found: _written_out(found[0]), text)


def _written_out(letter: str) -> str:
    return letter if _is_shown(letter) else repr(letter)[1:-1]


def _is_shown(letter: str) -> bool:
    if letter in "\n\t" or letter.isprintable():
        return True
    kind = unicodedata.category(letter)
    # other signs without a picture of their own, such as joiners, belong to how words are written
    return kind not in ("Cc", "Cs", "Zl", "Zp") and unicodedata.bidirectional(letter) not in _TURNS


#: all but the letters, digits and signs of ASCII, which need no look: a page has millions of them
_NOT_PLAIN = re.compile(r"[^ -~\n\t]")
_TURNS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
