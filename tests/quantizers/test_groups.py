"""Who shares a codebook or a scale: several axes, or channel, row and group by name, in every quantizer and set."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from pqtheory import _groups
from pqtheory._arrays import namespace
from pqtheory._groups import (
    Groups,
    all_finite,
    by_parts,
    check_axis,
    check_groups,
    exact_mean,
    find_groups,
    mean,
    on_threads,
    total,
)
from pqtheory.quantizers import AdaptiveTernary, AlternatingMultiBit, GreedyMultiBit
from pqtheory.regularizers import AlternatingDistance, DistanceL2
from pqtheory.sets import ScaledBinary

QUANTIZERS = {
    "greedy": lambda **groups: GreedyMultiBit(2, **groups),
    "alternating": lambda **groups: AlternatingMultiBit(2, **groups),
    "ternary": lambda **groups: AdaptiveTernary(**groups),
}
SHAPE = (4, 3, 2, 6)
KERNEL = np.random.default_rng(0).normal(size=SHAPE)

#: groups -> for each of them, its entries in the kernel as index arrays, in the order of the codebooks
BY_OUTPUT = [np.s_[i] for i in range(4)]
GROUPS = {
    "channel": ({"per": "channel"}, BY_OUTPUT),
    "row": ({"per": "row"}, BY_OUTPUT),
    "axes": ({"axis": (1, 2, 3)}, BY_OUTPUT),
    "axes from the end": ({"axis": (-1, -3, -2)}, BY_OUTPUT),
    "apart": (
        {"axis": (0, 2)},
        [np.s_[:, i, :, j] for i, j in itertools.product(range(3), range(6))],
    ),
    "tensor": ({"per": "tensor"}, [np.s_[...]]),
}


def alone(make, kernel, place):
    """The fit of one group by itself."""
    flat = np.ascontiguousarray(kernel[place]).ravel()
    return make().quantize(flat)


@pytest.mark.parametrize("make_array", [np.array, torch.tensor])
@pytest.mark.parametrize("groups", GROUPS)
@pytest.mark.parametrize("name", QUANTIZERS)
def test_each_group_is_fitted_as_if_it_were_alone(name, groups, make_array):
    options, places = GROUPS[groups]
    quantizer = QUANTIZERS[name](**options)
    fit = quantizer.fit(make_array(KERNEL))
    codebooks = np.asarray(fit.codebook).reshape(len(places), -1)
    losses = np.asarray(quantizer.objective(make_array(KERNEL), fit.values)).reshape(-1)
    assert fit.signs.shape == (*SHAPE, fit.signs.shape[-1])
    for place, codebook, loss in zip(places, codebooks, losses, strict=True):
        values, levels = alone(QUANTIZERS[name], KERNEL, place)
        np.testing.assert_allclose(np.asarray(fit.values)[place].ravel(), values, rtol=1e-12)
        np.testing.assert_allclose(codebook, levels, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(loss, ((KERNEL[place].ravel() - values) ** 2).sum())
    slow, levels = quantizer.quantize_naive(KERNEL[:2, :, :, :3])
    fast = quantizer.fit(make_array(KERNEL[:2, :, :, :3]))
    np.testing.assert_allclose(np.asarray(fast.values), slow, rtol=1e-9)
    np.testing.assert_allclose(np.asarray(fast.codebook), levels, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("make_array", [np.array, torch.tensor])
@pytest.mark.parametrize("size", [1, 2, 9, 12, 36])
@pytest.mark.parametrize("name", QUANTIZERS)
def test_a_group_size_takes_consecutive_weights_of_a_row(name, size, make_array):
    quantizer = QUANTIZERS[name](per=size)
    fit = quantizer.fit(make_array(KERNEL))
    assert fit.codebook.shape[:-1] == (4, 36 // size)
    values, rows = np.asarray(fit.values).reshape(4, 36), KERNEL.reshape(4, 36)
    for row, start in itertools.product(range(4), range(0, 36, size)):
        part, levels = QUANTIZERS[name]().quantize(rows[row, start : start + size])
        np.testing.assert_allclose(values[row, start : start + size], part, rtol=1e-12)
        np.testing.assert_allclose(np.asarray(fit.codebook)[row, start // size], levels, rtol=1e-12)
    # goes on from its own fit
    again = quantizer.fit(make_array(KERNEL), fit)
    assert again.signs.shape == fit.signs.shape
    vector = np.asarray(QUANTIZERS[name](per=4).fit(make_array(KERNEL[0, 0].ravel())).codebook)
    assert vector.shape[0] == 3


@pytest.mark.parametrize("make_array", [np.array, torch.tensor])
def test_the_scaled_binary_set_has_the_same_groups(make_array):
    kernel = make_array(KERNEL)
    by_output = ScaledBinary(axis=(1, 2, 3)).project(kernel)
    for per in ("channel", "row", 36):
        found = ScaledBinary(per=per)
        np.testing.assert_array_equal(found.project(kernel), by_output)
        assert found.levels(kernel).reshape(4, 2).shape == (4, 2)
    np.testing.assert_array_equal(
        ScaledBinary(per="tensor").project(kernel), ScaledBinary().project(kernel)
    )
    in_groups = np.asarray(ScaledBinary(per=6).project(kernel)).reshape(-1, 6)
    sizes = np.abs(KERNEL.reshape(-1, 6)).mean(axis=1, keepdims=True)
    np.testing.assert_allclose(in_groups, sizes * np.sign(KERNEL.reshape(-1, 6)))
    regularizer = DistanceL2(ScaledBinary(per=6))
    np.testing.assert_allclose(
        regularizer.prox(kernel, 1.0), (KERNEL + in_groups.reshape(SHAPE)) / 2
    )
    with pytest.raises(ValueError, match="weight"):
        regularizer.prox(kernel, np.ones((4, 3, 2, 6)))
    per_channel = DistanceL2(ScaledBinary(per="channel")).prox(kernel, np.ones((4, 1, 1, 1)))
    np.testing.assert_allclose(per_channel, (KERNEL + np.asarray(by_output)) / 2)


def test_a_codebook_per_channel_is_not_one_per_kernel_row():
    for make in QUANTIZERS.values():
        assert make(per="channel").fit(KERNEL).codebook.shape[:-1] == (4,)
        assert make(axis=-1).fit(KERNEL).codebook.shape[:-1] == (4, 3, 2)
    regularizer = AlternatingDistance(AlternatingMultiBit(2, per="channel"))
    flat = AlternatingDistance(AlternatingMultiBit(2, axis=-1)).prox(KERNEL.reshape(4, -1), 0.5)
    np.testing.assert_allclose(regularizer.prox(KERNEL, 0.5), flat.reshape(SHAPE))


@pytest.mark.parametrize("make", [*QUANTIZERS.values(), lambda **g: ScaledBinary(**g)])
def test_what_names_no_groups_is_refused(make):
    def use(found, shape):
        return found.fit(np.ones(shape)) if "fit" in dir(found) else found.project(np.ones(shape))

    for per in ("rows", "kernel", "", 0, -4):
        with pytest.raises(ValueError, match=r"per: expected .*got"):
            make(per=per)
    for per in (1.5, True, (1, 2), [2]):
        with pytest.raises(TypeError, match=r"per: expected an integer, got"):
            make(per=per)
    with pytest.raises(ValueError, match="per: expected axis or per, got both, -1 and 'row'"):
        make(axis=-1, per="row")
    for axis in ((), (1, 1)):
        with pytest.raises(ValueError, match="axis: expected distinct axes, one or more"):
            make(axis=axis)
    with pytest.raises(ValueError, match=r"axis: expected distinct axes of ndim 2, got \(-1, 1\)"):
        use(make(axis=(-1, 1)), (2, 3))
    for per in ("channel", "row"):
        # one row, or as many as there are numbers?
        with pytest.raises(ValueError, match=rf"two or more axes for '{per}', got shape \(6,\)"):
            use(make(per=per), (6,))
    with pytest.raises(ValueError, match=r"divides the rows of 36 weights .*, got 5"):
        use(make(per=5), SHAPE)
    with pytest.raises(ValueError, match="per: expected an array with axes for groups of 2"):
        use(make(per=2), ())
    assert make(axis=[1, 2]) == make(axis=(1, 2))


@pytest.mark.parametrize(
    ("shape", "axis", "per", "count"),
    [
        ((10, 6), None, "row", 5),
        ((10, 2, 3), None, "channel", 5),
        ((10, 6), -1, None, 5),
        ((10, 6), None, 3, 5),
        ((10, 6), None, "tensor", 1),
        ((6, 10), 0, None, 1),
        ((60,), None, 6, 1),
        ((), None, None, 1),
    ],
)
def test_parts_hold_whole_groups(shape, axis, per, count):
    groups = find_groups(shape, axis, per)
    parts = groups.parts(12)
    assert len(parts) == count
    theta = np.arange(math.prod(shape)).reshape(shape)
    if shape:
        assert_array_equal(np.concatenate([theta[part] for part in parts]), theta)
    rows = [find_groups(theta[p].shape, axis, per).rows(np, theta[p]) for p in parts if count > 1]
    if rows:
        assert_array_equal(np.concatenate(rows), groups.rows(np, theta))


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_do_every_part_and_raise_what_fails(threads):
    done = []
    parts = [slice(i, i + 1) for i in range(9)]
    on_threads(lambda part: done.append(part.start), parts, threads)
    assert sorted(done) == list(range(9))
    with pytest.raises(ZeroDivisionError):
        on_threads(lambda part: 1 / (part.start - 4), parts, threads)


@pytest.mark.parametrize("threads", [1, 2, 3, 9])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_there_are_no_more_threads_than_parts(monkeypatch, threads, count):
    pools = []
    pool = _groups.ThreadPoolExecutor
    monkeypatch.setattr(
        _groups, "ThreadPoolExecutor", lambda workers: pools.append(workers) or pool(workers)
    )
    on_threads(lambda part: None, [slice(i, i + 1) for i in range(count)], threads)
    assert pools == ([] if 1 in (threads, count) else [min(threads, count)])


@pytest.mark.parametrize(
    ("shape", "axis", "per", "found"),
    [
        ((2, 3), None, None, Groups((2, 3), (2, 3), (0, 1))),
        ((2, 3), None, "tensor", Groups((2, 3), (2, 3), (0, 1))),
        ((), None, None, Groups((), (), ())),
        ((2, 3), 0, None, Groups((2, 3), (2, 3), (0,))),
        ((2, 3, 4), (-1, 0), None, Groups((2, 3, 4), (2, 3, 4), (0, 2))),
        ((2, 3), -2, None, Groups((2, 3), (2, 3), (0,))),
        ((2, 3), None, "row", Groups((2, 3), (2, 3), (1,))),
        ((2, 3, 4, 5), None, "channel", Groups((2, 3, 4, 5), (2, 3, 4, 5), (1, 2, 3))),
        ((2, 3, 4), None, 6, Groups((2, 3, 4), (2, 2, 6), (2,))),
        ((6, 4), None, 4, Groups((6, 4), (6, 1, 4), (2,))),
        ((6,), None, 2, Groups((6,), (3, 2), (1,))),
    ],
)
def test_the_groups_of_a_shape(shape, axis, per, found):
    assert find_groups(shape, axis, per) == found
    assert found.size * math.prod(found.lead) == math.prod(shape)
    theta = np.arange(math.prod(shape)).reshape(shape)
    rows = found.rows(np, theta)
    assert rows.shape == (math.prod(found.lead), found.size)
    assert_array_equal(found.entries(np, rows), theta)
    planes = np.stack([theta, -theta, theta + 1], axis=-1)
    plane_rows = found.plane_rows(np, planes)
    assert_array_equal(plane_rows, np.stack([rows, -rows, rows + 1], axis=-1))
    assert_array_equal(found.planes(np, plane_rows), planes)
    per_group = found.per_group(np, np.ones((len(rows), 5)))
    assert per_group.shape == (*found.lead, 5)


def slices(*bounds):
    return [slice(start, stop) for start, stop in bounds]


@pytest.mark.parametrize(
    ("groups", "entries", "parts"),
    [
        (find_groups((5, 6), -1), 12, slices((0, 2), (2, 4), (4, 6))),
        (find_groups((5, 6), -1), 17, slices((0, 2), (2, 4), (4, 6))),
        (find_groups((5, 6), -1), 18, slices((0, 3), (3, 6))),
        (find_groups((3, 6), -1), 1, slices((0, 1), (1, 2), (2, 3))),
        (find_groups((3, 6), -1), 99, slices((0, 16))),
        (find_groups((1, 6), -1), 3, slices((0, 1))),
        (find_groups((2, 6), None, 3), 3, slices((0, 1), (1, 2))),
        # the first axis lies within a group, or is cut by it, or there is none, or nothing
        (find_groups((5, 6), 0), 12, [slice(None)]),
        (find_groups((5, 6), None), 12, [slice(None)]),
        (find_groups((6,), None, 2), 2, [slice(None)]),
        (find_groups((), None), 2, [slice(None)]),
        (find_groups((5, 0), -1), 12, [slice(None)]),
    ],
)
def test_the_parts_of_an_array(groups, entries, parts):
    assert groups.parts(entries) == parts


@pytest.mark.parametrize(
    ("shape", "axis", "per", "said"),
    [
        ((2, 3), 2, None, "axis: expected axes of an array with ndim 2, got 2"),
        ((2, 3), -3, None, "axis: expected axes of an array with ndim 2, got -3"),
        ((2, 3), (0, 2), None, "axis: expected axes of an array with ndim 2, got (0, 2)"),
        ((), 0, None, "axis: expected axes of an array with ndim 0, got 0"),
        ((2, 3), (1, -1), None, "axis: expected distinct axes of ndim 2, got (1, -1)"),
        (
            (6,),
            None,
            "row",
            "per: expected an array with two or more axes for 'row', got shape (6,)",
        ),
        ((), None, 2, "per: expected an array with axes for groups of 2, got a number"),
        (
            (2, 3, 4),
            None,
            5,
            "per: expected a size that divides the rows of 12 weights of the shape (2, 3, 4), got 5",
        ),
        (
            (7,),
            None,
            2,
            "per: expected a size that divides the rows of 7 weights of the shape (7,), got 2",
        ),
    ],
)
def test_what_a_shape_without_the_groups_is_told(shape, axis, per, said):
    with pytest.raises(ValueError, match=r"^(axis|per): ") as refused:
        find_groups(shape, axis, per)
    assert str(refused.value) == said


def test_what_names_groups():
    assert check_groups(None, None) == (None, None)
    assert check_groups([0, np.int64(-1)], None) == ((0, -1), None)
    assert check_groups(None, np.int64(3)) == (None, 3)
    assert [check_groups(None, name) for name in ("tensor", "channel", "row")] == [
        (None, "tensor"),
        (None, "channel"),
        (None, "row"),
    ]
    for axis in (64, -64):
        assert check_axis(axis) == axis
        assert check_axis([axis]) == (axis,)
    for given, said in (
        ((None, "rows"), "per: expected 'tensor', 'channel', 'row' or a group size, got 'rows'"),
        ((None, 0), "per: expected an integer >= 1, got 0"),
        ((0, 2), "per: expected axis or per, got both, 0 and 2"),
        (((), None), "axis: expected distinct axes, one or more, got ()"),
        (([1, 1], None), "axis: expected distinct axes, one or more, got [1, 1]"),
        ((65, None), "axis: expected an integer from -64 to 64, got 65"),
        (([0, -65], None), "axis: expected an integer from -64 to 64, got -65"),
    ):
        with pytest.raises(ValueError, match=r"^(axis|per): ") as refused:
            check_groups(*given)
        assert str(refused.value) == said
    for given, said in (
        ((1.0, None), "axis: expected an integer, got 1.0"),
        (([None], None), "axis: expected an integer, got None"),
        ((None, 1.5), "per: expected an integer, got 1.5"),
    ):
        with pytest.raises(TypeError, match=r"^(axis|per): ") as refused:
            check_groups(*given)
        assert str(refused.value) == said


ROWS = [[1, 2, 6], [-1, 0, 4]]


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "fractions", "tensor"])
def test_sums_and_means_of_rows(kind):
    rows = np.array([[Fraction(n) for n in row] for row in ROWS])
    if kind == "tensor":
        rows = torch.tensor(ROWS, dtype=torch.float16)
    elif kind != "fractions":
        rows = np.array(ROWS, kind)
    xp = namespace(rows)
    for found, expected in ((total(xp, rows), [9, 3]), (mean(xp, rows), [3, 1])):
        assert found.tolist() == expected
        if kind == "fractions":
            assert {type(number) for number in found} == {Fraction}
        else:
            assert str(found.dtype).endswith("float64")
    single = rows[:, :1]
    assert mean(xp, single).tolist() == [1, -1]
    nothing = rows[:, :0]
    assert mean(xp, nothing).tolist() == [0, 0]
    if kind == "float16":
        assert total(np, np.full((2, 3), 60000, np.float16)).tolist() == [180000, 180000]
    if kind == "float32":
        long = np.full((1, 10**5), 0.1, np.float32)
        assert total(np, long).tolist() == [long.astype(float).sum()]


def test_exact_means():
    assert exact_mean([Fraction(1), Fraction(2)]) == Fraction(3, 2)
    assert exact_mean([Fraction(1, 3)]) == Fraction(1, 3)
    assert exact_mean([]) == 0
    assert type(exact_mean([])) is Fraction


def test_rows_that_are_finite():
    rows = [[1.0, 2.0], [1.0, math.nan], [-math.inf, 1.0]]
    for array in (np.array(rows), torch.tensor(rows)):
        assert all_finite(namespace(array), array).tolist() == [[True], [False], [False]]
    exact = all_finite(np, np.array([[Fraction(1), Fraction(2)]] * 3))
    assert exact.tolist() == [[True]] * 3
    assert exact.dtype == bool


@pytest.mark.parametrize("threads", [1, 2])
def test_a_function_by_parts_goes_where_there_is_room(threads):
    parts = [slice(0, 2), slice(2, 4)]
    theta = np.arange(8.0).reshape(4, 2)

    def negative(part):
        return part[::-1] - 10

    expected = np.concatenate([negative(theta[part]) for part in parts])
    new = by_parts(negative, theta, parts, threads, None)
    assert_array_equal(new, expected)
    assert theta.tolist() == np.arange(8.0).reshape(4, 2).tolist()
    room = np.empty((4, 2))
    assert by_parts(negative, theta, parts, threads, room) is room
    assert_array_equal(room, expected)
    # in its own memory, seen through another array too
    itself = theta.copy()
    assert by_parts(negative, itself, parts, threads, seen := itself[:]) is seen
    assert_array_equal(itself, expected)
    # but not where a part is written that is still to be read
    memory = np.arange(10.0).reshape(5, 2)
    moved = by_parts(negative, memory[:4], parts, threads, memory[1:])
    assert_array_equal(moved, expected)
    assert_array_equal(memory, np.arange(10.0).reshape(5, 2))
    # nor where the same memory is seen in another order
    square = np.arange(16.0).reshape(4, 4)
    turned = by_parts(negative, square, parts, threads, square.T)
    assert not np.shares_memory(turned, square)
    assert_array_equal(turned, np.concatenate([negative(square[part]) for part in parts]))
