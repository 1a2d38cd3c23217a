"""Whose fault an error is, and of which line; a file that is no task; what a file is known by."""

import hashlib
import sys
from pathlib import Path

import pytest
import torch

from pqtheory.networks.tasks import answers, find, find_task
from pqtheory.networks.tasks.answers import AnswerError
from pqtheory.networks.tasks.find import errors_with_lines, is_file, task_hash, template

from ..messages import begins_with, exactly

IN_TORCH = str(Path(torch.__file__).parent / "somewhere.py")
IN_PACKAGE = str(Path(find.__file__).parents[2] / "somewhere.py")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my_task.py"
    path.write_text(template())
    return path


def line_of(begin):
    return next(
        n for n, text in enumerate(template().splitlines(), 1) if text.strip().startswith(begin)
    )


def raised(error, *places):
    """Raise it in the last of these (file, function, line), each called by the one before."""

    def inner():
        raise error

    call = inner
    for place, name, line in reversed(places):
        content = {"call": call, "error": error}
        what = "raise error" if call is inner else "call()"
        text = "\n" * (line - 2) + f"def {name}():\n    {what}\n"
        exec(compile(text, place, "exec"), content)
        call = content[name]
    call()


def said(file, error, *places):
    """The message; the error itself where it is let through."""
    with pytest.raises((type(error), ValueError)) as caught, errors_with_lines(str(file)):
        raised(error.with_traceback(None), *places)
    if caught.value is error:
        return error
    assert type(caught.value) is ValueError
    assert caught.value.__cause__ is error
    return str(caught.value)


def test_a_line_of_the_file_is_named_whatever_the_error_and_whoever_called_it(file):
    mine = (str(file), "loss", 7)
    for error in (KeyError("a"), RuntimeError("b"), OSError("c"), SystemExit(3)):
        words = f"{type(error).__name__}: {error}"
        for places in ([mine], [(IN_PACKAGE, "train", 3), mine, (IN_TORCH, "f", 9)]):
            assert said(file, error, *places) == f"task: {file}: line 7: {words}"
    # the innermost of several
    inner = (str(file), "helper", 9)
    assert said(file, KeyError("a"), mine, inner) == f"task: {file}: line 9: KeyError: 'a'"


def test_an_answer_is_of_the_line_that_gives_it(file):
    answer = AnswerError("load", "data", 3)
    where = f"task: {file}: line {line_of('def load')}"
    assert said(file, answer, (IN_PACKAGE, "f", 3)) == f"{where}: load: expected data, got 3"


@pytest.mark.parametrize("error", [ValueError("a"), TypeError("b"), ImportError("c"), OSError("d")])
def test_what_the_package_says_in_words_is_let_through(file, error):
    assert said(file, error, (IN_PACKAGE, "f", 3)) is error
    assert said(file, error, (IN_TORCH, "f", 3)) is error
    # also while the task was asked
    asked = (answers.__file__, "loss", 3)
    assert said(file, error, asked, (IN_PACKAGE, "f", 3)) is error


def test_what_others_say_while_a_method_is_asked_is_of_that_method(file):
    words = "ValueError: shapes"
    where = f"task: {file}: line {line_of('def loss')}"
    asked = (answers.__file__, "loss", 3)
    assert said(file, ValueError("shapes"), asked, (IN_TORCH, "f", 3)) == f"{where}: {words}"
    # the one that was asked last
    first = (answers.__file__, "load", 3)
    assert said(file, ValueError("shapes"), first, asked, (IN_TORCH, "f", 3)) == f"{where}: {words}"
    assert said(file, KeyError("a"), asked, (IN_PACKAGE, "f", 3)) == f"{where}: KeyError: 'a'"


def test_what_torch_cannot_do_is_of_the_file_and_all_else_is_nobodys(file):
    error = RuntimeError("sizes\n  differ\nException raised from somewhere in C++")
    assert said(file, error, (IN_PACKAGE, "f", 3), (IN_TORCH, "g", 3)) == (
        f"task: {file}: RuntimeError: sizes differ"
    )
    assert said(file, error, (IN_TORCH, "g", 3), (IN_PACKAGE, "f", 3)) is error


@pytest.mark.parametrize("error", [MemoryError("none left"), torch.OutOfMemoryError("none left")])
def test_too_little_memory_is_nobodys_fault(file, error):
    assert said(file, error, (str(file), "loss", 7)) is error


def test_of_a_task_of_the_package_all_is_let_through():
    error = KeyError("a")
    with pytest.raises(KeyError) as caught, errors_with_lines("images"):
        raised(error, (IN_TORCH, "f", 3))
    assert caught.value is error


def test_an_error_without_words_is_named_by_its_kind(file):
    assert said(file, KeyError(), (str(file), "loss", 7)) == f"task: {file}: line 7: KeyError"


def test_what_a_file_is_known_by(file, tmp_path):
    assert task_hash(str(file)) == hashlib.sha256(file.read_bytes()).hexdigest()
    assert task_hash("images") is None
    nowhere = str(tmp_path / "none.py")
    for function in (task_hash, find_task):
        with pytest.raises(FileNotFoundError, match=exactly(f"task: no file '{nowhere}'")):
            function(nowhere)
    assert [is_file(name) for name in ("a.py", "images", "a.pyc", "py")] == [True, *[False] * 3]
    find_task(str(file))
    assert f"pqtheory_task_{task_hash(str(file))[:16]}" in sys.modules


def test_a_file_that_could_be_meant_is_suggested(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    start = "task: expected images, language or a file that ends in .py, got "
    with pytest.raises(ValueError, match=exactly(f"{start}'xyzzy'")):
        find_task("xyzzy")
    (tmp_path / "mine.py").touch()
    with pytest.raises(ValueError, match=exactly(f"{start}'mine'; did you mean 'mine.py'?")):
        find_task("mine")
    with pytest.raises(ValueError, match=exactly(f"{start}'image'; did you mean 'images'?")):
        find_task("image")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = (", ": line 1: SyntaxError: '(' was never closed"),
        ("\nx = 1\nraise KeyError('a')", ": line 3: KeyError: 'a'"),
        ("import sys\nsys.exit()", ": line 2: SystemExit"),
        ("x = 1", ": expected task = an object of a subclass of Task, got None"),
        ("task = 'x'", ": expected task = an object of a subclass of Task, got 'x'"),
        ("task = int", ": expected task = an object of a subclass of Task, got <class 'int'>"),
    ],
)
def test_a_file_that_is_no_task(tmp_path, text, message):
    file = tmp_path / "odd.py"
    file.write_text(text)
    with pytest.raises(ValueError, match=exactly(f"task: {file}{message}")):
        find_task(str(file))
    # nothing of it stays
    assert f"pqtheory_task_{task_hash(str(file))[:16]}" not in sys.modules or "raise" not in text


OWN = """
from pqtheory.networks.tasks import ExampleTask

class Base(ExampleTask):
    data: tuple = ("x",)
    models = ()

class Own(Base):
    def load(self): ...
    def make_model(self): ...
    {}

task = Own()
"""


@pytest.mark.parametrize(
    ("added", "line", "name"),
    [
        # inherited from a class of the file
        ("", 6, "models"),
        ("models = 3", 11, "models"),
        # the last that counts
        ("models = ('a',); data: tuple = (); data = ()", 11, "data"),
        # inherited from elsewhere: where the class begins
        ("models = ('a',); options = 3", 11, "options"),
    ],
)
def test_the_line_of_what_a_task_has(tmp_path, added, line, name):
    file = tmp_path / "own.py"
    file.write_text(OWN.format(added))
    with pytest.raises(ValueError, match=begins_with(f"task: {file}: line {line}: {name}: ")):
        find_task(str(file))


def test_what_no_class_of_the_file_has_is_where_the_class_begins(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(OWN.format("models = ('a',)"))
    task = find_task(str(file))
    assert find._line_of(file, task, "sets") == ": line 8"
    assert find._line_of(file, task, "make_model") == ": line 10"
    file.write_text("x = 1")
    assert find._line_of(file, task, "sets") == ""
