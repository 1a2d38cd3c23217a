"""Our own results that lessons read: beside the tables in an installed package, in a checkout in experiments/."""

import json
from typing import Any

from pqtheory._messages import brief
from pqtheory.networks.tables.results import MEASURED

#: lessons read no others
NAMES = ("cifar10", "cifar10-60", "digits")


def committed(name: str) -> dict[str, Any]:
    """The content of a result file, as the experiment wrote it: ``runs`` or ``curves``, and its ``provenance``.

    Raises
    ------
    ValueError
        If ``name`` is not one of ``NAMES``, or the file is not there.
    """
    if name not in NAMES:
        raise ValueError(f"name: expected one of {', '.join(NAMES)}, got {brief(name)}")
    for place in MEASURED:
        file = place / f"{name}.json"
        if file.is_file():
            content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            return content
    raise ValueError(f"results: expected {name}.json in the package or in experiments/results")


def runs(name: str) -> dict[str, dict[str, Any]]:
    """The runs of ``cifar10`` or ``cifar10-60``, by their names."""
    return {run["name"]: run for run in committed(name)["runs"]}
