"""``pqtheory claims`` and ``pqtheory show``: what there is to check, and one claim in full."""

from collections.abc import Callable
from importlib import resources

import click
from rich.table import Table

from pqtheory.claims.claim import Item
from pqtheory.claims.lookup import UserCodeError, find_claims, users_code
from pqtheory.claims.results import ClaimResult, ItemResult
from pqtheory.claims.sentences import sentences
from pqtheory.cli import completion
from pqtheory.cli.commands import example
from pqtheory.cli.errors import USER_ERRORS, user_errors
from pqtheory.cli.output import as_it_is, output
from pqtheory.cli.verify import run_claims
from pqtheory.report import (
    controls_refuted,
    kind_in_words,
    latex,
    lean,
    looked_at,
    reproduce,
    smt2,
)
from pqtheory.report import show as shown
from pqtheory.theory import BOOK

#: claim files to start from
TEMPLATES = ("proof", "sample")


@click.command(
    epilog=example("pqtheory claims --template > my_claim.py", "pqtheory verify my_claim.py")
)
@click.option(
    "--template",
    type=click.Choice(TEMPLATES),
    is_flag=False,
    flag_value=TEMPLATES[0],
    help="Print a claim file to start your own from: one that is proved (if none is named), or sampled.",
)
def claims(template: str | None) -> None:
    """List the claims: name, source, statement."""
    if template is not None:
        text = resources.files("pqtheory.cli.templates").joinpath(f"{template}.py")
        click.echo(text.read_text(encoding="utf-8"), nl=False)
        return

    table = Table(show_lines=False)
    for head in ("claim", "source", "statement"):
        table.add_column(head, no_wrap=head == "claim", overflow="fold")
    for claim in find_claims(book=BOOK):
        table.add_row(*map(as_it_is, (claim.name, claim.source, claim.statement)))
    output().print(table)


@click.command(
    no_args_is_help=True,
    epilog=example(
        "pqtheory show w-prox",
        "pqtheory show no-fixed-point --machine",
        "pqtheory show w-prox --smt2 > w-prox.smt2",
        "pqtheory show ste-floor --lean > ste_floor.lean",
    ),
)
@click.argument("claim", shell_complete=completion.claims)
@click.option(
    "--machine",
    is_flag=True,
    help="Also print each proof step for machines: SMT-LIB, or the numbers of a certificate as JSON.",
)
@click.option(
    "--smt2",
    "as_smt2",
    is_flag=True,
    help="Print each question that was put to the solver, as one script of SMT-LIB, and nothing else.",
)
@click.option(
    "--latex",
    "as_latex",
    is_flag=True,
    help="Print statement, formula and derivation as LaTeX, and run nothing.",
)
@click.option(
    "--lean",
    "as_lean",
    is_flag=True,
    help="Print its statements as text for Lean 4, in the words of optlib, unchecked, and run nothing.",
)
def show(claim: str, machine: bool, as_smt2: bool, as_latex: bool, as_lean: bool) -> None:
    """Show CLAIM, a name or a claim file, in full.

    Statement, source, formula and derivation; then a quick run, with the evidence of each part and control, and what
    each of them states by its own source.
    """
    if machine + as_smt2 + as_latex + as_lean > 1:
        raise click.UsageError("--machine, --smt2, --latex, --lean: only one of them at a time")
    if as_latex or as_lean:
        with user_errors(UserCodeError, *USER_ERRORS):
            (found,) = find_claims(claim, book=BOOK)
            # the text for Lean runs the sentences of the claim
            with users_code(found):
                text = (latex if as_latex else lean)(found)
        click.echo(text, nl=False)
        return
    report = run_claims((claim,), "quick")
    result = next(iter(report.values()))
    if result.failure is not None:
        raise click.UsageError(result.failure.message)
    if as_smt2:
        click.echo(smt2(result), nl=False)
        if not result.ok:
            click.get_current_context().exit(1)
        return
    out = output()
    head = as_it_is(result.claim.name).append(f"  ({kind_in_words(result)})", style="not bold")
    head.style = "bold"
    out.print(head)

    def line(text: str, indent: int = 0) -> None:
        for each in text.split("\n"):
            out.print(as_it_is(" " * indent + each), soft_wrap=True)

    _head(result, line)
    line("Parts:")
    for part, item in zip(result.parts, result.claim.parts, strict=True):
        _part(part, item, machine, line)
    for name, value in result.measured.items():
        line(f"{name}: measured {shown(value)}, predicted {shown(result.predicted.get(name))}", 2)
    line(f"Controls, refuted {controls_refuted(result)}:")
    for control, false in zip(result.controls, result.claim.controls, strict=True):
        word = "refuted" if control.refuted else "SURVIVES"
        line(f"{control.name}: {control.statement} [{word}]", 2)
        _sentences(false, line)
        if control.evidence.counterexample is not None:
            line(f"counterexample: {shown(control.evidence.counterexample)}", 6)
    line("")
    line(f"Again: {reproduce(result, report.budget)}")
    if not result.ok:
        click.get_current_context().exit(1)


#: prints a text, with so many spaces in front of each line
Line = Callable[..., None]


def _head(result: ClaimResult, line: Line) -> None:
    claim = result.claim
    line(claim.statement)
    line("")
    line(claim.formula, 4)
    line("")
    line(f"Source: {claim.source}")
    for what, names in (("Uses", claim.uses), ("Operators", claim.operators)):
        if names:
            line(f"{what}: {', '.join(names)}")
    if result.prose:
        line("Steps of prose, which no engine has checked:")
        for step in result.prose:
            line(step.text, 2)
    line("")
    line("Derivation:")
    line(claim.derivation, 2)
    line("")


def _part(part: ItemResult, item: Item, machine: bool, line: Line) -> None:
    evidence = part.evidence
    facts = ", ".join([part.kind, *looked_at(evidence)])
    line(f"{part.name}: {part.statement} [{facts}]", 2)
    _sentences(item, line)
    if evidence.note:
        line(evidence.note, 6)
    for step in evidence.proof:
        line(f"in words alone: {step.text}" if step.prose else step.text, 6)
        if step.latex:
            line(step.latex, 8)
        if machine and step.machine:
            line(step.machine, 8)
    if evidence.counterexample is not None:
        line(f"counterexample: {shown(evidence.counterexample)}", 6)


def _sentences(item: Item, line: Line) -> None:
    for sentence in sentences(item.check):
        line(sentence, 6)
        line("")
