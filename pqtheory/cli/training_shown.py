"""What a training says: beside its bar while it goes on, in one line at its end, and what it warns of."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pqtheory.networks.metrics import error_of, measure_of


def show_steps(update: Callable[[int, int, str], None]) -> Callable[..., None]:
    """Of each step: where it is, and the last error and sign change that were measured."""
    known: dict[str, Any] = {}

    def show(epoch: int, epochs: int, step: int, steps: int, last: dict[str, Any]) -> None:
        # errors may be measured every few epochs only
        known.update(last)
        update(epoch * steps + step, epochs * steps, _shown(epoch, epochs, known))

    return show


def _shown(epoch: int, epochs: int, known: dict[str, Any]) -> str:
    """What stands beside the bar: short, with the measure of the quantized network where there is one."""
    parts = [f"epoch {epoch + 1}/{epochs}"]
    measure = measure_of(known)
    if measure is not None:
        value = error_of(known[measure.name]["test"])
        parts.append(f"{measure.name} {measure.shown(value)}")
    if "signs" in known:
        parts.append(f"signs {100 * known['signs']['all']['change_from_start']:.1f} %")
    return "  ".join(parts)


def brief_metrics(metrics: dict[str, Any]) -> str:
    """The measure on test data, and sign change."""
    shown = []
    measure = measure_of(metrics)
    if measure is not None:
        figures = (f"{k} {measure.shown(v)}" for k, v in metrics[measure.name]["test"].items())
        shown.append(f"test {measure.name}: {', '.join(figures)}")
    change = metrics.get("signs", {}).get("all", {}).get("change_from_start")
    if change is not None:
        shown.append(f"signs changed {100 * change:.2f} %")
    return "; ".join(shown)


@contextmanager
def advice_collected() -> Iterator[list[str]]:
    """What the training warns of, for lines of its own when the bar has gone; other warnings stay what they are."""
    from pqtheory.networks.optim.split import LeftOutWarning
    from pqtheory.networks.training import FarFromLevelsWarning

    ours = (FarFromLevelsWarning, LeftOutWarning)
    found: list[str] = []
    with warnings.catch_warnings():
        for kind in ours:
            warnings.simplefilter("always", kind)
        shown = warnings.showwarning

        def show(message: Any, category: type[Warning], *rest: Any, **more: Any) -> None:
            if issubclass(category, ours):
                found.append(str(message))
            else:
                shown(message, category, *rest, **more)

        warnings.showwarning = show
        yield found
