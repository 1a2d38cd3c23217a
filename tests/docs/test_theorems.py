"""Every claim has a page; what it shows of evidence is of this very text; its formulas can be read."""

import copy
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import pqtheory
from pqtheory.claims.verification import check_claim
from pqtheory.report.latex import latex
from pqtheory.theory import BOOK

from .extension import DOCS, extension

text = extension("theorem_text")
evidence = extension("evidence")
RECORD = evidence.read()


def test_every_claim_has_a_page_and_a_place_in_the_index() -> None:
    pages = text.pages()
    assert set(pages) == {"index.md", *(f"{name}.md" for name in BOOK.names)}
    for name in BOOK.names:
        assert f"]({name}.md)" in pages["index.md"]
        assert f"# {name}\n" in pages[f"{name}.md"]
        # in the contents too, which leads there from the side
        assert re.search(rf"^{name}$", pages["index.md"], re.MULTILINE)


def test_what_is_said_of_theorems_is_of_theorems_there_are() -> None:
    for name, said in text.WHY.items():
        assert name in BOOK.names
        assert set(said) <= {"why", "picture", "network"}
        if "network" in said:
            page, _, place = said["network"].partition("#")
            heads = re.findall("^#+ (.*)$", (DOCS / page).read_text("utf-8"), re.MULTILINE)
            assert place in [
                re.sub(r"[^\w-]", "", head.lower().replace(" ", "-")) for head in heads
            ]
        if "picture" in said:
            assert (DOCS / "gallery" / f"{said['picture']}.py").is_file()


def test_the_record_is_of_the_claims_text_or_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = BOOK.load("lotion-interpolates")
    record = copy.deepcopy(RECORD)
    record["claims"][claim.name]["of"] = evidence.fingerprint(claim)
    checked = []

    def check(*arguments):
        checked.append(arguments[0].name)
        return check_claim(*arguments)

    monkeypatch.setattr(evidence, "check_claim", check)
    assert evidence.found_of(claim, record) == record["claims"][claim.name]
    assert checked == []
    stale = copy.deepcopy(record)
    stale["claims"][claim.name] |= {"of": "another text", "kind": "sampled"}
    found = evidence.found_of(claim, stale)
    assert checked == [claim.name]
    assert {**found, "seconds": 0} == {**record["claims"][claim.name], "seconds": 0}


def test_a_record_is_stale_where_a_file_of_the_page_is_another(tmp_path, monkeypatch) -> None:
    claim = BOOK.load("ste-floor")
    known = evidence.fingerprint(claim)
    place = shutil.copytree(Path(pqtheory.__file__).parent / "theory", tmp_path / "theory")
    monkeypatch.setattr(pqtheory, "__file__", str(tmp_path / "__init__.py"))
    assert evidence.fingerprint(claim) == known
    page = place / claim.chapter / "ste_floor"
    file = page / "claim.py" if page.is_dir() else page.with_suffix(".py")
    file.write_text(file.read_text() + "\n# another\n")
    assert evidence.fingerprint(claim) != known


@pytest.mark.parametrize("name", BOOK.names)
def test_a_record_has_what_the_page_shows(name: str) -> None:
    claim, found = BOOK.load(name), RECORD["claims"].get(name)
    if found is None or found["of"] != evidence.fingerprint(claim):
        pytest.skip("of another text: the site checks the claim itself")
    assert len(found["parts"]) == len(claim.parts)
    assert len(found["controls"]) == len(claim.controls)
    assert all(control["refuted"] for control in found["controls"])
    assert claim.headline in ("", *found["measured"])
    assert all(sum(p["steps"].values()) for p in found["parts"] if p["kind"] == "proved")


def test_statements_are_printed_with_letters_indices_and_powers() -> None:
    found = list(text.printed("theta_0 >= 2 eta^2, f_{-1} <= max_q <q, x*>, |x| +- W(theta)"))
    assert [piece for piece in found if piece[1]] == [
        ("", "θ"),
        ("_", "0"),
        ("", " ≥ 2 η"),
        ("^", "2"),
        ("", ", f"),
        ("_", "-1"),
        ("", " ≤ max"),
        ("_", "q"),
        ("", " <q, x*>, |x| ± W(θ)"),
    ]
    # no letter is lost, and names that are no letters stay
    assert list(text.printed("nobeta, DistanceL1, find_cycle(path)")) == [
        ("", "nobeta, DistanceL1, find_cycle(path)")
    ]


def test_long_formulas_stand_in_lines() -> None:
    apart = r"a = b \qquad c = d"
    assert text.in_lines(apart) == apart
    long = rf"{'x + ' * 30} y \qquad c = d"
    assert text.in_lines(long).count(r"\\") == 1
    inside = rf"{'x + ' * 30} \text{{a \qquad b}}"
    assert text.in_lines(inside) == inside


def test_katex_reads_every_formula_of_the_book() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    formulas = {}
    for claim in map(BOOK.load, BOOK.names):
        assert claim.name in latex(claim)
        pieces = re.split(r"(?<!\\)\$", claim.derivation_latex)[1::2]
        if "$" not in claim.formula_latex:
            pieces.append(text.in_lines(claim.formula_latex))
        formulas[claim.name] = pieces
    script = """
const katex = require(process.argv[1]), wrong = [];
for (const [name, pieces] of Object.entries(JSON.parse(require("fs").readFileSync(0))))
  for (const latex of pieces)
    try { katex.renderToString(latex, { displayMode: true, strict: "ignore" }); }
    catch (error) { wrong.push(`${name}: ${error.message}`); }
console.log(JSON.stringify(wrong));
"""
    katex = str(DOCS / "_static" / "katex" / "katex.min.js")
    done = subprocess.run(
        [node, "-e", script, katex],
        input=json.dumps(formulas),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout) == []
