"""The reference: a page for each public module with every name of its ``__all__``, from the docstrings.

A public name that is on no page is a warning, and so ends the build.
"""

import importlib
import inspect
import re
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pqtheory._files import write_whole

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

#: in the order of the house, from the ground up
MODULES = (
    "pqtheory",
    "pqtheory.trajectory",
    "pqtheory.sets",
    "pqtheory.quantizers",
    "pqtheory.schedules",
    "pqtheory.regularizers",
    "pqtheory.problems",
    "pqtheory.methods",
    "pqtheory.signs",
    "pqtheory.stability",
    "pqtheory.testing",
    "pqtheory.evidence",
    "pqtheory.evidence.smt",
    "pqtheory.evidence.symbolic",
    "pqtheory.evidence.worst_case",
    "pqtheory.evidence.fixed_points",
    "pqtheory.claims",
    "pqtheory.claims.cases",
    "pqtheory.theory",
    "pqtheory.networks.optim",
    "pqtheory.networks.models",
    "pqtheory.networks.data",
    "pqtheory.networks.tasks",
    "pqtheory.networks.training",
    "pqtheory.networks.sweeps",
    "pqtheory.networks.saved",
    "pqtheory.networks.export",
    "pqtheory.digits",
    "pqtheory.plotting",
    "pqtheory.report",
    "pqtheory.lessons",
)

#: letters of a constant's value that is shown
SHORT = 300


def names_of(module: str) -> list[str]:
    """``__all__``; of a module without one the names that it defines itself."""
    loaded = importlib.import_module(module)
    if hasattr(loaded, "__all__"):
        return list(loaded.__all__)
    return [
        name
        for name, value in vars(loaded).items()
        if not name.startswith("_") and getattr(value, "__module__", "") == module
    ]


def described(module: str) -> list[str]:
    """The names that a page describes; modules among them have pages of their own."""
    loaded = importlib.import_module(module)
    return [name for name in names_of(module) if not inspect.ismodule(getattr(loaded, name))]


def write_pages(app: "Sphinx") -> None:
    """A file for each module, before Sphinx looks for files."""
    folder = Path(app.srcdir) / "api"
    folder.mkdir(exist_ok=True)
    pages = {f"{module}.rst": page(module) for module in MODULES}
    pages["index.rst"] = index()
    for file in folder.glob("*.rst"):
        if file.name not in pages:
            file.unlink()
    for name, text in pages.items():
        file = folder / name
        if not file.is_file() or file.read_text("utf-8") != text:
            write_whole(file, text.encode())


def index() -> str:
    """The list of modules, each with the first line of its docstring."""
    lines = ["Reference", "=========", "", "From the docstrings, from the ground up.", ""]
    for module in MODULES:
        said = escaped((inspect.getdoc(importlib.import_module(module)) or "").split("\n")[0])
        lines.append(f"* :doc:`{module} <{module}>`: {said.removeprefix(f'{module}: ')}")
    return "\n".join(
        [*lines, "", ".. toctree::", "   :hidden:", "", *(f"   {m}" for m in MODULES), ""]
    )


def page(module: str) -> str:
    """The file of a module."""
    lines = [module, "=" * len(module), "", f".. automodule:: {module}", "   :no-members:", ""]
    loaded = importlib.import_module(module)
    for name in described(module):
        first = first_place(module, name)
        if first == f"{module}.{name}":
            lines += [*entry(name, getattr(loaded, name)), ""]
        else:
            lines += [f"``{name}`` is :py:obj:`{first}`.", ""]
    modules = [f"{module}.{n}" for n in names_of(module) if n not in described(module)]
    if modules:
        lines += ["Modules: " + ", ".join(f":doc:`{m}`" for m in modules if m in MODULES) + ".", ""]
    return "\n".join(lines)


def first_place(module: str, name: str) -> str:
    """Where an object is described that several modules offer: on the first page."""
    value = getattr(importlib.import_module(module), name)
    if inspect.isclass(value) or inspect.isroutine(value):
        for other in MODULES[: MODULES.index(module)]:
            if getattr(importlib.import_module(other), name, None) is value and (
                name in described(other)
            ):
                return f"{other}.{name}"
    return f"{module}.{name}"


def entry(name: str, value: Any) -> list[str]:
    """The directive for a public name."""
    if isinstance(value, types.GenericAlias):
        return [f".. py:data:: {name}", "", f"   ``{value}``"]
    if inspect.isclass(value):
        return [f".. autoclass:: {name}", "   :members:", "   :show-inheritance:"]
    if inspect.isroutine(value):
        return [f".. autofunction:: {name}"]
    return [f".. autodata:: {name}", "   :no-value:"]


def escaped(text: str) -> str:
    """Plain text with formulas, so that reStructuredText prints it as it is; ``code`` and roles stay."""
    bullet = re.match(r"\s*\* ", text)
    begin = bullet.end() if bullet else 0
    kept = re.split(r"(``.+?``|:[\w:]+:`[^`]+`|`[^`]+`_?)", text[begin:])
    return text[:begin] + "".join(
        piece if place % 2 else re.sub(r"(?<!\\)[|*]|(?<=[A-Za-z0-9])_(?!\w)", r"\\\g<0>", piece)
        for place, piece in enumerate(kept)
    )


def said_of_data(lines: Sequence[str], value: Any) -> list[str]:
    """What a comment says of a constant, not what the docstring of its type says; and its names, or itself if short."""
    of_type = (inspect.getdoc(type(value)) or "").split("\n")[0]
    said = [] if lines and lines[0].strip() == of_type.strip() else list(lines)
    shown = f"names {', '.join(map(str, value))}" if isinstance(value, Mapping) else repr(value)
    return [*said, "", f"``{shown}``"] if len(shown) <= SHORT else said


def prepare(app: "Sphinx", what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Escape the formulas of docstrings, before numpydoc reads them; a line of a table or a code block stays."""
    if what == "data":
        lines[:] = said_of_data(lines, obj)
    code = False
    for place, line in enumerate(lines):
        if code and line.strip() and not line.startswith(" "):
            code = False
        if not code and not line.lstrip().startswith((">>>", "...", "====", "----")):
            lines[place] = escaped(line)
        if line.rstrip().endswith("::"):
            code = True


def require_pages(app: "Sphinx", env: "BuildEnvironment") -> Sequence[str]:
    """A warning for each public name that no page describes."""
    from sphinx.util import logging

    logger = logging.getLogger(__name__)
    objects = env.domains.python_domain.objects
    for module in MODULES:
        for name in described(module):
            if first_place(module, name) not in objects:
                logger.warning("public name %s.%s is on no page", module, name)
    return []


def setup(app: "Sphinx") -> dict[str, Any]:
    """What Sphinx calls."""
    app.connect("builder-inited", write_pages)
    app.connect("autodoc-process-docstring", prepare, priority=100)
    app.connect("env-check-consistency", lambda a, env: require_pages(a, env))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
