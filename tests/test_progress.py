"""The progress bar: when it appears, where, what it is told, and what is left of it."""

import sys
from collections.abc import Callable
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
import rich.console

from pqtheory import _progress
from pqtheory._progress import SECONDS_BEFORE_BAR, STRIDE, progress_bar


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


class Shown:
    """A bar that writes down what it is told."""

    def __init__(self, *what: Any, stays: bool) -> None:
        self.what, self.stays, self.told = what, stays, []  # type: ignore[var-annotated]

    def moved(self, done: int) -> None:
        self.told.append(done)

    def stop(self, done: int) -> None:
        self.told.append(("stop", done))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(_progress, "time", made)
    return made


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Shown]]:
    """The bars that appeared, by kind."""
    made: list[tuple[str, Shown]] = []

    def maker(kind: str) -> Any:
        def make(*what: Any, stays: bool) -> Shown:
            made.append((kind, Shown(*what, stays=stays)))
            return made[-1][1]

        return make

    monkeypatch.setattr(_progress, "_OnTerminal", maker("terminal"))
    monkeypatch.setattr(_progress, "_InNotebook", maker("notebook"))
    return made


def on(monkeypatch: pytest.MonkeyPatch, *, terminal: bool, jupyter: bool) -> Any:
    console = SimpleNamespace(is_terminal=terminal, is_jupyter=jupyter)

    def make(stderr: bool) -> Any:
        assert stderr is True
        return console

    monkeypatch.setattr(rich.console, "Console", make)
    return console


PLACES = {"terminal": (True, False), "notebook": (False, True), "pipe": (False, False)}


@pytest.mark.parametrize("place", PLACES)
def test_a_bar_that_is_asked_for_is_there_at_once(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, bars: Any, place: str
) -> None:
    terminal, jupyter = PLACES[place]
    console = on(monkeypatch, terminal=terminal, jupyter=jupyter)
    total = STRIDE + 3
    with progress_bar("working", total, True) as advance:
        ((kind, bar),) = bars
        for _ in range(total):
            advance()
    assert len(bars) == 1
    # it is told from time to time, and of the last step in any case
    assert bar.told == [STRIDE, total, ("stop", total)]
    if place == "notebook":
        assert (kind, bar.what, bar.stays) == ("notebook", ("working", total), True)
    else:
        assert (kind, bar.what) == ("terminal", (console, "working", total))
        # what moved is wiped away, what could not is left as a line
        assert bar.stays is (place == "pipe")


@pytest.mark.parametrize("place", PLACES)
def test_a_bar_that_nobody_asked_for_waits_and_moves_or_is_none(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, bars: Any, place: str
) -> None:
    terminal, jupyter = PLACES[place]
    on(monkeypatch, terminal=terminal, jupyter=jupyter)
    with progress_bar("working", 9 * STRIDE, None) as advance:
        clock.now += SECONDS_BEFORE_BAR - 0.5
        for _ in range(STRIDE):
            advance()
        assert bars == []
        clock.now += 0.5
        for _ in range(STRIDE - 1):
            advance()
        assert bars == []
        advance()
        advance()
        if place == "pipe":
            # nor is it looked for again
            monkeypatch.setattr(rich.console, "Console", None)
            clock.now += 100.0
            for _ in range(STRIDE):
                advance()
            assert bars == []
            return
        ((kind, bar),) = bars
    assert kind == place
    assert bar.stays is False
    assert bar.told == [2 * STRIDE, ("stop", 2 * STRIDE + 1)]


def test_the_last_step_of_a_short_run_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, bars: Any
) -> None:
    on(monkeypatch, terminal=True, jupyter=False)
    with progress_bar("working", 2, None) as advance:
        clock.now += SECONDS_BEFORE_BAR
        advance()
        assert bars == []
        advance()
    assert bars[0][1].told == [2, ("stop", 2)]


def test_a_bar_that_is_not_wanted_is_not_even_looked_for(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, bars: Any
) -> None:
    monkeypatch.setattr(rich.console, "Console", None)
    with progress_bar("working", 2, False) as advance:
        clock.now += 100.0
        for _ in range(2 * STRIDE):
            assert advance() is None  # type: ignore[func-returns-value]
    assert bars == []


def test_a_bar_ends_with_what_fails(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, bars: Any
) -> None:
    on(monkeypatch, terminal=True, jupyter=False)

    def fail(advance: Callable[[], None]) -> None:
        advance()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), progress_bar("working", 9, True) as advance:
        fail(advance)
    assert bars[0][1].told == [("stop", 1)]


@pytest.mark.parametrize("stays", [True, False])
def test_on_a_terminal(stays: bool) -> None:
    screen = StringIO()
    console = rich.console.Console(file=screen, width=80)
    bar = _progress._OnTerminal(console, "working", 8, stays=stays)
    (task,) = bar.bar.tasks
    assert (task.description, task.total, task.completed) == ("working", 8, 0)
    assert bar.bar.live.is_started
    assert bar.bar.live.console is console
    assert bar.bar.live.transient is not stays
    bar.moved(2)
    assert task.completed == 2
    bar.stop(2)
    assert not bar.bar.live.is_started
    if stays:
        assert "working" in screen.getvalue()
        assert "25%" in screen.getvalue()


@pytest.mark.parametrize("stays", [True, False])
def test_in_a_notebook(monkeypatch: pytest.MonkeyPatch, clock: Clock, stays: bool) -> None:
    cell: list[Any] = []

    def display(what: Any, display_id: bool) -> Any:
        assert display_id is True
        cell.append(what)
        return SimpleNamespace(update=cell.append)

    # in powers of 2, so that times are exact
    monkeypatch.setattr(_progress, "SECONDS_BETWEEN_LOOKS", 0.25)
    shown = SimpleNamespace(HTML=lambda text: text, display=display)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(display=shown))
    monkeypatch.setitem(sys.modules, "IPython.display", shown)
    bar = _progress._InNotebook("a < b", 8, stays=stays)

    def at(done: int) -> str:
        return f'a &lt; b <progress value="{done}" max="8"></progress> {done} of 8'

    assert cell == [at(0)]
    # not more often than anybody looks
    clock.now = 100.125
    bar.moved(1)
    assert cell == [at(0)]
    clock.now = 100.25
    bar.moved(2)
    bar.moved(3)
    assert cell == [at(0), at(2)]
    clock.now = 100.5
    bar.moved(4)
    bar.stop(5)
    assert cell == [at(0), at(2), at(4), at(5) if stays else ""]


def test_a_bar_of_no_steps_in_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    cell: list[Any] = []
    shown = SimpleNamespace(
        HTML=lambda text: text, display=lambda what, display_id: cell.append(what)
    )
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(display=shown))
    monkeypatch.setitem(sys.modules, "IPython.display", shown)
    _progress._InNotebook("none", 0, stays=True)
    assert cell == ['none <progress value="0" max="1"></progress> 0 of 0']
