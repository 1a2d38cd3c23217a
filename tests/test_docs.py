"""The documentation names what there is: signatures, commands, templates."""

import inspect
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from pqtheory import cli
from pqtheory.claims import Claim, Control, Part, all_of, forall, invariant, judge
from pqtheory.claims.cases import Cases

from .cli.running import run

DOCS = Path(__file__).parents[1] / "docs"
EXTENDING = (DOCS / "extending.md").read_text(encoding="utf-8")


def signature(name: str) -> list[str]:
    """The names of the parameters as the page prints them."""
    found = re.search(
        rf"^{name}\((.*?)\)(?:\s+#.*)?\n(?=\S|```|\n)", EXTENDING, re.DOTALL | re.MULTILINE
    )
    assert found is not None, name
    inside = re.sub(r"\([^()]*\)|\{[^{}]*\}", "", found[1])
    return [part.split("=")[0].strip(" *\n") for part in inside.split(",") if part.strip(" *\n")]


@pytest.mark.parametrize("public", [forall, invariant, all_of, judge, Claim, Part, Control, Cases])
def test_signatures_are_those_of_the_code(public: Any) -> None:
    unsaid = {"cases"} if public is forall else {"file", "chapter"} if public is Claim else set()
    names = [name for name in inspect.signature(public).parameters if name not in unsaid]
    printed = signature(public.__name__)
    if public is Cases:
        # its domains by an example
        assert printed == [name for name in names if name != "domains"]
    else:
        assert printed == names


def test_templates_that_the_page_names_are_there() -> None:
    named = re.findall(r"--template (\w+)", EXTENDING)
    assert set(named) == {"proof", "sample"}
    for name in named:
        assert "CLAIM = Claim(" in run("claims", "--template", name).stdout


def test_the_page_of_pictures_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (DOCS / "pictures.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pqtheory.plotting.motion.WIDTH", 320)
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(code, {})
    assert {file.name for file in tmp_path.iterdir()} == {"basins.pdf", "toy.gif"}
    commands = [
        shlex.split(c, comments=True)[2:] for c in re.findall("^pqtheory plot .*", text, re.M)
    ]
    assert len(commands) == 4
    for name, *arguments in commands:
        command: Any = cli.main.commands["plot"]
        command.commands[name].make_context(name, arguments)
    settings = (DOCS.parent / "pqtheory" / "plotting" / "styles.py").read_text(encoding="utf-8")
    assert "STYLES: Mapping" in settings
