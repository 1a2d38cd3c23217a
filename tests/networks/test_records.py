"""Files of runs that were cut or edited by hand: refused in one line that names the place, never taken for another."""

import copy
import json
from itertools import islice

import pytest

from pqtheory.networks.tables.results import read_runs
from pqtheory.networks.tables.summary import rows
from pqtheory.networks.training import RunFolder, preset, train

from .tables.result_files import made
from .training.small_runs import tiny_images

ODD = [None, "x", -1, 1.5, True, [], {}, [[1]], {"all": 1}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made_here = RunFolder(tmp_path_factory.mktemp("runs") / "run")
    chosen = preset("corrected", "proxquant", epochs=3, held_out=10, freeze_epoch=1)
    train(chosen, tiny_images(), made_here, seconds=0)
    train(chosen, tiny_images(), made_here, resume=True)
    return made_here


@pytest.fixture
def edited(folder):
    """Writes a file of the run; it is as it was afterwards."""
    kept = {}

    def write(name, text):
        file = folder.path / name
        kept.setdefault(file, file.read_bytes())
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    yield write
    for file, content in kept.items():
        file.write_bytes(content)


def places(content, at=()):
    """The ways to all values below the top."""
    pairs = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in pairs:
        yield (*at, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*at, key))


def changed(content):
    """Each value left out, or another in its place."""
    for way in places(content):
        for odd in ("left out", *ODD):
            new = copy.deepcopy(content)
            last = new
            for key in way[:-1]:
                last = last[key]
            if odd == "left out":
                del last[way[-1]]
            else:
                last[way[-1]] = odd
            yield new


def refused(read, file):
    """The message, or None; no other error than the one line."""
    try:
        read()
    except ValueError as error:
        text = str(error)
        assert text.startswith(str(file)), text
        assert "\n" not in text
        assert len(text) < len(str(file)) + 600
        return text
    return None


def test_changed_settings(folder, edited):
    content = json.loads((folder.path / "settings.json").read_text())
    accepted = []
    for new in changed(content):
        file = edited("settings.json", json.dumps(new))
        if refused(lambda: (folder.settings, folder.provenance), file) is None:
            accepted.append(new)
    for new in accepted:
        # runs of earlier versions have their defaults
        later = {"task", "per", "options", "stall_divisor", "gradient_factor", "clip_norm"}
        later |= {"metrics", "track", "dampening", "oscillation_threshold", "refit_every"}
        assert new["settings"].keys() <= content["settings"].keys()
        assert content["settings"].keys() - new["settings"].keys() <= later
        for name, value in new["settings"].items():
            assert type(value) is type(content["settings"][name]) or name in (
                *("warm_start", "clip", "freeze_epoch", "clip_norm"),
                *("lr", "rate", "momentum", "weight_decay", "drop_factor"),
                *("stall_divisor", "gradient_factor"),
                *("dampening", "oscillation_threshold", "refit_every"),
            )


def test_settings_that_are_not_those_of_the_checkpoint(folder, edited):
    content = json.loads((folder.path / "settings.json").read_text())
    content["settings"]["lr"] = 0.5
    file = edited("settings.json", json.dumps(content))
    expected = "field 'settings.lr': expected 0.1, as checkpoint.pt has it, got 0.5"
    assert expected in refused(folder.metrics, file)
    # where it lies may have changed
    content["settings"] |= {"lr": 0.1, "warm_start": "elsewhere"}
    edited("settings.json", json.dumps(content))
    assert len(folder.metrics()) == 4


def test_times_of_epochs_that_are_not_done_do_not_count(folder, edited):
    text = (folder.path / "times.jsonl").read_text()
    whole = folder.seconds()
    edited("times.jsonl", f'{text}{{"epoch": 9, "seconds": 1000.0}}\n')
    assert folder.seconds() == whole


def test_names_in_a_line_are_those_of_the_lines_before(folder, edited):
    text = (folder.path / "metrics.jsonl").read_text()
    lines = text.splitlines()
    for field, part in (("error.test", "quantized"), ("quantization_error", "conv.weight")):
        line = json.loads(lines[3])
        inside = line
        for name in field.split("."):
            inside = inside[name]
        del inside[part]
        other = "\n".join([*lines[:3], json.dumps(line), ""])
        message = refused(folder.metrics, edited("metrics.jsonl", other))
        assert f"line 4: field '{field}': expected [" in message


@pytest.mark.parametrize(
    ("number", "layer", "codes", "message"),
    [
        (1, "all", {}, "line 2: field 'codes.all': expected ['flips', 'occupation'], got []"),
        (2, "all", None, "line 3: expected a field 'codes', got "),
        (2, "fc.weight", None, "line 3: field 'codes': expected ["),
        (2, "all", {"flips": 0.1}, "line 3: field 'codes.all': expected ["),
        (
            2,
            "all",
            {"flips": 0, "occupation": [1]},
            "field 'codes.all.occupation': expected 2, got 1",
        ),
    ],
)
def test_codes_are_in_each_line_with_all_layers_and_metrics(
    followed, number, layer, codes, message
):
    folder, lines = followed
    line = copy.deepcopy(lines[number])
    if codes is not None:
        line["codes"][layer] = codes
    elif layer == "all":
        del line["codes"]
    else:
        del line["codes"][layer]
    other = [*lines[:number], line, *lines[number + 1 :]]
    file = folder.path / "metrics.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in other))
    assert message in refused(folder.metrics, file)


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """A run that records its codes, and its lines."""
    folder = RunFolder(tmp_path_factory.mktemp("followed"))
    chosen = preset(
        "corrected", "binaryconnect", epochs=2, held_out=10, metrics=("flips", "occupation")
    )
    train(chosen, tiny_images(), folder)
    return folder, folder.metrics()


def test_changed_metrics(folder, edited):
    text = (folder.path / "metrics.jsonl").read_text().splitlines()
    lines = [json.loads(line) for line in text]
    for number in (0, 1, 2):
        # some of them: each reading checks the checkpoint
        plain = {k: v for k, v in lines[number].items() if k != "distance"}
        for new in islice(changed(plain), 0, None, 17):
            other = [*lines[:number], new, *lines[number + 1 :]]
            file = edited("metrics.jsonl", "".join(f"{json.dumps(line)}\n" for line in other))
            message = refused(lambda: rows([folder.path]), file)
            assert message is None or f": line {number + 1}: " in message or number < 2
            if new.get("epoch") != number:
                assert message is not None


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ((0, 1, 1, 2, 3), "line 3: field 'epoch': expected 2, got 1"),
        ((3, 2, 1, 0), "line 1: field 'epoch': expected 0, got 3"),
        ((0, 1, 3), "line 3: field 'epoch': expected 2, got 3"),
        ((0, 1, 2), "expected 4 lines, as checkpoint.pt is of epoch 3, got 3"),
        ((), "expected 4 lines, as checkpoint.pt is of epoch 3, got 0"),
    ],
)
def test_lines_doubled_reversed_missing(folder, edited, order, message):
    lines = (folder.path / "metrics.jsonl").read_text().splitlines(keepends=True)
    file = edited("metrics.jsonl", "".join(lines[i] for i in order))
    assert message in refused(folder.metrics, file)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 100_000, "nested too deep"),
        ("", "not JSON: Expecting value"),
        ('{"epoch": 0, "epoch": 0}', "expected each field once, got 'epoch'"),
        ('{"epoch": 0, "loss": NaN}', "expected numbers that are finite, got 'NaN'"),
        ('{"epoch": 0, "loss": 1e999}', "field 'loss': expected a finite number, got inf"),
        ('{"epoch": 0, "lost": 1}', "expected a field 'loss', got ['epoch', 'lost']"),
        ('{"epoch": 0, "loss": 1, "eror": 1}', "got 'eror'"),
        ('{"loss": 1}', "expected a field 'epoch'"),
        ("3", "expected a mapping, got 3"),
        (
            '{"epoch": 0, "loss": 1, "error": {"test": {"latent": 7}}}',
            "field 'error.test.latent': expected a finite number from 0 to 1, got 7",
        ),
        (b"\xff", "not UTF-8 text"),
    ],
)
def test_a_line_that_is_not_as_it_should_be(folder, edited, text, message):
    line = text + b"\n" if isinstance(text, bytes) else f"{text}\n"
    file = edited("metrics.jsonl", line)
    assert message in refused(folder.metrics, file)
    edited("times.jsonl", line)
    assert refused(folder.seconds, folder.path / "times.jsonl")
    assert refused(lambda: folder.settings, edited("settings.json", line))


def test_changed_and_cut_results(tmp_path):
    content = {"runs": [made("proxquant", 0, [0.9] * 5 + [0.11, 0.10])]}
    file = tmp_path / "cifar10.json"
    whole = json.dumps(content, indent=1)
    for end in range(0, len(whole) - 1, 97):
        file.write_text(whole[:end])
        assert "not JSON" in refused(lambda: read_runs(file, "cifar10"), file)
    for new in changed(content):
        file.write_text(json.dumps(new))
        refused(lambda: read_runs(file, "cifar10"), file)


def test_results_of_other_lengths_or_twice(tmp_path):
    run = made("proxquant", 0, [0.9] * 5 + [0.11, 0.10])
    file = tmp_path / "cifar10.json"

    def message(*runs):
        file.write_text(json.dumps({"runs": runs}))
        return refused(lambda: read_runs(file, "cifar10"), file)

    def with_curves(**curves):
        return {**run, "curves": {**run["curves"], **curves}}

    assert message(run) is None
    assert "expected each run once, got 'proxquant-0' twice" in message(run, run)
    late = {**run, "settings": {**run["settings"], "freeze_epoch": 6}}
    assert "settings.freeze_epoch': expected an epoch from 0 to 5, got 6" in message(late)
    error = run["curves"]["error"]
    assert "runs.0.curves.error': expected epochs that grow" in message(
        with_curves(error=error[::-1])
    )
    assert "epochs that grow, up to 6" in message(with_curves(error=[*error, error[-1]]))
    assert "'runs.0.curves.flips, all': expected 6 values" in message(
        with_curves(**{"flips, all": [0.1]})
    )
    assert "'runs.0.epochs': expected at most the 6" in message({**run, "epochs": 7})
    assert "'runs.0.last.epoch': expected the epoch 6" in message(
        {**run, "last": {**run["last"], "epoch": 5}}
    )
