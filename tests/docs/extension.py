"""The site's own modules, which lie beside the pages and are no package."""

import importlib
import sys
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"


def extension(name: str) -> Any:
    """A module of docs/_ext."""
    folder = str(DOCS / "_ext")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name)
