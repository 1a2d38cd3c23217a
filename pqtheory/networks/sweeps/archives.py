"""Archives that take runs to another machine: settings, metrics, times and last checkpoints, each of a bounded size."""

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

from pqtheory.networks.states import state_bytes
from pqtheory.networks.training import RunFolder
from pqtheory.networks.training.folder import load_checkpoint

#: MiB of an archive, and how many there may be
MIB, MOST = 15, 8
#: what a warm start needs of a checkpoint
NETWORK = ("version", "epoch", "settings", "model")


def pack(runs: Path, out: Path, largest: int = MIB << 20, most: int = MOST) -> list[Path]:
    """Archives of all runs: settings, metrics, times, the last checkpoint (of a finished run its network alone).

    ``most`` of them, of at most ``largest`` bytes.

    What does not fit stays behind, the least needed first: networks that nothing starts from, then unfinished runs.
    """
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("runs-*.tar"):
        old.unlink()
    files = [f for f in runs.glob("[!.]*/[!.]*") if f.is_file() and f.name != "best.pt"]
    content = {
        str(f.relative_to(runs)): _slim(f) for f in sorted(files, key=lambda f: (_rank(f), f))
    }
    archives = []
    for number, names in enumerate(_parts(content, largest)[:most]):
        archives.append(out / f"runs-{number}.tar")
        with tarfile.open(archives[-1], "w") as archive:
            for name in names:
                member = tarfile.TarInfo(name)
                member.size = len(content[name])
                archive.addfile(member, io.BytesIO(content[name]))
    return archives


def _rank(file: Path) -> int:
    """Lines and settings, then warm starts, then what is to go on, then what is only to look at."""
    folder = RunFolder(file.parent)
    if file.name != "checkpoint.pt":
        return 0
    if not folder.is_done():
        return 2
    return 1 if folder.settings.method == "full-precision" else 3


def _slim(file: Path) -> bytes:
    """The file's bytes; of a finished run's checkpoint what a warm start needs."""
    if file.name != "checkpoint.pt" or not RunFolder(file.parent).is_done():
        return file.read_bytes()
    state = load_checkpoint(file)
    return state_bytes({name: state[name] for name in NETWORK})


def _parts(content: dict[str, bytes], largest: int) -> list[list[str]]:
    parts: list[list[str]] = []
    # a header and the padding of a member take less than 1 KiB each, the end of an archive 10 KiB
    start = 10240
    size = largest
    for name, data in content.items():
        needed = len(data) + 2048
        if start + needed > largest:
            continue
        if not parts or size + needed > largest:
            parts.append([])
            size = start
        parts[-1].append(name)
        size += needed
    return parts


def restore(archives: Iterable[Path], runs: Path) -> None:
    """Put packed runs in place."""
    runs.mkdir(parents=True, exist_ok=True)
    for file in archives:
        with tarfile.open(file) as archive:
            archive.extractall(runs, filter="data")
