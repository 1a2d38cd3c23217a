"""Which tests run which lines: each test file runs once, followed by coverage with a context for each test."""

import hashlib
import json
import os
import resource
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage, CoverageData, CoverageException

from experiments.mutating.forked import ended, enter, run_pytest, start
from experiments.mutating.parts import ROOT, WORK
from pqtheory._files import write_whole

#: seconds after which no further test of a file is followed, nor met by a mutant
LONGEST = 120
#: what a process has seen of a test file, before it is known of which files that is
SEEN = ".seen"
#: the context of what runs while a test file is loaded, also the imports
LOADING = ""


@dataclass(frozen=True)
class Test:
    """A test, and the processor seconds that it took while it was followed."""

    id: str
    seconds: float

    @property
    def file(self) -> str:
        """Where it stands."""
        return self.id.split("::")[0]


def tests_that_run(path: str, lines: tuple[int, int], files: Sequence[str]) -> list[Test]:
    """The tests of ``files`` that run one of the lines of ``path``, the fastest first.

    First all of the file that takes the least time, then one of each other file, then the rest of them.
    A test runs what the fixtures do that it shares with others, and all tests of a file run what its imports do. The
    other tests of the same files stand at the end: what one test left in a cache is not run again by the next. Where
    none is known to run them, those are named whose processes may: one that is killed does not tell what it ran.
    """
    near: dict[str, list[Test]] = {}
    far: dict[str, list[Test]] = {}
    for file in files:
        known = _known(file)
        contexts = {
            context
            for line, found in _contexts(file, path).items()
            if lines[0] <= line <= lines[1]
            for context in found
        }
        if not contexts:
            continue
        every = [
            (Test(name, test["seconds"]), {LOADING, name, *test["fixtures"]})
            for name, test in known["tests"].items()
            if test["passed"]
        ]
        fast = sorted(every, key=lambda pair: pair[0].seconds)
        if those := [test for test, runs in fast if runs & contexts]:
            near[file] = those
            far[file] = [test for test, runs in fast if not runs & contexts]
    if not near:
        apart = [
            Test(name, test["seconds"])
            for file in files
            for name, test in _known(file)["tests"].items()
            if test["passed"] and test["apart"]
        ]
        return sorted(apart, key=lambda test: test.seconds)
    order = sorted(near, key=lambda file: sum(test.seconds for test in near[file]))
    # whatever there is time for: each file has its say
    one, *others = order
    found = [*near[one], *(near[file][0] for file in others)]
    found += [test for file in others for test in near[file][1:]]
    return [*found, *(test for file in order for test in far[file])]


def follow(file: str, paths: Sequence[str], place: Path) -> None:
    """Run a test file of a tree, unless it is known what it runs of ``paths``, as they and it are now."""
    current = {path: _digest(path) for path in paths}
    if _place(file).with_suffix(".json").exists():
        known = _known(file)
        if known["digest"] == _digest(file) and current.items() <= known["paths"].items():
            return
    kept = _place(file)
    kept.parent.mkdir(parents=True, exist_ok=True)
    for old in kept.parent.glob(f"{kept.name}*"):
        old.unlink()
    child = start(lambda: _followed(file, place, kept), kept.with_suffix(".log"), 10 * LONGEST)
    code = ended(child, wait=True)
    seen = kept.with_suffix(SEEN)
    if code not in (0, 1, 2) or not seen.exists():
        raise RuntimeError(f"{file} ended with {code}: see {kept.with_suffix('.log')}")
    found = json.loads(seen.read_text())
    every = {p.relative_to(ROOT).as_posix() for p in (ROOT / "pqtheory").rglob("*.py")}
    found |= {"digest": _digest(file), "paths": {path: _digest(path) for path in sorted(every)}}
    # with the files that it is known of, or not at all: a run that is stopped goes on where it was
    write_whole(kept.with_suffix(".json"), json.dumps(found).encode())
    seen.unlink()
    _known.cache_clear()
    _contexts.cache_clear()


def failing(file: str) -> list[str]:
    """The tests of a file that fail without a mutant; none of them counts."""
    return [name for name, test in _known(file)["tests"].items() if not test["passed"]]


@dataclass(eq=False)
class _Follower:
    """A plugin that names the context of each test and of each shared fixture, and takes the time."""

    coverage: Coverage
    tests: dict[str, dict[str, Any]] = field(default_factory=dict)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """One test."""
        fixtures = getattr(item, "_fixtureinfo").name2fixturedefs.values()  # noqa: B009
        shared = [_shared(f[-1]) for f in fixtures if f and f[-1].scope != "function"]
        test = {"seconds": 0.0, "passed": True, "apart": False, "fixtures": shared}
        self.tests[item.nodeid] = test
        self.coverage.switch_context(item.nodeid)
        here, apart = _used()
        result = yield
        here, apart = _used()[0] - here, _used()[1] - apart
        test |= {"seconds": round(here + apart, 4), "apart": apart > 0}
        self.coverage.switch_context(LOADING)
        if sum(test["seconds"] for test in self.tests.values()) > LONGEST:
            item.session.shouldstop = f"followed for {LONGEST} seconds"
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: Any, request: pytest.FixtureRequest
    ) -> Iterator[Any]:
        """What a fixture does for many tests."""
        if fixturedef.scope == "function":
            return (yield)
        outer = os.environ.get("PYTEST_CURRENT_TEST", "")
        # processes of its own read the context there
        os.environ["PYTEST_CURRENT_TEST"] = f"{_shared(fixturedef)} (setup)"
        self.coverage.switch_context(_shared(fixturedef))
        try:
            return (yield)
        finally:
            os.environ["PYTEST_CURRENT_TEST"] = outer
            self.coverage.switch_context(outer.rpartition(" (")[0])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Whether it passed."""
        if report.failed or report.skipped:
            self.tests[report.nodeid]["passed"] = False


def _followed(file: str, place: Path, kept: Path) -> int:
    """What the process does that follows a test file."""
    settings = kept.with_suffix(".ini")
    # what tests start is followed in the context of the test that started it
    text = f"[run]\nsource = {place / 'pqtheory'}\ndata_file = {kept}\nparallel = true\n"
    settings.write_text(f"{text}context = ${{PYTEST_CURRENT_TEST-}}\n")
    coverage = Coverage(
        data_file=kept, config_file=False, source=[str(place / "pqtheory")], messages=False
    )
    follower = _Follower(coverage)
    coverage.start()
    enter(place, {"COVERAGE_PROCESS_START": str(settings)})
    code = run_pytest(file, follower)
    coverage.stop()
    coverage.save()
    parallel = [str(p) for p in kept.parent.glob(f"{kept.name}.*.*")]
    if parallel:
        whole = CoverageData(str(kept))
        whole.read()
        for part in parallel:
            other = CoverageData(part)
            # a process that was killed while it wrote has told nothing
            with suppress(CoverageException):
                other.read()
                whole.update(other)
            Path(part).unlink()
        whole.write()
    kept.with_suffix(SEEN).write_text(json.dumps({"tests": follower.tests}))
    return code


def _shared(fixture: Any) -> str:
    """The context of a fixture."""
    return f"fixture {fixture.baseid}::{fixture.argname}"


def _used() -> tuple[float, float]:
    """Processor seconds of this process, and of those that it waited for."""
    here, apart = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return here.ru_utime + here.ru_stime, apart.ru_utime + apart.ru_stime


def _place(file: str) -> Path:
    """Where it is kept what a test file runs."""
    return WORK / "lines" / f"{file.removesuffix('.py').replace('/', '-')}.data"


@cache
def _known(file: str) -> dict[str, Any]:
    """The tests of a file, and what it was followed with."""
    return dict(json.loads(_place(file).with_suffix(".json").read_text()))


@cache
def _contexts(file: str, path: str) -> dict[int, set[str]]:
    """By line of ``path``: the tests and fixtures of ``file`` that run it."""
    data = CoverageData(str(_place(file)))
    data.read()
    found: dict[int, set[str]] = defaultdict(set)
    for measured in data.measured_files():
        if measured.endswith(f"/{path}"):
            for line, contexts in data.contexts_by_lineno(measured).items():
                found[line] |= {context.rpartition(" (")[0] or context for context in contexts}
    return found


def _digest(path: str) -> str:
    """Of the content of a file of the checkout."""
    return hashlib.sha256((ROOT / path).read_bytes()).hexdigest()[:16]
