"""Full-size runs whenever a GPU is at hand: the next unfinished ones of ``queue.toml``, as many minutes as there are.

    python -m experiments.queue --device cuda --minutes 9 --runs RUNS --data-dir DIR --out OUT

Called again with the same ``--runs`` it goes on. ``--out`` gets archives of at most 15 MiB to carry runs away with;
what comes back is put in place by ``--restore``. Needs torch, numpy, click, rich and array-api-compat.
"""

import tarfile
import time
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from experiments import cifar10, sign_change
from experiments.plan import Planned, carry_out, is_done

QUEUE = Path(__file__).with_suffix(".toml")
PLANS = {"cifar10": cifar10.plan, "sign_change": sign_change.plan}
#: bytes of an archive
LARGEST = 15 << 20


def read(file: Path = QUEUE, **common: Any) -> list[tuple[str, list[Planned]]]:
    """Tasks in their order, each with its plan.

    Raises
    ------
    ValueError
        If an experiment is unknown.
    """
    tasks = []
    for task in tomllib.loads(file.read_text(encoding="utf-8"))["task"]:
        name, kind = task.pop("name"), task.pop("experiment")
        if kind not in PLANS:
            raise ValueError(f"{file}: expected one of {', '.join(PLANS)}, got {kind!r}")
        tasks.append((name, PLANS[kind](**{**task, **common})))
    return tasks


def pack(runs: Path, out: Path, largest: int = LARGEST) -> list[Path]:
    """Archives of all runs: settings, metrics, times, the last checkpoint; without the best one."""
    out.mkdir(parents=True, exist_ok=True)
    parts: list[list[Path]] = []
    size = largest
    for file in sorted(runs.glob("*/*")):
        if file.name == "best.pt":
            continue
        # a header and the padding of an archive take less than 1 KiB each
        needed = file.stat().st_size + 2048
        if not parts or size + needed > largest:
            parts.append([])
            size = 0
        parts[-1].append(file)
        size += needed
    archives = []
    for number, files in enumerate(parts):
        archives.append(out / f"runs-{number}.tar")
        with tarfile.open(archives[-1], "w") as archive:
            for file in files:
                archive.add(file, str(file.relative_to(runs)))
    return archives


def restore(archives: Iterable[Path], runs: Path) -> None:
    """Put packed runs in place."""
    for file in archives:
        with tarfile.open(file) as archive:
            archive.extractall(runs, filter="data")


@click.command()
@click.option("--runs", type=click.Path(path_type=Path), required=True, help="Where runs are kept.")
@click.option("--minutes", type=float, required=True, help="To stop after.")
@click.option("--device", default="cuda", show_default=True)
@click.option("--data-dir", help="Else the variable PQTHEORY_DATA.")
@click.option("--jobs", type=click.IntRange(min=1), default=4, show_default=True, help="At a time.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for archives of the runs.")
@click.option(
    "--restore", "archives", multiple=True, type=click.Path(path_type=Path), help="Put back first."
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
    archives: tuple[Path, ...],
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
    runs.mkdir(parents=True, exist_ok=True)
    restore(archives, runs)
    tasks = read(file, **common)
    for name, plan in tasks:
        left = (end - time.monotonic()) / 60
        done = left > 0 and carry_out(
            plan, runs, device=device, data_dir=data_dir, minutes=left, jobs=jobs
        )
        finished = sum(is_done(runs, planned) for planned in plan)
        click.echo(f"{name}: {finished} of {len(plan)} runs done")
        if not done:
            break
    if out is not None:
        for archive in pack(runs, out):
            click.echo(f"packed {archive.name}: {archive.stat().st_size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
