"""``pqtheory verify``: check claims, and with ``--out`` train the digits, draw the pictures, write the report."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape
from rich.table import Table

from pqtheory._files import write_whole
from pqtheory.claims.lookup import UserCodeError, find_claims
from pqtheory.claims.results import ClaimResult, Report
from pqtheory.claims.verification import check_claims
from pqtheory.cli.base import (
    USER_ERRORS,
    check_folder,
    check_output_file,
    example,
    output,
    progress,
    user_errors,
)
from pqtheory.evidence.base import BUDGETS, Budget
from pqtheory.provenance import provenance
from pqtheory.report import controls_refuted, digits_setting, digits_table, headline, render
from pqtheory.theory import BOOK

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
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Claims side by side, in N processes.",
)
@click.option(
    "--html",
    "html_file",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="Also write the claims as a page: statements, proofs, figures, controls.",
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
def verify(
    claim: tuple[str, ...],
    budget: str,
    jobs: int,
    html_file: Path | None,
    json_file: Path | None,
    out: Path | None,
) -> None:
    """Check each CLAIM, a name or a .py file of your own; all shipped ones if none is named.

    Exit code 0 if no claim is refuted and every control is, 1 if not, 2 for a bad argument.
    """
    if out is not None:
        check_folder(out)
        _require_extras()
    for option, file in (("--html", html_file), ("--json", json_file)):
        if file is not None:
            check_output_file(file, option)
    report = run_claims(claim, budget, jobs)
    output().print(claims_table(report))
    if html_file is not None:
        write_whole(html_file, render(report, source=provenance()).encode())
    if json_file is not None:
        write_whole(json_file, f"{report.to_json()}\n".encode())
    if out is not None:
        _write_report(out, report)
    if not report.ok:
        click.get_current_context().exit(1)


def run_claims(names: tuple[str, ...], budget: str, jobs: int = 1) -> Report:
    """Check claims with a progress bar; what is wrong with a user's file becomes one line."""
    with user_errors(UserCodeError, *USER_ERRORS):
        found = find_claims(*names, book=BOOK)
    results: dict[int, ClaimResult] = {}
    with progress("claims") as update, user_errors(UserCodeError):
        update(0, len(found), found[0].name if jobs == 1 else "claims")
        for place, result in check_claims(found, Budget(budget), jobs, book=BOOK):
            results[place] = result
            following = found[min(place + 1, len(found) - 1)]
            update(len(results), len(found), following.name if jobs == 1 else "claims")
    return Report(tuple(results[i] for i in range(len(found))), budget)


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
    from pqtheory.claims import counterexamples
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
            write_whole(out / f"{name}.png", pictures[-1].png)
    (X, y), (X_test, y_test) = data.train, data.test
    source = provenance(
        seed=digits.settings.seed, data={"X": X, "y": y, "X_test": X_test, "y_test": y_test}
    )
    write_json(out / "digits.json", {**digits.to_dict(), "provenance": source})
    counterexamples.save_all(report, out / "counterexamples")
    write_whole(out / "claims.json", f"{report.to_json()}\n".encode())
    page = out / "report.html"
    write_whole(page, render(report, digits, pictures, source).encode())
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
