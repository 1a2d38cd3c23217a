"""`pqtheory verify`: in a process of its own for what a user does first, in this one for the rest."""

import importlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from pqtheory import plotting
from pqtheory.claims import lookup
from pqtheory.claims.lookup import load_file
from pqtheory.claims.workers import WorkerDiedError
from pqtheory.cli.digits import _awaited, drawn
from pqtheory.digits import DigitsSettings
from pqtheory.evidence.smt import recheck

from .running import CLAIM_FILE, one_line, process, run

cli_verify = importlib.import_module("pqtheory.cli.verify")
#: a shipped claim that is soon proved
QUICK = "prox-sgd-loses-quantization"


def test_verify_in_a_process_of_its_own(tmp_path):
    result = process("verify", QUICK, "--json", "r.json", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert QUICK in result.stdout
    assert "proved" in result.stdout
    stored = json.loads((tmp_path / "r.json").read_text())
    (claim,) = stored["claims"]
    assert stored["ok"] is True
    assert claim["name"] == QUICK
    assert {c["refuted"] for c in claim["controls"]} == {True}
    assert set(claim) >= {"name", "kind", "parts", "measured", "predicted", "controls", "seconds"}


def test_a_bad_argument_in_a_process_of_its_own(tmp_path):
    result = process("verify", "w-porx", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "pqtheory: claim: no claim 'w-porx'; did you mean 'w-prox'?\n"


def test_the_table_has_headline_prediction_controls_and_kind(claim_file):
    result = run("verify", claim_file(), "--budget", "full")
    assert result.exit_code == 0
    for word in ("mine", "a source", "enumerated", "0.5", "1/1", "budget full"):
        assert word in result.stdout


@pytest.mark.parametrize("options", [{"part": -1.0}, {"control": 0.0}])
def test_exit_code_1_if_refuted_or_a_control_survives(claim_file, options, tmp_path):
    out = tmp_path / "r.json"
    result = run("verify", claim_file(**options), claim_file("fine"), "--json", out)
    assert result.exit_code == 1
    assert "fine" in result.stdout
    assert json.loads(out.read_text())["ok"] is False
    assert run("show", claim_file(**options)).exit_code == 1


def test_figures_that_json_lacks_are_written_all_the_same(claim_file, tmp_path):
    path = Path(claim_file())
    path.write_text(
        path.read_text().replace('measured={"c": 0.5}', 'measured={"c": 0.5, "s": {1}}')
    )
    result = run("verify", path, "--json", tmp_path / "r.json")
    assert (result.exit_code, result.stderr) == (0, "")
    (stored,) = json.loads((tmp_path / "r.json").read_text())["claims"]
    assert stored["measured"] == {"c": 0.5, "s": "{1}"}


SQUARE = """
from pqtheory.claims import Claim, Control, Part, forall, real
CLAIM = Claim("square", "s", "t", "f", (Part("p", "q", forall(x=real)(lambda x: x * x >= 0)),),
              (Control("k", "l", forall(x=real)(lambda x: x * x > 0)),))
"""


class Shelved:
    """A book of one claim."""

    def __init__(self, claim):
        self.claim, self.names = claim, (claim.name,)

    def load(self, name):
        assert name == self.claim.name
        return self.claim


def test_evidence_that_is_weaker_than_required_is_exit_code_3(claim_file, tmp_path, monkeypatch):
    """A solver that is missing or out of time must not go unnoticed."""
    mine = claim_file("mine")
    for kind in ("enumerated", "certified", "proved"):
        result = run("verify", mine, "--require", kind)
        assert "mine" in result.stdout
        if kind == "enumerated":
            assert (result.exit_code, result.stderr) == (0, "")
        else:
            assert result.exit_code == 3
            assert result.stderr == f"pqtheory: weaker than {kind}: mine (enumerated)\n"
    # what is refuted is worse
    assert run("verify", claim_file("wrong", part=-1.0), "--require", "proved").exit_code == 1
    assert "'sampled' is not one of" in one_line(run("verify", "--require", "sampled"))
    path = tmp_path / "square.py"
    path.write_text(SQUARE)
    assert run("verify", path, "--require", "proved").exit_code == 0
    monkeypatch.setattr("pqtheory.evidence.smt.available", lambda: False)
    monkeypatch.setattr("pqtheory.evidence.symbolic.checks.available", lambda: False)
    # the claims of files run in processes of their own, where nothing is patched
    monkeypatch.setattr(cli_verify, "BOOK", Shelved(replace(load_file(path), file="")))
    assert run("verify", "square").exit_code == 0
    result = run("verify", "square", "--require", "proved")
    assert (result.exit_code, result.stderr) == (
        3,
        "pqtheory: weaker than proved: square (sampled)\n",
    )


def test_make_verify_asks_for_certified():
    makefile = Path(__file__).parents[2] / "Makefile"
    (line,) = [t for t in makefile.read_text().splitlines() if "pqtheory verify" in t]
    assert "--require certified" in line


def test_recheck_says_how_many_agree(tmp_path, monkeypatch):
    pytest.importorskip("cvc5")
    out, page = tmp_path / "r.json", tmp_path / "r.html"
    result = run("verify", QUICK, "--recheck", "--jobs", 2, "--json", out, "--html", page)
    assert (result.exit_code, result.stderr) == (0, "")
    (claim,) = json.loads(out.read_text())["claims"]
    counts = claim["rechecked"]
    assert counts["disagreed"] == []
    assert counts["problems"] >= 6
    assert counts["agreed"] >= 0.8 * counts["problems"]
    assert f"{counts['agreed']}/{counts['problems']}" in result.stdout
    text = page.read_text(encoding="utf-8")
    assert f"two solvers agree on {counts['agreed']} of {counts['problems']} questions" in text
    assert "<th>rechecked</th>" in text
    wrong = {"sat": "unsat", "unsat": "sat"}
    true = recheck.answers
    monkeypatch.setattr(
        recheck, "answers", lambda *a, **o: [wrong.get(x, x) for x in true(*a, **o)]
    )
    result = run("verify", QUICK, "--recheck", "--json", out)
    assert result.exit_code == 1
    assert "SOLVERS DISAGREE" in result.stdout
    stored = json.loads(out.read_text())
    assert stored["ok"] is False
    assert len(stored["claims"][0]["rechecked"]["disagreed"]) == counts["agreed"]


def test_recheck_without_the_second_solver_is_one_line(monkeypatch):
    monkeypatch.setattr(recheck, "available", lambda: False)
    monkeypatch.setattr(cli_verify, "found_within", None)
    message = one_line(run("verify", QUICK, "--recheck"))
    assert "recheck needs cvc5: pip install 'pqtheory[recheck]'" in message


def test_json_has_statement_prose_uses_and_operators(tmp_path):
    path, out = tmp_path / "mine.py", tmp_path / "r.json"
    path.write_text(
        CLAIM_FILE.format(name="mine", part=0, control=-1)
        .replace("check(0)),", 'check(0), prose=("left to the reader",)),')
        .replace('"c")', '"c", uses=("w-prox",), operators=("pqtheory.sets.Binary.project",))')
    )
    assert run("verify", path, QUICK, "--json", out).exit_code == 0
    mine, shipped = json.loads(out.read_text())["claims"]
    assert mine["statement"] == "a statement"
    assert mine["prose"] == 1
    assert mine["uses"] == ["w-prox"]
    assert mine["operators"] == ["pqtheory.sets.Binary.project"]
    assert shipped["prose"] == 0
    assert "pqtheory.methods.ProxQuant.step" in shipped["operators"]


def test_a_claim_that_is_named_twice_runs_once(claim_file, monkeypatch):
    path = Path(claim_file())
    monkeypatch.chdir(path.parent)
    result = run("verify", QUICK, path.name, f"./{path.name}", QUICK)
    assert result.exit_code == 0
    assert result.stdout.count(QUICK) == 1
    assert result.stdout.count("mine") == 1
    Path("other.py").write_text(path.read_text())
    message = one_line(run("verify", path.name, "other.py"))
    assert "expected different names, got two claims 'mine'" in message


def test_verify_without_names_takes_all_claims(claim_file, monkeypatch):
    mine = lookup.load_file(Path(claim_file("only-one")))
    monkeypatch.setattr(cli_verify, "found_within", lambda *names, book: [mine])
    result = run("verify")
    assert result.exit_code == 0
    assert "only-one" in result.stdout


def test_a_broken_shipped_claim_is_not_hidden(claim_file, monkeypatch):
    mine = replace(lookup.load_file(Path(claim_file("broken", part="'a'"))), file="")
    monkeypatch.setattr(cli_verify, "found_within", lambda *names, book: [mine])
    assert isinstance(run("verify", "broken").exception, TypeError)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\nx = ", "bad.py': SyntaxError: invalid syntax (line 2 of bad.py)"),
        (
            "import not_there_at_all",
            "ModuleNotFoundError: No module named 'not_there_at_all' (line 1 of bad.py)",
        ),
        ("x = 1", "defines no CLAIM"),
        (
            CLAIM_FILE.format(name="bad", part="1 / 0", control=-1),
            "ZeroDivisionError: division by zero (line 9",
        ),
        (CLAIM_FILE.format(name="bad", part="'a'", control=-1), "claim 'bad': DTypePromotionError"),
        (
            CLAIM_FILE.format(name="bad", part=0, control=-1).replace('"c")', '"d")'),
            "pqtheory: claim 'bad': no part measures its headline 'd', only ['c']\n",
        ),
        (
            CLAIM_FILE.format(name="bad", part=0, control=-1).replace('{"c": 0.5}, p', "{}, p"),
            "claim 'bad': ValueError: predicted: figure 'c' is not measured, only [] (line 6 of",
        ),
    ],
)
def test_a_users_broken_claim_file_is_one_line(tmp_path, text, message):
    path = tmp_path / "bad.py"
    path.write_text(text)
    assert message in one_line(run("verify", path))
    assert message in one_line(run("show", path))


@pytest.mark.parametrize("place", ["file/sub", "file"])
def test_an_unwritable_out_folder_fails_before_the_work(tmp_path, monkeypatch, place):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(cli_verify, "run_claims", None)
    assert "--out: cannot write to the folder" in one_line(run("verify", "--out", tmp_path / place))


def test_an_unwritable_json_file_fails_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(cli_verify, "run_claims", None)
    assert "it is a folder" in one_line(run("verify", "--json", tmp_path))
    assert "--json: cannot write" in one_line(run("verify", "--json", tmp_path / "no" / "x.json"))
    (tmp_path / "locked").write_text("kept")
    monkeypatch.setattr("pqtheory.cli.places.os.access", lambda *_: False)
    assert "permission denied" in one_line(run("verify", "--json", tmp_path / "locked"))
    assert (tmp_path / "locked").read_text() == "kept"


def test_no_file_is_written_over_by_another(claim_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "x")
    for other in ("x", "./x", "link", tmp_path / "x"):
        said = one_line(run("verify", claim_file(), "--html", "x", "--json", other))
        got = repr(str(Path(other)))
        assert said == f"pqtheory: --json: expected a file for itself, got {got} again\n"
        assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("jobs", [1, 2])
def test_verify_with_out_trains_draws_and_reports(claim_file, tmp_path, monkeypatch, jobs):
    tiny = DigitsSettings(hidden=4, warm_epochs=1, epochs=1, seeds=2, batch_size=400)
    monkeypatch.setattr(cli_verify, "drawn", lambda jobs: drawn(jobs, tiny))
    out = tmp_path / "new" / "out"
    result = run("verify", claim_file(), "--out", out, "--digits", "--jobs", jobs)
    assert (result.exit_code, result.stderr) == (0, "")
    names = {p.name for p in out.iterdir()}
    assert names == {"report.html", "lab.html", "claims.json", "digits.json", "counterexamples"} | {
        f"{p}.png" for p in plotting.REGISTRY
    }
    html = (out / "report.html").read_text(encoding="utf-8")
    assert html.count("data:image/png;base64,") == len(plotting.REGISTRY)
    assert "a statement" in html
    stored = json.loads((out / "digits.json").read_text())
    assert stored["provenance"]["seed"] == 0
    assert "spawn" not in stored["provenance"]["command"]
    error = stored["summary"]["ProxQuant"]["quantized_error"]["mean"]
    assert f"{100 * error:.2f} ±" in html
    assert f"{100 * error:.2f} ±" in result.stdout
    assert str(out / "report.html") in result.stdout.replace("\n", "")


def test_what_cannot_be_checked_does_not_wait_for_the_digits(tmp_path, monkeypatch):
    """Their process ends with the command, which would else train for as long as they take."""
    endless = DigitsSettings(hidden=4, warm_epochs=10**6, epochs=1, seeds=2)
    monkeypatch.setattr(cli_verify, "drawn", lambda jobs: drawn(jobs, endless))
    result = run("verify", "no-such-claim", "--out", tmp_path, "--digits", "--jobs", 2)
    assert "no claim 'no-such-claim'" in one_line(result)


def test_digits_whose_process_ends_are_one_line():
    def killed():
        raise WorkerDiedError("its process was ended by SIGKILL")

    with pytest.raises(ChildProcessError, match="digits: its process was ended by SIGKILL"):
        _awaited(killed)


def test_stopping_is_quiet(claim_file, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli_verify, "run_claims", stop)
    result = run("verify")
    assert (result.exit_code, result.stderr.strip()) == (130, "pqtheory: stopped")


def test_jobs_give_the_same_results_in_the_same_order(claim_file, tmp_path):
    names = (claim_file("one-claim"), QUICK, claim_file("two-claim", part=-0.5))
    found = []
    for jobs in (1, 2):
        file = tmp_path / f"{jobs}.json"
        assert run("verify", *names, "--jobs", jobs, "--json", file).exit_code == 1
        claims = json.loads(file.read_text())["claims"]
        found.append([{k: v for k, v in c.items() if k != "seconds"} for c in claims])
    assert [c["name"] for c in found[0]] == ["one-claim", QUICK, "two-claim"]
    assert found[0] == found[1]


def test_jobs_report_a_users_broken_check(claim_file):
    result = run("verify", claim_file("fine"), claim_file("broken", part="'a'"), "--jobs", 2)
    assert result.exit_code == 2
    assert result.stderr.startswith("pqtheory: claim 'broken': ")
    assert "of broken.py)" in result.stderr
    assert run("verify", "--jobs", 0).exit_code == 2


def test_html_shows_proof_derivation_and_the_command(claim_file, tmp_path):
    page = tmp_path / "claims.html"
    mine = claim_file("mine")
    assert run("verify", QUICK, mine, "--html", page).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert "z3: no real" in text
    assert "(check-sat)" in text
    assert "<h4>Derivation</h4>" in text
    assert f"pqtheory verify {QUICK} --budget quick" in text
    assert f"pqtheory verify {mine} --budget quick" in text
    assert "<h2>Pictures</h2>" not in text
    assert run("verify", mine, "--html", tmp_path).exit_code == 2
