"""A page in a headless browser, as the tests drive it."""

from pathlib import Path
from typing import Any


class Opened:
    """A page with its errors, which the tests want to be none."""

    def __init__(self, browser: Any, file: Path, *, width: int = 1400, scheme: str = "light"):
        self.page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._asked)
        self.address = file.as_uri()

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:")):
            self.errors.append(f"asks the network for {request.url}")

    def go(self, settings: str = "") -> None:
        """The page at these settings; opened the first time, and then by its address alone."""
        if self.page.url == "about:blank":
            self.page.goto(f"{self.address}#{settings}")
            return
        self.run(
            "to => { location.hash = to; dispatchEvent(new HashChangeEvent('hashchange')); }",
            settings,
        )

    def open_again(self, settings: str = "") -> None:
        """The page, loaded anew."""
        self.page.goto("about:blank")
        self.go(settings)

    def run(self, script: str, *arguments: Any) -> Any:
        """The value of a script on the page."""
        return self.page.evaluate(script, *arguments)
