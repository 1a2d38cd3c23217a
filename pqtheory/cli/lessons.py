"""``pqtheory lessons``: list the lessons, open one, check an answer; all as notebooks, and where they run."""

import re
from pathlib import Path
from typing import Any

import click

from pqtheory._files import write_whole
from pqtheory._messages import brief, counted
from pqtheory.cli.commands import Commands, example
from pqtheory.cli.errors import user_errors
from pqtheory.cli.output import say
from pqtheory.cli.places import check_output_file
from pqtheory.lessons import EXERCISES, LESSONS, as_notebook, check, links


class LessonNumber(click.ParamType):
    """A lesson, by its number, "lesson-2", or one of its exercises."""

    name = "lesson"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Its number."""
        found = re.fullmatch(r"(?:lesson[-_ ]?)?(\d)(?:\.\d)?", str(value), re.IGNORECASE)
        if found is None or not 1 <= int(found[1]) <= len(LESSONS):
            self.fail(f"expected a lesson from 1 to {len(LESSONS)}, got {brief(value)}", param, ctx)
        return int(found[1])


def _checked(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    return None if value is None else check_output_file(value, "--out")


@click.group(
    cls=Commands,
    invoke_without_command=True,
    epilog=example(
        "pqtheory lessons open 1 --out lesson-1.ipynb", "pqtheory lessons check 1.1 1/2"
    ),
)
@click.pass_context
def lessons(ctx: click.Context) -> None:
    """List the lessons and their exercises; open one; check an answer."""
    if ctx.invoked_subcommand is None:
        for lesson in LESSONS:
            say(f"{lesson.number}  {lesson.title}")
            for exercise in EXERCISES.values():
                if exercise.number.startswith(f"{lesson.number}."):
                    say(f"   {exercise.number}  {exercise.question}")
        say("open one: pqtheory lessons open 1 --out lesson-1.ipynb")
        say("check an answer: pqtheory lessons check 1.1 1/2")


@lessons.command("open", epilog=example("pqtheory lessons open 2 --out lesson-2.ipynb"))
@click.argument("number", type=LessonNumber())
@click.option(
    "--out",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    callback=_checked,
    help="A name that ends in .ipynb, a notebook, or .py; without it the text is printed.",
)
def open_lesson(number: int, out: Path | None) -> None:
    """Write the lesson of that NUMBER as a notebook or as Python, to be run cell by cell."""
    with user_errors():
        text = LESSONS[number - 1].text()
    if out is None:
        say(text)
        return
    if out.suffix not in (".ipynb", ".py"):
        raise click.UsageError(
            f"--out: expected a name that ends in .ipynb or .py, got {brief(str(out))}"
        )
    with user_errors():
        _write(out, as_notebook(text) if out.suffix == ".ipynb" else text)
    say(f"wrote {out}")


@lessons.command(
    "check",
    context_settings={"ignore_unknown_options": True},
    epilog=example("pqtheory lessons check 1.3 -1/4,1/4"),
)
@click.argument("exercise")
@click.argument("answer", nargs=-1, required=True)
def check_answer(exercise: str, answer: tuple[str, ...]) -> None:
    """Say whether ANSWER to that EXERCISE is right, or give a hint; exit code 1 where it is not.

    Numbers are written as 3/4 or 0.75, several of them with commas in between.
    """
    with user_errors():
        judgement = check(exercise, " ".join(answer))
    say(repr(judgement))
    if not judgement.right:
        click.get_current_context().exit(1)


@lessons.command("write", epilog=example("pqtheory lessons write notebooks"))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--install",
    is_flag=True,
    help="Each begins with a cell that installs the library, as for Colab.",
)
def write_all(folder: Path, install: bool) -> None:
    """Write all lessons as notebooks to FOLDER."""
    with user_errors():
        what = links.install() if install else ""
        made = {lesson.notebook: as_notebook(lesson.text(), what) for lesson in LESSONS}
        folder.mkdir(parents=True, exist_ok=True)
        for name, notebook in made.items():
            _check_free(folder / name, notebook)
        for name, notebook in made.items():
            _write(folder / name, notebook)
    say(f"wrote {counted(len(made), 'notebook')} to {folder}")


def _check_free(file: Path, text: str) -> None:
    """No lesson that somebody has written into is lost."""
    if file.is_file() and file.read_bytes() != text.encode():
        raise ValueError(
            f"{brief(str(file))} is there already, with other text: expected a name that is free"
        )


def _write(file: Path, text: str) -> None:
    _check_free(file, text)
    write_whole(file, text.encode())


@lessons.command("links", epilog=example("pqtheory lessons links"))
def show_links() -> None:
    """Print where the lessons run in a browser, with nothing installed."""
    with user_errors():
        for lesson in LESSONS:
            say(f"{lesson.number}  {links.binder(lesson)}")
            say(f"   {links.colab(lesson)}")
