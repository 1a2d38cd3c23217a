"""``pqtheory replay``: do stored counterexamples still refute what they refuted?"""

from pathlib import Path

import click

from pqtheory.claims import counterexamples, replaying
from pqtheory.claims.counterexamples import Counterexample
from pqtheory.claims.lookup import UserCodeError
from pqtheory.cli.commands import example
from pqtheory.cli.errors import USER_ERRORS, user_errors
from pqtheory.cli.output import progress, say
from pqtheory.report import show as shown
from pqtheory.theory import BOOK

#: characters of a case that are shown
WIDTH = 300


@click.command(
    no_args_is_help=True,
    epilog=example("pqtheory replay out/counterexamples/*.json"),
)
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, readable=False),
)
def replay(files: tuple[Path, ...]) -> None:
    """Look again at the counterexamples in FILEs, one line each.

    A check that looks at single cases gets the stored one; any other is run again as a whole. A file about a claim of
    your own names that claim's file, which is run.

    Exit code 0 if all still refute, 1 if not, 2 for a bad argument or file.
    """
    with user_errors(UserCodeError, *USER_ERRORS):
        # a bad file is said before any work
        stored = [counterexamples.load(file) for file in files]
        for counterexample in stored:
            replaying.find_part(counterexample, BOOK)
    held = True
    with progress("counterexamples") as update, user_errors(UserCodeError, ValueError):
        for i, counterexample in enumerate(stored):
            update(i, len(stored), counterexample.claim)
            replayed = replaying.replay(counterexample, BOOK)
            held = held and replayed.refutes
            say(line(counterexample, replayed))
    if not held:
        click.get_current_context().exit(1)


def line(counterexample: Counterexample, replayed: replaying.Replayed) -> str:
    """Claim, part or control, case, verdict."""
    case = " ".join(shown(counterexample.case).split())
    if len(case) > WIDTH:
        case = f"{case[:WIDTH]} ..."
    verdict = "still refutes" if replayed.refutes else "does not refute any more"
    note = f" ({replayed.note})" if replayed.note else ""
    what = f'{counterexample.claim}, {counterexample.role} "{counterexample.name}"'
    return f"{what}: {case}: {verdict}{note}"
