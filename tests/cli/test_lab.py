"""``pqtheory lab`` writes the page whole, or says why not."""

from pathlib import Path

from pqtheory.report import lab_page

from .running import one_line, run


def test_lab_writes_its_page(tmp_path: Path) -> None:
    file = tmp_path / "lab.html"
    result = run("lab", "--out", file)
    assert (result.exit_code, result.stderr) == (0, "")
    assert file.read_text(encoding="utf-8") == lab_page()
    assert "wrote" in result.stdout


def test_lab_says_where_it_cannot_write(tmp_path: Path) -> None:
    assert "--out" in one_line(run("lab", "--out", tmp_path))
