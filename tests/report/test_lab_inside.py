"""The lab inside the report: the same benches, as high as they are, with their settings in the report's address."""

from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pqtheory as pq
from pqtheory.report import render
from pqtheory.report.lab import lab_page
from pqtheory.theory import verify

from .browser import Opened
from .test_report import Page, claim

#: above the lab and below it
FAR, PLACE = '<div style="height: 3000px"></div>', '<h2 id="place">below</h2>'


@pytest.fixture(scope="module")
def report() -> str:
    made = render(verify(claim("c")), lab="lab.html")
    return made.replace("<h2>The lab", f"{FAR}<h2>The lab").replace("</body>", f"{PLACE}</body>")


@pytest.fixture(scope="module")
def opened(
    chromium: Any, report: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Opened]:
    file: Path = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(report, encoding="utf-8")
    page = Opened(chromium, file)
    yield page
    assert page.errors == []
    page.page.close()


def inside(opened: Opened, script: str) -> Any:
    """The value of a script in the frame, once the lab is there."""
    opened.page.wait_for_function("() => frames[0].document?.querySelector('#prox figure svg')")
    return opened.page.frames[1].evaluate(script)


def test_the_report_has_the_whole_lab(report: str) -> None:
    (frame,) = Page(report).all("iframe")
    assert frame["srcdoc"] == lab_page()
    assert unescape(report).count(lab_page()) == 1
    assert "<iframe" not in render(verify(claim("c")))


def test_its_runs_are_those_of_the_library(opened: Opened) -> None:
    opened.open_again("toy.start=0.62&toy.rate=0.03")
    run = inside(opened, "() => lab.toy.run(1).latent")
    W = pq.regularizers.DistanceL1(pq.sets.Binary())
    method = pq.methods.ProxQuant(W, 0.05, pq.schedules.Linear(0.03))
    path = pq.simulate(method, pq.problems.TwoFunctionToy(1), np.array([0.62]), 100)
    np.testing.assert_allclose(run, path.latent[:, 0], rtol=0, atol=1e-12)


def test_settings_are_in_the_address_that_is_seen(opened: Opened) -> None:
    opened.open_again()
    inside(opened, "() => lab.toy.settings.set({ rate: 0.04 })")
    assert opened.run("() => location.hash") == "#toy.rate=0.04"
    # a place of the report is no setting
    opened.run("() => { location.hash = 'place'; }")
    opened.page.wait_for_function("() => location.hash === '#place'")
    assert inside(opened, "() => lab.toy.settings.values.rate") == 0.04
    opened.open_again("grid.bits=3")
    assert inside(opened, "() => lab.grid.settings.values.bits") == 3
    # and a link to settings leads to where they are seen
    top = opened.run("() => document.querySelector('iframe').getBoundingClientRect().top")
    assert -1 <= top < 900


def test_it_is_drawn_before_anything_is_set(opened: Opened) -> None:
    for place in ("", "place"):
        opened.open_again(place)
        shown = "() => [...document.querySelectorAll('#toy output')].map((made) => made.value)"
        assert inside(opened, shown) == ["", "0.3", "0.05", "0.05", "100", "30"]
        drawn = "() => [...document.querySelectorAll('figure > svg')].every((made) => made.querySelector('path'))"
        assert inside(opened, drawn)
        # readers are left where they came to
        assert (opened.run("() => scrollY") > 0) == (place != "")


@pytest.mark.parametrize("width", [390, 820, 1400])
def test_the_frame_fits(opened: Opened, width: int) -> None:
    opened.page.set_viewport_size({"width": width, "height": 900})
    opened.open_again()
    fits = """() => { const { scrollHeight, scrollWidth, clientHeight, clientWidth } = document.documentElement;
      return scrollHeight <= clientHeight && scrollWidth <= clientWidth; }"""
    inside(opened, "() => 0")
    opened.page.frames[1].wait_for_function(fits)
    assert opened.run("() => document.scrollingElement.scrollWidth") <= width
