"""The lab as one file: whole, the same in docs/, and without the network."""

import re
from pathlib import Path

from pqtheory.report.lab import SCRIPTS, lab_page

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "pqtheory" / "report" / "lab"


def test_the_page_in_docs_is_that_of_the_scripts() -> None:
    built = (ROOT / "docs" / "lab" / "index.html").read_text(encoding="utf-8")
    assert built == lab_page(), "build it anew: pqtheory lab --out docs/lab/index.html"


def test_every_script_is_on_the_page_once() -> None:
    assert sorted(SCRIPTS) == sorted(file.stem for file in FOLDER.glob("*.js"))
    for name in SCRIPTS:
        text = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
        assert lab_page().count(text) == 1


def test_nothing_is_loaded_from_elsewhere() -> None:
    loads = (
        r"""(?:src|href)\s*=\s*["'](?!#)|@import|\burl\((?!#)|\bfetch\(|XMLHttpRequest|import\("""
    )
    assert re.findall(loads, lab_page()) == []
    # the one address on it is the name of SVG
    assert re.findall(r"https?://[^\s\"']+", lab_page()) == ["http://www.w3.org/2000/svg"]
