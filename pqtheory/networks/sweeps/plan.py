"""Plans: runs in an order, each in a folder of its own, some after the warm start that they need."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

from pqtheory._messages import brief
from pqtheory.networks.training import RunFolder, Settings


@final
@dataclass(frozen=True)
class Planned:
    """A run by name; ``after`` names the run whose network it starts from."""

    name: str
    settings: Settings
    after: str | None = None


@final
@dataclass(frozen=True)
class Plan:
    """Runs below a folder, in the order in which they matter.

    Attributes
    ----------
    folder : Path
        Each run has the folder of its name below it.
    runs : tuple of Planned
        Their names differ.
    """

    folder: Path
    runs: tuple[Planned, ...]

    def folder_of(self, run: Planned) -> RunFolder:
        """Where a run is kept."""
        return RunFolder(self.folder / run.name)

    def settings_of(self, run: Planned) -> Settings:
        """With the warm start, which is where this plan keeps its runs."""
        if run.after is None:
            return run.settings
        return replace(run.settings, warm_start=str(self.folder / run.after))

    def finished(self) -> Iterator[str]:
        """Names of the runs all whose epochs are done."""
        for run in self.runs:
            if self.folder_of(run).is_done(run.settings.epochs):
                yield run.name

    def is_done(self) -> bool:
        """Whether all runs are."""
        return len(list(self.finished())) == len(self.runs)

    def ready(self, done: Collection[str], begun: Collection[str]) -> list[Planned]:
        """Runs that can begin, in order: neither done nor begun, with their warm start done."""
        return [
            run
            for run in self.runs
            if run.name not in done
            and run.name not in begun
            and (run.after is None or run.after in done)
        ]

    def beside(self, run: Planned) -> int:
        """How many runs can begin when this one can, itself among them: those that start from the same network."""
        return sum(other.after == run.after for other in self.runs)

    def check_same(self) -> None:
        """Make sure that runs that are there already were started with these settings, warm start and all.

        Paths may be given from another place.

        Raises
        ------
        ValueError
            If one was not, or the folder of them all is that of a run, whose figure theirs would replace.
        """
        if (self.folder / "settings.json").exists():
            raise ValueError(f"{self.folder}: there is a run; give the sweep another folder")
        for run in self.runs:
            folder = self.folder_of(run)
            if not (folder.path / "settings.json").exists():
                continue
            wanted = self.settings_of(run)
            unlike = list(folder.unlike(wanted))
            if not folder.begins_at(wanted.warm_start):
                old, new = folder.settings.warm_start, wanted.warm_start
                unlike.append(f"warm_start = {brief(old)}, not {brief(new)}")
            if unlike:
                raise ValueError(
                    f"{folder.path}: was started with {unlike[0]}; "
                    "give the sweep another folder, or delete this one"
                )
