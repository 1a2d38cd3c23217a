"""Full-size runs whenever a GPU is at hand: the next unfinished ones of ``queue.toml``, as many minutes as there are.

    python -m experiments.queue --device cuda --minutes 9 --runs RUNS --data-dir DIR --out OUT

Called again with the same ``--runs`` it goes on. ``--out`` gets archives that take runs to another machine, where
``--restore`` puts them in place; what is newer there stays, unless ``--replace`` is given.
"""

import time
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from experiments import cifar10, ptb, sign_change, throughput
from experiments.options import Script, report_failures
from pqtheory.cli.errors import user_errors
from pqtheory.networks.sweeps import Plan, Planned, carry_out, pack, restore, schedule
from pqtheory.networks.sweeps.archives import MIB, MOST
from pqtheory.networks.training.device import check_device

QUEUE = Path(__file__).with_suffix(".toml")
PLANS = {"cifar10": cifar10.plan, "sign_change": sign_change.plan, "ptb": ptb.plan}
#: what is measured once instead of trained, into a folder beside the runs
MEASURED = "throughput"


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
@click.option("--replace", is_flag=True, help="Put back also what is older than what is there.")
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
    replace: bool,
    file: Path,
    amp: bool,
    compiled: bool,
    dry: bool,
) -> None:
    """Go on with the queue; list what is done. Exit code 1 if a run failed."""
    common: dict[str, Any] = {"amp": amp, "compile": compiled}
    if dry:
        common |= {"data": "digits", "model": "small", "epochs": 3, "warm_epochs": 1}
        common |= {"held_out": 100}
    end = time.monotonic() + 60 * minutes
    with user_errors():
        check_device(device, "--device")
        for name in restore(packed, runs, replace):
            click.echo(f"kept {name}: it is newer than the archive's", err=True)
        tasks = read(file, **common)
        try:
            failed = _go_on(tasks, runs, end, device=device, data_dir=data_dir, jobs=jobs, dry=dry)
        finally:
            if out is not None:
                for archive in pack(runs, out, archive_mib << 20, archives):
                    click.echo(f"packed {archive.name}: {archive.stat().st_size / 2**20:.1f} MiB")
    report_failures(failed)


def _go_on(
    tasks: Iterable[tuple[str, list[Planned]]],
    runs: Path,
    end: float,
    *,
    device: str,
    data_dir: str | None,
    jobs: int,
    dry: bool,
) -> dict[str, str]:
    """Task after task as long as there is time; the runs that failed, with why."""
    failed: dict[str, str] = {}
    for name, planned in tasks:
        if time.monotonic() > end - schedule.MARGIN:
            break
        if not planned:
            result = runs / MEASURED / throughput.FILE
            if not result.exists():
                small = {"data": "digits", "model": "small", "epochs": 1, "seeds": (1, 2)}
                found = throughput.measure(
                    device=device, data_dir=data_dir, on_row=click.echo, **(small if dry else {})
                )
                throughput.write(result, found)
            click.echo(f"{name}: done")
            continue
        plan = Plan(runs, tuple(planned))
        minutes = (end - time.monotonic()) / 60
        failed |= carry_out(plan, device=device, data_dir=data_dir, minutes=minutes, jobs=jobs)
        click.echo(f"{name}: {len(list(plan.finished()))} of {len(planned)} runs done")
    return failed


if __name__ == "__main__":
    main()
