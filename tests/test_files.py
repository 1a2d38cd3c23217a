"""The one way to write a file: whole or not at all, with the permissions and the errors of a plain write."""

import errno
import hashlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file

from pqtheory import _files, cli
from pqtheory._files import read_json, whole_file, write_whole
from pqtheory.cli.errors import user_errors
from pqtheory.networks import export
from pqtheory.plotting import save
from pqtheory.plotting.parts import grid_of_axes
from pqtheory.provenance import write_json


def mode(file):
    return file.stat().st_mode & 0o777


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_permissions_are_those_of_a_plain_write(tmp_path, umask):
    before = os.umask(umask)
    try:
        write_whole(tmp_path / "a", b"1")
        (tmp_path / "plain").write_bytes(b"1")
    finally:
        os.umask(before)
    assert mode(tmp_path / "a") == mode(tmp_path / "plain")
    (tmp_path / "a").chmod(0o640)
    write_whole(tmp_path / "a", b"2")
    assert mode(tmp_path / "a") == 0o640


def test_links_are_followed_and_pipes_and_devices_stay(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_whole(tmp_path / "link", b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"x"
    code = """
import sys
from pathlib import Path
from pqtheory._files import write_whole
write_whole(Path("/dev/stdout"), b"shown")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"shown"
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_whole(tmp_path / "pipe", b"through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    assert (tmp_path / "pipe").is_fifo()


def test_an_error_names_the_file_and_leaves_what_was_there(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError) as missing:
        write_whole(tmp_path / "none" / "a", b"")
    assert missing.value.filename == str(tmp_path / "none" / "a")
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(NotADirectoryError) as below:
        write_whole(tmp_path / "a" / "b", b"")
    assert below.value.filename == str(tmp_path / "a" / "b")

    def stop(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a", b"new")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"a": b"old"}


@pytest.mark.parametrize("name", ["checkpoint.pt", "[a]*.json"])
def test_what_a_killed_process_left_is_removed_by_the_next_write(tmp_path, name):
    code = """
import os, signal, sys
from pathlib import Path
from pqtheory import _files
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
_files.write_whole(Path(sys.argv[1]), b"half")
"""
    others = {tmp_path / f".{name}.mine", tmp_path / f".{name}.b.12345678.part"}
    for other in others:
        other.write_bytes(b"")
    killed = subprocess.run([sys.executable, "-c", code, tmp_path / name], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 3
    write_whole(tmp_path / name, b"whole")
    assert set(tmp_path.iterdir()) == {tmp_path / name} | others
    assert (tmp_path / name).read_bytes() == b"whole"


def test_what_is_written_stands_beside_the_file_until_it_is_whole(tmp_path):
    file = tmp_path / "a.json"
    with whole_file(file) as stream:
        stream.write(b"new")
        (part,) = tmp_path.iterdir()
        assert re.fullmatch(r"\.a\.json\.[0-9a-f]{8}\.part", part.name)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"a.json": b"new"}


def test_a_leftover_that_is_gone_meanwhile_is_no_matter(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "glob", lambda self, pattern: [self / ".a.12345678.part"])
    write_whole(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.parametrize("length", [200, 201, 255])
def test_names_as_long_as_they_may_be(tmp_path, monkeypatch, length):
    file = tmp_path / ("ä" + "x" * (length - 2))
    with whole_file(file) as stream:
        stream.write(b"new")
        (part,) = tmp_path.iterdir()
        stem = part.name[1:].rpartition(".")[0].rpartition(".")[0]
        digest = hashlib.sha256(file.name.encode()).hexdigest()
        assert stem == (file.name if length == 200 else f"{file.name[:20]}.{digest}")
    assert file.read_bytes() == b"new"


def test_an_error_of_the_system_keeps_its_number_and_its_words(tmp_path):
    (tmp_path / "folder").mkdir()
    for file, kind in (
        (tmp_path / "none" / "a", FileNotFoundError),
        (tmp_path / "folder", IsADirectoryError),
    ):
        with pytest.raises(kind) as refused:
            write_whole(file, b"")
        number = errno.ENOENT if kind is FileNotFoundError else errno.EISDIR
        assert refused.value.errno == number
        assert str(refused.value) == f"[Errno {number}] {os.strerror(number)}: {str(file)!r}"


def test_json_is_read_up_to_a_size(tmp_path, monkeypatch):
    monkeypatch.setattr(_files, "LARGEST", 1 << 20)
    file = tmp_path / "a.json"
    file.write_text(f"[1]{' ' * ((1 << 20) - 3)}")
    assert read_json(file) == [1]
    file.write_text(f"[1]{' ' * ((1 << 20) - 2)}")
    with pytest.raises(ValueError, match=r"^expected at most 1 MiB$"):
        read_json(file)
    file.write_text('{"a": 1')
    with pytest.raises(ValueError, match=r"^no JSON, or cut off: Expecting ',' delimiter: line 1"):
        read_json(file)
    file.write_text("[" * 200_000)
    with pytest.raises(ValueError, match=r"^no JSON, or cut off: maximum recursion"):
        read_json(file)
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "none")
    file.write_bytes(b"\xff\xff\xff")
    with pytest.raises(ValueError, match=r"^no JSON, or cut off: "):
        read_json(file)


def figure():
    made, axes = grid_of_axes(1, 1, 4.0, 3.0)
    axes[0, 0].plot(np.random.default_rng(0).normal(size=500))
    return made


WRITERS = {
    "q.safetensors": lambda file: export.save_quantized(file, {"a": torch.ones(3)}),
    "q.json": lambda file: write_json(file, {"a": 1}),
    "q.png": lambda file: save(figure(), file),
}


@pytest.mark.parametrize("name", WRITERS)
def test_everything_that_is_written_is_written_so(tmp_path, monkeypatch, name):
    file = tmp_path / name
    file.write_bytes(b"old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as error:
        WRITERS[name](file)
    assert error.value.filename == str(file)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {name: b"old"}


def test_it_needs_no_torch():
    code = "import sys, pqtheory._files, pqtheory.provenance, pqtheory.plotting.files; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("arguments", [("claims",), ("table", "cifar10", "--results", ".")])
def test_a_reader_that_has_gone_ends_a_command_in_silence(tmp_path, arguments):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "pqtheory", *arguments]
    done = subprocess.run(
        command, stdout=write, stderr=subprocess.PIPE, text=True, cwd=tmp_path, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")
    with pytest.raises(BrokenPipeError), user_errors():
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("train", "{}"), "FOLDER"),
        (("data", "cifar10", "--data-dir", "{}"), "--data-dir"),
        (("falsify", "w-prox", "--out", "{}"), "--out"),
    ],
)
def test_a_folder_that_cannot_be_written_is_called_what_the_command_calls_it(
    tmp_path, arguments, name
):
    (tmp_path / "file").write_text("")
    place = str(tmp_path / "file" / "below")
    result = CliRunner().invoke(cli.main, [a.format(place) for a in arguments])
    assert result.exit_code == 2
    assert result.stderr == (
        f"pqtheory: {name}: cannot write to the folder {place!r}: Not a directory\n"
    )


@pytest.mark.parametrize("option", ["--out", "--json"])
def test_a_full_disk_is_one_line_and_leaves_no_half_file(tmp_path, option):
    pytest.importorskip("resource")
    for i in range(40 if option == "--json" else 2):
        content = {f"{n}.weight": torch.randn(3, 3) for n in range(9)}
        save_file(content, tmp_path / f"{i:02}.safetensors")
    files = sorted(tmp_path.iterdir())
    # blocks of 512 bytes: as much as a small picture or a few figures do not fit into
    command = f'ulimit -f 8; exec "{sys.executable}" -m pqtheory signs "$@"'
    out = tmp_path / ("y.png" if option == "--out" else "y.json")
    done = subprocess.run(
        ["sh", "-c", command, "sh", *files, option, out],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
        # what writes which lines ran would not fit either
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
        check=False,
    )
    assert done.returncode == 2
    # matplotlib may warn that its cache did not fit either
    assert done.stderr.splitlines()[-1] == f"pqtheory: [Errno 27] File too large: '{out}'"
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.iterdir()) == files
