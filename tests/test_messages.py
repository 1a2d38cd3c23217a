"""Errors are one line of bounded length: the source is read for it, and long values are tried."""

import ast
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pqtheory as pq
from pqtheory._messages import LONGEST, brief, counted, nearest, visible, without_trace

SOURCE = Path(pq.__file__).parent
#: what is short whatever it is of: shapes, dtypes, names of classes, counts
SHORT = re.compile(
    r"^((brief|shown|described|_shown|len|type|min|max)\(.*"
    r"|.*\b(shape|dtype|device|__name__|dim|size)(\[.*\])?\)?)$"
)


def raised(tree: ast.AST) -> Iterator[ast.JoinedStr]:
    """The formatted texts of what a file raises."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            yield from (n for n in ast.walk(node.exc) if isinstance(n, ast.JoinedStr))


def unbounded(source: str) -> list[str]:
    """Values in errors whose length nothing bounds: any ``!r``, and what stands behind "got"."""
    found = []
    for text in raised(ast.parse(source)):
        before = ""
        for part in text.values:
            if isinstance(part, ast.FormattedValue):
                value = ast.unparse(part.value)
                cut = part.format_spec is not None
                is_repr = part.conversion == ord("r")
                got = before.endswith("got ") and not SHORT.match(value) and not _is_a_number(value)
                if not cut and (is_repr or got):
                    found.append(f"line {part.lineno}: {value}")
                before = ""
            elif isinstance(part, ast.Constant):
                before = str(part.value)
    return found


#: numbers that a check before has bounded, or entries of an array of floats or labels
NUMBERS = {
    "number",
    "array[~finite][0]",
    "labels[wrong][0]",
    "labels.min()",
    "shape",
    "given",
    "there",
}


def _is_a_number(value: str) -> bool:
    return value in NUMBERS


@pytest.mark.parametrize(
    "file", sorted(SOURCE.rglob("*.py")), ids=lambda f: str(f.relative_to(SOURCE))
)
def test_no_error_holds_a_value_of_any_length(file: Path) -> None:
    assert unbounded(file.read_text(encoding="utf-8")) == []


def test_the_reader_of_the_source_sees_what_it_looks_for() -> None:
    assert unbounded('raise ValueError(f"x: got {x!r}")') == ["line 1: x"]
    assert unbounded('raise ValueError(f"no name {name!r}") from error') == ["line 1: name"]
    assert unbounded('raise ValueError(f"x: got {x}")') == ["line 1: x"]
    assert unbounded('raise ValueError(g(f"x: got {x}"))') == ["line 1: x"]
    for fine in ("{brief(x)}", "{x!r:.60}", "{x.shape}", "{len(x)}", "{type(x).__name__}"):
        assert unbounded(f'raise ValueError(f"x: got {fine}")') == []


LONG = "x" * 100_000
MANY = list(range(100_000))


class Named:
    """Something with a long, many-lined repr."""

    def __repr__(self) -> str:
        return "a\n" * 50_000


LONG_VALUES: dict[str, Any] = {
    "text": LONG,
    "lines": "a\nb" * 50_000,
    "list": MANY,
    "tuple": tuple(MANY),
    "dict": dict.fromkeys(MANY, LONG),
    "set": frozenset(MANY),
    "nested": [[LONG] * 3] * 3,
    "integer": 10**4000,
    "too long an integer": 10**5000,
    "array": np.arange(100_000.0),
    "texts": np.array([LONG]),
    "objects": np.array([10**4000] * 9, dtype=object),
    "an object": Named(),
}


@pytest.mark.parametrize("name", LONG_VALUES)
def test_a_value_in_a_message_is_one_short_line(name: str) -> None:
    text = brief(LONG_VALUES[name])
    assert len(text) <= LONGEST
    assert "\n" not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.arange(12.0), "array([ 0., 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11.])"),
        (np.arange(13.0), "ndarray of shape (13,)"),
        (np.zeros((7, 2)), "ndarray of shape (7, 2)"),
        ("x" * 118, repr("x" * 118)),
        ("x" * 119, f"'{'x' * 57}...{'x' * 58}'"),
        (10**119, str(10**119)),
        (10**120, f"1{'0' * 116}..."),
        (Fraction(1, 3), "Fraction(1, 3)"),
        ([1] * 7, "[1, 1, 1, 1, 1, 1, ...]"),
        ("a  b", "'a b'"),
    ],
)
def test_the_text_of_a_value(value: Any, text: str) -> None:
    assert brief(value) == text


def test_the_nearest_word() -> None:
    words = ("binary", "ternary", "uniform")
    assert nearest("binray", words) == "; did you mean 'binary'?"
    assert nearest("ernary", iter(words)) == "; did you mean 'ternary'?"
    assert nearest("zzz", words) == ""
    assert nearest("x", ()) == ""
    assert nearest(12, ("123",)) == "; did you mean '123'?"  # type: ignore[arg-type]
    # alike in two letters of five, and no less
    assert nearest("abxyz", ("abcde",)) == "; did you mean 'abcde'?"
    assert nearest("axxyz", ("abcde",)) == ""


def test_what_torch_adds_below_an_error_is_cut_off() -> None:
    assert without_trace(ValueError("one\ntwo")) == "one\ntwo"
    traced = "one\ntwo\nException raised from a at b\nException raised from c"
    assert without_trace(ValueError(traced)) == "one\ntwo"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ~ text\n\tof two lines", "plain ~ text\n\tof two lines"),
        ("é 中 \N{ZERO WIDTH JOINER} \xa0", "é 中 \N{ZERO WIDTH JOINER} \xa0"),
        ("\x1b[1m\r\0\x7f\x85", r"\x1b[1m\r\x00\x7f\x85"),
        ("a\ud800b", r"a\ud800b"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("\u202a\u202b\u202c\u202d\u202e", r"\u202a\u202b\u202c\u202d\u202e"),
        ("\u2066\u2067\u2068\u2069", r"\u2066\u2067\u2068\u2069"),
        ("", ""),
    ],
)
def test_text_that_steers_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


W = pq.regularizers.DistanceL1(pq.sets.Binary())
CALLS: dict[str, Callable[[Any], Any]] = {
    "Binary": pq.sets.Binary,
    "Ternary": pq.sets.Ternary,
    "Codebook": lambda v: pq.sets.Codebook([v]),
    "UniformGrid": lambda v: pq.sets.UniformGrid(v, -1, 1),
    "ScaledBinary": pq.sets.ScaledBinary,
    "DistanceL1": pq.regularizers.DistanceL1,
    "prox": lambda v: W.prox(np.ones(2), v),
    "prox_set": lambda v: W.prox_set(v, v),
    "ProxQuant": lambda v: pq.methods.ProxQuant(v, 0.1, 0.1),
    "step_size": lambda v: pq.methods.BinaryConnect(v),
    "clip": lambda v: pq.methods.BinaryConnect(0.1, clip=v),
    "Linear": pq.schedules.Linear,
    "simulate": lambda v: pq.simulate(v, v, np.ones(1), 1),
    "steps": lambda v: pq.simulate(
        pq.methods.BinaryConnect(0.1), pq.problems.TwoFunctionToy(1), np.ones(1), v
    ),
    "record": lambda v: pq.simulate(
        pq.methods.BinaryConnect(0.1), pq.problems.TwoFunctionToy(1), np.ones(1), 1, record=v
    ),
    "Rosenbrock": pq.problems.Rosenbrock,
    "Quadratic": lambda v: pq.problems.Quadratic([[1.0]], [1.0], noise=v),
    "find_cycle": lambda v: pq.stability.find_cycle(v),
    "verify": lambda v: pq.verify(v),
    "timeout": lambda v: pq.verify("w-prox", timeout=v),
    "budget": lambda v: pq.verify("w-prox", budget=v),
    "attribute": lambda v: getattr(pq, v) if isinstance(v, str) else pq.sets.Binary(v),
    "check_problem": pq.testing.check_problem,
    "CodeTracker": lambda v: pq.signs.CodeTracker(v, 3),
    "CodeTracker of a name": lambda v: pq.signs.CodeTracker(
        {v if isinstance(v, str) else "w": np.ones(2)}, 3
    ),
    "levels": lambda v: pq.signs.CodeTracker(np.ones(2), v),
    "momentum": lambda v: pq.signs.CodeTracker(np.ones(2), pq.sets.Binary(), momentum=v),
    "codes": lambda v: pq.signs.CodeTracker(np.ones(2), pq.sets.Binary()).codes(v),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", LONG_VALUES)
def test_errors_are_one_line_of_bounded_length(call: str, name: str) -> None:
    said = ""
    try:
        CALLS[call](LONG_VALUES[name])
    except (ValueError, TypeError, AttributeError, OSError, ArithmeticError) as error:
        said = str(error)
    assert len(said) < 1000
    assert "\n" not in said


def test_one_is_no_plural() -> None:
    assert [counted(n, "case") for n in (0, 1, 2, 1000)] == [
        "0 cases",
        "1 case",
        "2 cases",
        "1000 cases",
    ]
