"""Look at the pages as they were built: every local link leads somewhere, and nothing is asked of a network.

``python docs/_ext/check_site.py out/site``; exit code 1, and a line for each fault, where there is one.
"""

import re
import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: elements whose address a browser loads by itself
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}


class Page(HTMLParser):
    """The addresses of a page and its own anchors."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note them."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in LOADED and given.get(LOADED[tag]):
            self.loads.append(given[LOADED[tag]])
        if tag == "link" and given.get("rel", "") in ("stylesheet", "icon", "preload"):
            self.loads.append(given["href"])


@cache
def read(file: Path) -> Page:
    """A page, once."""
    return Page(file.read_text(encoding="utf-8"))


def faults(site: Path) -> Iterator[str]:
    """A line for each."""
    for file in sorted(site.rglob("*.html")):
        page = read(file)
        name = file.relative_to(site)
        for address in page.loads:
            if urlsplit(address).scheme not in ("", "data"):
                yield f"{name}: loads {address}"
        for address in (*page.loads, *page.links):
            yield from missing(site, file, address)
    for file in sorted(site.rglob("*.css")):
        for address in re.findall(r"url\(['\"]?([^)'\"]+)", file.read_text(encoding="utf-8")):
            if address.startswith(("http:", "https:", "//")):
                yield f"{file.relative_to(site)}: loads {address}"


def missing(site: Path, file: Path, address: str) -> Iterator[str]:
    """What a local address leads to, if it is not there."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return
    target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
    if target.is_dir():
        target = target / "index.html"
    name = file.relative_to(site)
    if not target.is_file():
        yield f"{name}: no file for {address}"
    elif parts.fragment and target.suffix == ".html" and parts.fragment != "top":
        anchor = unquote(parts.fragment)
        # the lab keeps its settings there
        if anchor not in read(target).anchors and target.parent.name != "lab":
            yield f"{name}: no place for {address}"


def main(folder: str) -> int:
    """Print the faults; whether there are any."""
    found = list(faults(Path(folder).resolve()))
    print("\n".join(found) if found else f"{folder}: every local link leads somewhere")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
