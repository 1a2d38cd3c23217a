"""`pqtheory verify` where something goes wrong: it never passes falsely, and what else was found is not lost."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import pqtheory as pq
from pqtheory.claims.lookup import UserCodeError

from .running import CLAIM_FILE, one_line, process, run

ROOT = Path(__file__).parents[2]
EXITS = {
    "sys.exit": "__import__('sys').exit(0)",
    "exit of another code": "__import__('sys').exit(3)",
    "raise": "exec('raise SystemExit')",
    "os._exit": "__import__('os')._exit(0)",
    "a thread": "__import__('threading').Thread(target=__import__('sys').exit).start() or 'a'",
    "cancelled": "exec('import asyncio; raise asyncio.CancelledError')",
}
#: in place of the function that the check is
ENDLESS = "lambda budget: exec('while True: pass')"


def written(folder: Path, name: str, check: str) -> str:
    """A claim file whose part does what ``check`` says."""
    text = CLAIM_FILE.format(name=name, part=0, control=-1).replace("check(0)", check, 1)
    path = folder / f"{name}.py"
    path.write_text(text)
    return path.name


def statuses(file: Path) -> dict[str, str]:
    return {c["name"]: c["kind"] for c in json.loads(file.read_text())["claims"]}


@pytest.mark.parametrize("exits", EXITS)
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_check_that_asks_to_exit_is_an_error_and_the_others_are_checked(
    tmp_path, claim_file, exits, jobs
):
    bad = written(tmp_path, "bad", f"lambda budget: {EXITS[exits]}")
    wrong = claim_file("wrong", part=-1.0)
    result = process(
        "verify", bad, wrong, "--jobs", jobs, "--json", "r.json", "--html", "r.html", cwd=tmp_path
    )
    assert result.returncode == 2, result
    assert result.stderr.startswith("pqtheory: claim 'bad': ")
    assert result.stderr.count("\n") == 1
    assert statuses(tmp_path / "r.json") == {"bad": "error", "wrong": "refuted"}
    assert json.loads((tmp_path / "r.json").read_text())["ok"] is False
    assert "refuted" in result.stdout
    assert "error" in result.stdout
    page = (tmp_path / "r.html").read_text()
    assert "not checked: bad (error)" in page
    assert "Not checked:" in page


@pytest.mark.parametrize("exits", ["sys.exit", "os._exit", "raise", "cancelled"])
@pytest.mark.parametrize("command", ["verify", "show", "falsify"])
def test_a_file_that_exits_while_it_is_loaded_is_one_line(tmp_path, exits, command):
    (tmp_path / "bad.py").write_text(f"import sys\n{EXITS[exits]}\n")
    result = process(command, "bad.py", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("pqtheory: claim file 'bad.py': ")
    assert result.stderr.endswith("(line 2 of bad.py)\n")


def test_the_api_raises(tmp_path):
    path = tmp_path / written(tmp_path, "bad", "lambda budget: __import__('sys').exit(0)")
    with pytest.raises(
        UserCodeError, match=r"claim 'bad': asked to end the process, with 0 \(line"
    ):
        pq.verify(str(path))
    assert os._exit.__module__ != "pqtheory.claims.lookup"


def test_the_verdict_is_there_though_the_reader_of_the_output_has_gone(tmp_path, claim_file):
    for name, part, code in (("fine", 0.0, 0), ("wrong", -1.0, 1)):
        out = tmp_path / f"{name}.json"
        for command in (
            ("verify", claim_file(name, part=part), "--json", str(out)),
            ("show", claim_file(name, part=part)),
        ):
            reader, writer = os.pipe()
            os.close(reader)
            done = subprocess.run(
                [sys.executable, "-m", "pqtheory", *command],
                stdout=writer,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                check=False,
            )
            os.close(writer)
            assert (done.returncode, done.stderr) == (code, ""), command
        assert json.loads(out.read_text())["ok"] is (code == 0)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("option", ["--json", "--html", "stdout"])
def test_what_cannot_be_written_is_one_line(claim_file, option):
    mine = claim_file("wrong", part=-1.0)
    with open("/dev/full" if option == "stdout" else os.devnull, "w") as out:
        more = () if option == "stdout" else (option, "/dev/full")
        done = subprocess.run(
            [sys.executable, "-m", "pqtheory", "verify", mine, *more],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "No space left on device" in done.stderr


KILLS = "lambda budget: __import__('os').kill(__import__('os').getpid(), 9)"


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_killed_worker_takes_nothing_but_its_claim(tmp_path, claim_file, jobs):
    bad = tmp_path / written(tmp_path, "killed", KILLS)
    out, page = tmp_path / "r.json", tmp_path / "r.html"
    names = (claim_file("one"), bad, claim_file("two", part=-1.0), claim_file("three"))
    result = run("verify", *names, "--jobs", jobs, "--json", out, "--html", page)
    assert result.exit_code == 2
    message = "pqtheory: claim 'killed': its process was ended by SIGKILL\n"
    assert result.stderr == message
    expected = {"one": "enumerated", "killed": "died", "two": "refuted", "three": "enumerated"}
    assert statuses(out) == expected
    assert "its process was ended by SIGKILL" in result.stdout
    assert "its process was ended by SIGKILL" in page.read_text()
    report = pq.verify(str(bad), jobs=2)
    assert (report.ok, report["killed"].kind) == (False, "died")
    assert report["killed"].is_weaker_than("sampled")


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_claim_that_takes_too_long_is_marked(tmp_path, claim_file, jobs):
    endless = tmp_path / written(tmp_path, "endless", ENDLESS)
    out, page, folder = tmp_path / "r.json", tmp_path / "r.html", tmp_path / "out"
    names = (endless, claim_file("fine"))
    began = time.monotonic()
    result = run("verify", *names, "--timeout", 4, "--jobs", jobs, "--json", out, "--html", page)
    assert time.monotonic() - began < 120
    assert result.exit_code == 2
    assert result.stderr == "pqtheory: claim 'endless': no answer within 4 s\n"
    assert statuses(out) == {"endless": "timeout", "fine": "enumerated"}
    assert json.loads(out.read_text())["claims"][0]["failure"] == "no answer within 4 s"
    assert "timeout" in result.stdout
    text = page.read_text()
    assert "Not checked: endless (timeout)" in text
    assert '<span class="kind timeout">timeout</span>' in text
    assert '<g class="other">' in text
    report = pq.verify(str(endless), timeout=2)
    assert report["endless"].kind == "timeout"
    assert pq.claims.counterexamples.save_all(report, folder) == []


def test_a_file_that_does_not_load_in_time_is_one_line(tmp_path):
    path = tmp_path / "slow.py"
    path.write_text("while True:\n    pass\n")
    assert "not loaded: no answer within 2 s" in one_line(run("verify", path, "--timeout", 2))


@pytest.mark.parametrize("timeout", ["0", "-1", "x"])
def test_a_timeout_is_a_number_of_seconds(timeout):
    assert "--timeout" in one_line(run("verify", "w-prox", "--timeout", timeout))
    assert "timeout: " in one_line(run("verify", "w-prox", "--timeout", "nan"))


def test_what_cannot_travel_has_no_timeout(claim_file):
    mine = pq.claims.lookup.load_file(Path(claim_file()))
    from dataclasses import replace

    with pytest.raises(ValueError, match="timeout: expected claims of the book or of files"):
        pq.verify(replace(mine, file=""), timeout=5)
    with pytest.raises(ValueError, match="timeout: "):
        pq.verify("w-prox", timeout=0)


def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    said = f"open({str(tmp_path / 'pid')!r}, 'a').write(str(__import__('os').getpid()) + chr(10))"
    bad = written(tmp_path, "endless", f"lambda budget: [{said}, exec('while True: pass')]")
    parent = subprocess.Popen(
        [sys.executable, "-m", "pqtheory", "verify", bad, "--jobs", "2"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    file = tmp_path / "pid"
    until(lambda: file.exists() and file.read_text().endswith("\n"), 120)
    worker = int(file.read_text())
    assert worker != parent.pid
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    until(lambda: not is_alive(worker), 20)


def is_alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc").exists():
        # one that has ended and that nobody has asked about is a zombie
        return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(holds, seconds):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
