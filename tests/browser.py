"""A headless Chromium for the tests of pages; they are skipped, with a word why, where there is none."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser, started once."""
    api = pytest.importorskip(
        "playwright.sync_api", reason="needs playwright: pip install 'pqtheory[browser]'"
    )
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    # Chromium's own sandbox does not start for the superuser
    options = ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
    with api.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=options, timeout=120_000)
        yield browser
        browser.close()
