"""The folder of a run: settings.json, metrics.jsonl and times.jsonl (a line for each epoch), checkpoint.pt, best.pt.

All files appear whole or not at all. What is done is what checkpoint.pt says: a line beyond it, of a process that was
killed before its network was kept, does not count, and is dropped when the run is resumed. ``.lock`` is held by the
process that trains, and empty.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

import torch
from filelock import FileLock, Timeout

from pqtheory._files import write_whole
from pqtheory._messages import brief, counted
from pqtheory.networks.records import METRICS, SETTINGS, TIMES
from pqtheory.networks.schemas import lines, parse, read_text
from pqtheory.networks.states import read_state, state_bytes
from pqtheory.networks.tasks.find import is_file, task_hash
from pqtheory.networks.training.events import Events
from pqtheory.networks.training.lines_alike import check_lines
from pqtheory.networks.training.settings import Settings
from pqtheory.provenance import provenance

VERSION = 1
FILES = ("settings.json", "metrics.jsonl", "times.jsonl", "checkpoint.pt", "best.pt")
#: seconds for a process that was killed to let go of its folder
PATIENCE = 5


@final
class RunFolder:
    """Where a run keeps what it did; whoever trains there is ``alone``.

    Parameters
    ----------
    path : path
        Made where it does not exist.
    events : Events, optional
        Gets each line of the metrics.
    """

    def __init__(self, path: str | Path, events: Events | None = None) -> None:
        self.path, self.events = Path(path), events

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other process from training here meanwhile.

        Raises
        ------
        BlockingIOError
            If another one does.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.path / ".lock", timeout=PATIENCE):
                yield
        except Timeout:
            raise BlockingIOError(f"{self.path}: another process trains there") from None

    def start(self, settings: Settings, data_sha256: str) -> None:
        """Begin afresh.

        Raises
        ------
        FileExistsError
            If there is a run already.
        """
        if (self.path / "settings.json").exists():
            raise FileExistsError(f"{self.path}: there is a run; give --resume, or another folder")
        source = {**provenance(seed=settings.seed), "data_sha256": data_sha256}
        # sums depend on how many share them
        source["threads"] = torch.get_num_threads()
        if is_file(settings.task):
            source["task_sha256"] = task_hash(settings.task)
        if settings.warm_start is not None:
            # the same from wherever a command is given
            source["warm_start"] = os.path.relpath(settings.warm_start, self.path)
        content = {"version": VERSION, "settings": settings.to_dict(), "provenance": source}
        write_whole(self.path / "settings.json", json.dumps(content, indent=1).encode() + b"\n")

    def forget_start(self) -> None:
        """Take away what ``start`` and the lines after it wrote, if no network has been kept yet."""
        if not (self.path / "checkpoint.pt").exists():
            for name in ("metrics.jsonl", "times.jsonl", "settings.json"):
                (self.path / name).unlink(missing_ok=True)

    def check_same(self, settings: Settings, data_sha256: str) -> None:
        """Make sure that the run was started with these.

        Raises
        ------
        ValueError
            If a setting differs. The warm start may have moved, as its network is in the checkpoint, and so may the
            file of a task, whose content counts.
        """
        for what in self.unlike(settings):
            raise ValueError(f"{self.path}: was started with {what}")
        if self.data_sha256 != data_sha256:
            raise ValueError(f"{self.path}: was started with other data")

    def unlike(self, settings: Settings) -> Iterator[str]:
        """What the run was started with, in words, where it is not that of ``settings``; files may have moved."""
        for name, old, new in _differences(self.settings, settings):
            yield f"{name} = {brief(old)}, not {brief(new)}"
        if self.provenance.get("task_sha256") != task_hash(settings.task):
            yield f"another {settings.task}, which has changed since"

    def begins_at(self, warm_start: str | None) -> bool:
        """Whether it was started from that place, however this is named."""
        known = self.provenance.get("warm_start")
        if known is None or warm_start is None:
            return self.settings.warm_start == warm_start
        return bool(known == os.path.relpath(warm_start, self.path))

    @property
    def settings(self) -> Settings:
        """Those that the run was started with.

        Raises
        ------
        FileNotFoundError, ValueError
            If there is no run, or it is of another version.
        """
        return _settings(self._about()["settings"], f"{self.path / 'settings.json'}: settings")

    @property
    def data_sha256(self) -> str:
        """Hash of the data that the run was started with."""
        return str(self._about()["provenance"]["data_sha256"])

    @property
    def provenance(self) -> dict[str, Any]:
        """Command, versions, seed, data hash, hardware, threads and time of the start."""
        found: dict[str, Any] = self._about()["provenance"]
        return found

    def seconds(self) -> float:
        """Training time of all epochs, evaluation apart; an epoch that was run twice counts once."""
        epoch, times = self.epoch(), lines(self.path / "times.jsonl", TIMES)
        return sum({m["epoch"]: m["seconds"] for m in times if m["epoch"] <= epoch}.values())

    def _about(self) -> dict[str, Any]:
        file = self.path / "settings.json"
        if not file.is_file():
            raise FileNotFoundError(f"{self.path}: no run there")
        content: dict[str, Any] = parse(read_text(file), SETTINGS, str(file))
        version = content["version"]
        if type(version) is not int or version != VERSION:
            raise ValueError(f"{file}: expected version {VERSION}, got {brief(version)}")
        return content

    def epoch(self) -> int:
        """The epoch whose network checkpoint.pt holds; -1 where there is none.

        Raises
        ------
        ValueError
            If the checkpoint is damaged.
        """
        state = self.load("checkpoint.pt")
        return -1 if state is None else int(state["epoch"])

    def has_lost_its_network(self) -> bool:
        """Whether there are lines of epochs, but no checkpoint: the first is written before an epoch is trained."""
        kept = (self.path / "checkpoint.pt").exists()
        return not kept and len(list(lines(self.path / "metrics.jsonl", METRICS))) > 1

    def metrics(self) -> list[dict[str, Any]]:
        """One mapping for each epoch from 0 to that of the checkpoint.

        Raises
        ------
        ValueError
            If the checkpoint is damaged, a line is, or lines are missing.
        """
        return self._metrics_until(self.epoch())

    def _metrics_until(self, epoch: int) -> list[dict[str, Any]]:
        file = self.path / "metrics.jsonl"
        found = list(lines(file, METRICS))
        check_lines(found, epoch + 1, file, lambda: self.settings.metrics)
        kept = found[: epoch + 1]
        if len(kept) != epoch + 1:
            raise ValueError(
                f"{file}: expected {counted(epoch + 1, 'line')}, as checkpoint.pt is of epoch {epoch}, got {len(kept)}"
            )
        return kept

    def is_done(self, epochs: int | None = None) -> bool:
        """Whether so many epochs are done; all that it was started with where ``epochs`` is None."""
        done = self.epoch()
        return done >= 0 and done >= (self.settings.epochs if epochs is None else epochs)

    def keep_metrics(self, epochs: int) -> list[dict[str, Any]]:
        """Drop what was written after the first ``epochs`` epochs, and lines that were cut off; what is left."""
        kept = self._metrics_until(epochs)
        times = self.path / "times.jsonl"
        if times.is_file():
            _write_lines(times, list(lines(times, TIMES)))
        _write_lines(self.path / "metrics.jsonl", kept)
        if self.events is not None:
            self.events.begin(kept)
        return kept

    def add_metrics(self, metrics: Mapping[str, Any]) -> None:
        """Append the line of an epoch."""
        with (self.path / "metrics.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(metrics, allow_nan=False) + "\n")
            stream.flush()
            # the checkpoint that follows must not outlive it
            os.fsync(stream.fileno())
        if self.events is not None:
            self.events.add(metrics)

    def add_time(self, epoch: int, seconds: float) -> None:
        """Seconds of an epoch's training, apart from the metrics, which are the same in every run."""
        with (self.path / "times.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"epoch": epoch, "seconds": seconds}) + "\n")

    def save(self, name: str, state: Mapping[str, Any]) -> None:
        """Write a checkpoint."""
        write_whole(self.path / name, state_bytes({"version": VERSION, **state}))

    def load(self, name: str) -> dict[str, Any] | None:
        """A checkpoint, None where there is none.

        Raises
        ------
        ValueError
            If it is damaged, of another version, or not of the run that settings.json says.
        """
        file = self.path / name
        if not file.is_file():
            return None
        state = load_checkpoint(file)
        if "settings" in state and (self.path / "settings.json").is_file():
            kept = _settings(state["settings"], f"{file}: settings")
            for name, own, said in _differences(kept, self.settings):
                raise ValueError(
                    f"{self.path / 'settings.json'}: field 'settings.{name}': expected {brief(own)}, as {file.name} "
                    f"has it, got {brief(said)}"
                )
        return state


def load_checkpoint(file: Path) -> dict[str, Any]:
    """Read a checkpoint of a run, and check it; tensors and plain values only.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is none, it is damaged, or of another version.
    """
    if not file.is_file():
        raise FileNotFoundError(f"checkpoint: no file {brief(str(file))}")
    # one reading: what is checked is what is loaded
    return load_state(file.read_bytes(), str(file))


def load_state(content: bytes, file: str) -> dict[str, Any]:
    """The same of the bytes of a checkpoint; ``file`` names them in errors."""
    state: dict[str, Any] = read_state(content, file)
    if not isinstance(state, dict) or state.get("version") != VERSION:
        found = state.get("version") if isinstance(state, dict) else type(state).__name__
        raise ValueError(f"{file}: expected a checkpoint of version {VERSION}, got {brief(found)}")
    epoch = state.get("epoch")
    if not isinstance(epoch, int) or isinstance(epoch, bool) or epoch < 0:
        raise ValueError(f"{file}: epoch: expected an integer >= 0, got {brief(epoch)}")
    return state


def _settings(content: Any, place: str) -> Settings:
    try:
        return Settings.from_dict(content)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{place}: {error}") from error


def _differences(one: Settings, other: Settings) -> Iterator[tuple[str, Any, Any]]:
    """Name and both values of each setting in which two runs differ, but for files that may have moved."""
    first, second = one.to_dict(), other.to_dict()
    moved = {"warm_start"}
    if is_file(one.task) and is_file(other.task):
        moved.add("task")
    if "/" in one.data and "/" in other.data:
        # a folder, whose content counts
        moved.add("data")
    for name in first:
        if first[name] != second[name] and name not in moved:
            yield name, first[name], second[name]


def _write_lines(file: Path, content: list[dict[str, Any]]) -> None:
    write_whole(file, "".join(json.dumps(line) + "\n" for line in content).encode())
