"""Full-size runs whenever a GPU is at hand: the next unfinished ones of ``queue.toml``, as many minutes as there are.

    python -m experiments.queue --device cuda --minutes 9 --runs RUNS --data-dir DIR --out OUT

Called again with the same ``--runs`` it goes on. ``--out`` gets archives that take runs to another machine, where
``--restore`` puts them in place.
"""

import io
import tarfile
import time
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import torch

from experiments import cifar10, plan, sign_change, throughput
from experiments.options import Script
from experiments.plan import Planned, carry_out
from pqtheory.cli.base import user_errors
from pqtheory.cli.train import check_device
from pqtheory.networks.summary import is_done
from pqtheory.networks.training import RunFolder
from pqtheory.networks.training.folder import load_checkpoint

QUEUE = Path(__file__).with_suffix(".toml")
PLANS = {"cifar10": cifar10.plan, "sign_change": sign_change.plan}
#: what is measured once instead of trained, into a folder beside the runs
MEASURED = "throughput"
#: MiB of an archive, and how many there may be
MIB, MOST = 15, 8


def read(file: Path = QUEUE, **common: Any) -> list[tuple[str, list[Planned]]]:
    """Tasks in their order, each with its plan; the measurement has none.

    Raises
    ------
    ValueError
        If an experiment is unknown.
    """
    tasks = []
    for task in tomllib.loads(file.read_text(encoding="utf-8"))["task"]:
        name, kind = task.pop("name"), task.pop("experiment")
        if kind == MEASURED:
            tasks.append((name, []))
        elif kind in PLANS:
            tasks.append((name, PLANS[kind](**{**task, **common})))
        else:
            allowed = ", ".join((MEASURED, *PLANS))
            raise ValueError(f"{file}: expected one of {allowed}, got {kind!r}")
    return tasks


def pack(runs: Path, out: Path, largest: int = MIB << 20, most: int = MOST) -> list[Path]:
    """Archives of all runs: settings, metrics, times, the last checkpoint (of a finished run its network alone).

    ``most`` of them, of at most ``largest`` bytes.

    What does not fit stays behind, the least needed first: networks that nothing starts from, then unfinished runs.
    """
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("runs-*.tar"):
        old.unlink()
    files = [f for f in runs.glob("[!.]*/[!.]*") if f.name != "best.pt"]
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
    if not is_done(folder):
        return 2
    return 1 if folder.settings.method == "full-precision" else 3


def _slim(file: Path) -> bytes:
    """The file's bytes; of a finished run's checkpoint what a warm start needs."""
    if file.name != "checkpoint.pt" or not is_done(RunFolder(file.parent)):
        return file.read_bytes()
    state = load_checkpoint(file)
    buffer = io.BytesIO()
    torch.save({name: state[name] for name in ("version", "epoch", "settings", "model")}, buffer)
    return buffer.getvalue()


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


@click.command(cls=Script)
@click.option("--runs", type=click.Path(path_type=Path), required=True, help="Where runs are kept.")
@click.option("--minutes", type=float, required=True, help="To stop after.")
@click.option("--device", default="cuda", show_default=True)
@click.option("--data-dir", help="Else the variable PQTHEORY_DATA.")
@click.option("--jobs", type=click.IntRange(min=1), default=4, show_default=True, help="At a time.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for archives of the runs.")
@click.option(
    "--archive-mib",
    type=click.IntRange(min=1),
    default=MIB,
    show_default=True,
    help="Of an archive, at most.",
)
@click.option(
    "--archives",
    type=click.IntRange(min=1),
    default=MOST,
    show_default=True,
    help="At most; what does not fit stays behind.",
)
@click.option(
    "--restore", "packed", multiple=True, type=click.Path(path_type=Path), help="Put back first."
)
@click.option("--queue", "file", type=click.Path(path_type=Path), default=QUEUE)
@click.option("--amp", is_flag=True, help="bfloat16 autocast.")
@click.option("--compile", "compiled", is_flag=True, help="torch.compile.")
@click.option("--dry", is_flag=True, help="Digits, the small network, 3 epochs.")
def main(
    runs: Path,
    minutes: float,
    device: str,
    data_dir: str | None,
    jobs: int,
    out: Path | None,
    archive_mib: int,
    archives: int,
    packed: tuple[Path, ...],
    file: Path,
    amp: bool,
    compiled: bool,
    dry: bool,
) -> None:
    """Go on with the queue; list what is done."""
    common: dict[str, Any] = {"amp": amp, "compile": compiled}
    if dry:
        common |= {"data": "digits", "model": "small", "epochs": 3, "warm_epochs": 1}
        common |= {"held_out": 100}
    end = time.monotonic() + 60 * minutes
    with user_errors():
        check_device(device)
        restore(packed, runs)
        tasks = read(file, **common)
        try:
            _go_on(tasks, runs, end, device=device, data_dir=data_dir, jobs=jobs, dry=dry)
        finally:
            if out is not None:
                for archive in pack(runs, out, archive_mib << 20, archives):
                    click.echo(f"packed {archive.name}: {archive.stat().st_size / 2**20:.1f} MiB")


def _go_on(
    tasks: Iterable[tuple[str, list[Planned]]],
    runs: Path,
    end: float,
    *,
    device: str,
    data_dir: str | None,
    jobs: int,
    dry: bool,
) -> None:
    for name, planned in tasks:
        if time.monotonic() > end - plan.MARGIN:
            return
        if not planned:
            result = runs / MEASURED / throughput.FILE
            if not result.exists():
                small = {"data": "digits", "model": "small", "epochs": 1, "seeds": (1, 2)}
                found = throughput.measure(
                    device=device, data_dir=data_dir, told=click.echo, **(small if dry else {})
                )
                throughput.write(result, found)
            click.echo(f"{name}: done")
            continue
        minutes = (end - time.monotonic()) / 60
        carry_out(planned, runs, device=device, data_dir=data_dir, minutes=minutes, jobs=jobs)
        finished = sum(plan.is_done(runs, run) for run in planned)
        click.echo(f"{name}: {finished} of {len(planned)} runs done")


if __name__ == "__main__":
    main()
