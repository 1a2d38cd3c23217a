"""What is broken on a page is seen in a browser."""

from pathlib import Path
from typing import Any

import pytest

from .extension import DOCS, extension

PAGE = """<!DOCTYPE html><meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="katex/katex.min.css"><script src="katex/katex.min.js"></script>
<script src="formulas.js"></script><article>{}</article>"""


@pytest.mark.parametrize(
    ("inside", "fault"),
    [
        ('<span class="math inline">x^2</span>', None),
        ('<span class="math inline">x^{</span>', "no formula"),
        ('<div class="math display">x</div>', "not drawn"),
        ('<p style="width: 500px">wide</p>', "beyond the edge: P wide"),
        ('<div style="overflow-x: auto"><p style="width: 500px">wide</p></div>', None),
        ('<img src="gone.png">', "no picture"),
        ("<script>gone()</script>", "script: gone is not defined"),
        ('<img src="http://localhost:9/x.png">', "asks the network"),
    ],
)
def test_faults_are_seen(
    chromium: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str, fault: str | None
) -> None:
    look = extension("look_at_site")
    monkeypatch.setattr(look, "WIDTHS", (390,))
    monkeypatch.setattr(look, "SCHEMES", ("light",))
    (tmp_path / "katex").symlink_to(DOCS / "_static" / "katex")
    (tmp_path / "formulas.js").symlink_to(DOCS / "_static" / "formulas.js")
    (tmp_path / "a.html").write_text(PAGE.format(inside))
    found = list(look.faults(chromium, tmp_path, ["a.html"]))
    if fault is None:
        assert found == []
    else:
        assert any(f"a.html, 390 pixels, light: {fault}" in line for line in found), found
