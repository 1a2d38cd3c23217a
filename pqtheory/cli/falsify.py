"""``pqtheory falsify``: search the parts and controls of a claim for counterexamples, and store what is found."""

from pathlib import Path

import click
from rich.table import Table

from pqtheory._messages import brief, counted
from pqtheory.claims import Claim, Control, Part, counterexamples
from pqtheory.claims import cases as engine
from pqtheory.claims.lookup import UserCodeError, find_claims, users_code
from pqtheory.cli import completion
from pqtheory.cli.commands import example
from pqtheory.cli.errors import USER_ERRORS, user_errors
from pqtheory.cli.names import nearest
from pqtheory.cli.output import as_it_is, output, progress, say
from pqtheory.cli.places import check_folder
from pqtheory.evidence.base import Evidence
from pqtheory.report import show as shown
from pqtheory.theory import BOOK


@click.command(
    no_args_is_help=True,
    epilog=example(
        "pqtheory falsify w-prox --examples 5000",
        'pqtheory falsify my_claim.py --part "never farther" --seed 1',
    ),
)
@click.argument("claim", shell_complete=completion.claims)
@click.option("--part", "name", metavar="NAME", help="Only this part or control.")
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    metavar="N",
    help="Cases for each part and control.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Another search."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, readable=False),
    metavar="DIR",
    default="out/counterexamples",
    show_default=True,
    help="Where counterexamples go, for pqtheory replay.",
)
def falsify(claim: str, name: str | None, examples: int, seed: int, out: Path) -> None:
    """Search for counterexamples of CLAIM, a name or a .py file of your own.

    Every part and control whose check looks at single cases is searched; cases that refute are made simple and stored.
    A control should be refuted, but a search need not find every counterexample.

    Exit code 0 if no part is refuted, 1 if one is, 2 for a bad argument.
    """
    with user_errors(UserCodeError, *USER_ERRORS):
        engine.require()
        (found,) = find_claims(claim, book=BOOK)
    items = _chosen(found, name)
    searched = [i for i in items if isinstance(i.check, engine.Searchable)]
    if not searched:
        what = (
            f"claim {found.name!r}: no part or control has a"
            if name is None
            else f"--part: {name!r} has no"
        )
        raise click.UsageError(f"{what} check that looks at single cases: nothing to search")
    check_folder(out)
    table = _table(found.name, examples, seed)
    files, refuted = [], False
    for item in items:
        evidence = None
        if isinstance(item.check, engine.Searchable):
            evidence = _searched(found, item, item.check, examples, seed)
        table.add_row(*map(as_it_is, _row(item, evidence)))
        if evidence is not None and evidence.kind == "refuted":
            refuted = refuted or isinstance(item, Part)
            with user_errors(UserCodeError), users_code(found):
                stored = counterexamples.of_evidence(found, item, evidence)
            files.append(counterexamples.save(stored, out))
    output().print(table)
    for file in files:
        say(f"wrote {file}")
    if refuted:
        click.get_current_context().exit(1)


def _chosen(claim: Claim, name: str | None) -> list[Part | Control]:
    items: list[Part | Control] = [*claim.parts, *claim.controls]
    chosen = [item for item in items if name in (None, item.name)]
    if not chosen:
        known = nearest(str(name), [item.name for item in items])
        raise click.UsageError(
            f"--part: no part or control {brief(name)} of the claim {brief(claim.name)}{known}"
        )
    return chosen


def _searched(
    claim: Claim, item: Part | Control, check: engine.Searchable, examples: int, seed: int
) -> Evidence | None:
    with (
        progress(item.name) as update,
        user_errors(UserCodeError),
        users_code(claim),
    ):
        # to shrink a counterexample takes more cases
        return check.search(
            examples, seed, lambda looked: update(min(looked, examples), examples, item.name)
        )


def _table(name: str, examples: int, seed: int) -> Table:
    table = Table(
        title=as_it_is(f"{name}, {counted(examples, 'example')}, seed {seed}"),
        title_justify="left",
    )
    table.add_column("", no_wrap=True)
    table.add_column("name", overflow="fold", ratio=2)
    table.add_column("cases", justify="right", no_wrap=True)
    table.add_column("least slack", justify="right", no_wrap=True)
    table.add_column("counterexample", overflow="fold", ratio=5)
    return table


def _row(item: Part | Control, evidence: Evidence | None) -> tuple[str, ...]:
    role = "part" if isinstance(item, Part) else "control"
    if not isinstance(item.check, engine.Searchable):
        return role, item.name, "–", "–", "not searched: its check looks at no single cases"
    if evidence is None:
        return role, item.name, "0", "–", "no case satisfied the assumptions"
    case = "none" if evidence.counterexample is None else shown(evidence.counterexample)
    return role, item.name, str(evidence.cases), shown(evidence.margin), case
