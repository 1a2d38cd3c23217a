"""A mutant and the tests that run its lines: what came of it."""

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from itertools import groupby
from pathlib import Path

import pytest

from experiments.mutating.forked import Child, ended, enter, run_pytest, start, stop, tree
from experiments.mutating.lines import Test, follow, tests_that_run
from experiments.mutating.mutants import Mutant
from experiments.mutating.parts import ROOT, WORK, tests_of
from pqtheory._files import write_whole

KILLED, ENDLESS, SURVIVED = "killed", "stopped (endless)", "survived"
UNSEEN, BROKEN_OFF = "run by no test", "broken off"
#: what ended with one of these had no end of its own
OUT_OF_TIME = {
    -signal.SIGPROF,
    -signal.SIGALRM,
    -signal.SIGXCPU,
    -signal.SIGKILL,
}


@dataclass(frozen=True)
class Outcome:
    """What came of a mutant, today and at first, and the test that failed; ``digest`` tells whether it is the same."""

    digest: str
    kind: str
    at_first: str
    by: str | None = None

    @property
    def caught(self) -> bool:
        """Whether a test noticed."""
        return self.kind in (KILLED, ENDLESS)


def digest(mutant: Mutant) -> str:
    """Of what a mutant changes."""
    return sha256(f"{mutant.name}\n{mutant.change()}".encode()).hexdigest()[:16]


def outcomes(part: str) -> dict[str, Outcome]:
    """What is known of the mutants of a part."""
    file = _file(part)
    kept = json.loads(file.read_text()) if file.exists() else {}
    return {name: Outcome(**values) for name, values in kept.items()}


def forget(part: str) -> None:
    """Begin anew with a part."""
    _file(part).unlink(missing_ok=True)


def run(
    part: str, mutants: Sequence[Mutant], *, jobs: int, limit: float | None, seconds: float
) -> None:
    """Run mutants of a part side by side, up to ``limit``; each meets tests that take at most ``seconds`` in all."""
    trees = [tree(number) for number in range(jobs)]
    files = tests_of(part)
    paths = sorted({mutant.path for mutant in mutants})
    for file in files:
        follow(file, paths, trees[0])
    began = time.monotonic()
    known = outcomes(part)
    waiting = list(mutants)
    running: dict[Path, tuple[Mutant, Child]] = {}
    try:
        while waiting or running:
            for place in trees:
                if place in running:
                    mutant, child = running[place]
                    code = ended(child)
                    if code is None:
                        continue
                    del running[place]
                    shutil.copy2(ROOT / mutant.path, place / mutant.path)
                    failed = _failed(place)
                    by = failed.read_text() if failed.exists() else None
                    _keep(part, known, mutant, _kind(code, by), by)
                if limit is not None and time.monotonic() - began > limit:
                    waiting.clear()
                if waiting:
                    mutant = waiting.pop(0)
                    tests = _affordable(tests_that_run(mutant.path, mutant.lines, files), seconds)
                    if tests:
                        running[place] = mutant, _started(mutant, tests, place)
                    else:
                        _keep(part, known, mutant, UNSEEN, None)
            time.sleep(0.01)
    finally:
        for _, child in running.values():
            stop(child)


def _affordable(tests: Sequence[Test], seconds: float) -> list[Test]:
    """Those of the tests, the first in any case, that take at most so long together."""
    chosen: list[Test] = []
    taken = 0.0
    for test in tests:
        if not chosen or taken + test.seconds <= seconds:
            chosen.append(test)
            taken += test.seconds
    return chosen


def _started(mutant: Mutant, tests: Sequence[Test], place: Path) -> Child:
    """A run of tests on a mutant."""
    changed = place / mutant.path
    changed.write_text(mutant.source())
    # by time and size Python tells what it has compiled already
    os.utime(changed, (1, 1))
    _failed(place).unlink(missing_ok=True)

    def work() -> int:
        # what is compiled of a mutant is not kept: size and time of its file could be those of another
        enter(place, {"PYTHONDONTWRITEBYTECODE": "1"})
        # one file after the other: few mutants live to see the second one loaded
        for file, those in groupby(tests, key=lambda test: test.file):
            chosen = _Chosen({test.id: test.seconds for test in those}, _failed(place))
            if code := run_pytest(file, chosen, "-x"):
                return code
        return 0

    return start(work, place / "log", 60 + 10 * sum(test.seconds for test in tests))


@dataclass(eq=False)
class _Chosen:
    """A plugin that runs the tests named, in their order, gives each its time, and writes down which one failed."""

    seconds: Mapping[str, float]
    failed: Path
    place: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.place = {name: number for number, name in enumerate(self.seconds)}

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Those named alone, in their order."""
        config.hook.pytest_deselected(items=[i for i in items if i.nodeid not in self.place])
        items[:] = sorted(
            (item for item in items if item.nodeid in self.place),
            key=lambda item: self.place[item.nodeid],
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """A test that takes ten times as long as it should ends the process."""
        signal.setitimer(signal.ITIMER_PROF, 5 + 10 * self.seconds[item.nodeid])
        signal.setitimer(signal.ITIMER_REAL, 60 + 60 * self.seconds[item.nodeid])
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """The test that failed."""
        if report.failed:
            self.failed.write_text(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """The file that could not be loaded."""
        if report.failed:
            self.failed.write_text(report.nodeid)


def _kind(code: int, failed: str | None) -> str:
    """What the end of a run says: a crash is noticed, an end of pytest's own without a test that failed is not."""
    if failed is not None:
        return KILLED
    if code == pytest.ExitCode.OK:
        return SURVIVED
    if code in OUT_OF_TIME:
        return ENDLESS
    return KILLED if code < 0 else BROKEN_OFF


def _failed(place: Path) -> Path:
    """Where a run in a tree writes down the test that failed."""
    return place / "failed"


def _file(part: str) -> Path:
    """Where it is kept what came of the mutants of a part."""
    return WORK / "outcomes" / f"{part.replace('/', '.').replace('*', 'ground')}.json"


def _keep(part: str, known: dict[str, Outcome], mutant: Mutant, kind: str, by: str | None) -> None:
    """Write what came of a mutant beside what is known of its part."""
    old = known.get(mutant.name)
    first = old.at_first if old is not None and old.digest == digest(mutant) else kind
    known[mutant.name] = Outcome(digest(mutant), kind, first, by)
    _file(part).parent.mkdir(parents=True, exist_ok=True)
    kept = {name: asdict(outcome) for name, outcome in known.items()}
    write_whole(_file(part), (json.dumps(kept, indent=1) + "\n").encode())
