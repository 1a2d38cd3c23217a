"""Archives of runs: what is in them and in which order, what takes the place of what, what is refused.

An archive that is damaged, in whole or in a member, is one line, and nothing of it is put in place.
"""

import errno
import io
import json
import os
import shutil
import tarfile

import pytest
import torch

from pqtheory.networks.states import read_state, state_bytes
from pqtheory.networks.sweeps import archives, pack, restore
from pqtheory.networks.training import RunFolder, preset

from ..messages import exactly


def packed(file, **members):
    with tarfile.open(file, "w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(f"run/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file


def state(epoch, settings, **more):
    network = {"w": torch.arange(4.0) + epoch}
    return {"epoch": epoch, "settings": settings.to_dict(), "model": network, **more}


def made(place, method="proxquant", epoch=2, **changes):
    """The folder of a run of two epochs that was not trained."""
    folder, settings = RunFolder(place), preset("corrected", method, epochs=2, **changes)
    folder.path.mkdir(parents=True)
    folder.start(settings, "hash")
    folder.save("checkpoint.pt", state(epoch, settings, best=0.5, optimizer={"step": 1}))
    return folder


def members(file):
    with tarfile.open(file) as archive:
        return [(m.name, archive.extractfile(m).read()) for m in archive.getmembers()]


@pytest.fixture
def three(tmp_path):
    """A run that is done, a warm start that is done, and a run that is not."""
    runs = tmp_path / "runs"
    done, warm, half = (
        made(runs / "a"),
        made(runs / "b", "full-precision"),
        made(runs / "c", epoch=1),
    )
    (done.path / "times.jsonl").write_text("{}\n")
    for folder in (done, half):
        folder.save("best.pt", {"epoch": 1})
    # what is hidden belongs to whoever trains there
    (half.path / ".lock").touch()
    (runs / ".cache").mkdir()
    (runs / ".cache" / "settings.json").write_text("{}")
    (runs / "notes.md").write_text("beside the runs")
    (warm.path / "more").mkdir()
    return runs


def test_what_is_packed_and_in_which_order(three, tmp_path):
    out = tmp_path / "new" / "out"
    (file,) = pack(three, out)
    assert file == out / "runs-0.tar"
    found = members(file)
    assert [name for name, _ in found] == [
        # of a run that is done: that it is, before anything large
        "a/checkpoint.pt",
        "a/settings.json",
        "a/times.jsonl",
        "b/settings.json",
        "c/settings.json",
        # what others start from, what is to go on, what is only to look at
        "b/checkpoint.pt",
        "c/checkpoint.pt",
        "a/checkpoint.pt",
    ]
    contents = [content for _, content in found]
    for place, name in ((1, "a/settings.json"), (2, "a/times.jsonl"), (6, "c/checkpoint.pt")):
        assert contents[place] == (three / name).read_bytes()
    bare, warm, whole = (read_state(contents[place], "") for place in (0, 5, 7))
    assert list(bare) == ["version", "epoch", "settings"]
    assert list(warm) == list(whole) == ["version", "epoch", "settings", "model"]
    assert torch.equal(whole["model"]["w"], torch.arange(4.0) + 2)
    assert (bare["epoch"], bare["settings"]["method"]) == (2, "proxquant")
    assert (warm["epoch"], warm["settings"]["method"]) == (2, "full-precision")


def test_archives_of_before_are_gone_and_other_files_stay(three, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    for name in ("runs-0.tar", "runs-7.tar", "mine.tar"):
        (out / name).write_bytes(b"old")
    assert pack(three, out, most=0) == []
    assert [file.name for file in out.iterdir()] == ["mine.tar"]


def test_archives_are_replaced_when_all_new_ones_are_written(three, tmp_path, monkeypatch):
    out, largest = tmp_path / "out", 30_000
    kept = {file: file.read_bytes() for file in pack(three, out, largest)}
    assert len(kept) > 1
    (three / "c" / "more.json").write_text("{}")
    added = tarfile.TarFile.addfile

    def full(archive, member, *content):
        if member.name == "c/checkpoint.pt":
            raise OSError(errno.ENOSPC, "No space left on device")
        added(archive, member, *content)

    monkeypatch.setattr(tarfile.TarFile, "addfile", full)
    with pytest.raises(OSError, match="No space left on device"):
        pack(three, out, largest)
    assert {file: file.read_bytes() for file in out.iterdir()} == kept
    monkeypatch.setattr(tarfile.TarFile, "addfile", added)
    (three / "a" / "checkpoint.pt").write_bytes(b"PK damaged")
    with pytest.raises(ValueError, match="not a whole checkpoint"):
        pack(three, out, largest)
    assert {file: file.read_bytes() for file in out.iterdir()} == kept


def test_a_network_that_only_an_archive_has_is_not_lost_with_it(three, tmp_path):
    out = tmp_path / "out"
    (file,) = pack(three, out)
    content = file.read_bytes()
    # the same again, and one that has come further
    assert pack(three, out) == [file]
    assert file.read_bytes() == content
    message = "restore it first, or give another folder"
    made(tmp_path / "behind" / "b", "full-precision", epoch=1)
    for runs, name in ((tmp_path / "none", "a"), (tmp_path / "behind", "a")):
        with pytest.raises(
            ValueError,
            match=exactly(f"{file}: has a newer {name}/checkpoint.pt than {runs}; {message}"),
        ):
            pack(runs, out)
    for name in ("a", "c"):
        shutil.copytree(three / name, tmp_path / "behind" / name)
    with pytest.raises(
        ValueError,
        match=exactly(f"{file}: has a newer b/checkpoint.pt than {tmp_path / 'behind'}; {message}"),
    ):
        pack(tmp_path / "behind", out)
    assert file.read_bytes() == content


def test_archives_hold_as_much_as_fits_and_no_more():
    # so much is counted for the end of an archive, and for what a member has beside its bytes
    end, beside = 10240, 2048
    one, two = ("one", b"1" * 100), ("two", b"2" * 200)
    both = end + 2 * beside + 300
    assert archives._parts([one, two], both) == [[one, two]]
    assert archives._parts([one, two], both - 1) == [[one], [two]]
    assert archives._parts([two, one], end + beside + 200) == [[two], [one]]
    # what does not fit into one alone stays behind, what comes after it does not
    assert archives._parts([two, one], end + beside + 199) == [[one]]
    assert archives._parts([one, two, one], both) == [[one, two], [one]]
    assert archives._parts([], both) == []


def test_as_many_archives_as_are_asked_for(three, tmp_path):
    largest = max(f.stat().st_size for f in three.rglob("*.pt")) + 10240 + 2048
    every = pack(three, tmp_path / "out", largest)
    assert [file.name for file in every] == [f"runs-{n}.tar" for n in range(len(every))]
    assert len(every) > 2
    assert all(file.stat().st_size <= largest for file in every)
    content = [members(file) for file in every]
    few = pack(three, tmp_path / "out", largest, 2)
    assert few == every[:2]
    assert [members(file) for file in few] == content[:2]
    assert sorted((tmp_path / "out").iterdir()) == few


def test_what_is_put_in_place_is_what_was_packed(three, tmp_path):
    there = tmp_path / "on" / "another" / "machine"
    files = pack(three, tmp_path / "out")
    assert restore(files, there) == []
    found = {f.relative_to(there).as_posix() for f in there.rglob("*") if f.is_file()}
    assert found == {name for name, _ in members(files[0])}
    # the later of two members of a name counts: the network, not that it is done
    assert list(RunFolder(there / "a").load("checkpoint.pt")) == list(archives.NETWORK)
    # what is the same did not stay in the way of anything
    assert restore(files, there) == []


@pytest.mark.parametrize(
    ("name", "there", "new", "taken"),
    [
        ("times.jsonl", b"1\n", b"1\n2\n", True),
        ("times.jsonl", b"1\n2\n", b"1\n", False),
        ("times.jsonl", b"1\n", b"2\n", False),
        ("notes.txt", b"1", b"12", False),
    ],
)
def test_which_file_is_newer(tmp_path, name, there, new, taken):
    place = tmp_path / "runs" / "run" / name
    place.parent.mkdir(parents=True)
    place.write_bytes(there)
    file = packed(tmp_path / "runs-0.tar", **{name: new})
    assert restore([file], tmp_path / "runs") == ([] if taken else [f"run/{name}"])
    assert place.read_bytes() == (new if taken else there)
    assert restore([file], tmp_path / "runs", True) == []
    assert place.read_bytes() == new


@pytest.mark.parametrize(
    ("there", "new", "taken"),
    [
        ((1, {}), (2, {}), True),
        ((2, {}), (1, {}), False),
        # the epoch counts before what is kept of it
        ((2, {}), (1, {"best": 0.5}), False),
        ((1, {"best": 0.5}), (2, {}), True),
        ((2, {}), (2, {"best": 0.5}), True),
        ((2, {"best": 0.5}), (2, {}), False),
        ((2, {"best": 0.5}), (2, {"best": 0.25}), False),
    ],
)
def test_which_checkpoint_is_newer(tmp_path, there, new, taken):
    settings = preset("corrected", "proxquant", epochs=2)
    one, other = (
        state_bytes({"version": 1, **state(epoch, settings, **more)})
        for epoch, more in (there, new)
    )
    place = tmp_path / "runs" / "run" / "checkpoint.pt"
    place.parent.mkdir(parents=True)
    place.write_bytes(one)
    file = packed(tmp_path / "runs-0.tar", **{"checkpoint.pt": other})
    assert restore([file], tmp_path / "runs") == ([] if taken else ["run/checkpoint.pt"])
    assert place.read_bytes() == (other if taken else one)


def test_a_file_that_stays_keeps_none_behind_it_from_its_place(tmp_path):
    place = tmp_path / "runs" / "run"
    place.mkdir(parents=True)
    (place / "notes.txt").write_bytes(b"mine")
    files = [
        packed(tmp_path / "0.tar", **{"notes.txt": b"yours", "a.txt": b"a"}),
        packed(tmp_path / "1.tar", **{"notes.txt": b"theirs", "b.txt": b"b"}),
    ]
    assert restore(files, tmp_path / "runs") == ["run/notes.txt", "run/notes.txt"]
    assert {f.name: f.read_bytes() for f in place.iterdir()} == {
        "notes.txt": b"mine",
        "a.txt": b"a",
        "b.txt": b"b",
    }


def settings_file(lr=0.1, warm_start=None, sha256="hash"):
    settings = preset("corrected", "proxquant", epochs=2, lr=lr, warm_start=warm_start)
    content = {
        "version": 1,
        "settings": settings.to_dict(),
        "provenance": {"command": "", "data_sha256": sha256},
    }
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    ("change", "same"),
    [({"warm_start": "moved"}, True), ({"lr": 0.2}, False), ({"sha256": "other"}, False)],
)
def test_a_run_of_other_settings_or_data_is_not_mixed_with_one_that_is_there(
    tmp_path, change, same
):
    runs = tmp_path / "runs"
    (runs / "run").mkdir(parents=True)
    (runs / "run" / "settings.json").write_bytes(settings_file())
    new = {"a.txt": b"a", "settings.json": settings_file(**change)}
    file = packed(tmp_path / "runs-0.tar", **new)
    if same:
        # the one that is there stays
        assert restore([file], runs) == ["run/settings.json"]
        return
    with pytest.raises(
        ValueError,
        match=exactly(
            f"{file}: {runs / 'run'} is a run of other settings or data; give another folder"
        ),
    ):
        restore([file], runs)
    # nothing of it is there, unless it is asked for
    assert [f.name for f in (runs / "run").iterdir()] == ["settings.json"]
    assert restore([file], runs, replace=True) == []
    assert (runs / "run" / "settings.json").read_bytes() == new["settings.json"]


def test_settings_that_cannot_be_read_are_named_by_their_place(tmp_path):
    runs = tmp_path / "runs"
    (runs / "run").mkdir(parents=True)
    (runs / "run" / "settings.json").write_bytes(b"\xff")
    file = packed(tmp_path / "runs-0.tar", **{"settings.json": settings_file()})
    with pytest.raises(
        ValueError, match=exactly(f"{runs / 'run' / 'settings.json'}: not UTF-8 text")
    ):
        restore([file], runs)
    (runs / "run" / "settings.json").write_bytes(b"{")
    with pytest.raises(ValueError, match="not JSON") as caught:
        restore([file], runs)
    assert str(caught.value).startswith(f"{runs / 'run' / 'settings.json'}: not JSON: ")
    # bytes that are no text are no JSON either
    file = packed(tmp_path / "runs-0.tar", **{"settings.json": b"\xff"})
    with pytest.raises(ValueError, match="not JSON") as caught:
        restore([file], runs, replace=True)
    assert str(caught.value).startswith(f"{file}: run/settings.json: not JSON: ")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("checkpoint.pt", "run/checkpoint.pt: not a whole checkpoint"),
        ("settings.json", "run/settings.json: not JSON"),
    ],
)
def test_a_damaged_member(tmp_path, name, message):
    # a whole one comes first
    file = packed(tmp_path / "runs-0.tar", **{"times.jsonl": b"", name: b"{"})
    with pytest.raises(ValueError, match=message):
        restore([file], tmp_path / "runs", replace=True)
    assert list((tmp_path / "runs").iterdir()) == []


def test_networks_of_somebody_s_own_are_put_in_place_as_they_are(tmp_path):
    file = packed(tmp_path / "runs-0.tar", **{"net.pt": b"anything"})
    assert restore([file], tmp_path / "runs") == []
    assert (tmp_path / "runs" / "run" / "net.pt").read_bytes() == b"anything"


@pytest.mark.parametrize("content", [b"", b"no archive"])
def test_a_file_that_is_no_archive(tmp_path, content):
    file = tmp_path / "runs-0.tar"
    file.write_bytes(content)
    with pytest.raises(
        ValueError,
        match=exactly(
            f"{file}: not a whole archive of runs: file could not be opened successfully"
        ),
    ):
        restore([file], tmp_path / "runs")
    # tarfile has a line for each format that it is not


def test_folders_in_an_archive_are_passed_over_and_links_refused(tmp_path):
    file, runs = tmp_path / "runs-0.tar", tmp_path / "runs"
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "a.txt").write_bytes(b"a")
    with tarfile.open(file, "w") as archive:
        archive.add(tmp_path / "run", "run")
    assert restore([file], runs) == []
    assert [f.relative_to(runs).as_posix() for f in runs.rglob("*")] == ["run", "run/a.txt"]
    os.symlink("a.txt", tmp_path / "run" / "b.txt")
    with tarfile.open(file, "w") as archive:
        archive.add(tmp_path / "run" / "b.txt", "run/b.txt")
    with pytest.raises(
        ValueError,
        match=exactly(f"{file}: not a whole archive of runs: 'run/b.txt' is no plain file"),
    ):
        restore([file], tmp_path / "other")


def test_folders_that_an_archive_has_no_entry_for_are_made(tmp_path):
    file = packed(tmp_path / "runs-0.tar", **{"own/notes/a.txt": b"a"})
    assert restore([file], tmp_path / "runs") == []
    [made] = (tmp_path / "runs").rglob("a.txt")
    assert made.parent.name == "notes"


def test_nothing_is_written_through_a_link_out_of_the_folder(tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "elsewhere").mkdir()
    os.symlink(tmp_path / "elsewhere", tmp_path / "runs" / "run")
    file = packed(tmp_path / "runs-0.tar", **{"a.txt": b"a"})
    with pytest.raises(ValueError, match="outside the destination"):
        restore([file], tmp_path / "runs")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_member_beyond_the_folder_is_refused(tmp_path):
    file = packed(tmp_path / "runs-0.tar", **{"../../a.txt": b"a"})
    with pytest.raises(
        ValueError, match=r"not a whole archive of runs: .* outside the destination"
    ):
        restore([file], tmp_path / "runs")
    assert not (tmp_path / "a.txt").exists()
