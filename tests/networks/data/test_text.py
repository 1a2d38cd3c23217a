"""Texts: files and checksums, vocabularies, bad files; the grammar's text and its own perplexity."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from pqtheory.networks.data.cifar10 import VARIABLE
from pqtheory.networks.data.sentences import SIZES, grammar_perplexity, load_sentences, made
from pqtheory.networks.data.text import END, PTB, UNKNOWN, encoded, load_text


@pytest.fixture
def folder(tmp_path):
    for part, text in (("train", "a b a\nc <unk>\n"), ("valid", "b z\n"), ("test", "c\n\na")):
        (tmp_path / f"small.{part}.txt").write_text(text)
    return tmp_path


def words_of(text, part):
    return [text.words[i] for i in getattr(text, part)]


def test_a_folder_of_text(folder):
    text = load_text(str(folder))
    assert words_of(text, "train") == ["a", "b", "a", END, "c", "<unk>", END]
    assert words_of(text, "valid") == ["b", "<unk>", END]
    assert words_of(text, "test") == ["c", END, END, "a", END]
    assert text.words[0] == "a"
    assert len(load_text(str(folder), tokens=3).train) == 3
    assert load_text(str(folder), tokens=3).words == text.words
    assert (
        text.sha256 == load_text(str(folder)).sha256 != load_text(str(folder), vocabulary=3).sha256
    )
    # "<unk>" is in it already
    assert set(load_text(str(folder), vocabulary=4).words) <= {"a", END, "b", "c", "<unk>"}
    with pytest.raises(ValueError, match="tokens: expected at most 7, got 8"):
        load_text(str(folder), tokens=8)


def test_the_rarest_word_makes_room_for_the_unknown_one():
    parts = {"train": list("aaabbc"), "valid": list("abcz"), "test": ["b"]}
    text = encoded("letters", parts, vocabulary=2)
    assert text.words == ("a", UNKNOWN)
    assert [text.train.tolist(), text.valid.tolist(), text.test.tolist()] == [
        [0, 0, 0, 1, 1, 1],
        [0, 1, 1, 1],
        [1],
    ]
    with pytest.raises(ValueError, match=r"^data: valid: the word 'z' is not in the training part"):
        encoded("letters", parts)


def test_lines_end_as_lines_of_files_do_and_a_byte_order_mark_is_no_word(folder):
    train = folder / "small.train.txt"
    plain = load_text(str(folder))
    train.write_bytes(b"\xef\xbb\xbfa b a\r\nc <unk>\r\n")
    assert load_text(str(folder)).sha256 == plain.sha256
    # signs at which str.splitlines would split; to str.split some are spaces
    train.write_bytes("a\x0bb\u2028a\nc\x85<unk>\n".encode())
    assert load_text(str(folder)).sha256 == plain.sha256


def test_bad_files_are_one_line(folder):
    train = folder / "small.train.txt"
    train.write_text("a b c\n")
    with pytest.raises(
        ValueError, match="valid: the word 'z' is not in the training part, which has no"
    ):
        load_text(str(folder))
    train.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"small\.train\.txt: not UTF-8 text"):
        load_text(str(folder))
    # some letters of two bytes are UTF-8 byte by byte
    train.write_bytes("a b c z\n".encode("utf-16-le"))
    with pytest.raises(ValueError, match=r"small\.train\.txt: not UTF-8 text: it has zero bytes"):
        load_text(str(folder))
    for empty in ("", "\n\n\n", "  \n \n"):
        train.write_text(empty)
        with pytest.raises(ValueError, match=r"small\.train\.txt: no words in it"):
            load_text(str(folder))
    (folder / "small.valid.txt").unlink()
    train.write_text("a\n")
    with pytest.raises(FileNotFoundError, match=r"no file .*small\.valid\.txt"):
        load_text(str(folder))
    train.unlink()
    with pytest.raises(FileNotFoundError, match=r"expected one text NAME\.train\.txt.* found 0"):
        load_text(str(folder))
    with pytest.raises(FileNotFoundError, match="data: no folder 'nowhere/'"):
        load_text("nowhere/")


def test_a_treebank_that_is_damaged_or_missing(folder, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(
        FileNotFoundError, match="give --data-dir or set PQTHEORY_DATA to where ptb/ is"
    ):
        load_text("ptb")
    (folder / "ptb").mkdir()
    with pytest.raises(FileNotFoundError, match=r"no file .*ptb\.train\.txt"):
        load_text("ptb", folder)
    for part in PTB:
        (folder / "ptb" / f"ptb.{part}.txt").write_text("a b\n")
    with pytest.raises(
        ValueError, match=r"ptb\.train\.txt: damaged or another text: MD5 \w{32}, expected f26c"
    ):
        load_text("ptb", folder)


@pytest.mark.skipif(
    not (Path(os.environ.get(VARIABLE, "")) / "ptb" / "ptb.train.txt").is_file(),
    reason="needs the Penn Treebank",
)
def test_the_treebank():
    text = load_text("ptb")
    sizes = len(text.words), len(text.train), len(text.valid), len(text.test)
    assert sizes == (10_000, 929_589, 73_760, 82_430)
    few = load_text("ptb", vocabulary=2000, tokens=300_000)
    assert (len(few.words), len(few.train)) == (2000, 300_000)


def test_the_sentences_are_the_same_each_time_and_agree():
    text = load_sentences()
    assert text.sha256 == "0d9f3e8e1874eeab1e6444d8869811c9892acd41a95d79ade05a0b5899e59ffa"
    assert all(len(getattr(text, part)) >= size for part, size in SIZES.items())
    sentences = " ".join(made("train")[0]).split(END)
    assert not any(" a dogs " in s or " the dog see " in s for s in sentences)
    assert any(" that the dogs " in s for s in sentences)


def test_the_perplexity_of_the_grammar_is_that_of_its_own_probabilities():
    """No count of words alone comes near it, and the two parts agree as samples of one law do."""
    train, test = grammar_perplexity("train"), grammar_perplexity("test")
    assert test == pytest.approx(train, rel=0.1)
    counts = np.array(list(Counter(made("train")[0]).values()), float)
    shares = counts / counts.sum()
    by_counts = np.exp(-(shares * np.log(shares)).sum())
    assert 5 < test < by_counts / 3
