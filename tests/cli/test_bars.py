"""What bars are called, and what they are moved to."""

import importlib
from contextlib import contextmanager
from pathlib import Path

import pytest

import pqtheory as pq
from pqtheory.evidence.base import Budget

from .at_hand import claim, result
from .running import run

# the package has the commands under the names of their modules
falsify, plot, replay, signs, verify = (
    importlib.import_module(f"pqtheory.cli.{name}")
    for name in ("falsify", "plot", "replay", "signs", "verify")
)


@pytest.fixture
def bars(monkeypatch):
    """What bars are called, and what they are moved to."""
    said = []

    @contextmanager
    def progress(label, **options):
        said.append((label, options))
        yield lambda *given: said.append(given)

    for module in (verify, signs, falsify, replay, plot):
        monkeypatch.setattr(module, "progress", progress)
    return said


def test_bars_of_claims(bars, monkeypatch):
    results = [result(of=claim(name), seconds=0.5) for name in ("a", "b")]
    asked, seen = [], []

    def check_claims(found, budget, jobs, **options):
        asked.append((found, budget, jobs, options))
        yield from enumerate(results)

    found = [r.claim for r in results]
    monkeypatch.setattr(verify, "found_within", lambda *given, **options: found)
    monkeypatch.setattr(verify, "check_claims", check_claims)
    report = verify.run_claims(("a", "b"), "full", timeout=3.0, on_result=seen.append)
    assert (list(report.results), report.budget, seen) == (results, "full", results)
    options = {"book": pq.theory.BOOK, "timeout": 3.0, "files_apart": True}
    assert asked == [(found, Budget("full"), 1, options)]
    assert bars == [("claims", {}), (0, 2, "a"), (1, 2, "b"), (2, 2, "b")]
    bars.clear()
    verify.run_claims(("a", "b"), "quick", 2)
    assert asked[1][1:3] == (Budget("quick"), 2)
    assert asked[1][3]["timeout"] is None
    assert bars == [("claims", {}), (0, 2, "claims"), (1, 2, "claims"), (2, 2, "claims")]
    bars.clear()
    given = []
    monkeypatch.setattr(verify.second, "require", lambda: given.append("required"))
    monkeypatch.setattr(verify, "rechecked", lambda *a, **k: given.append((a, k)) or "again")
    assert verify.run_claims(("a", "b"), "quick", 2, recheck=True) == "again"
    assert given[0] == "required"
    (asked_report,), more = given[1]
    assert (list(asked_report.results), more["jobs"], list(more)) == (
        results,
        2,
        ["jobs", "on_answer"],
    )
    assert bars[-1] == (f"questions to {verify.second.PACKAGE}", {})


def test_bars_of_tensors_and_searches(bars, checkpoints, tmp_path):
    assert run("signs", *checkpoints).exit_code == 0
    assert bars[0] == ("tensors", {})
    bars.clear()
    source = (
        "from pqtheory.claims import *\n"
        "CLAIM = Claim('c', 's', 's', 'f', (Part('p', 'q', forall(x=real)(lambda x: x * x >= 0)),),"
        " (Control('k', 'l', forall(x=real)(lambda x: x > 3)),))\n"
    )
    Path("c.py").write_text(source)
    assert run("falsify", "c.py", "--examples", "5", "--out", "o").exit_code == 0
    labels = [said for said in bars if isinstance(said[1], dict)]
    assert labels == [("p", {}), ("k", {})]
    moved = [said for said in bars if not isinstance(said[1], dict)]
    assert moved
    assert all(0 < done <= 5 == total and what in "pk" for done, total, what in moved)
    bars.clear()
    assert run("replay", "o/c.control.k.json").exit_code == 0
    assert bars == [("counterexamples", {}), (0, 1, "c")]


def test_training_on_the_digits_moves_its_bar(bars, asked, monkeypatch):
    trained = []
    monkeypatch.setattr(
        "pqtheory.digits.run_digits", lambda *given, **more: trained.append((given, more)) or "it"
    )
    assert (
        run("plot", "sign-flips", "--seeds", "2", "--epochs", "3", "--rate", "0.5").exit_code == 0
    )
    ((settings,), more) = trained[0]
    assert settings == pq.digits.DigitsSettings(seeds=2, epochs=3, seed=0, rate=0.5)
    assert bars == [("training on the digits", {})]
    more["on_epoch"](1, 2, "x")
    assert bars[1:] == [(1, 2, "x")]
    assert asked[1] == ("sign-flips", {"result": "it"})
