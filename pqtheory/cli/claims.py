"""``pqtheory claims`` and ``pqtheory show``: what there is to check, and one claim in full."""

from importlib import resources

import click
from rich.markup import escape
from rich.table import Table

from pqtheory.claims.lookup import find_claims
from pqtheory.cli.base import example, output
from pqtheory.cli.verify import run_claims
from pqtheory.report import controls_refuted, reproduce
from pqtheory.report import show as shown
from pqtheory.theory import BOOK


@click.command(
    epilog=example("pqtheory claims --template > my_claim.py", "pqtheory verify my_claim.py")
)
@click.option("--template", is_flag=True, help="Print a claim file to start your own from.")
def claims(template: bool) -> None:
    """List the claims: name, source, statement."""
    if template:
        text = resources.files("pqtheory.cli").joinpath("claim_template.py")
        click.echo(text.read_text(encoding="utf-8"), nl=False)
        return

    table = Table(show_lines=False)
    for head in ("claim", "source", "statement"):
        table.add_column(head, no_wrap=head == "claim", overflow="fold")
    for claim in find_claims(book=BOOK):
        table.add_row(*map(escape, (claim.name, claim.source, claim.statement)))
    output().print(table)


@click.command(
    no_args_is_help=True,
    epilog=example("pqtheory show w-prox", "pqtheory show no-fixed-point --machine"),
)
@click.argument("claim")
@click.option(
    "--machine",
    is_flag=True,
    help="Also print each proof step for machines: SMT-LIB, or the numbers of a certificate as JSON.",
)
def show(claim: str, machine: bool) -> None:
    """Show CLAIM, a name or a claim file, in full.

    Statement, source, formula and derivation; then a quick run, with the evidence of each part and control.
    """
    report = run_claims((claim,), "quick")
    result = next(iter(report.values()))
    out = output()

    def line(text: str, indent: int = 0) -> None:
        out.print(" " * indent + text, markup=False, highlight=False, soft_wrap=True)

    out.print(f"[bold]{escape(result.claim.name)}[/bold]  ({result.kind})", highlight=False)
    line(result.claim.statement)
    line("")
    line(result.claim.formula, 4)
    line("")
    line(f"Source: {result.claim.source}")
    line("")
    line("Derivation:")
    for text in result.claim.derivation.splitlines():
        line(text, 2)
    line("")
    line("Parts:")
    for part in result.parts:
        margin = part.evidence.margin
        least = "" if margin is None else f", least margin {shown(margin)}"
        cases = f", {part.evidence.cases} cases" if part.evidence.cases else ""
        line(f"{part.name}: {part.statement} [{part.kind}{cases}{least}]", 2)
        if part.evidence.note:
            line(part.evidence.note, 6)
        for step in part.evidence.proof:
            line(step.text, 6)
            if step.latex:
                line(step.latex, 8)
            if machine and step.machine:
                line(step.machine, 8)
        if part.evidence.counterexample is not None:
            line(f"counterexample: {shown(part.evidence.counterexample)}", 6)
    for name, value in result.measured.items():
        line(f"{name}: measured {shown(value)}, predicted {shown(result.predicted.get(name))}", 2)
    line(f"Controls, refuted {controls_refuted(result)}:")
    for control in result.controls:
        word = "refuted" if control.refuted else "SURVIVES"
        line(f"{control.name}: {control.statement} [{word}]", 2)
        if control.evidence.counterexample is not None:
            line(f"counterexample: {shown(control.evidence.counterexample)}", 6)
    line("")
    line(f"Again: {reproduce(result, report.budget)}")
    if not result.ok:
        click.get_current_context().exit(1)
