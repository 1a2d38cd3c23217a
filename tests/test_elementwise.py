"""What the wrapper round the kernels asks of them: which pieces, in which form, written where."""

import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from pqtheory import _elementwise
from pqtheory._arrays import namespace
from pqtheory._elementwise import InPlace, check_out, elementwise, narrow, widen, writer

BLOCK = 4
LIBRARIES = ["numpy", "torch"]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_elementwise, "numpy_block", lambda: BLOCK)
    monkeypatch.setattr(_elementwise, "torch_block", lambda xp: BLOCK)


def made(library: str, shape: Any, dtype: str = "float32") -> Any:
    values = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    if library == "torch":
        return torch.asarray(values).to(getattr(torch, dtype))
    return values.astype(dtype)


class Logged:
    """A kernel, 2 t + a, that writes down what it was asked for: its form, the shape, where it writes."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def formula(self, xp: Any, t: Any, a: Any = 1) -> Any:
        assert xp is namespace(t)
        self.calls.append(("formula", tuple(t.shape), str(t.dtype).removeprefix("torch.")))
        return 2 * t + a

    def write(self, xp: Any, out: Any, t: Any, a: Any = 1) -> None:
        assert xp is namespace(t)
        assert xp is namespace(out)
        self.calls.append(("write", tuple(t.shape), out is t))
        out[...] = 2 * t + a


FORMULA, WRITE = "formula", "write"


def asked(in_place: bool, theta: Any, *arguments: Any, out: Any = None) -> tuple[list[Any], Any]:
    """The calls; the result is what it should be, in ``out`` if there is one."""
    kernel = Logged()
    both = InPlace(kernel.formula, kernel.write) if in_place else kernel.formula
    expected = 2 * np.array(theta.tolist()) + np.asarray((*arguments, 1)[0])
    before = None if out is theta else np.array(theta.tolist())
    result = elementwise(both, theta, *arguments, out=out)
    assert result is out or out is None
    assert result.dtype == theta.dtype
    assert tuple(result.shape) == tuple(theta.shape)
    assert np.array_equal(np.array(result.tolist()), expected)
    if before is not None and (out is None or not np.shares_memory(theta, out)):
        assert np.array_equal(np.array(theta.tolist()), before)
    return kernel.calls, result


@pytest.mark.parametrize("library", LIBRARIES)
def test_without_a_place_only_what_is_larger_than_a_block_goes_in_blocks(library: str) -> None:
    for in_place in (False, True):
        assert asked(in_place, made(library, 4))[0] == [(FORMULA, (4,), "float32")]
        assert asked(in_place, made(library, (2, 2)))[0] == [(FORMULA, (2, 2), "float32")]
        assert asked(in_place, made(library, 0))[0] == [(FORMULA, (0,), "float32")]
        assert asked(in_place, made(library, ()))[0] == [(FORMULA, (), "float32")]
    five, ten = made(library, 5), made(library, (2, 5))
    assert asked(False, five)[0] == [(FORMULA, (4,), "float32"), (FORMULA, (1,), "float32")]
    assert asked(False, ten, 0.5)[0] == [(FORMULA, (n,), "float32") for n in (4, 4, 2)]
    assert asked(True, five)[0] == [(WRITE, (4,), False), (WRITE, (1,), False)]
    assert asked(True, ten, 3)[0] == [(WRITE, (n,), False) for n in (4, 4, 2)]


@pytest.mark.parametrize("library", LIBRARIES)
def test_with_a_place_all_goes_in_blocks_and_one_block_as_it_is(library: str) -> None:
    for shape in ((4,), (2, 2), (1, 3), (0,)):
        out = made(library, shape)
        assert asked(True, made(library, shape), out=out)[0] == [(WRITE, shape, False)]
        assert asked(True, out, 0.5, out=out)[0] == [(WRITE, shape, True)]
    out = made(library, (2, 3))
    assert asked(True, made(library, (2, 3)), out=out)[0] == [
        (WRITE, (4,), False),
        (WRITE, (2,), False),
    ]
    # what is read is the memory that is written, at each block
    assert asked(True, out, 0.5, out=out)[0] == [(WRITE, (4,), True), (WRITE, (2,), True)]
    out = made(library, (1, 3))
    assert asked(False, made(library, (1, 3)), 2, out=out)[0] == [(FORMULA, (3,), "float32")]
    assert asked(False, out, 2, out=out)[0] == [(FORMULA, (3,), "float32")]


@pytest.mark.parametrize("library", LIBRARIES)
def test_half_precision_is_computed_wider_in_blocks_and_by_the_formula(library: str) -> None:
    for in_place in (False, True):
        theta = made(library, 6, "float16")
        blocks = [(FORMULA, (4,), "float32"), (FORMULA, (2,), "float32")]
        assert asked(in_place, theta)[0] == blocks
        assert asked(in_place, theta, out=made(library, 6, "float16"))[0] == blocks
        assert asked(in_place, theta[:3], 0.5)[0] == [(FORMULA, (3,), "float32")]
        out = made(library, 3, "float16")
        assert asked(in_place, theta[:3], out=out)[0] == [(FORMULA, (3,), "float32")]


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_has_no_blocks_is_done_at_once(library: str) -> None:
    whole = [(FORMULA, (6,), "float32")]
    theta, wide = made(library, 6), made(library, 12)
    for in_place in (False, True):
        # an argument with a number for each entry
        assert asked(in_place, theta, made(library, 6))[0] == whole
        assert asked(in_place, theta, made(library, 6), out=made(library, 6))[0] == whole
        # memory with gaps
        assert asked(in_place, wide[::2])[0] == whole
        assert asked(in_place, theta, out=wide[::2])[0] == whole
        assert asked(in_place, wide[::2], out=theta)[0] == whole
        wide = made(library, 12)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("start", "blocks"), [(0, True), (1, False), (5, False), (6, True), (-1, False), (-6, True)]
)
def test_memory_that_overlaps_elsewhere_has_no_blocks(
    library: str, start: int, blocks: bool
) -> None:
    memory = made(library, 18)
    theta, out = memory[6:12], memory[6 + start : 12 + start]
    expected = (2 * theta + 1).tolist()
    kernel = Logged()
    elementwise(InPlace(kernel.formula, kernel.write), theta, out=out)
    assert out.tolist() == expected
    in_blocks = [(WRITE, (4,), False), (WRITE, (2,), False)]
    assert kernel.calls == (in_blocks if blocks else [(FORMULA, (6,), "float32")])


def test_a_gradient_that_is_recorded_has_no_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    theta = made("torch", 6).requires_grad_()
    kernel = Logged()
    both = InPlace(kernel.formula, kernel.write)
    assert elementwise(both, theta).requires_grad
    assert kernel.calls == [(FORMULA, (6,), "float32")]
    with torch.no_grad():
        assert asked(True, theta)[0] == [(WRITE, (4,), False), (WRITE, (2,), False)]
    # nor has a trace by a compiler
    monkeypatch.setattr(_elementwise, "is_compiling", lambda: True)
    assert asked(True, theta.detach())[0] == [(FORMULA, (6,), "float32")]


def test_fractions_stay_fractions() -> None:
    theta = np.array([Fraction(1, 3)] * 6)
    kernel = Logged()
    assert elementwise(kernel.formula, theta, Fraction(1)).tolist() == [Fraction(5, 3)] * 6
    assert kernel.calls == [(FORMULA, (6,), "object")]


def test_the_message_names_both_shapes() -> None:
    with pytest.raises(ValueError, match="broadcast") as refused:
        elementwise(lambda xp, t, a: t + a, np.ones(2), np.ones((3, 1)))
    assert str(refused.value) == (
        "expected arguments that broadcast to theta's shape (2,), got the shape (3, 2)"
    )


def test_an_in_place_kernel_called_is_its_formula() -> None:
    kernel = InPlace(lambda xp, t, a: (xp, t, a), lambda *_: None)
    assert kernel(np, 1, 2) == (np, 1, 2)


@pytest.mark.parametrize(
    ("theta", "out", "error", "said"),
    [
        (np.ones(2), [1.0, 1.0], TypeError, "ndarray like theta, got list"),
        (np.ones(2), torch.ones(2), TypeError, "ndarray like theta, got Tensor"),
        (np.ones(2), np.ma.ones(2), TypeError, "ndarray like theta, got MaskedArray"),
        (torch.ones(2), np.ones(2), TypeError, "Tensor like theta, got ndarray"),
        (np.ones(2), np.ones(2, np.float32), TypeError, "dtype float64 like theta, got float32"),
        (
            torch.ones(2),
            torch.ones(2, dtype=torch.float64),
            TypeError,
            "dtype torch.float32 like theta, got torch.float64",
        ),
        (
            torch.ones(2),
            torch.ones(2, device="meta"),
            TypeError,
            "device cpu like theta, got meta",
        ),
        (np.ones(2), np.ones((1, 2)), ValueError, "shape (2,) like theta, got (1, 2)"),
        (torch.ones(2), torch.ones(3), ValueError, "shape (2,) like theta, got (3,)"),
    ],
)
def test_a_place_that_cannot_take_the_result(
    theta: Any, out: Any, error: type[Exception], said: str
) -> None:
    for check in (check_out, lambda o, t: elementwise(lambda xp, t: t, t, out=o)):
        with pytest.raises(error) as refused:
            check(out, theta)
        assert str(refused.value) == f"out: expected {said}"
    check_out(theta, theta)


def test_wider_and_narrower() -> None:
    for library in LIBRARIES:
        for dtype in ("float32", "float64"):
            array = made(library, 2, dtype)
            assert widen(namespace(array), array) is array
            assert narrow(namespace(array), array, array) is array
        half = made(library, 2, "float16")
        wide = widen(namespace(half), half)
        assert re.sub(r"^torch\.", "", str(wide.dtype)) == "float32"
        assert wide.tolist() == [0.0, 1.0]
        back = narrow(namespace(half), wide, half)
        assert back.dtype == half.dtype
        assert back.tolist() == [0.0, 1.0]


def test_the_size_of_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    sizes = {0: 4096, 4095: 4096, 8191: 4096, 8192: 8192, 16383: 8192, 1 << 20: 1 << 20}
    for size, held in sizes.items():
        monkeypatch.setattr(_elementwise, "second_level_cache", lambda size=size: size)
        assert _elementwise.block_of(1) == held
    monkeypatch.setattr(_elementwise, "second_level_cache", lambda: (3 << 20) - 1)

    class Threads:
        @staticmethod
        def get_num_threads() -> int:
            return 3

    assert _elementwise.numpy_block.__wrapped__() == 1 << 17
    assert _elementwise.torch_block(Threads) == 1 << 20
    assert _elementwise.block_of(8, cores=3) == 1 << 20


WRITERS = {
    "a block": (np.arange(4.0), np.empty(4), True),
    "one of two axes": (np.ones((2, 2)), np.empty((2, 2)), True),
    "larger than a block": (np.arange(5.0), np.empty(5), False),
    "of another dtype": (np.ones(2, np.float32), np.empty(2, np.float32), False),
    "a list": ([1.0], np.empty(1), False),
    "to a list": (np.ones(1), [1.0], False),
    "of other dtypes": (np.ones(1), np.empty(1, np.float32), False),
    "of other shapes": (np.ones(2), np.empty((1, 2)), False),
}


@pytest.mark.parametrize("case", WRITERS)
def test_a_writer_asks_no_more_of_what_it_was_made_for(
    monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    theta, out, direct = WRITERS[case]
    careful: list[Any] = []
    monkeypatch.setattr(_elementwise, "elementwise", lambda *a, **o: careful.append((a, o)))
    kernel = Logged()
    both = InPlace(kernel.formula, kernel.write)
    write = writer(both, np.empty(0), 0.5)
    assert write is not None
    write(theta, out)
    assert len(careful) == (not direct)
    if direct:
        assert kernel.calls == [(WRITE, theta.shape, False)]
        assert np.array_equal(out, 2 * theta + 0.5)
        write(out, out)
        assert kernel.calls[1:] == [(WRITE, theta.shape, True)]
        assert np.array_equal(out, 4 * theta + 1.5)
    else:
        ((positional, named),) = careful
        assert positional[0] is both
        assert positional[1] is theta
        assert positional[2:] == (0.5,)
        assert list(named) == ["out"]
        assert named["out"] is out


def test_a_writer_does_not_write_over_what_it_still_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Logged()
    write = writer(InPlace(kernel.formula, kernel.write), np.empty(0))
    assert write is not None
    memory = np.arange(4.0)
    write(memory[:3], memory[1:])
    assert kernel.calls == [(FORMULA, (3,), "float64")]
    assert memory.tolist() == [0.0, 1.0, 3.0, 5.0]


def test_where_there_is_no_writer() -> None:
    both = InPlace(lambda xp, t: t, lambda *_: None)
    for like in (np.empty(0, np.float16), np.empty(0, object), torch.empty(0)):
        assert writer(both, like) is None
