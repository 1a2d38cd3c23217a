"""Image data: both layouts of CIFAR-10, damaged files, downloads, augmentation."""

import hashlib
import http.server
import io
import pickle
import re
import tarfile
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from pqtheory.networks.data import Augmentation, cifar10, load
from pqtheory.networks.data.download import _Bar, download_cifar10

N = 20


@pytest.fixture
def batches(monkeypatch):
    """Six small batches, whose checksums the loader is given."""
    rng = np.random.default_rng(0)
    made = {}
    for name in cifar10.CHECKSUMS:
        pixels = rng.integers(0, 256, (N, 3072), dtype=np.uint8)
        labels = rng.integers(0, 10, (N, 1), dtype=np.uint8)
        made[name] = np.concatenate([labels, pixels], axis=1)
    sums = {name: hashlib.sha256(b.tobytes()).hexdigest() for name, b in made.items()}
    monkeypatch.setattr(cifar10, "CHECKSUMS", sums)
    monkeypatch.setattr("pqtheory.networks.data.download.CHECKSUMS", sums)
    monkeypatch.setattr(cifar10, "PER_BATCH", N)
    return made


def write_binary(batches, folder):
    place = folder / "cifar-10-batches-bin"
    place.mkdir()
    for name, records in batches.items():
        records.tofile(place / f"{name}.bin")
    return place


def write_pickles(batches, folder, protocol=2):
    place = folder / "cifar-10-batches-py"
    place.mkdir()
    for name, records in batches.items():
        content = {b"data": records[:, 1:].copy(), b"labels": records[:, 0].tolist()}
        (place / name).write_bytes(pickle.dumps(content, protocol=protocol))
    return place


@pytest.mark.parametrize("write", [write_binary, write_pickles])
@pytest.mark.parametrize("inside", [False, True])
def test_both_layouts_give_the_same_images(batches, tmp_path, monkeypatch, write, inside):
    place = write(batches, tmp_path)
    monkeypatch.setenv("PQTHEORY_DATA", str(place if inside else tmp_path))
    images = load("cifar10")
    assert images.train.shape == (5 * N, 3, 32, 32)
    assert images.test.shape == (N, 3, 32, 32)
    third = batches["data_batch_3"]
    np.testing.assert_array_equal(images.train[2 * N : 3 * N].reshape(N, -1), third[:, 1:])
    np.testing.assert_array_equal(images.train_labels[2 * N : 3 * N], third[:, 0])
    assert images.sha256 == load("cifar10", tmp_path).sha256
    assert (images.name, images.classes) == ("cifar10", 10)
    assert (images.mean, images.std) == (cifar10.MEAN, cifar10.STD)


def test_damage_is_named(batches, tmp_path):
    place = write_binary(batches, tmp_path)
    file = place / "data_batch_4.bin"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    with pytest.raises(ValueError, match=r"data_batch_4\.bin: expected 61460 bytes, got 61459"):
        load("cifar10", tmp_path)
    file.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    with pytest.raises(ValueError, match="data_batch_4 is not as published"):
        load("cifar10", tmp_path)
    file.unlink()
    with pytest.raises(FileNotFoundError, match=r"data_batch_4\.bin.*pqtheory data cifar10"):
        load("cifar10", tmp_path)


def test_missing_folders_are_named(tmp_path, monkeypatch):
    monkeypatch.delenv("PQTHEORY_DATA", raising=False)
    with pytest.raises(FileNotFoundError, match="set PQTHEORY_DATA"):
        load("cifar10")
    with pytest.raises(FileNotFoundError, match="no folder"):
        load("cifar10", tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="neither cifar-10-batches-bin"):
        load("cifar10", tmp_path)
    with pytest.raises(
        ValueError, match=r"^data: expected one of digits, cifar10, got 'cifar100'$"
    ):
        load("cifar100")


class Bomb:
    def __reduce__(self):
        return (exec, ("raise SystemExit('it ran')",))


def test_pickles_with_code_are_refused(batches, tmp_path):
    place = write_pickles(batches, tmp_path)
    (place / "data_batch_1").write_bytes(pickle.dumps({b"data": Bomb()}))
    with pytest.raises(ValueError, match=r"data_batch_1: refused.*builtins\.exec"):
        load("cifar10", tmp_path)
    for broken in (b"", b"\x80\x02}q", pickle.dumps([1, 2])[:-2]):
        (place / "data_batch_1").write_bytes(broken)
        with pytest.raises(ValueError, match="refused"):
            load("cifar10", tmp_path)
    data = np.zeros((N, 3072), np.uint8)
    none, few, narrow = {b"data": data}, [0] * (N - 1), data[:, 1:]
    for other in (
        *([1, 2], none, {**none, b"labels": [10**30] * N}, {**none, b"labels": few}),
        {b"data": narrow, b"labels": [0] * N},
    ):
        (place / "data_batch_1").write_bytes(pickle.dumps(other))
        with pytest.raises(ValueError, match="data_batch_1: expected data of shape"):
            load("cifar10", tmp_path)


@contextmanager
def served(place):
    """A server with the archive c.tar.gz of a folder; gives its address and the MD5."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *a, **k):
            super().__init__(*a, directory=place, **k)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        content = (place / "c.tar.gz").read_bytes()
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        yield f"http://127.0.0.1:{running.server_port}/c.tar.gz", md5
        running.shutdown()


@pytest.fixture
def server(batches, tmp_path):
    place = tmp_path / "served"
    place.mkdir()
    with tarfile.open(place / "c.tar.gz", "w:gz") as packed:
        for name, records in batches.items():
            entry = tarfile.TarInfo(f"cifar-10-batches-bin/{name}.bin")
            entry.size = records.nbytes
            packed.addfile(entry, io.BytesIO(records.tobytes()))
    with served(place) as found:
        yield found


def test_download_checks_unpacks_and_keeps(server, tmp_path):
    url, md5 = server
    target = tmp_path / "data"
    with pytest.raises(ValueError, match="hash"):
        download_cifar10(target, url, md5[::-1])
    assert list(target.iterdir()) == []
    folder = download_cifar10(target, url, md5)
    assert [p.name for p in target.iterdir()] == ["cifar-10-batches-bin"]
    assert len(load("cifar10", target).train) == 5 * N
    assert download_cifar10(target, "http://127.0.0.1:1/none", md5) == folder


def test_an_archive_writes_nothing_outside_its_folder(batches, tmp_path):
    outside = tmp_path / "outside"
    with tarfile.open(tmp_path / "c.tar.gz", "w:gz") as packed:
        entry = tarfile.TarInfo("../../outside")
        entry.size = 1
        packed.addfile(entry, io.BytesIO(b"x"))
    with served(tmp_path) as (url, md5), pytest.raises(tarfile.OutsideDestinationError):
        download_cifar10(tmp_path / "data", url, md5)
    assert not outside.exists()


def test_the_bar_of_a_download():
    with _Bar() as bar:
        bar.total = 10
        bar.update(3)
        bar.update(4)
        (task,) = bar._progress.tasks
        assert (task.completed, task.total) == (7, 10)
        bar.reset()
        assert (task.completed, task.total) == (0, 10)


def cut_off(file):
    file.write_bytes(file.read_bytes()[:-1])


@pytest.mark.parametrize("damage", [Path.unlink, cut_off])
@pytest.mark.parametrize("layout", ["bin", "flat", "py"])
def test_download_replaces_what_is_damaged(server, batches, tmp_path, layout, damage):
    url, md5 = server
    target = tmp_path / "data"
    target.mkdir()
    place = write_pickles(batches, target) if layout == "py" else write_binary(batches, target)
    (place / "notes.txt").write_text("mine")
    if layout == "flat":
        place = target = place.rename(tmp_path / "flat")
    assert download_cifar10(target, "http://127.0.0.1:1/none", md5) == place
    name = "data_batch_1" if layout == "py" else "data_batch_1.bin"
    damage(place / name)
    with pytest.raises((FileNotFoundError, ValueError), match=f"{name}.*pqtheory data"):
        load("cifar10", target)
    assert download_cifar10(target, url, md5) == target / "cifar-10-batches-bin"
    assert len(load("cifar10", target).train) == 5 * N
    assert (place / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("write", [write_binary, write_pickles])
@pytest.mark.parametrize("name", ["data_batch_1", "test_batch"])
def test_a_missing_batch_is_named_in_its_layout(batches, tmp_path, write, name):
    place = write(batches, tmp_path)
    file = place / (name + (".bin" if write is write_binary else ""))
    file.unlink()
    with pytest.raises(FileNotFoundError, match=f"no file '{re.escape(str(file))}'"):
        load("cifar10", tmp_path)


def test_digits_need_nothing():
    images = load("digits")
    assert images.train.shape[1:] == (1, 8, 8)
    assert images.train.max() == 240
    assert len(images.train) + len(images.test) == 1797


def test_held_out_is_a_split_of_the_training_set():
    images = load("digits")
    part = images.held_out(300, seed=3)
    assert (len(part.train), len(part.test)) == (len(images.train) - 300, 300)
    together = np.concatenate([part.train, part.test]).reshape(len(images.train), -1)
    whole = images.train.reshape(len(images.train), -1)
    assert sorted(map(bytes, together)) == sorted(map(bytes, whole))
    assert part.sha256 == images.held_out(300, seed=3).sha256
    assert part.sha256 != images.held_out(300, seed=4).sha256
    with pytest.raises(ValueError, match="fewer than"):
        images.held_out(len(images.train))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("flip", [False, True])
def test_augmentation_is_a_crop_of_the_padded_image(dtype, flip):
    x = torch.arange(6 * 2 * 5 * 7).reshape(6, 2, 5, 7).to(dtype)
    crop = Augmentation(pad=2, flip=flip)
    y = crop(x, torch.Generator().manual_seed(0))
    assert y.dtype == dtype
    assert y.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(y, crop(x, torch.Generator().manual_seed(0)))
    mirrored = 0
    for image, found in zip(x, y, strict=True):
        wide = torch.zeros(2, 9, 11, dtype=dtype)
        wide[:, 2:7, 2:9] = image
        crops = [wide[:, i : i + 5, j : j + 7] for i in range(5) for j in range(5)]
        plain = any(torch.equal(found, c) for c in crops)
        mirrored += not plain
        assert plain or any(torch.equal(found, c.flip(2)) for c in crops)
    assert (mirrored > 0) == flip


def test_shifts_are_measured_from_the_corner_of_the_padded_image():
    x = torch.rand(3, 2, 4, 5, generator=torch.Generator().manual_seed(0))
    shifts, mirrored = torch.tensor([[1, 1, 0], [1, 1, 2]]), torch.tensor([False, True, True])
    plain, mirror, moved = Augmentation(pad=1).crop(x, shifts, mirrored)
    assert torch.equal(plain, x[0])
    assert torch.equal(mirror, x[1].flip(2))
    # one down and one to the left, then mirrored
    assert torch.equal(moved.flip(2)[:, 1:, :-1], x[2][:, :-1, 1:])
    assert not moved[:, 0].any()
    assert not moved[:, :, 0].any()


def test_half_of_the_images_are_mirrored_and_every_shift_is_as_likely():
    n = 20_000
    shifts, mirrored = Augmentation().draw(n, torch.Generator().manual_seed(0))
    assert abs(float(mirrored.double().mean()) - 0.5) < 4 * 0.5 / n**0.5
    for along in shifts:
        counts = torch.bincount(along, minlength=9)
        assert len(counts) == 9
        assert float((counts / n - 1 / 9).abs().max()) < 4 * (1 / 9) ** 0.5 / n**0.5
