"""Names of layers, runs and claims in pictures: as they are, no formulas, none left out."""

import pytest

pytest.importorskip("matplotlib")

from pqtheory.methods import BinaryConnect
from pqtheory.plotting.book_layout import Entry
from pqtheory.plotting.book_map import book_map
from pqtheory.plotting.distances import distances
from pqtheory.plotting.run_curves import run_curves
from pqtheory.plotting.sign_curves import sign_curves
from pqtheory.plotting.trajectory import trajectory

NAMES = ["$w_1$", "x_{$ and $", r"\$a", "_hidden", "a\x1b[31m", "$\\frac{$"]
SHOWN = ["$w_1$", "x_{$ and $", r"\$a", "_hidden", r"a\x1b[31m", "$\\frac{$"]


LINES = [
    {
        "epoch": 1,
        "error": {"test": {"latent": 0.1}},
        "signs": {"all": {"change_from_start": 0.1, "flips": 0.1, "reversals": 0.0}},
    }
]


def texts(figure):
    from matplotlib.text import Text

    return {t.get_text(): t.get_parse_math() for t in figure.findobj(Text) if t.get_text()}


def record(name):
    return {"upper": 1.0, "layers": {name: {"counts": [1, 2, 0, 1], "pinned": 0.1}}}


@pytest.mark.parametrize(("name", "shown"), list(zip(NAMES, SHOWN, strict=True)))
def test_names_are_shown_as_they_are(name, shown):
    drawn = {
        "signs": (sign_curves({name: {name: [[0.1, 0.2]]}}, [name]), [shown, f"{shown} (1)"]),
        "distances": (distances({name: [record(name)]}, [name]), [shown, f"{shown} (1)"]),
        "map": (book_map([Entry(name, name, (), "", "")]), [shown]),
        "trajectory": (
            trajectory({name: BinaryConnect(0.1)}, steps=2),
            [f"{shown}: no level changes"],
        ),
        "run": (run_curves(LINES, title=name), [shown]),
    }
    for kind, (figure, expected) in drawn.items():
        found = texts(figure)
        for text in expected:
            assert found.get(text) is False, (kind, text, found)
        # what is no formula after all would raise
        figure.draw_without_rendering()
