"""The digits and the pictures of a report, made while the claims are checked."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pqtheory.claims.workers import WorkerDiedError, begun
from pqtheory.cli.output import progress
from pqtheory.provenance import STARTED_BY, provenance, started_by
from pqtheory.report import Picture

if TYPE_CHECKING:
    from pqtheory.digits import DigitsResult, DigitsSettings

#: the digits, trained, the pictures, and where they come from
Drawn = tuple["DigitsResult", list[Picture], dict[str, Any]]
LABEL = "training on the digits"


@contextmanager
def drawn(jobs: int, settings: "DigitsSettings | None" = None) -> Iterator[Callable[[], Drawn]]:
    """What gives the digits and pictures; with ``jobs`` above 1 a process of its own begins with them at once.

    Raises
    ------
    ChildProcessError
        From what gives them, if that process ended before them.
    """
    if jobs == 1:
        yield lambda: _here(settings)
        return
    with begun(_train_and_draw_for, started_by(), settings) as outcome:
        yield lambda: _awaited(outcome)


def _train_and_draw_for(command: str, settings: "DigitsSettings | None") -> Drawn:
    os.environ[STARTED_BY] = command
    return train_and_draw(settings)


def _awaited(outcome: Callable[[], Any]) -> Drawn:
    with progress(LABEL) as update:
        update(0, 1)
        try:
            found: Drawn = outcome()
        except WorkerDiedError as error:
            raise ChildProcessError(f"{LABEL}: {error}") from error
    return found


def _here(settings: "DigitsSettings | None") -> Drawn:
    with progress(LABEL) as update:
        return train_and_draw(settings, update)


def train_and_draw(
    settings: "DigitsSettings | None" = None, update: Callable[..., None] | None = None
) -> Drawn:
    """Train on the digits and draw the pictures; ``update(done, total, text)`` is called on the way."""
    from pqtheory.digits import run_digits
    from pqtheory.plotting import REGISTRY, description, png
    from pqtheory.problems import digits_split

    data = digits_split()
    digits = run_digits(settings, data, on_epoch=update)
    pictures = []
    for i, (name, draw) in enumerate(REGISTRY.items()):
        if update is not None:
            update(i, len(REGISTRY), "pictures")
        figure = draw(digits) if name == "sign-flips" else draw()
        pictures.append(Picture(name, png(figure), description(figure)))
    (X, y), (X_test, y_test) = data.train, data.test
    source = provenance(
        seed=digits.settings.seed, data={"X": X, "y": y, "X_test": X_test, "y_test": y_test}
    )
    return digits, pictures, source
