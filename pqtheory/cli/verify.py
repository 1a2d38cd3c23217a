"""``pqtheory verify``: check claims, and with ``--out`` train the digits, draw the pictures, write the report."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from pqtheory._files import write_whole
from pqtheory._messages import brief
from pqtheory.claims.lookup import UserCodeError
from pqtheory.claims.rechecking import recheck as rechecked
from pqtheory.claims.results import ClaimResult, Report
from pqtheory.claims.verification import check_claims, found_within
from pqtheory.cli import completion
from pqtheory.cli.claims_table import claims_table
from pqtheory.cli.commands import example
from pqtheory.cli.digits import Drawn, drawn
from pqtheory.cli.errors import USER_ERRORS, user_errors
from pqtheory.cli.output import complain, output, progress, say
from pqtheory.cli.places import check_folder, check_output_file, check_two_files
from pqtheory.evidence.base import BUDGETS, KINDS, Budget
from pqtheory.evidence.smt import recheck as second
from pqtheory.provenance import provenance
from pqtheory.report import digits_setting, digits_table, lab_page, render
from pqtheory.report.claims import claim_details
from pqtheory.theory import BOOK

if TYPE_CHECKING:
    from pqtheory.digits import DigitsResult

#: the page to play with, beside the report
LAB = "lab.html"


@click.command(
    epilog=example(
        "pqtheory verify w-prox my_claim.py --json results.json", "pqtheory verify --out out"
    )
)
@click.argument("claim", nargs=-1, shell_complete=completion.claims)
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
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="For each claim; one that takes longer is marked as timeout, and the exit code is 2.",
)
@click.option(
    "--require",
    type=click.Choice(KINDS[:-2]),
    help="Exit code 3 where a claim's evidence is weaker, such as where a solver is missing.",
)
@click.option(
    "--recheck",
    is_flag=True,
    help=f"Also put every question of the solver to a second one ({second.PACKAGE}), and compare.",
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
    help="Also write report.html, the lab, results and counterexamples to DIR.",
)
@click.option(
    "--digits/--no-digits",
    default=None,
    help="Whether the report has the digits, which are trained, and pictures; only if no CLAIM is named, by default.",
)
def verify(
    claim: tuple[str, ...],
    budget: str,
    jobs: int,
    timeout: float | None,
    require: str | None,
    recheck: bool,
    html_file: Path | None,
    json_file: Path | None,
    out: Path | None,
    digits: bool | None,
) -> None:
    """Check each CLAIM, a name or a .py file of your own; all shipped ones if none is named.

    Claims of files are checked in a process of their own: one that ends it, as by a signal, ends that claim alone.

    Exit code 0 if no claim is refuted and every control is, 1 if not, or where two solvers disagree, 2 for a bad
    argument, a claim that cannot be checked or a file that cannot be written, 3 for evidence that is weaker than
    required.
    """
    if digits is not None and out is None:
        raise click.UsageError("--digits, --no-digits: only with --out")
    trains = not claim if digits is None else digits
    if out is not None:
        check_folder(out)
        if trains:
            _require_extras()
    for option, file in (("--html", html_file), ("--json", json_file)):
        if file is not None:
            check_output_file(file, option, map(Path, claim))
    check_two_files(html_file, json_file, "--json")
    with drawn(jobs) if out is not None and trains else nullcontext() as digits_drawn:
        # formulas that are drawn while others are checked are remembered for the report
        ahead = None if out is None or jobs == 1 else partial(claim_details, budget=budget)
        report = run_claims(claim, budget, jobs, recheck=recheck, timeout=timeout, on_result=ahead)
        # the files first: the reader of the table may have gone
        unwritten = _write_files(report, html_file, json_file)
        if any(r.failure is None or r.failure.kind != "error" for r in report.values()):
            out_to = output()
            out_to.print(claims_table(report, out_to.width))
        if out is not None:
            _write_report(out, report, digits_drawn)
    _end(report, unwritten, require)


def _write_files(report: Report, html_file: Path | None, json_file: Path | None) -> list[str]:
    """Write what is asked for; what could not be written."""
    unwritten = []
    texts = {"--json": (json_file, lambda: f"{report.to_json()}\n")}
    texts["--html"] = (html_file, lambda: render(report, source=provenance()))
    for option, (file, text) in texts.items():
        if file is None:
            continue
        try:
            # half of a surrogate pair has no bytes of its own
            write_whole(file, text().encode(errors="backslashreplace"))
        except OSError as error:
            unwritten.append(f"{option}: cannot write {brief(str(file))}: {error.strerror}")
    return unwritten


def _end(report: Report, unwritten: list[str], require: str | None) -> None:
    """The exit code, and a line for each thing that went wrong."""
    wrong = list(unwritten)
    for result in report.failures:
        message, name = result.notes[0], f"claim {result.claim.name!r}"
        wrong.append(message if message.startswith(name) else f"{name}: {message}")
    for line in wrong:
        complain(line)
    if wrong:
        click.get_current_context().exit(2)
    if not report.ok:
        click.get_current_context().exit(1)
    if require is not None:
        _require(report, require)


def _require(report: Report, kind: str) -> None:
    """End with exit code 3 where a claim is weaker than asked."""
    weaker = [f"{r.claim.name} ({r.kind})" for r in report.values() if r.is_weaker_than(kind)]
    if weaker:
        complain(f"weaker than {kind}: {', '.join(weaker)}")
        click.get_current_context().exit(3)


def run_claims(
    names: tuple[str, ...],
    budget: str,
    jobs: int = 1,
    *,
    recheck: bool = False,
    timeout: float | None = None,
    on_result: Callable[[ClaimResult], object] | None = None,
) -> Report:
    """Check claims with a progress bar; a user's file that does not load becomes one line.

    ``on_result`` is called with each as it comes.
    """
    with user_errors(UserCodeError, *USER_ERRORS):
        if recheck:
            second.require()
        found = found_within(names, timeout, book=BOOK)
    results: dict[int, ClaimResult] = {}
    with progress("claims") as update, user_errors(UserCodeError):
        update(0, len(found), found[0].name if jobs == 1 else "claims")
        # a check of somebody's file may end its process: that must not end the others
        checking = check_claims(
            found, Budget(budget), jobs, book=BOOK, timeout=timeout, files_apart=True
        )
        for place, result in checking:
            results[place] = result
            if on_result is not None:
                on_result(result)
            following = found[min(place + 1, len(found) - 1)]
            update(len(results), len(found), following.name if jobs == 1 else "claims")
    report = Report(tuple(results[i] for i in range(len(found))), budget)
    if not recheck:
        return report
    with progress(f"questions to {second.PACKAGE}") as update:
        return rechecked(report, jobs=jobs, on_answer=update)


def _require_extras() -> None:
    """Look for matplotlib and scikit-learn, before any work."""
    from pqtheory.plotting.parts import grid_of_axes
    from pqtheory.problems import digits_split

    with user_errors():
        grid_of_axes(1, 1, 1.0, 1.0)
        digits_split()


def _write_report(out: Path, report: Report, made: Callable[[], Drawn] | None) -> None:
    """Results, counterexamples and the page, with the digits and the pictures where they are wanted."""
    from pqtheory.claims import counterexamples
    from pqtheory.provenance import write_json

    with user_errors(UserCodeError, *USER_ERRORS):
        counterexamples.save_all(report, out / "counterexamples")
        write_whole(out / "claims.json", f"{report.to_json()}\n".encode())
        digits, pictures, source = (None, [], provenance()) if made is None else made()
        if digits is not None:
            output().print(digits_summary(digits))
            write_json(out / "digits.json", {**digits.to_dict(), "provenance": source})
        for picture in pictures:
            write_whole(out / f"{picture.name}.png", picture.png)
        write_whole(out / LAB, lab_page().encode())
        page = out / "report.html"
        text = render(report, digits, pictures, source, LAB)
        write_whole(page, text.encode(errors="backslashreplace"))
    say(f"report: {page}")


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
