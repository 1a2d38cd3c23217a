"""Signs through checkpoints by hand, who has which tensor, and what stands in a file of a quantized network."""

import math

import pytest
import torch
from safetensors.torch import save_file

from pqtheory.networks.checkpoints import SignSeries, _listed, sign_series
from pqtheory.networks.levels import LEVELS, bits_of, check_per
from pqtheory.networks.metrics import (
    ERROR,
    MEAN_LOSS,
    MEASURES,
    PERPLEXITY,
    error_of,
    measure_in,
    measure_of,
)
from pqtheory.networks.quantized_file import _described, _older, digest_entry, is_quantized
from pqtheory.networks.states import state_bytes, taken_up
from pqtheory.signs.tracker import SignMetrics

from ..messages import begins_with, exactly


def written(folder, *contents):
    files = []
    for number, content in enumerate(contents):
        files.append(folder / f"{number}.pt")
        torch.save(content, files[-1])
    return files


ONE = torch.tensor([[1.0, -1.0], [1.0, 1.0]])
TWO = torch.tensor([[1.0, -1.0, 1.0, 1.0]])


def test_metrics_by_hand(tmp_path):
    content = {
        "a": ONE,
        "b": TWO,
        "bias": torch.ones(3),
        "spins": torch.ones(2, 2, dtype=torch.complex64),
    }
    moved = {**content, "a": ONE * torch.tensor([-1.0, 1.0]), "b": TWO}
    back = {**content, "a": ONE * torch.tensor([[1.0, 1.0], [-1.0, 1.0]]), "b": -TWO}
    files = written(tmp_path, content, moved, back)
    shown = []
    found = sign_series([str(f) for f in files], progress=lambda *what: shown.append(what))
    assert shown == [(0, 2, "a"), (1, 2, "b")]
    assert found == SignSeries(
        tuple(map(str, files)),
        {
            # two flip, then one of them back
            "a": [
                SignMetrics(4, 0.5, 0.5, 0.0, 0.5, 0.0),
                SignMetrics(4, 0.25, 0.25, 0.25, 0.75, 0.25),
            ],
            "b": [
                SignMetrics(4, 0.0, 0.0, 0.0, 0.0, 0.0),
                SignMetrics(4, 1.0, 1.0, 0.0, 1.0, 0.0),
            ],
            "all": [
                SignMetrics(8, 0.25, 0.25, 0.0, 0.25, 0.0),
                SignMetrics(8, 0.625, 0.625, 0.125, 0.875, 0.125),
            ],
        },
        {},
        {"spins": "complex64"},
    )


def test_all_together_is_weighted_by_size(tmp_path):
    content = {"a": ONE, "all": torch.ones(1, 12)}
    found = sign_series(written(tmp_path, content, {**content, "a": -ONE}))
    assert list(found.metrics) == ["a", "all (a tensor)", "all"]
    assert found.metrics["all"] == [SignMetrics(16, 0.25, 0.25, 0.0, 0.25, 0.0)]


def test_nan_in_all_checkpoints_are_counted(tmp_path):
    nan = torch.tensor([[math.nan, -1.0], [1.0, math.nan]])
    found = sign_series(written(tmp_path, {"a": nan, "b": TWO}, {"a": nan, "b": TWO}))
    assert found.nans == {"a": 4}


@pytest.mark.parametrize("kind", [torch.int8, torch.int16, torch.float8_e4m3fn, torch.float64])
def test_signs_of_any_numbers(tmp_path, kind):
    found = sign_series(written(tmp_path, {"a": ONE.to(kind)}, {"a": -ONE.to(torch.float32)}))
    assert found.metrics["a"] == [SignMetrics(4, 1.0, 1.0, 0.0, 1.0, 0.0)]


def said(error, *arguments, **options):
    with pytest.raises(error) as caught:
        sign_series(*arguments, **options)
    return str(caught.value)


def test_what_is_refused_in_whole(tmp_path):
    one, other, less, more = written(
        tmp_path,
        {"a.w": ONE, "b.w": TWO},
        {"a.w": TWO, "b.w": TWO},
        {"b.w": TWO},
        {"a.w": ONE, "b.w": TWO, "c.w": ONE.clone()},
    )
    assert said(ValueError, []) == "checkpoints: expected two or more, got 0"
    assert said(ValueError, [one]) == "checkpoints: expected two or more, got 1"
    assert said(ValueError, [one, one], only="(").startswith(
        "only: expected a regular expression, got '(': "
    )
    assert said(ValueError, [one, one], only="x") == (
        f"{one}: no tensor with two or more axes and signs that matches 'x'; there are 'a.w', 'b.w'"
    )
    assert said(ValueError, [one, other]) == (
        f"{other}: expected shape (2, 2) for 'a.w', got (1, 4); --only leaves tensors out"
    )
    assert said(ValueError, [one, less]) == (
        f"{less}: no tensor 'a.w'; there are 'b.w'; --only leaves tensors out"
    )
    assert said(ValueError, [one, more]) == (
        f"{one}: no tensor 'c.w' of shape (2, 2), as {more} has it; --only leaves tensors out"
    )
    # what is not asked for may be as it is
    assert list(sign_series([one, other], only="^b").metrics) == ["b.w", "all"]
    assert list(sign_series([one, more], only="^[ab]").metrics) == ["a.w", "b.w", "all"]
    (bare,) = written(tmp_path / ".", {"bias": torch.ones(3)})
    assert said(ValueError, [bare, bare]) == (
        f"{bare}: no tensor with two or more axes and signs; there are 'bias'"
    )


def test_tied_tensors_are_tracked_once_where_they_are_one_in_all(tmp_path):
    tied = {"a.w": ONE, "b.w": ONE}
    apart = {"a.w": -ONE, "b.w": ONE.clone()}
    files = written(tmp_path, tied, {"a.w": -ONE.clone()}, apart)
    again = tmp_path / "again.pt"
    torch.save(tied, again)
    assert list(sign_series([files[0], again]).metrics) == ["a.w", "all"]
    # one that has it once has both
    assert list(sign_series([files[0], files[1]]).metrics) == ["a.w", "all"]
    assert list(sign_series([files[0], files[2]]).metrics) == ["a.w", "b.w", "all"]


def test_lists_of_names_are_short():
    assert _listed(["a"]) == "'a'"
    assert _listed(list("abcdefgh")).endswith("'g', 'h'")
    assert _listed(list("abcdefghij")).endswith("'g', 'h' and 2 more")


def test_levels_by_name():
    assert [bits_of(name) for name in LEVELS] == [None, None, None, None, 1, 2, 3, 4]
    assert [bits_of(name) for name in ("5-bit", "2-bits", "bit", "2")] == [None] * 4
    assert [check_per(per) for per in ("tensor", "channel", "row", 1, 64)] == [
        *("tensor", "channel", "row", 1, 64),
    ]
    known = "per: expected tensor, channel, row or a number of weights, got "
    for per, end in (("rows", "'rows'; did you mean 'row'?"), ("", "''")):
        with pytest.raises(ValueError, match=exactly(known + end)):
            check_per(per)
    with pytest.raises(ValueError, match=exactly("per: expected an integer >= 1, got 0")):
        check_per(0)
    with pytest.raises(TypeError, match=exactly("per: expected an integer, got 1.5")):
        check_per(1.5)


@pytest.mark.parametrize(
    ("measure", "value", "shown"),
    [
        (ERROR, 0.12345, "12.35 %"),
        (PERPLEXITY, 123.456, "123.46"),
        (PERPLEXITY, 999_999.0, "999999.00"),
        (PERPLEXITY, 1e6, "1.00e+06"),
        (MEAN_LOSS, -0.5, "-0.5000"),
        (MEAN_LOSS, -2e6, "-2.0000e+06"),
        (ERROR, 1e4, "1.00e+06 %"),
    ],
)
def test_how_a_measure_is_shown(measure, value, shown):
    assert measure.shown(value) == shown


def test_what_a_line_has_measured():
    assert list(MEASURES) == ["error", "perplexity", "mean loss"]
    assert measure_of({"epoch": 0}) is None
    assert measure_of({"perplexity": {}}) is PERPLEXITY
    assert measure_in([{"epoch": 0}, {"mean loss": {}}, {"error": {}}]) is MEAN_LOSS
    assert measure_in([]) is ERROR
    assert error_of({"latent": 1.0, "quantized": 2.0, "quantized, reestimated": 3.0}) == 2.0
    assert error_of({"latent": 1.0}) == 1.0


GOOD = ["a.codes", "a.levels", 2, [3, 4], 1, [0, 2]]


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (0, 3, "expected two names, got [3, 'a.levels']"),
        (1, None, "expected two names, got ['a.codes', None]"),
        (2, 0, "expected 1 to 16 bits, got 0"),
        (2, 17, "expected 1 to 16 bits, got 17"),
        (2, True, "expected 1 to 16 bits, got True"),
        (3, 3, "expected a shape, got 3"),
        (3, [3, -1], "expected a shape, got [3, -1]"),
        (3, [3, 1.0], "expected a shape, got [3, 1.0]"),
        (4, 2, "expected an axis of 2, got 2"),
        (4, -1, "expected an axis of 2, got -1"),
        (5, [3], "expected rows below 3, got [3]"),
        (5, [-1], "expected rows below 3, got [-1]"),
        (5, 0, "expected rows below 3, got 0"),
    ],
)
def test_what_a_header_says_of_a_packed_tensor(place, value, message):
    bad = [value if at == place else good for at, good in enumerate(GOOD)]
    with pytest.raises(ValueError, match=exactly(f"'a': {message}")):
        _described("a", bad)


@pytest.mark.parametrize(
    "how",
    [
        GOOD,
        ["c", "l", 1, [], 0, []],
        ["c", "l", 16, [0], 0, []],
        ["c", "l", 1, [2, 3], 0, [1]],
    ],
)
def test_a_header_that_can_be(how):
    assert _described("a", how) is how


def test_entries_that_are_not_six_and_older_ones():
    for bad in (GOOD[:5], [], {}):
        message = f"'a': expected six entries for a packed tensor, got {bad}"
        with pytest.raises(ValueError, match=exactly(message)):
            _described("a", bad)
    with pytest.raises(ValueError, match=begins_with("'a': expected six entries for a packed")):
        _described("a", [*GOOD, 1])
    assert _older("a", {"shape": [2], "bits": 8}) == ["a.codes", "a.levels", 8, [2], 0, []]
    for bits in (0, 9, True):
        message = f"'a': expected 1 to 8 bits, got {bits}"
        with pytest.raises(ValueError, match=exactly(message)):
            _older("a", {"shape": [2], "bits": bits})
    for bad in ([1], {"shape": [2]}, {"bits": 1, "more": 1, "shape": [2]}):
        message = f"'a': expected its shape and bits, got {bad}"
        with pytest.raises(ValueError, match=exactly(message)):
            _older("a", bad)


def test_which_files_are_of_this_package():
    assert [is_quantized({"format": f"pqtheory-quantized-{n}"}) for n in range(5)] == [
        *(False, True, True, True, False),
    ]
    assert not is_quantized(None)
    assert not is_quantized({})
    assert digest_entry("ab") == b'"sha256":"ab"'


def test_a_file_whose_numbers_torch_has_not(tmp_path):
    save_file({"a": ONE}, tmp_path / "a.safetensors")
    whole = (tmp_path / "a.safetensors").read_bytes()
    (tmp_path / "a.safetensors").write_bytes(whole.replace(b'"F32"', b'"F4"', 1)[:-1])
    with pytest.raises(ValueError, match=begins_with(f"{tmp_path / 'a.safetensors'}: ")):
        sign_series([tmp_path / "a.safetensors"] * 2)


@pytest.mark.parametrize("told", [True, False])
def test_a_state_has_checksums_whatever_torch_is_told(told):
    before = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(told)
    try:
        content = state_bytes({"a": ONE})
        assert torch.serialization.get_crc32_options() is told
    finally:
        torch.serialization.set_crc32_options(before)
    assert content == state_bytes({"a": ONE})


@pytest.mark.parametrize(
    "error", [RuntimeError, KeyError, IndexError, AttributeError, TypeError, ValueError]
)
def test_what_has_no_place_for_a_state_says_so_in_one_line(error):
    start = begins_with("here: not the state of this run: ")
    with pytest.raises(ValueError, match=start) as caught, taken_up("here"):
        raise error("one\n  two" + 400 * "x")
    said_of = str(caught.value).removeprefix("here: not the state of this run: ")
    assert len(said_of) == 300
    assert "\n" not in said_of
