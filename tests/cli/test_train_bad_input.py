"""What `pqtheory train` says about bad input: one line, exit code 2, and nothing half-written."""

import errno
import os
import pickle

import pytest
import torch
from click.testing import CliRunner
from torch import nn

from pqtheory import cli
from pqtheory.networks import optim
from pqtheory.networks.data import cifar10
from pqtheory.networks.training import RunFolder

N = 4


def run(*arguments):
    return CliRunner().invoke(cli.main, [str(a) for a in arguments], env={"PQTHEORY_DATA": ""})


def one_line(result):
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.fixture
def batches(tmp_path, monkeypatch):
    """A folder of batches in the binary layout, of the right size and of no right content."""
    monkeypatch.setattr(cifar10, "PER_BATCH", N)
    place = tmp_path / "data" / "cifar-10-batches-bin"
    place.mkdir(parents=True)
    for name in cifar10.CHECKSUMS:
        (place / f"{name}.bin").write_bytes(bytes(N * cifar10.RECORD))
    return place


def on_cifar10(place, folder):
    return one_line(run("train", folder, "--data", "cifar10", "--data-dir", place))


def test_cifar10_that_is_missing_cut_off_or_changed(batches, tmp_path):
    folder = tmp_path / "run"
    how = "pqtheory data cifar10 --data-dir DIR downloads it"
    changed = on_cifar10(batches.parent, folder)
    assert "data_batch_1 is not as published: SHA-256 of its records " in changed
    assert cifar10.CHECKSUMS["data_batch_1"] in changed
    assert how in changed
    (batches / "data_batch_1.bin").write_bytes(b"cut off")
    cut = on_cifar10(batches.parent, folder)
    assert "data_batch_1.bin: expected 12292 bytes, got 7" in cut
    assert how in cut
    (batches / "data_batch_1.bin").unlink()
    (batches / "data_batch_1").write_bytes(b"")
    assert "data_batch_1: refused" in on_cifar10(batches, folder)
    assert "no folder" in on_cifar10(tmp_path / "none", folder)
    assert "set PQTHEORY_DATA" in one_line(run("train", folder, "--data", "cifar10"))
    assert not folder.exists()


def test_a_folder_of_another_layout_says_what_was_expected(tmp_path):
    place = tmp_path / "data"
    (place / "train" / "cat").mkdir(parents=True)
    message = on_cifar10(place, tmp_path / "run")
    assert "neither cifar-10-batches-bin/data_batch_1.bin nor cifar-10-batches-py" in message
    assert not (tmp_path / "run").exists()


class Bomb:
    def __reduce__(self):
        return (os.mkdir, ("it-ran",))


def test_a_pickle_with_code_is_refused_and_does_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "cifar-10-batches-py"
    place.mkdir()
    (place / "data_batch_1").write_bytes(pickle.dumps({b"data": Bomb()}))
    message = on_cifar10(tmp_path, tmp_path / "run")
    assert "data_batch_1: refused, not a pickle of plain arrays: it asks for posix.mkdir" in message
    torch.save({"version": 1, "model": Bomb()}, tmp_path / "warm.pt")
    message = one_line(run("train", tmp_path / "run", "--warm-start", tmp_path / "warm.pt"))
    assert "warm.pt: no tensors, keys 'version', 'model'" in message
    assert not (tmp_path / "it-ran").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--preset", "best"), "'best' is not one of 'corrected', 'faithful'"),
        (("--method", "magic"), "'magic' is not one of"),
        (("--model", "resnet21"), "model: expected one of small, resnet20"),
        (("--data", "cifar100"), "data: expected one of digits, cifar10, got 'cifar100'"),
        (("--held-out", "99999"), "--held-out: expected fewer than"),
        (("--lr", "nan"), "lr: expected a finite number"),
        (("--time-budget", "0"), "--time-budget: expected minutes > 0"),
        (("--device", "tpu9"), "--device: no device 'tpu9'"),
        (("--device", "meta"), "--device: expected cpu, cuda or cuda:N, got 'meta'"),
        (("--device", "cuda:99"), "CUDA devices, no 'cuda:99'"),
        (("--warm-start", "nowhere"), "no file 'nowhere'"),
        (
            ("--levels", "2-bit", "--per", "rows"),
            "a number of weights, got 'rows'; did you mean 'row'?",
        ),
        (("--levels", "2-bit", "--per", "0"), "--per: expected an integer >= 1, got 0"),
        (("--levels", "2-bit", "--per", "2.5"), "--per: expected an integer, got 2.5"),
        (("--levels", "2-bit", "--per", "7"), "per: expected a size that divides the rows of"),
        (
            ("--per", "channel"),
            "--per: expected levels that are fitted for it, got 'channel' with binary",
        ),
        (("--per", "16"), "--per: expected levels that are fitted for it, got 16 with binary"),
        (
            ("--method", "full-precision", "--levels", "2-bit"),
            "--levels: only for methods that quantize",
        ),
        (("--method", "full-precision", "--per", "row"), "--per: only for methods that quantize"),
        (
            ("--method", "full-precision", "--set", "gradient_factor=0.3"),
            "gradient_factor: expected a method that quantizes, got 'full-precision'",
        ),
        (("--track", "step"), "--track: only with --metrics"),
        (("--task", "language", "--set", "dropout=nan"), "dropout: expected a number"),
        (
            ("--task", "language", "--set", "dropout=2"),
            "dropout: expected a number from 0 to 1, got 2",
        ),
        (("--task", "language", "--set", "hidden=0"), "hidden: expected an integer >= 1, got 0"),
        (
            ("--task", "language", "--model", "transformer", "--set", "dropout=-1"),
            "dropout: expected a number from 0 to 1, got -1",
        ),
        (("--task", "language", "--set", "window=30000"), "expected streams of 30001 words"),
        (("--task", "language", "--set", f"hidden={10**11}"), "not enough memory: "),
        (("--metrics", ","), "--metrics: expected names with commas between, got ','"),
        (
            ("--method", "ttq", "--levels", "ternary", "--metrics", "flips"),
            "--metrics: expected none for TTQ, got ('flips',)",
        ),
        (("--set", "epochs=3"), "--set: epochs is given by --epochs"),
        (("--set", "method=bop"), "--set: method is given by --method"),
        (("--set", "seed=3"), "--set: seed is given by --seed"),
        (("--set", "amp=true"), "--set: amp is given by --amp"),
        (("--set", "metrics=flips"), "--set: metrics is given by --metrics"),
        (("--set", "name=x"), "settings: no setting 'name'"),
        (("--seed", 2**64), "--seed: expected an integer from 0 to "),
    ],
)
def test_a_bad_setting_is_one_line_and_leaves_no_folder(tmp_path, options, message):
    folder = tmp_path / "run"
    assert message in one_line(run("train", folder, *options))
    assert not folder.exists()


def test_checkpoints_of_another_network_or_version(tmp_path):
    warm, folder = tmp_path / "warm", tmp_path / "run"
    assert run("train", warm, "--method", "full-precision", "--epochs", 1).exit_code == 0
    start = ("train", folder, "--warm-start", warm, "--epochs", 1)
    message = one_line(run(*start, "--model", "resnet20"))
    assert "checkpoint.pt: not a checkpoint of resnet20" in message
    # a bad start leaves no run that the right one could collide with
    assert not folder.exists()
    file = warm / "checkpoint.pt"
    whole = torch.load(file)
    torch.save({name: value for name, value in whole.items() if name != "tracker"}, file)
    message = one_line(run("train", warm, "--resume"))
    assert "checkpoint.pt: not the state of a run: 'tracker' is missing" in message
    for name, odd in (("model", {}), ("optimizer", 3), ("tracker", 3)):
        torch.save({**whole, name: odd}, file)
        message = one_line(run("train", warm, "--resume"))
        assert "checkpoint.pt: not the state of this run: " in message
    torch.save({**whole, "epoch": -1}, file)
    assert "epoch: expected an integer >= 0, got -1" in one_line(run("table", warm))
    torch.save({**whole, "version": 99}, file)
    message = one_line(run(*start))
    assert "checkpoint.pt: expected a checkpoint of version 1, got 99" in message
    message = one_line(run("train", warm, "--method", "full-precision", "--epochs", 1, "--resume"))
    assert "expected a checkpoint of version 1, got 99" in message
    settings = warm / "settings.json"
    settings.write_text(settings.read_text().replace('"version": 1', '"version": 7', 1))
    assert "expected version 1, got 7" in one_line(run("table", warm))
    settings.write_text("{")
    assert "settings.json: not JSON: " in one_line(run("table", warm))


def test_a_group_with_nothing_to_quantize():
    with pytest.raises(ValueError, match="quantize: expected to pick parameters of BatchNorm2d"):
        optim.split_parameters(nn.BatchNorm2d(3))
    plain = torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1)
    with pytest.raises(
        ValueError,
        match=r'expected a group marked \{"quantize": True\}, as split_parameters',
    ):
        optim.BinaryConnect(plain)
    empty = torch.optim.SGD([{"params": [], "quantize": True}], lr=0.1)
    with pytest.raises(ValueError, match="group 0: nothing to quantize in it"):
        optim.BinaryConnect(empty)


class FullDisk:
    """A stream that takes half of what is written and then has no room."""

    def __init__(self, stream):
        self.stream = stream

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()

    def write(self, content):
        self.stream.write(content[: len(content) // 2])
        self.stream.flush()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_line_that_was_cut_off_spoils_no_later_one(tmp_path):
    folder = RunFolder(tmp_path / "run")
    options = ("train", folder.path, "--epochs", 3, "--method", "binaryconnect")
    assert run(*options, "--time-budget", 1e-9).exit_code == 0
    first = folder.seconds()
    for name in ("metrics.jsonl", "times.jsonl"):
        with (folder.path / name).open("a") as stream:
            stream.write('{"epoch": 2, "sec')
    assert run(*options, "--resume").exit_code == 0
    assert [m["epoch"] for m in folder.metrics()] == [0, 1, 2, 3]
    assert folder.seconds() > first > 0


def test_a_run_whose_checkpoint_is_gone_keeps_its_metrics(tmp_path):
    folder = tmp_path / "run"
    options = ("train", folder, "--epochs", 2, "--method", "binaryconnect")
    assert run(*options, "--time-budget", 1e-9).exit_code == 0
    (folder / "checkpoint.pt").unlink()
    lines = (folder / "metrics.jsonl").read_text()
    result = run(*options, "--resume")
    assert result.exit_code == 2
    assert result.stderr == (
        f"pqtheory: {folder}: no checkpoint.pt there to go on from, and a new start would take its metrics away; "
        "give another folder\n"
    )
    assert (folder / "metrics.jsonl").read_text() == lines
    # one that was killed before its first checkpoint has nothing to lose
    (folder / "metrics.jsonl").write_text(lines.partition("\n")[0] + "\n")
    assert run(*options, "--resume").exit_code == 0


def test_resumed_without_a_word_it_keeps_its_settings(tmp_path):
    folder = tmp_path / "run"
    options = ("--epochs", 3, "--method", "binaryconnect", "--lr", 0.02, "--held-out", 50)
    stopped = run("train", folder, *options, "--time-budget", 1e-9)
    assert "go on with --resume" in stopped.stdout
    assert "was started with epochs = 3, not 4" in one_line(
        run("train", folder, "--method", "binaryconnect", "--epochs", 4, "--resume")
    )
    assert run("train", folder, "--resume").exit_code == 0
    assert RunFolder(folder).metrics()[-1]["epoch"] == 3
    assert RunFolder(folder).settings.lr == 0.02


@pytest.mark.parametrize("options", [(), ("--epochs", 1)])
def test_a_mistyped_folder_is_not_resumed(tmp_path, options):
    folder = tmp_path / "rnu"
    message = one_line(run("train", folder, "--resume", *options))
    assert f"{folder}: no run there to go on with" in message
    assert not folder.exists()


def test_a_rate_for_a_method_without_lambda(tmp_path):
    message = one_line(run("train", tmp_path / "run", "--method", "BinaryConnect", "--rate", 0.1))
    assert "--rate: binaryconnect has no lambda; expected proxquant or binaryrelax" in message
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("fails_at", range(1, 7))
def test_a_full_disk_is_one_line_and_the_run_goes_on_later(tmp_path, monkeypatch, fails_at):
    folder, whole = tmp_path / "run", tmp_path / "whole"
    options = ("--epochs", 2, "--method", "binaryconnect")
    real, count = open, iter(range(1, 100))

    def full(descriptor, *mode):
        stream = real(descriptor, *mode)
        return FullDisk(stream) if next(count) == fails_at else stream

    monkeypatch.setattr("pqtheory._files.open", full, raising=False)
    assert "No space left on device" in one_line(run("train", folder, *options))
    known = {".lock", "settings.json", "metrics.jsonl", "times.jsonl", "checkpoint.pt", "best.pt"}
    left = {p.name for p in folder.iterdir()} if folder.exists() else set()
    # a start that came to no network has left nothing
    assert {"settings.json", "checkpoint.pt"} <= left <= known or not left
    monkeypatch.setattr("pqtheory._files.open", real)
    resumed = ("--resume",) if left else ()
    assert run("train", folder, *options, *resumed).exit_code == 0
    assert run("train", whole, *options).exit_code == 0
    assert RunFolder(folder).metrics() == RunFolder(whole).metrics()
