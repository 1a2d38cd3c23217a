"""What the index shows of README.md: links and pictures with absolute addresses."""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

#: [text](target) and ![text](target), where the target is a path of the repository
LINK = re.compile(r"(!?)(\[[^\]]*\])\((?![a-z]+:|#)([^)\s]+)\)")


def absolute(text: str, repository: str) -> str:
    """``text`` with every relative link as one into ``repository``: pages to read, pictures as they are."""

    def link(found: re.Match[str]) -> str:
        kind = "raw" if found[1] else "blob"
        return f"{found[1]}{found[2]}({repository}/{kind}/main/{found[3]})"

    return LINK.sub(link, text)


class AbsoluteLinks(MetadataHookInterface):
    """The readme of the project's metadata."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Put it there."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        text = absolute(text, metadata["urls"]["Repository"])
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
