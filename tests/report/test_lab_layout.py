"""The lab fits: no words over each other, nothing beyond the edge, on a phone, a tablet and a screen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pqtheory.report.lab import lab_page

from .browser import Opened

WIDTHS = (390, 820, 1400)
SETTINGS = (
    "",
    "toy.method=parq&toy.start=-1.5&toy.eta=0.5&toy.rate=1&toy.steps=400&toy.step=400&grid.bits=4&grid.noise=1"
    "&grid.momentum=1&grid.drop=1&grid.steps=2000&prox.set=3-bit&prox.regularizer=bump&prox.weight=3",
    "toy.method=binaryconnect&toy.eta=0.01&toy.rate=0&grid.bits=1&grid.target=-0.99&grid.eta=1&prox.theta=0"
    "&prox.regularizer=indicator",
)
#: boxes of what has words of its own, a pixel smaller on each side
WORDS = """() => {
  const leaves = [...document.body.querySelectorAll("*")].filter((node) => {
    if (node.closest("script, style, option")) return false;
    if (node.matches("select")) return true;
    return [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim() !== "");
  });
  const boxes = [];
  for (const node of leaves) {
    const range = document.createRange();
    range.selectNodeContents(node);
    const rects = node.matches("select") ? [node.getBoundingClientRect()] : [...range.getClientRects()];
    for (const box of rects) {
      if (box.width < 1) continue;
      boxes.push({
        text: node.textContent.slice(0, 40), of: leaves.indexOf(node),
        inside: leaves.findIndex((n) => n !== node && n.contains(node)),
        left: box.left + scrollX, right: box.right + scrollX, top: box.top + scrollY, bottom: box.bottom + scrollY,
      });
    }
  }
  return boxes;
}"""


def overlaps(boxes: list[dict[str, Any]]) -> list[tuple[str, str]]:
    found = []
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            if a["of"] in (b["of"], b["inside"]) or b["of"] == a["inside"]:
                continue
            across = min(a["right"], b["right"]) - max(a["left"], b["left"])
            down = min(a["bottom"], b["bottom"]) - max(a["top"], b["top"])
            # a line's box is higher than its letters
            if across > 1 and down > 4:
                found.append((a["text"], b["text"]))
    return found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    written: Path = tmp_path_factory.mktemp("lab") / "lab.html"
    written.write_text(lab_page(), encoding="utf-8")
    return written


@pytest.fixture(scope="module")
def opened(chromium: Any, file: Path) -> Iterator[Opened]:
    page = Opened(chromium, file)
    yield page
    assert page.errors == []
    page.page.close()


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_overlaps_or_overflows(opened: Opened, width: int, settings: str) -> None:
    opened.page.set_viewport_size({"width": width, "height": 900})
    opened.go(settings)
    # pictures are drawn as wide as their places
    opened.page.wait_for_function(
        """() => [...document.querySelectorAll("figure > svg")].every(
          (svg) => svg.viewBox.baseVal.width === svg.parentElement.clientWidth)"""
    )
    assert opened.run("() => document.scrollingElement.scrollWidth") <= width
    boxes = opened.run(WORDS)
    assert len(boxes) > 100
    beyond = [box["text"] for box in boxes if box["left"] < 0 or box["right"] > width]
    assert beyond == []
    assert overlaps(boxes) == []
    cut = opened.run(
        """() => [...document.querySelectorAll("svg text")].filter((text) => {
          const box = text.getBoundingClientRect(), whole = text.ownerSVGElement.getBoundingClientRect();
          return box.left < whole.left - 1 || box.right > whole.right + 1 || box.bottom > whole.bottom + 1
            || box.top < whole.top - 1;
        }).map((text) => text.textContent)"""
    )
    assert cut == []


@pytest.mark.parametrize("width", WIDTHS)
def test_plots_beside_each_other_are_level_and_leave_no_room(opened: Opened, width: int) -> None:
    opened.page.set_viewport_size({"width": width, "height": 900})
    opened.go()
    benches = opened.run(
        """() => [...document.querySelectorAll(".panels")].map((panels) => [panels.getBoundingClientRect().right,
          [...panels.querySelectorAll("figure > svg")].map((svg) => svg.getBoundingClientRect())])"""
    )
    assert len(benches) == 3
    for edge, plots in benches:
        rows: dict[int, list[Any]] = {}
        for plot in plots:
            rows.setdefault(round(plot["bottom"]), []).append(plot)
        assert len(rows) == {390: len(plots), 820: -(-len(plots) // 2), 1400: 1}[width]
        for row in rows.values():
            assert max(plot["right"] for plot in row) == pytest.approx(edge, abs=1)
            assert len({round(plot["top"]) for plot in row}) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_the_paper(opened: Opened, scheme: str) -> None:
    """Contrast of 4.5 at least, as WCAG has it, for every colour of words."""
    opened.page.emulate_media(color_scheme=scheme)
    opened.go()
    colours = opened.run(
        """() => {
          const own = (node, name) => getComputedStyle(node)[name];
          const words = ["p", "a", "output", ".tick", ".axis", "text.note", "figcaption", ".key", "label"];
          return [own(document.body, "backgroundColor"), own(document.querySelector(".controls"), "backgroundColor"),
            words.map((name) => {
              const node = document.querySelector(`.bench ${name}, ${name}`);
              return own(node, node.tagName === "text" ? "fill" : "color");
            })];
        }"""
    )
    paper, panel, inks = colours
    for ink in inks:
        for ground in (paper, panel):
            assert contrast(ink, ground) >= 4.5, (ink, ground)


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [float(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
