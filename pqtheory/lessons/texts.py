"""The texts: Python files whose cells begin with "# %%", which run as they are and become notebooks."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import final

#: beside this file in an installed package, in docs/ of a checkout
PLACES = (Path(__file__).parent / "files", Path(__file__).parents[2] / "docs" / "lessons")
CELL, WORDS = "# %%", "# %% [markdown]"


@final
@dataclass(frozen=True)
class Lesson:
    """One lesson: its number, title and file."""

    number: int
    title: str
    file: str

    @property
    def notebook(self) -> str:
        """The name of its notebook."""
        return f"{Path(self.file).stem}.ipynb"

    def text(self) -> str:
        """The file as it is.

        Raises
        ------
        ValueError
            If the lessons are not there: neither installed nor in a checkout.
        """
        for place in PLACES:
            if (place / self.file).is_file():
                return (place / self.file).read_text(encoding="utf-8")
        raise ValueError(f"lessons: expected {self.file} in the package or in docs/lessons")


LESSONS = (
    Lesson(1, "the W and its prox, by hand in fractions", "1_the_w_and_its_prox.py"),
    Lesson(2, "BinaryConnect is dual averaging", "2_binary_connect_is_dual_averaging.py"),
    Lesson(
        3, "orbits, fixed points and the law of the flips", "3_orbits_fixed_points_and_flips.py"
    ),
    Lesson(4, "why ProxQuant comes to rest", "4_why_proxquant_comes_to_rest.py"),
    Lesson(5, "from toys to networks", "5_from_toys_to_networks.py"),
)


def cells(text: str) -> list[tuple[str, str]]:
    """("markdown" or "code", source) of each cell."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line in (CELL, WORDS):
            found.append(("markdown" if line == WORDS else "code", []))
        elif found:
            kind, lines = found[-1]
            lines.append(line.removeprefix("#").removeprefix(" ") if kind == "markdown" else line)
    return [(kind, "\n".join(lines).strip()) for kind, lines in found]


def as_notebook(text: str, install: str = "") -> str:
    """The cells as a Jupyter notebook, without outputs; before them one that installs ``install``, where it is said."""
    found = cells(text)
    if install:
        found.insert(1, ("code", f"%pip install --quiet {install!r}"))
    made = []
    for place, (kind, source) in enumerate(found):
        cell = {"id": f"cell-{place}", "cell_type": kind, "metadata": {}, "source": source}
        made.append(
            cell if kind == "markdown" else {**cell, "execution_count": None, "outputs": []}
        )
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": made,
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1) + "\n"
