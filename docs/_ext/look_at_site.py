"""Open every page in a headless Chromium, on a phone, a tablet and a screen, light and dark: what is broken?

``python docs/_ext/look_at_site.py out/site [PAGE ...]``, with the extra ``browser``; exit code 1, and a line for each
fault, where something reaches beyond the edge, a formula cannot be read, a picture is missing, a script fails, or the
network is asked for anything.
"""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

WIDTHS = (390, 820, 1400)
SCHEMES = ("light", "dark")
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
#: what is wrong on a page as it stands
WRONG = """() => {
  const found = [], width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) found.push("the page scrolls to the side");
  for (const node of document.querySelectorAll("article *")) {
    const box = node.getBoundingClientRect();
    if (box.width === 0 || box.right <= width + 1) continue;
    let frame = node.parentElement;
    while (frame && !["auto", "scroll", "hidden"].includes(getComputedStyle(frame).overflowX)) frame = frame.parentElement;
    if (!frame) found.push(`beyond the edge: ${node.tagName} ${node.textContent.slice(0, 40)}`);
  }
  for (const node of document.querySelectorAll(".katex-error")) found.push(`no formula: ${node.title.slice(0, 80)}`);
  for (const node of document.querySelectorAll(".math:not(:has(.katex))")) found.push(`not drawn: ${node.textContent.slice(0, 60)}`);
  for (const node of document.images) if (node.complete && !node.naturalWidth) found.push(`no picture: ${node.src}`);
  return found;
}"""  # noqa: E501


def faults(browser: Any, site: Path, pages: Sequence[str]) -> Iterator[str]:
    """A line for each."""
    for scheme in SCHEMES:
        for width in WIDTHS:
            view = {"width": width, "height": 900}
            context = browser.new_context(viewport=view, color_scheme=scheme)
            page = context.new_page()
            seen: list[str] = []
            page.on("pageerror", lambda error, seen=seen: seen.append(f"script: {error}"))
            page.on("request", lambda request, seen=seen: seen.extend(asked(request.url)))
            for name in pages:
                seen.clear()
                page.goto((site / name).as_uri())
                for fault in (*seen, *page.evaluate(WRONG)):
                    yield f"{name}, {width} pixels, {scheme}: {fault}"
            context.close()


def asked(address: str) -> list[str]:
    """A fault where it is the network that is asked."""
    near = address.startswith(("file:", "data:", "blob:", "about:"))
    return [] if near else [f"asks the network for {address}"]


def main(folder: str, *names: str) -> int:
    """Print the faults; whether there are any."""
    from playwright.sync_api import sync_playwright

    site = Path(folder).resolve()
    pages = names or sorted(str(p.relative_to(site)) for p in site.rglob("*.html"))
    program = next(filter(None, map(shutil.which, NAMES)), None)
    # Chromium's own sandbox does not start for the superuser
    options = ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=options)
        found = list(faults(browser, site, pages))
        browser.close()
    print("\n".join(found) if found else f"{folder}: {len(pages)} pages look as they should")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
