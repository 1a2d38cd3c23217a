"""An archive that is damaged, in whole or in a member, is one line, and nothing of it is put in place."""

import io
import tarfile

import pytest

from pqtheory.networks.sweeps import restore


def packed(file, **members):
    with tarfile.open(file, "w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(f"run/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file


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


def test_a_file_that_is_no_archive(tmp_path):
    file = tmp_path / "runs-0.tar"
    file.write_bytes(b"")
    with pytest.raises(ValueError, match="not a whole archive of runs") as caught:
        restore([file], tmp_path / "runs")
    assert "\n" not in str(caught.value)
