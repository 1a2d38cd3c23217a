"""``pqtheory train`` and ``pqtheory data``: one run in a folder of its own, and the images for it."""

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click

from pqtheory._messages import brief
from pqtheory.cli.base import (
    MethodChoice,
    RegistryName,
    check_folder,
    complain,
    example,
    progress,
    say,
    user_errors,
)
from pqtheory.cli.figures import FIGURE, draw_run
from pqtheory.methods.registry import TRAINED
from pqtheory.networks.levels import LEVELS, PER
from pqtheory.networks.metrics import error_of, measure_of

#: names as in ``networks.training.settings``, which imports torch
PRESETS = ("corrected", "faithful")


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
    type=click.Choice(PER),
    help="What shares fitted levels; tensor, or what the task is published with.",
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
@click.option("--rate", type=float, help="lambda per epoch; of binaryrelax the factor per epoch.")
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
        from pqtheory.networks.training.settings import LAMBDA

        if resume and not (folder / "settings.json").exists():
            raise ValueError(f"{folder}: no run there to go on with; start one without --resume")
        if time_budget is not None and not time_budget > 0:
            raise ValueError(f"--time-budget: expected minutes > 0, got {brief(time_budget)}")
        check_device(device, "--device")
        changes = {name: value for name, value in given.items() if value is not None}
        if "metrics" in changes:
            changes["metrics"] = [name for name in changes["metrics"].split(",") if name.strip()]
        levels, epochs = changes.pop("levels"), changes.pop("epochs", None)
        if "rate" in changes and method not in LAMBDA:
            raise ValueError(f"--rate: {method} has no lambda; expected {' or '.join(LAMBDA)}")
        changes |= _chosen(chosen, changes)
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
            except NonFiniteLossError as error:
                raise click.UsageError(
                    f"{error}; the checkpoint before it is in {folder}"
                ) from error
        last = RunFolder(folder).metrics()[-1]
        drawn = f"; {folder / FIGURE}" if draw_run(folder) else ""
    state = "done" if done else f"stopped after epoch {last['epoch']}; go on with --resume"
    for said in advice:
        complain(f"warning: {said}")
    say(f"{folder}: {state}; {_brief(last)}{drawn}")


@contextmanager
def advice_collected() -> Iterator[list[str]]:
    """What the training warns of, for lines of its own when the bar has gone; other warnings stay what they are."""
    from pqtheory.networks.training import FarFromLevelsWarning

    found: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always", FarFromLevelsWarning)
        shown = warnings.showwarning

        def show(message: Any, category: type[Warning], *rest: Any, **more: Any) -> None:
            if issubclass(category, FarFromLevelsWarning):
                found.append(str(message))
            else:
                shown(message, category, *rest, **more)

        warnings.showwarning = show
        yield found


@contextmanager
def folder_of_a_run(folder: Path) -> Iterator[None]:
    """The folder, which is gone again where a refused start has left nothing in it."""
    fresh = not folder.exists()
    check_folder(folder)
    try:
        yield
    finally:
        if fresh and not any(folder.iterdir()):
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


def _chosen(given: tuple[str, ...], named: Mapping[str, Any]) -> dict[str, Any]:
    """Settings given as NAME=VALUE: numbers, true and false, none; all else are words."""
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.UsageError(f"--set: expected NAME=VALUE, got {brief(text)}")
        if name in found or name in named:
            raise click.UsageError(f"--set: {name} is given twice")
        found[name] = _value(value)
    return found


def _value(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


#: values that are neither numbers nor words of their own
_WORDS = {"true": True, "false": False, "none": None}


def show_steps(update: Callable[[int, int, str], None]) -> Callable[..., None]:
    """Of each step: where it is, and the last error and sign change that were measured."""
    known: dict[str, Any] = {}

    def show(epoch: int, epochs: int, step: int, steps: int, last: dict[str, Any]) -> None:
        # errors may be measured every few epochs only
        known.update(last)
        update(epoch * steps + step, epochs * steps, _shown(epoch, epochs, known))

    return show


def _shown(epoch: int, epochs: int, known: dict[str, Any]) -> str:
    """What stands beside the bar: short, with the measure of the quantized network where there is one."""
    parts = [f"epoch {epoch + 1}/{epochs}"]
    measure = measure_of(known)
    if measure is not None:
        value = error_of(known[measure.name]["test"])
        parts.append(f"{measure.name} {measure.shown(value)}")
    if "signs" in known:
        parts.append(f"signs {100 * known['signs']['all']['change_from_start']:.1f} %")
    return "  ".join(parts)


def _brief(metrics: dict[str, Any]) -> str:
    """The measure on test data, and sign change."""
    shown = []
    measure = measure_of(metrics)
    if measure is not None:
        figures = (f"{k} {measure.shown(v)}" for k, v in metrics[measure.name]["test"].items())
        shown.append(f"test {measure.name}: {', '.join(figures)}")
    change = metrics.get("signs", {}).get("all", {}).get("change_from_start")
    if change is not None:
        shown.append(f"signs changed {100 * change:.2f} %")
    return "; ".join(shown)


@click.command(epilog=example("pqtheory data cifar10 --data-dir ~/data"))
@click.argument("name", type=click.Choice(("cifar10",)))
@click.option(
    "--data-dir", type=click.Path(path_type=Path), required=True, help="Where it is to be."
)
def data(name: str, data_dir: Path) -> None:
    """Download an image set NAME from its authors, and check it."""
    with user_errors():
        from pqtheory.networks.data.download import download_cifar10

        check_folder(data_dir)
        say(f"{name}: {download_cifar10(data_dir)}")
