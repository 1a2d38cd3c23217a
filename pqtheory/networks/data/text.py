"""Word-level text in three parts: files of lines, a line's end being a word of its own; Penn Treebank with checksums.

A folder holds NAME.train.txt, NAME.valid.txt and NAME.test.txt, as the Penn Treebank does in Mikolov's preparation.

References
----------
Mikolov et al., *Recurrent neural network based language model*, Interspeech 2010 (10,000 words, the rest "<unk>").
"""

import hashlib
import io
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pqtheory._checks import check_count
from pqtheory._messages import brief
from pqtheory.networks.data.cifar10 import VARIABLE
from pqtheory.provenance import data_hash

#: words that mean the end of a line, and any word that is not in the vocabulary
END, UNKNOWN = "<eos>", "<unk>"
PARTS = ("train", "valid", "test")
#: MD5 of the files of the Penn Treebank, as they are published with it
PTB = {
    "train": "f26c4b92c5fdc7b3f8c7cdcb991d8420",
    "valid": "aa0affc06ff7c36e977d7cd49e3839bf",
    "test": "8b80168b89c18661a38ef683c0dc3721",
}


@final
@dataclass(frozen=True, eq=False)
class Text:
    """A text as numbers of words.

    Attributes
    ----------
    name : str
        Of the text.
    words : tuple of str
        The vocabulary, the most frequent word of the training part first.
    train, valid, test : array of int64, shape (tokens,)
        Places in ``words``.
    """

    name: str
    words: tuple[str, ...]
    train: NDArray[np.int64]
    valid: NDArray[np.int64]
    test: NDArray[np.int64]

    @property
    def sha256(self) -> str:
        """Hash of all words and of the vocabulary."""
        words = np.frombuffer("\n".join(self.words).encode(), np.uint8)
        parts = {"train": self.train, "valid": self.valid, "test": self.test}
        return data_hash({**parts, "words": words})


def load_text(name: str, data_dir: Any = None, vocabulary: int = 0, tokens: int = 0) -> Text:
    """The Penn Treebank, or the text in the folder ``name``.

    Parameters
    ----------
    name : str
        "ptb", below ``data_dir`` or what the variable PQTHEORY_DATA says; or a folder.
    data_dir : path, optional
        Where the Penn Treebank is: its three files, there or in a folder "ptb" there.
    vocabulary, tokens : int
        So many of the most frequent words are kept, others are "<unk>"; so many words are trained on. 0: all.

    Raises
    ------
    FileNotFoundError
        If a folder or a file is missing: says which.
    ValueError
        If a file is damaged, empty or not UTF-8; if a word of the other parts is not in the training part, and that has
        no "<unk>".
    """
    if name == "ptb":
        folder = _ptb_folder(data_dir)
        return encoded(name, _read(folder, "ptb", PTB), vocabulary, tokens, str(folder))
    folder = Path(name)
    if not folder.is_dir():
        raise FileNotFoundError(f"data: no folder {brief(name)} with files of text")
    return encoded(folder.name, _read(folder, _stem(folder), {}), vocabulary, tokens, str(folder))


def encoded(
    name: str,
    parts: Mapping[str, Sequence[str]],
    vocabulary: int = 0,
    tokens: int = 0,
    where: str = "data",
) -> Text:
    """Words as numbers; raises as ``load_text``, ``where`` being what errors begin with."""
    check_count(vocabulary, "vocabulary", 0)
    check_count(tokens, "tokens", 0)
    counts = Counter(parts["train"])
    words = [word for word, _ in counts.most_common(vocabulary or None)]
    if len(words) < len(counts) and UNKNOWN not in words:
        words[-1] = UNKNOWN
    places = {word: place for place, word in enumerate(words)}
    unknown = places.get(UNKNOWN)
    found = {}
    for part, text in parts.items():
        if unknown is None:
            strange = next((word for word in text if word not in places), None)
            if strange is not None:
                raise ValueError(
                    f"{where}: {part}: the word {brief(strange)} is not in the training part, which has no {UNKNOWN}"
                )
        numbers = [places.get(word, unknown) for word in text]
        found[part] = np.array(numbers, dtype=np.int64)
    if tokens > len(found["train"]):
        raise ValueError(f"tokens: expected at most {len(found['train'])}, got {brief(tokens)}")
    train = found["train"][:tokens] if tokens else found["train"]
    return Text(name, tuple(words), train, found["valid"], found["test"])


def _ptb_folder(data_dir: Any) -> Path:
    given = data_dir or os.environ.get(VARIABLE)
    if not given:
        raise FileNotFoundError(f"data: give --data-dir or set {VARIABLE} to where ptb/ is")
    folder = Path(given)
    if not folder.is_dir():
        raise FileNotFoundError(f"data: no folder {brief(str(folder))}")
    return folder / "ptb" if (folder / "ptb").is_dir() else folder


def _stem(folder: Path) -> str:
    """NAME of the one text in a folder."""
    found = sorted(file.name.removesuffix(".train.txt") for file in folder.glob("*.train.txt"))
    if len(found) != 1:
        raise FileNotFoundError(
            f"data: {folder}: expected one text NAME.train.txt, NAME.valid.txt, NAME.test.txt, found {len(found)}"
        )
    return found[0]


def _read(folder: Path, stem: str, checksums: Mapping[str, str]) -> dict[str, list[str]]:
    return {part: _words(folder / f"{stem}.{part}.txt", checksums.get(part)) for part in PARTS}


def _words(file: Path, md5: str | None) -> list[str]:
    """The words of a file, each line ended by ``END``."""
    if not file.is_file():
        raise FileNotFoundError(f"data: no file {brief(str(file))}")
    content = file.read_bytes()
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if md5 is not None and found != md5:
        raise ValueError(f"data: {file}: damaged or another text: MD5 {found}, expected {md5}")
    try:
        # a line ends as lines of files do, and nowhere else; a byte-order mark is no part of a word
        lines = list(io.StringIO(content.decode("utf-8-sig"), newline=None))
    except UnicodeDecodeError as error:
        raise ValueError(f"data: {file}: not UTF-8 text") from error
    if b"\0" in content:
        # of two or four bytes a letter, which may be UTF-8 byte by byte
        raise ValueError(f"data: {file}: not UTF-8 text: it has zero bytes")
    words = [word for line in lines for word in (*line.split(), END)]
    if set(words) <= {END}:
        raise ValueError(f"data: {file}: no words in it")
    return words
