"""The code of the pages runs; the scripts of the gallery draw; nothing is asked of a network; faults are found."""

import ast
import re
import runpy
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from .extension import DOCS, extension

checker = extension("check_site")
CODE = r"```(?:\{code-cell\}|python)\n(.*?)```"
#: pages whose blocks are one program, from top to bottom
PROGRAMS = [
    *sorted((DOCS / "ideas").glob("*.md")),
    *sorted((DOCS / "how_to").glob("*.md")),
    DOCS / "published_code.md",
]
SCRIPTS = sorted((DOCS / "gallery").glob("*.py"))
#: the site runs all; these take tenths of a second
QUICK = ("plot_distances", "plot_lazy_oscillation", "plot_sign_changes", "plot_successors")


@pytest.mark.parametrize("page", PROGRAMS, ids=lambda page: page.stem)
def test_the_code_of_a_page_runs(page: Path) -> None:
    names = {"__name__": "page"}
    for block in re.findall(CODE, page.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(block, page.name, "exec"), names)


def test_the_first_lines_of_the_landing_page_run() -> None:
    first, second = re.findall(CODE, (DOCS / "index.md").read_text(encoding="utf-8"), re.DOTALL)
    names: dict = {}
    exec(compile(first, "index.md", "exec"), names)
    assert names["path"].latent.shape == (501, 6)
    # it takes seconds, and is a test of the theorem elsewhere
    assert second.startswith('pq.verify("w-prox")["w-prox"].kind')


def test_faults_are_what_the_page_says_they_are() -> None:
    page = (DOCS / "faults.md").read_text(encoding="utf-8")
    names: dict = {"__name__": "page"}
    for block in re.findall(CODE, page, re.DOTALL):
        exec(compile(block, "faults.md", "exec"), names)
    p, error, solutions = names["p"], names["error"], names["solutions"]
    small, right = (min(error(p, factor * v) for v in solutions(p)) for factor in (1, 2))
    assert right == pytest.approx(names["least"])
    assert small > 1.3 * right
    assert names["candidates"](names["np"].array([1.0, -1.0, 1.0, -1.0])) == 0
    assert names["at_last"]([1.0, -1.0]) == pytest.approx(32 / 49)
    assert max(names["tried"] + names["signs"]) <= 32 / 49 + 1e-9


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_has_a_title_and_draws_without_a_window(script: Path) -> None:
    source = script.read_text(encoding="utf-8")
    assert script.name.startswith("plot_")
    title, underline = (ast.get_docstring(ast.parse(source)) or "").split("\n")[:2]
    assert underline == "=" * len(title)
    assert "pyplot" not in source
    # those of the package say in words what is seen; so does every other
    assert ("Figure(" in source) == ("set_label(" in source)
    if script.stem in QUICK:
        drawn = runpy.run_path(str(script))
        assert any(isinstance(value, Figure) for value in drawn.values())


def draws(file: Path) -> bool:
    """Whether a module has a function of its own name that returns a figure."""
    functions = (n for n in ast.parse(file.read_text()).body if isinstance(n, ast.FunctionDef))
    return any(f.name == file.stem and "Figure" in ast.dump(f.returns or f) for f in functions)


def test_every_picture_of_the_package_has_a_script() -> None:
    sources = "\n".join(script.read_text(encoding="utf-8") for script in SCRIPTS)
    names = {f.stem for f in (DOCS.parent / "pqtheory" / "plotting").glob("*.py") if draws(f)}
    assert {"basins", "run_curves", "book_map"} < names
    assert [name for name in names if not re.search(rf"\b{name}\(", sources)] == []


def test_formulas_come_from_the_site_itself() -> None:
    config = (DOCS / "conf.py").read_text(encoding="utf-8")
    assert 'html_math_renderer = "katex"' in config
    assert "intersphinx" not in config
    folder = DOCS / "_static" / "katex"
    css = (folder / "katex.min.css").read_text(encoding="utf-8")
    fonts = re.findall(r"url\(([^)]+)\)", css)
    assert fonts
    assert all((folder / font).is_file() for font in fonts)
    for file in (DOCS / "_static").rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*['\"]?(https?:)?//", file.read_text("utf-8"))
    for name in ("katex_math", "theorem_pages", "api_pages", "figures"):
        assert "http" not in (DOCS / "_ext" / f"{name}.py").read_text("utf-8")


def test_broken_links_and_what_is_loaded_from_elsewhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "b.html").write_text(
        '<h1 id="there">b</h1><script src="https://cdn/x.js"></script>'
    )
    (tmp_path / "s.css").write_text("body { background: url('https://cdn/x.png') }")
    (tmp_path / "a.html").write_text(
        '<a href="b.html#there">1</a><a href="b.html#gone">2</a><a href="c.html">3</a>'
        '<a href="#top">4</a><a href="https://elsewhere">5</a><img src="x.png">'
    )
    assert list(checker.faults(tmp_path)) == [
        "a.html: no file for x.png",
        "a.html: no place for b.html#gone",
        "a.html: no file for c.html",
        "b.html: loads https://cdn/x.js",
        "s.css: loads https://cdn/x.png",
    ]
