"""Archives that take runs to another machine: settings, metrics, times and last checkpoints, each of a bounded size."""

import io
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from pqtheory._files import whole_file, write_whole
from pqtheory._messages import brief
from pqtheory.networks.records import SETTINGS
from pqtheory.networks.schemas import parse, read_text
from pqtheory.networks.states import state_bytes
from pqtheory.networks.training import RunFolder
from pqtheory.networks.training.folder import load_checkpoint, load_state

#: MiB of an archive, and how many there may be
MIB, MOST = 15, 8
#: what a warm start needs of a checkpoint
NETWORK = ("version", "epoch", "settings", "model")
#: what says that a run is done
BARE = NETWORK[:-1]


def pack(runs: Path, out: Path, largest: int = MIB << 20, most: int = MOST) -> list[Path]:
    """Archives of all runs: settings, metrics, times, the last checkpoint (of a finished run its network alone).

    ``most`` of them, of at most ``largest`` bytes.

    What does not fit stays behind, the least needed first: networks that nothing starts from, then unfinished runs.
    Where such a network stays behind, a checkpoint without it says that its run is done.

    Archives that are in ``out`` already are replaced once all new ones are written.

    Raises
    ------
    ValueError
        If a run's file is damaged, or an archive in ``out`` has a network that ``runs`` has not, or not as new.
    OSError
        If an archive cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    replaced = set(out.glob("runs-*.tar"))
    for old in replaced:
        _check_kept(old, runs)
    files = [f for f in runs.glob("[!.]*/[!.]*") if f.is_file() and f.name != "best.pt"]
    ranked = [(_rank(f), f) for f in files]
    bare = [(0, f, BARE) for rank, f in ranked if rank == 3]
    content = [
        (str(f.relative_to(runs)), _slim(f, names))
        for _, f, names in sorted([*bare, *((rank, f, NETWORK) for rank, f in ranked)])
    ]
    parts = _parts(content, largest)[:most]
    archives = [out / f"runs-{number}.tar" for number in range(len(parts))]
    with ExitStack() as written:
        for file, part in zip(archives, parts, strict=True):
            stream = written.enter_context(whole_file(file))
            with tarfile.open(fileobj=stream, mode="w") as archive:
                for name, data in part:
                    member = tarfile.TarInfo(name)
                    member.size = len(data)
                    archive.addfile(member, io.BytesIO(data))
    for old in replaced - set(archives):
        old.unlink()
    return archives


def _rank(file: Path) -> int:
    """Lines and settings, then warm starts, then what is to go on, then what is only to look at."""
    folder = RunFolder(file.parent)
    if file.name != "checkpoint.pt":
        return 0
    if not folder.is_done():
        return 2
    return 1 if folder.settings.method == "full-precision" else 3


def _slim(file: Path, names: Sequence[str]) -> bytes:
    """The file's bytes; of a finished run's checkpoint what has these names."""
    if file.name != "checkpoint.pt" or not RunFolder(file.parent).is_done():
        return file.read_bytes()
    state = load_checkpoint(file)
    return state_bytes({name: state[name] for name in names if name in state})


def _parts(content: Iterable[tuple[str, bytes]], largest: int) -> list[list[tuple[str, bytes]]]:
    parts: list[list[tuple[str, bytes]]] = []
    # a header and the padding of a member take less than 1 KiB each, the end of an archive 10 KiB
    start = 10240
    size = largest
    for name, data in content:
        needed = len(data) + 2048
        if start + needed > largest:
            continue
        if not parts or size + needed > largest:
            parts.append([])
            size = start
        parts[-1].append((name, data))
        size += needed
    return parts


def restore(archives: Iterable[Path], runs: Path, replace: bool = False) -> list[str]:
    """Put packed runs in place; what is there already and newer stays, unless ``replace`` is given.

    Newer is a checkpoint of a later epoch, or of the same with more in it, and a longer file of lines; of other files
    the one that is there.

    Returns
    -------
    list of str
        What stayed although an archive has another.

    Raises
    ------
    ValueError
        If an archive is damaged, or would put a run in the place of one that was started with other settings or data.
    """
    runs.mkdir(parents=True, exist_ok=True)
    kept = []
    for file in archives:
        content = _members(file, runs)
        # before any file of it is put in place
        _check_whole(file, content)
        if not replace:
            _check_same(file, content, runs)
        for name, data in content.items():
            place = runs / name
            if not replace and place.exists() and not _is_newer(data, place):
                if data != place.read_bytes():
                    kept.append(name)
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            write_whole(place, data)
    return kept


def _members(file: Path, runs: Path) -> dict[str, bytes]:
    """What an archive has for the folder ``runs``, by name."""
    try:
        with tarfile.open(file) as archive:
            members = [tarfile.data_filter(m, str(runs)) for m in archive.getmembers()]
            return {m.name: _content(archive, m) for m in members if not m.isdir()}
    except tarfile.TarError as error:
        first = str(error).partition(":\n")[0]
        raise ValueError(f"{file}: not a whole archive of runs: {first}") from error


def _check_kept(file: Path, runs: Path) -> None:
    """Make sure that no network is lost with an archive; of one that cannot be read there is none to lose."""
    try:
        content = _members(file, runs)
    except ValueError:
        return
    for name, data in content.items():
        place = runs / name
        if place.name == "checkpoint.pt" and (not place.exists() or _is_newer(data, place)):
            raise ValueError(
                f"{file}: has a newer {name} than {runs}; restore it first, or give another folder"
            )


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member) if member.isreg() else None
    if stream is None:
        raise tarfile.TarError(f"{brief(member.name)} is no plain file")
    return stream.read()


def _check_whole(file: Path, content: Mapping[str, bytes]) -> None:
    for name, data in content.items():
        if Path(name).name == "checkpoint.pt":
            load_state(data, f"{file}: {name}")
        elif Path(name).name == "settings.json":
            parse(data.decode(errors="replace"), SETTINGS, f"{file}: {name}")


def _check_same(file: Path, content: Mapping[str, bytes], runs: Path) -> None:
    for name, data in content.items():
        place = runs / name
        if place.name == "settings.json" and place.exists():
            packed, there = (
                parse(text, SETTINGS, where)
                for text, where in (
                    (data.decode(errors="replace"), f"{file}: {name}"),
                    (read_text(place), str(place)),
                )
            )
            # a warm start may have moved: its network is in the checkpoint
            one, other = (
                ({**c["settings"], "warm_start": None}, c["provenance"]["data_sha256"])
                for c in (packed, there)
            )
            if one != other:
                raise ValueError(
                    f"{file}: {place.parent} is a run of other settings or data; give another folder"
                )


def _is_newer(data: bytes, place: Path) -> bool:
    """Whether ``data`` is to take the place of that file."""
    if place.suffix == ".jsonl":
        return len(data) > place.stat().st_size
    if place.suffix == ".pt":
        packed = load_state(data, f"{place}, as packed")
        there = load_checkpoint(place)
        return (packed["epoch"], len(packed)) > (there["epoch"], len(there))
    return False
