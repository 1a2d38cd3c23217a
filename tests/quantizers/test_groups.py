"""Who shares a codebook or a scale: several axes, or channel, row and group by name, in every quantizer and set."""

import itertools
import math

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from pqtheory._groups import find_groups, on_threads
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
