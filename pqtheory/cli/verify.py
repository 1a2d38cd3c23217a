"""``pqtheory verify``: check claims, and with ``--out`` train the digits, draw the pictures, write the report."""

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Table

from pqtheory.cli.base import (
    check_folder,
    check_output_file,
    example,
    output,
    progress,
    user_errors,
)
from pqtheory.evidence.base import BUDGETS, Budget, Claim
from pqtheory.evidence.verification import (
    ClaimResult,
    Report,
    check_claim,
    distinct,
    find_claims,
    without_repeats,
)
from pqtheory.report import controls_refuted, digits_setting, digits_table, headline

if TYPE_CHECKING:
    from pqtheory.digits import DigitsResult

#: pictures of the report, in its order
PICTURES = ("sign-flips", "regularizer", "toy", "trajectory", "basins")


@click.command(
    epilog=example(
        "pqtheory verify w-prox my_claim.py --json results.json", "pqtheory verify --out out"
    )
)
@click.argument("claim", nargs=-1)
@click.option(
    "--budget",
    type=click.Choice(BUDGETS),
    default="quick",
    show_default=True,
    help="How much work.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="Also write the results for machines.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, readable=False),
    metavar="DIR",
    help="Also train on the digits, and write pictures and report.html to DIR.",
)
def verify(claim: tuple[str, ...], budget: str, json_file: Path | None, out: Path | None) -> None:
    """Check each CLAIM, a name or a .py file of your own; all shipped ones if none is named.

    Exit code 0 if no claim is refuted and every control is, 1 if not, 2 for a bad argument.
    """
    if out is not None:
        check_folder(out)
        _require_extras()
    if json_file is not None:
        check_output_file(json_file, "--json")
    report = run_claims(claim, budget)
    output().print(claims_table(report))
    if json_file is not None:
        json_file.write_text(report.to_json() + "\n", encoding="utf-8")
    if out is not None:
        _write_report(out, report)
    if not report.ok:
        click.get_current_context().exit(1)


def run_claims(names: tuple[str, ...], budget: str) -> Report:
    """Check claims with a progress bar; what is wrong with a user's file becomes one line."""
    found = _find(names)
    results: list[ClaimResult] = []
    with progress("claims") as update:
        for i, (claim, file) in enumerate(found):
            update(i, len(found), claim.name)
            if file is None:
                results.append(check_claim(claim, Budget(budget)))
            else:
                results.append(_check_users(claim, file, Budget(budget)))
    return Report(tuple(results), budget)


def _find(names: tuple[str, ...]) -> list[tuple[Claim, Path | None]]:
    """Claims, those of a user's own with their file."""
    if not names:
        return [(claim, None) for claim in find_claims()]
    found: list[tuple[Claim, Path | None]] = []
    for name in without_repeats(names):
        if not name.endswith(".py"):
            with user_errors():
                found += [(claim, None) for claim in find_claims(name)]
            continue
        try:
            found += [(claim, Path(name)) for claim in find_claims(name)]
        except Exception as error:
            # a user's file may raise anything while it loads
            raise click.UsageError(_one_line(f"claim file {name!r}", error, Path(name))) from error
    with user_errors():
        distinct(claim for claim, _ in found)
    return found


def _check_users(claim: Claim, file: Path, budget: Budget) -> ClaimResult:
    try:
        return check_claim(claim, budget)
    except Exception as error:
        # a user's check may raise anything while it runs
        raise click.UsageError(_one_line(f"claim {claim.name!r}", error, file)) from error


def _one_line(what: str, error: Exception, file: Path) -> str:
    """What happened, and at which line of the user's file."""
    if isinstance(error, ValueError) and str(error).startswith(("claim file", what)):
        return str(error)
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        where = f" (line {error.lineno} of {Path(error.filename).name})"
        return f"{what}: {type(error).__name__}: {error.msg}{where}"
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).resolve() == file.resolve()
    ]
    where = f" (line {lines[-1]} of {file.name})" if lines else ""
    return f"{what}: {type(error).__name__}: {error}{where}"


def claims_table(report: Report) -> Table:
    """One row for each claim."""
    table = Table(title=f"claims, budget {report.budget}", title_justify="left")
    table.add_column("claim", no_wrap=True)
    table.add_column("source", overflow="fold", ratio=3)
    table.add_column("evidence", no_wrap=True)
    table.add_column("figure", overflow="fold", ratio=3)
    table.add_column("measured", overflow="fold", ratio=2)
    table.add_column("predicted", overflow="fold", ratio=2)
    table.add_column("controls\nrefuted", justify="right")
    table.add_column("seconds", justify="right")
    for result in report.values():
        cells = [
            result.claim.name,
            result.claim.source,
            result.kind,
            *headline(result),
            controls_refuted(result),
            f"{result.seconds:.2f}",
        ]
        table.add_row(*map(escape, cells), style=None if result.ok else "bold red")
    notes = [f"{name}: {note}" for name, result in report.items() for note in result.notes]
    table.caption = escape("\n".join(notes)) or None
    table.caption_justify = "left"
    return table


def _require_extras() -> None:
    """Look for matplotlib and scikit-learn, before any work."""
    from pqtheory.plotting.style import grid_of_axes
    from pqtheory.problems import digits_split

    with user_errors():
        grid_of_axes(1, 1, 1.0, 1.0)
        digits_split()


def _write_report(out: Path, report: Report) -> None:
    from pqtheory.digits import run_digits
    from pqtheory.plotting import CAPTIONS, REGISTRY, png
    from pqtheory.problems import digits_split
    from pqtheory.provenance import provenance, write_json
    from pqtheory.report import Picture, render

    data = digits_split()
    with progress("training on the digits") as update:
        digits = run_digits(data=data, on_epoch=update)
    output().print(digits_summary(digits))
    pictures = []
    with progress("pictures") as update:
        for i, name in enumerate(PICTURES):
            update(i, len(PICTURES))
            draw = REGISTRY[name]
            figure = draw(digits) if name == "sign-flips" else draw()
            pictures.append(Picture(name, png(figure), CAPTIONS[name]))
            (out / f"{name}.png").write_bytes(pictures[-1].png)
    (X, y), (X_test, y_test) = data.train, data.test
    source = provenance(
        seed=digits.settings.seed, data={"X": X, "y": y, "X_test": X_test, "y_test": y_test}
    )
    write_json(out / "digits.json", {**digits.to_dict(), "provenance": source})
    (out / "claims.json").write_text(report.to_json() + "\n", encoding="utf-8")
    page = out / "report.html"
    page.write_text(render(report, digits, pictures, source), encoding="utf-8")
    click.echo(f"report: {page}")


def digits_summary(digits: "DigitsResult") -> Table:
    """One row for each method."""
    head, rows = digits_table(digits)
    table = Table(
        title="handwritten digits",
        title_justify="left",
        caption=digits_setting(digits),
        caption_justify="left",
    )
    for name in head:
        table.add_column(name, justify="left" if name == "method" else "right")
    for row in rows:
        table.add_row(*row)
    return table
