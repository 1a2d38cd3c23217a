"""``pqtheory train``: one run in a folder of its own."""

import math
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click

from pqtheory._messages import brief
from pqtheory.cli.commands import example
from pqtheory.cli.errors import only_with, user_errors
from pqtheory.cli.figures import FIGURE, draw_run
from pqtheory.cli.names import MethodChoice, RegistryName
from pqtheory.cli.output import complain, progress, say
from pqtheory.cli.places import check_folder
from pqtheory.cli.sweep import TABLE
from pqtheory.cli.training_shown import advice_collected, brief_metrics, show_steps
from pqtheory.cli.values import PerName, settings_given
from pqtheory.methods.registry import FULL_PRECISION, TRAINED
from pqtheory.networks.levels import LEVELS

#: names as in ``networks.training.settings``, which imports torch
PRESETS = ("corrected", "faithful")
#: settings that --set does not give, and what does
OPTIONS = {
    name: f"--{name}"
    for name in ("task", "method", "levels", "epochs", "seed", "metrics", "amp", "compile")
}


@click.command(
    epilog=example(
        "pqtheory train warm --method full-precision --epochs 20",
        "pqtheory train pq --method proxquant --epochs 30 --warm-start warm",
        "pqtheory train bc --method binaryconnect --metrics ff-ratio,frequency --track step",
        "pqtheory train lm --task language --levels 2-bit --per row --epochs 20",
        "pqtheory train --task-template > my_task.py",
        "pqtheory train mine --task my_task.py",
    )
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--task",
    default="images",
    show_default=True,
    help="images, language, or a file: my_task.py.",
)
@click.option(
    "--task-template",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda context, option, value: _print_template(context, value),
    help="Print the file of a task, to start one's own from.",
)
@click.option(
    "--method",
    type=MethodChoice(TRAINED),
    default="proxquant",
    show_default=True,
    help="What quantizes.",
)
@click.option(
    "--preset",
    "preset_name",
    type=click.Choice(PRESETS),
    default="corrected",
    show_default=True,
    help="As the paper's text says, or as its published code trains.",
)
@click.option(
    "--levels",
    type=RegistryName("levels", LEVELS),
    default="binary",
    show_default=True,
    help=f"{', '.join(LEVELS)}.",
)
@click.option(
    "--per",
    type=PerName(),
    help="What shares fitted levels: tensor, channel, row, or N weights; else what the task is published with.",
)
@click.option("--model", help="small, resnet20, ... resnet56; of language lstm or transformer.")
@click.option("--data", help="digits or cifar10; of language sentences, ptb or a folder of texts.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    help="Where CIFAR-10 or ptb/ is; else the variable PQTHEORY_DATA.",
)
@click.option(
    "--set",
    "chosen",
    multiple=True,
    metavar="NAME=VALUE",
    help="Any other setting, or an option of the task, such as hidden=100.",
)
@click.option("--epochs", type=click.IntRange(min=1), help="Schedules scale with it.")
@click.option(
    "--warm-start",
    metavar="RUN",
    help="Run folder to start from, or a file or folder of any weights that fit.",
)
@click.option("--lr", type=float, help="Step size of the base optimizer.")
@click.option(
    "--rate",
    type=float,
    help="lambda per epoch; of binaryrelax and mirrordescent the factor per epoch, of bop the threshold.",
)
@click.option("--held-out", type=click.IntRange(min=0), help="Training examples kept apart.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of all randomness."
)
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, cuda:1, ...")
@click.option(
    "--measure-every", type=click.IntRange(min=1), metavar="N", help="Errors every N epochs."
)
@click.option(
    "--metrics",
    metavar="NAMES",
    help="What to record of the codes, with commas: flips, frequency, occupation, ... (docs/flip_ratios.md).",
)
@click.option(
    "--track",
    type=click.Choice(("epoch", "step")),
    help="How often to look at the codes for it: after each epoch, or each step.",
)
@click.option("--augment/--no-augment", default=None, help="Pad, crop, mirror; on for cifar10.")
@click.option("--amp", is_flag=True, help="bfloat16 autocast.")
@click.option("--compile", "compiled", is_flag=True, help="torch.compile.")
@click.option("--time-budget", type=float, metavar="MINUTES", help="Stop after that; resume later.")
@click.option("--tensorboard", is_flag=True, help="Event files too, in FOLDER/tensorboard.")
@click.option("--resume", is_flag=True, help="Go on where FOLDER stopped, with its settings.")
def train(
    folder: Path,
    method: str,
    task: str,
    preset_name: str,
    chosen: tuple[str, ...],
    data_dir: Path | None,
    device: str,
    compiled: bool,
    time_budget: float | None,
    tensorboard: bool,
    resume: bool,
    **given: Any,
) -> None:
    """Train a network in FOLDER: settings.json, metrics.jsonl, checkpoint.pt, best.pt, figure.png.

    Stop it at any moment; --resume goes on as if it had not been stopped.
    """
    with user_errors():
        from pqtheory.networks.training import NonFiniteLossError, RunFolder, preset
        from pqtheory.networks.training import train as run
        from pqtheory.networks.training.build import load_data
        from pqtheory.networks.training.device import check_device
        from pqtheory.networks.training.events import Events
        from pqtheory.networks.training.measure import NotFiniteError
        from pqtheory.networks.training.settings import LAMBDA

        if resume and not (folder / "settings.json").exists():
            raise ValueError(f"{folder}: no run there to go on with; start one without --resume")
        if resume and RunFolder(folder).has_lost_its_network():
            raise ValueError(
                f"{folder}: no checkpoint.pt there to go on from, and a new start would take its metrics away; "
                "give another folder"
            )
        if not resume and (folder / TABLE).exists():
            raise ValueError(
                f"{folder}: a sweep has its {TABLE} and figure there; give another folder"
            )
        if time_budget is not None and not time_budget > 0:
            raise ValueError(f"--time-budget: expected minutes > 0, got {brief(time_budget)}")
        check_device(device, "--device")
        changes = {name: value for name, value in given.items() if value is not None}
        if "metrics" in changes:
            names = [name for name in changes["metrics"].split(",") if name.strip()]
            if not names:
                raise ValueError(
                    f"--metrics: expected names with commas between, got {brief(changes['metrics'])}"
                )
            changes["metrics"] = names
        if method == FULL_PRECISION.name:
            only_with("for methods that quantize", "levels", "per")
        levels, epochs = changes.pop("levels"), changes.pop("epochs", None)
        if "rate" in changes and method not in LAMBDA:
            raise ValueError(f"--rate: {method} has no lambda; expected {' or '.join(LAMBDA)}")
        changes |= settings_given(chosen, changes, OPTIONS)
        if "metrics" not in changes:
            only_with("with --metrics", "track")
        settings = preset(
            preset_name,
            method,
            epochs=epochs,
            levels=levels,
            task=task,
            compile=compiled,
            **changes,
        )
        if resume and _nothing_is_set():
            settings = RunFolder(folder).settings
        data = load_data(settings, data_dir)
        events = Events(folder / "tensorboard") if tensorboard else None
        with (
            advice_collected() as advice,
            folder_of_a_run(folder),
            progress("training", time_left=True) as update,
            closing(events) if events else nullcontext(),
        ):
            try:
                done = run(
                    settings,
                    data,
                    RunFolder(folder, events),
                    device=device,
                    resume=resume,
                    seconds=math.inf if time_budget is None else 60 * time_budget,
                    progress=show_steps(update),
                )
            except (NonFiniteLossError, NotFiniteError) as error:
                kept = (folder / "checkpoint.pt").exists()
                where = f"; the checkpoint before it is in {folder}" if kept else ""
                raise click.UsageError(f"{error}{where}") from error
        last = RunFolder(folder).metrics()[-1]
        state = "done" if done else f"stopped after epoch {last['epoch']}; go on with --resume"
        for said in advice:
            complain(f"warning: {said}")
        try:
            drawn = f"; {folder / FIGURE}" if draw_run(folder) else ""
        except OSError as error:
            raise click.UsageError(f"{folder}: {state}, without its figure: {error}") from error
    say(f"{folder}: {state}; {brief_metrics(last)}{drawn}")


@contextmanager
def folder_of_a_run(folder: Path) -> Iterator[None]:
    """The folder, which is gone again where a refused start has left nothing in it but its lock."""
    fresh = not folder.exists()
    check_folder(folder)
    try:
        yield
    finally:
        left = list(folder.iterdir())
        if fresh and all(file.name == ".lock" for file in left):
            for file in left:
                file.unlink()
            folder.rmdir()


def _nothing_is_set() -> bool:
    """Whether the command line says nothing of what to train."""
    context = click.get_current_context()
    given = {
        name
        for name in context.params
        if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT
    }
    return given <= {"folder", "data_dir", "device", "time_budget", "tensorboard", "resume"}


def _print_template(context: click.Context, value: bool) -> None:
    """Say what the file of a task is, and end."""
    if value:
        from pqtheory.networks.tasks.find import template

        click.echo(template(), nl=False)
        context.exit()
