"""Where results say that they come from: the whole record, the command, the hash of the data, the file."""

import hashlib
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import numpy as np
import pytest

import pqtheory
from pqtheory import provenance as where
from pqtheory.provenance import command, data_hash, provenance, started_by, write_json


def test_the_whole_record(monkeypatch):
    monkeypatch.setattr(where, "_processor", lambda: "a processor")
    before = datetime.now(UTC).replace(microsecond=0)
    found = provenance(seed=3, data={"a": np.arange(3.0)})
    time = datetime.fromisoformat(found["time"])
    assert found == {
        "command": command(sys.orig_argv),
        "versions": {
            "pqtheory": pqtheory.__version__,
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in where.PACKAGES},
        },
        "seed": 3,
        "data_sha256": data_hash({"a": np.arange(3.0)}),
        "hardware": {
            "machine": platform.machine(),
            "processor": "a processor",
            "cores": os.cpu_count(),
            "system": platform.system(),
        },
        "time": found["time"],
    }
    # in universal time, to the second
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", found["time"])
    assert before <= time <= before + timedelta(minutes=5)


def test_without_seed_and_data_and_with_packages_that_are_missing(monkeypatch):
    monkeypatch.setattr(where, "PACKAGES", ("numpy", "no-such-package"))
    found = provenance()
    assert (found["seed"], found["data_sha256"]) == (None, None)
    assert found["versions"] == {
        "pqtheory": pqtheory.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def test_a_process_that_was_started_names_the_command_behind_it(monkeypatch):
    monkeypatch.setattr(sys, "orig_argv", ["python3", "-m", "there"])
    monkeypatch.delenv("PQTHEORY_STARTED_BY", raising=False)
    assert started_by() == "python -m there"
    monkeypatch.setenv("PQTHEORY_STARTED_BY", "python -m behind")
    assert started_by() == "python -m behind"
    assert provenance()["command"] == "python -m behind"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["/opt/x/bin/python3.12", "-m", "experiments.digits", "--out", "/home/me/results"],
            "python -m experiments.digits --out results",
        ),
        (["python3", "at/a.py"], "python at/a.py"),
        (["/usr/bin/pqtheory", "python3"], "pqtheory python3"),
        (["python3.11"], "python"),
        (
            ["/usr/bin/pqtheory", "train", "my run", "--task", "/a b/my task.py"],
            "pqtheory train 'my run' --task 'my task.py'",
        ),
        ([], ""),
    ],
)
def test_the_command_carries_no_paths_of_a_machine(arguments, line):
    assert command(arguments) == line


def test_the_processor_is_the_one_that_the_system_names(monkeypatch, tmp_path):
    assert str(where.CPUINFO) == "/proc/cpuinfo"
    monkeypatch.setattr(where, "CPUINFO", tmp_path / "cpuinfo")
    for name, shown in (("named", "named"), ("", "unknown")):
        monkeypatch.setattr(platform, "processor", lambda name=name: name)
        assert where._processor() == shown
    # whatever bytes a maker has put there, and whatever stands above and below
    lines = b"vendor_id\t: a\nmodel name\t:  A: 1\xff @ 2 GHz \nmodel name\t: B\n"
    where.CPUINFO.write_bytes(lines)
    assert where._processor() == "A: 1\N{REPLACEMENT CHARACTER} @ 2 GHz"
    where.CPUINFO.write_bytes(b"vendor_id\t: a\n")
    assert where._processor() == "unknown"


def test_the_hash_sees_values_names_shapes_and_dtypes():
    a = np.arange(4.0)
    different = [
        {"a": a},
        {"b": a},
        {"a": a.reshape(2, 2)},
        {"a": a.astype(np.float32)},
        {"a": a + 1},
        {"a": a, "b": a},
        {"a": a[:1]},
        {"a": a[0]},
        {},
    ]
    assert len({data_hash(d) for d in different}) == len(different)
    assert data_hash({"a": a, "b": a + 1}) == data_hash({"b": a + 1, "a": a})
    # as they are read, not as they lie in memory
    square = a.reshape(2, 2)
    assert data_hash({"a": square.T}) == data_hash({"a": square.T.copy()})
    assert data_hash({"a": square.T}) != data_hash({"a": square})


def test_the_hash_of_objects_is_that_of_what_they_are():
    third = [Fraction(1, 3), "a"]
    code = "from fractions import Fraction; import numpy as np; from pqtheory.provenance import data_hash"
    other = f"{code}; print(data_hash({{'a': np.array([Fraction(1, 3), 'a'], object)}}))"
    done = subprocess.run([sys.executable, "-c", other], capture_output=True, text=True, check=True)
    assert data_hash({"a": np.array(third, object)}) == done.stdout.strip()
    # NumPy's integers are Python's
    two, one = (np.array([kind(2)], object) for kind in (np.int64, int))
    assert data_hash({"a": two}) == data_hash({"a": one})
    different = [third, [Fraction(1, 2), "a"], [1 / 3, "a"], ["a", Fraction(1, 3)]]
    assert len({data_hash({"a": np.array(d, object)}) for d in different}) == 4
    with pytest.raises(TypeError, match=r"data: expected numbers or texts, got <object object at"):
        data_hash({"a": np.array([object()], object)})


def test_a_seed_is_one_of_json():
    assert type(provenance(seed=np.int64(3))["seed"]) is int
    with pytest.raises(TypeError, match=r"seed: expected an integer, got 0\.5"):
        provenance(seed=0.5)


def test_the_hash_is_the_same_as_it_was():
    """Stored results name it."""
    whole = b"a <f8 (2,)\n" + np.arange(2.0).tobytes() + b"b <i4 (1, 1)\n" + b"\x07\0\0\0"
    data = {"b": np.array([[7]], np.int32), "a": np.arange(2.0)}
    assert data_hash(data) == hashlib.sha256(whole).hexdigest()


def test_a_file_has_a_line_for_each_entry_and_one_for_a_list_of_numbers(tmp_path):
    content = {
        "list": [1.0, -2e-7, 1e16],
        "nested": [[1, 2], []],
        "words": ["[1,  2]", "é"],
        "none": None,
        "mapping": {"a": True},
    }
    write_json(tmp_path / "a.json", content)
    text = (tmp_path / "a.json").read_bytes()
    assert text.splitlines() == [
        b"{",
        b' "list": [ 1.0, -2e-07, 1e+16 ],',
        b' "nested": [',
        b"  [ 1, 2 ],",
        b"  []",
        b" ],",
        b' "words": [',
        b'  "[1,  2]",',
        b'  "\\u00e9"',
        b" ],",
        b' "none": null,',
        b' "mapping": {',
        b'  "a": true',
        b" }",
        b"}",
    ]
    assert text.endswith(b"}\n")
    assert json.loads(text) == content


def test_what_json_lacks_is_not_written(tmp_path):
    for number in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="not JSON compliant"):
            write_json(tmp_path / "b.json", {"x": number})
    with pytest.raises(TypeError, match="not JSON serializable"):
        write_json(tmp_path / "b.json", {"x": {1}})
    assert list(tmp_path.iterdir()) == []
