"""The lab: benches to play with, as one HTML file without network or server.

Its scripts are the formulas of ``sets``, ``regularizers`` and ``methods`` once more, in JavaScript; the tests compare
its runs with ``simulate`` in a browser.
"""

from importlib import resources
from string import Template

#: in the order in which they need each other
SCRIPTS = (
    "levels",
    "regularizers",
    "methods",
    "settings",
    "panel",
    "player",
    "toy_bench",
    "grid_bench",
    "prox_bench",
    "start",
)


def lab_page() -> str:
    """The HTML text of the lab."""
    files = resources.files("pqtheory.report.lab")

    def text(name: str) -> str:
        return files.joinpath(name).read_text(encoding="utf-8")

    return Template(text("page.html")).substitute(
        style=text("style.css"), script="\n".join(text(f"{name}.js") for name in SCRIPTS)
    )
