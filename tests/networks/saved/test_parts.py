"""Bytes of a file as tensors, names without wrappers, files in a folder: each part of the reading by itself."""

import json
import math

import numpy as np
import pytest
import torch

from pqtheory.networks.records import _option
from pqtheory.networks.saved import tree
from pqtheory.networks.saved.folders import _listed, shards_of, weights_in
from pqtheory.networks.saved.names import aligned, without_wrappers
from pqtheory.networks.saved.stored import StoredTensor, as_stored, as_tensor, mapped
from pqtheory.networks.saved.unread import Unread
from pqtheory.networks.schemas import (
    WrongValueError,
    by_name,
    count,
    each,
    flag,
    lines,
    number,
    or_none,
    parse,
    record,
    text,
)

from ..messages import begins_with, exactly


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(range(10)))
    return path


@pytest.mark.parametrize(("start", "size"), [(0, 10), (3, 7), (9, 1), (4, 2), (7, 3)])
def test_bytes_of_a_file(file, start, size):
    found = mapped(file, start, size)
    assert found.tolist() == list(range(start, start + size))
    # writing to them changes no file
    found[0] = 99
    assert file.read_bytes() == bytes(range(10))


@pytest.mark.parametrize(("start", "size"), [(0, 11), (3, 8), (10, 1), (12, 1), (-1, 2), (4, -2)])
def test_bytes_that_there_are_not(file, start, size):
    message = f"{file}: it ends before byte {start + size}: the file is cut off"
    with pytest.raises(ValueError, match=exactly(message)):
        mapped(file, start, size)


def test_no_bytes_are_anywhere(file):
    found = mapped(file, 99, 0)
    assert (found.dtype, found.shape) == (np.uint8, (0,))
    empty = as_tensor(found, torch.float64)
    assert (empty.dtype, empty.shape) == (torch.float64, (0,))


@pytest.mark.parametrize("offset", [0, 1, 2, 4])
def test_numbers_may_begin_anywhere(offset):
    numbers = np.array([1.5, -2.0], np.float32)
    content = np.zeros(16, np.uint8)
    content[offset : offset + 8] = numbers.view(np.uint8)
    found = as_tensor(content[offset : offset + 8], torch.float32)
    assert found.tolist() == [1.5, -2.0]


@pytest.mark.parametrize(
    ("dtype", "has"),
    [
        *((torch.float32, True), (torch.bfloat16, True), (torch.int8, True), (torch.int16, True)),
        *((torch.int32, False), (torch.uint8, False), (torch.bool, False), (None, False)),
        *((torch.complex64, False), (torch.float8_e4m3fn, True), (torch.float8_e8m0fnu, False)),
    ],
)
def test_which_numbers_have_signs(dtype, has):
    assert StoredTensor((2,), dtype, lambda: None).has_signs is has


def test_arrays_become_stored_tensors_and_all_else_stays():
    array = np.array([[1, 2], [3, 4]], dtype=">i2")
    found = as_stored(array)
    assert (found.shape, found.dtype, found.place) == ((2, 2), torch.int16, None)
    assert found.read().tolist() == [[1, 2], [3, 4]]
    array[0, 0] = 9
    assert found.read()[0, 0] == 1
    for value in (3, "a", np.array(["a"]), np.array([None])):
        assert as_stored(value) is value


def test_names_without_what_wrappers_put_into_them():
    names = ["module.a.weight", "b._orig_mod.c", "_fsdp_wrapped_module.d", "e", "module"]
    assert without_wrappers(names) == {
        **{"a.weight": names[0], "b.c": names[1], "d": names[2], "e": "e", "module": "module"},
    }
    assert without_wrappers(["_checkpoint_wrapped_module.x"]) == {
        "x": "_checkpoint_wrapped_module.x"
    }
    # where two would become one all are as they are
    assert without_wrappers(["module.a", "a"]) == {"module.a": "module.a", "a": "a"}


@pytest.mark.parametrize(
    ("names", "others", "found"),
    [
        (["a", "b"], ["b", "c"], {"b": "b"}),
        (["module.a"], ["_orig_mod.a"], {"module.a": "_orig_mod.a"}),
        (["a", "b.c"], ["net.a", "net.b.c", "loss"], {"a": "net.a", "b.c": "net.b.c"}),
        (["net.a", "net.b.c", "loss"], ["a", "b.c"], {"net.a": "a", "net.b.c": "b.c"}),
        # one that some have alone is no prefix, nor is a part of a name
        (["a", "b"], ["net.a", "other.b"], {}),
        (["a"], ["neta"], {}),
        # where a name is the same no prefix is looked for
        (["a", "b"], ["a", "net.b"], {"a": "a"}),
        ([], ["a"], {}),
        (["a"], [], {}),
    ],
)
def test_what_names_are_called_elsewhere(names, others, found):
    assert aligned(names, others) == found


def folder_of(folder, *names):
    for name in names:
        (folder / name).touch()
    return folder


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["model.safetensors", "pytorch_model.bin", "a.pt"], ["model.safetensors"]),
        (["pytorch_model.bin", "model.pt"], ["pytorch_model.bin"]),
        (["last.ckpt", "x.safetensors"], ["last.ckpt"]),
        (["mine.PT", "optimizer.pt", "rng_state.pth", "best.pt", ".hidden.pt"], ["mine.PT"]),
        (["upsampler.pt", "sampler.pt"], ["upsampler.pt"]),
        (["a.npz", "tokenizer.bin"], ["a.npz"]),
        (["b.bin.index.json", "a.safetensors.index.json"], ["a.safetensors.index.json"]),
        (["b.bin.index.json", "model.safetensors"], ["b.bin.index.json"]),
        (["x-1-of-2.bin", "x-2-of-2.bin"], ["x-1-of-2.bin", "x-2-of-2.bin"]),
        (["x-0-of-2.bin", "x-1-of-2.bin"], ["x-0-of-2.bin", "x-1-of-2.bin"]),
        (["x-1-of-1.pt"], ["x-1-of-1.pt"]),
    ],
)
def test_the_weights_of_a_folder(tmp_path, names, found):
    folder_of(tmp_path, *names)
    assert [file.name for file in weights_in(tmp_path)] == found


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        ([], FileNotFoundError, "no file of weights in it"),
        (
            ["optimizer.pt", "b.txt"],
            FileNotFoundError,
            "no file of weights in it, only b.txt, optimizer.pt; name the file or the folder that holds them",
        ),
        (["b.pt", "a.pt"], ValueError, "expected one checkpoint, found a.pt, b.pt; name the file"),
        (
            ["x-1-of-2.bin", "y-2-of-2.bin"],
            ValueError,
            "expected the shards of one checkpoint, found x-1-of-2.bin, y-2-of-2.bin",
        ),
        (
            ["x-1-of-3.bin", "x-3-of-3.bin"],
            ValueError,
            "expected 3 shards x-...-of-....bin, missing [2]",
        ),
        (["x-0-of-3.bin"], ValueError, "expected 3 shards x-...-of-....bin, missing []"),
    ],
)
def test_a_folder_of_none_or_of_several(tmp_path, names, error, message):
    folder_of(tmp_path, *names)
    with pytest.raises(error, match=exactly(f"{tmp_path}: {message}")):
        weights_in(tmp_path)


def test_lists_of_names_are_short():
    assert _listed(map(str, range(12))) == ", ".join(map(str, range(12)))
    assert _listed(map(str, range(14))) == ", ".join(map(str, range(12))) + " and 2 more"


def test_an_index_says_which_tensors_are_where(tmp_path):
    index = tmp_path / "a.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "1.pt", "b": "2.pt", "c": "1.pt"}}))
    assert shards_of(index) == {"1.pt": ["a", "c"], "2.pt": ["b"]}
    index.write_text(json.dumps({"weight_map": {"a": "../1.pt"}}))
    message = f"{index}: expected files beside it, got '../1.pt'"
    with pytest.raises(ValueError, match=exactly(message)):
        shards_of(index)
    for text_of in ("[]", "{}", '{"weight_map": 3}', "{"):
        index.write_text(text_of)
        with pytest.raises(ValueError, match=begins_with(f"{index}: not an index of shards: ")):
            shards_of(index)


def test_an_object_that_is_not_looked_up_keeps_what_was_done_with_it():
    made = Unread(1, 2, key=3)
    assert (made.arguments, made.state, made.entries) == ((1, 2), None, {})
    made.append("a")
    made.extend(["b", "c"])
    made.add("d")
    made["x"] = 1
    assert made.entries == {0: "a", 1: "b", 2: "c", 3: "d", "x": 1}
    assert made.parts() == made.entries
    assert made(5).arguments == (5,)
    plain = Unread()
    plain.__setstate__({"w": 1})
    assert (plain.attributes, plain.is_module, plain.parts()) == ({"w": 1}, False, {"w": 1})
    for state in (3, (), ({"w": 1}, None)):
        plain.__setstate__(state)
        assert plain.attributes == ({"w": 1} if state == ({"w": 1}, None) else {})


def test_parts_of_a_module():
    module = Unread()
    module.__setstate__(
        {
            "_parameters": {"weight": 1},
            "_buffers": {"mean": 2, "passing": 3},
            "_non_persistent_buffers_set": {"passing"},
            "_modules": {"inner": 4},
            "training": True,
        }
    )
    assert module.is_module
    assert module.parts() == {"weight": 1, "mean": 2, "inner": 4}
    module.__setstate__({"_parameters": None, "_modules": {"inner": 4}})
    assert module.parts() == {"inner": 4}
    module.__setstate__({"_parameters": {}})
    assert not module.is_module


def wrong(schema, value):
    with pytest.raises(WrongValueError) as caught:
        schema(value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("schema", "right", "bad", "message"),
    [
        (text, "a", 1, "expected a string, got 1"),
        (count, 0, -1, "expected an integer >= 0, got -1"),
        (count, 3, True, "expected an integer >= 0, got True"),
        (count, 3, 1.0, "expected an integer >= 0, got 1.0"),
        (flag, False, 0, "expected true or false, got 0"),
        (number(), -1.5, math.inf, "expected a finite number, got inf"),
        (number(0), 0, -0.5, "expected a finite number >= 0, got -0.5"),
        (number(0, 1), 1, 1.5, "expected a finite number from 0 to 1, got 1.5"),
        (number(), 2, True, "expected a finite number, got True"),
        (or_none(count), None, "a", "expected an integer >= 0, got 'a'"),
        (each(count), [1, 2], {}, "expected a list, got {}"),
        (each(count), [], [1, "a"], "field '1': expected an integer >= 0, got 'a'"),
        (by_name(count, "a"), {"a": 1, "b": 2}, {"b": 2}, "expected a field 'a', got ['b']"),
        (by_name(count), {}, [], "expected a mapping, got []"),
        (by_name(count), {"a": 0}, {"a": "b"}, "field 'a': expected an integer >= 0, got 'b'"),
        (
            record({"a": count}, {"b": text}),
            {"a": 1},
            {"a": 1, "c": 2},
            "expected fields out of a, b, got 'c'",
        ),
        (record({"a": count}), {"a": 1}, {}, "expected a field 'a', got []"),
        (
            record({"a": count}, {"b": each(by_name(text))}),
            {"a": 1, "b": [{}]},
            {"a": 1, "b": [{}, {"c": 3}]},
            "field 'b.1.c': expected a string, got 3",
        ),
    ],
)
def test_a_schema_says_what_is_wrong_and_where(schema, right, bad, message):
    schema(right)
    assert wrong(schema, bad) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON: Expecting property name enclosed in double quotes"),
        ('{\n"a" 1}', "not JSON: Expecting ':' delimiter in line 2"),
        ('{"a": 1, "a": 2}', "expected each field once, got 'a'"),
        ('{"a": NaN}', "expected numbers that are finite, got 'NaN'"),
        ("[" * 5000, "not JSON that is meant: nested too deep"),
        ('{"a": "b"}', "field 'a': expected an integer >= 0, got 'b'"),
    ],
)
def test_json_that_is_not_as_it_should_be(content, message):
    with pytest.raises(ValueError, match=exactly(f"here: {message}")):
        parse(content, by_name(count), "here")


def test_lines_of_a_file_are_those_that_have_an_end(tmp_path):
    place = tmp_path / "a.jsonl"
    assert list(lines(place, count)) == []
    place.write_text("1\n2\n3")
    assert list(lines(place, count)) == [1, 2]
    place.write_text('1\n"a"\n')
    message = f"{place}: line 2: expected an integer >= 0, got 'a'"
    with pytest.raises(ValueError, match=exactly(message)):
        list(lines(place, count))
    place.write_bytes(b"\xff\n")
    with pytest.raises(ValueError, match=exactly(f"{place}: not UTF-8 text")):
        list(lines(place, count))


def test_names_in_a_message_are_twelve_at_most():
    twelve = [str(n) for n in range(12)]
    shown = ", ".join(map(repr, twelve))
    assert tree._listed(twelve) == shown
    assert tree._listed([*twelve, "a", "b"]) == f"{shown} and 2 more"
    assert tree._listed([]) == "none"


def test_an_option_of_a_task_in_a_file_is_a_plain_value():
    for value in (True, 3, 0.5, "a"):
        _option(value)
    assert wrong(_option, [1]) == "expected a number, a word, true or false, got [1]"
