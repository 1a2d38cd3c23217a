"""Mutation testing: what is drawn, which tests a mutant meets, and what counts as caught."""

import json
import signal

import pytest

from experiments.mutating import lines, parts, runs
from experiments.mutating.mutants import Mutant, drawn
from experiments.mutating.parts import PARTS, ROOT, files_of, part_of
from experiments.mutating.report import collected, report, share
from experiments.mutating.runs import ENDLESS, KILLED, SURVIVED, UNSEEN, Outcome, digest

SCHEDULES = "pqtheory/schedules.py"


def mutant(name, old="return ", new="return -"):
    code = (ROOT / SCHEDULES).read_text()
    start = code.index(old)
    line = code.count("\n", 0, start) + 1
    return Mutant(name, SCHEDULES, (line, line), start, start + len(old), new)


def test_parts_cover_the_package_without_overlap():
    files = [file for part in PARTS for file in files_of(part)]
    assert len(files) == len(set(files))
    package = {file.relative_to(ROOT).as_posix() for file in (ROOT / "pqtheory").rglob("*.py")}
    assert set(files) == package
    for part in PARTS:
        tests = parts.tests_of(part)
        assert tests, part
        assert all((ROOT / test).exists() for test in tests), part
    assert part_of("pqtheory/networks/optim/bop.py") == "pqtheory/networks/optim"
    with pytest.raises(
        ValueError, match=r"^no part 'pqtheory/none' of the package; there are pqth"
    ):
        part_of("pqtheory/none")


def test_a_mutant_is_its_file_with_one_change():
    changed = mutant("m")
    old, new = (ROOT / SCHEDULES).read_text(), changed.source()
    assert len(new) == len(old) + 1
    minus, plus = changed.change().splitlines()
    assert minus.startswith("-")
    assert plus[1:] == minus[1:].replace("return ", "return -", 1)


def test_mutmut_makes_them():
    pytest.importorskip("mutmut")
    from experiments.mutating.mutants import _made

    code = (
        "class A:\n"
        "    @property\n"
        "    def f(self):\n"
        "        return (\n"
        "            1\n"
        "            + self.g(2, x=3)\n"
        "        )\n"
        "\n"
        "LIMIT = 4\n"
    )
    made = _made("pqtheory/a/__init__.py", code)
    sources = {m.name: code[: m.start] + m.text + code[m.stop :] for m in made}
    assert set(sources) == {f"pqtheory.a.xǁAǁf__mutmut_{i}" for i in range(1, len(made) + 1)}
    assert any("1 - self.g(2, x=3)" in source for source in sources.values())
    assert code.replace("x=3", "x=4") in sources.values()
    assert code.replace("g(2, x=3)", "g(2, )") in sources.values()
    assert not any("LIMIT = 5" in source for source in sources.values())
    # from the start of the statement, where a line in the middle may have no trace of its own
    assert {m.lines[0] for m in made} == {4}


def test_a_larger_sample_holds_the_smaller_one():
    every = [mutant(str(number)) for number in range(50)]
    small, large = drawn(every, 5, 0), drawn(every, 9, 0)
    assert large[:5] == small
    assert drawn(every, 5, 1) != small
    # what comes or goes elsewhere changes nothing
    assert drawn([m for m in every if m not in large[5:]], 5, 0) == small
    assert set(drawn(every, None, 0)) == set(every)


def test_a_mutant_meets_the_tests_that_run_its_lines_first(monkeypatch):
    def test(seconds, fixtures=(), passed=True, apart=False):
        return {"seconds": seconds, "passed": passed, "apart": apart, "fixtures": list(fixtures)}

    known = {
        "a.py": {
            "a.py::slow": test(2.0),
            "a.py::other": test(0.1),
            "a.py::fails": test(0, (), False),
        },
        "b.py": {"b.py::shares": test(0.5, ["fixture f"]), "b.py::fast": test(0.2, (), True, True)},
        "c.py": {"c.py::none": test(0.1)},
        "d.py": {"d.py::one": test(9.0), "d.py::two": test(8.0)},
    }
    contexts = {
        "a.py": {7: {"a.py::slow", "a.py::fails"}},
        "b.py": {6: {"fixture f"}, 9: {"b.py::fast"}},
        "c.py": {9: {"c.py::none"}},
        "d.py": {7: {""}},
    }
    monkeypatch.setattr(lines, "_known", lambda file: {"tests": known[file]})
    monkeypatch.setattr(lines, "_contexts", lambda file, path: contexts[file])
    met = [test.id for test in lines.tests_that_run("x.py", (6, 7), list(known))]
    near = ["b.py::shares", "a.py::slow", "d.py::two", "d.py::one"]
    assert met == [*near, "b.py::fast", "a.py::other"]
    # one of each file before the rest of the dearer ones
    contexts["a.py"][7].add("a.py::other")
    met = [test.id for test in lines.tests_that_run("x.py", (6, 7), list(known))]
    near = ["b.py::shares", "a.py::other", "d.py::two", "a.py::slow", "d.py::one"]
    assert met == [*near, "b.py::fast"]
    # processes that were killed have told nothing
    assert [t.id for t in lines.tests_that_run("x.py", (1, 1), list(known))] == ["b.py::fast"]


def test_what_a_stopped_run_saw_of_a_test_file_is_not_taken_for_all(tmp_path, monkeypatch):
    kept, file = tmp_path / "a.data", "tests/test_files.py"
    monkeypatch.setattr(lines, "_place", lambda file: kept)
    monkeypatch.setattr(lines, "start", lambda *_: kept.with_suffix(lines.SEEN).write_text("{}"))

    def stopped(child, wait):
        raise KeyboardInterrupt

    monkeypatch.setattr(lines, "ended", stopped)
    with pytest.raises(KeyboardInterrupt):
        lines.follow(file, [], tmp_path)
    monkeypatch.setattr(lines, "ended", lambda child, wait: 0)
    lines.follow(file, ["pqtheory/_files.py"], tmp_path)
    assert json.loads(kept.with_suffix(".json").read_text()).keys() == {"digest", "paths"}
    monkeypatch.setattr(lines, "ended", stopped)
    # known now, as it is
    lines.follow(file, ["pqtheory/_files.py"], tmp_path)


def test_a_mutant_meets_the_tests_that_there_is_time_for():
    tests = [
        lines.Test(name, seconds) for name, seconds in zip("abcde", (3, 4, 9, 2, 1), strict=True)
    ]
    assert "".join(test.id for test in runs._affordable(tests, 9.0)) == "abd"
    assert "".join(test.id for test in runs._affordable(tests, 1.0)) == "a"
    assert "".join(test.id for test in runs._affordable(tests, 99.0)) == "abcde"
    assert runs._affordable([], 9.0) == []


def test_a_kill_is_a_test_that_fails_or_a_crash():
    assert runs._kind(0, None) == SURVIVED
    assert runs._kind(1, "t.py::t") == KILLED
    assert runs._kind(-signal.SIGSEGV, None) == KILLED
    assert runs._kind(-signal.SIGPROF, None) == ENDLESS
    # pytest's own troubles are no test's
    for code in (2, 3, 4, 5):
        assert not Outcome("", runs._kind(code, None), SURVIVED).caught
    assert not Outcome("", UNSEEN, UNSEEN).caught


def test_the_report_tells_what_was_caught_at_first_from_what_is_now():
    every = [mutant(str(number)) for number in range(4)]
    outcome = {"0": (KILLED, KILLED), "1": (KILLED, SURVIVED), "2": (SURVIVED, SURVIVED)}
    known = {n: Outcome(digest(mutant(n)), now, first) for n, (now, first) in outcome.items()}
    # another change of the same name is not that mutant
    known["3"] = Outcome("else", KILLED, KILLED)
    found = collected(9, every, known, 0)
    assert (found["mutants"], found["at_first"], found["kinds"]) == (
        9,
        {KILLED: 1, SURVIVED: 2},
        {KILLED: 2, SURVIVED: 1},
    )
    assert share(found["kinds"]) == pytest.approx(2 / 3)
    text = report({SCHEDULES: found}, {"2": "a word"})
    assert "of 3 mutants drawn at random 33.3% were caught" in text
    assert f"| `{SCHEDULES}` | 3 of 9, drawn with seed 0 | 33.3% | 66.7% |" in text
    assert "`2`: a word" in text
