"""Claims and results at hand, and how a table is printed."""

import io
from fractions import Fraction

from rich.console import Console

from pqtheory.claims import Claim, Control, Part
from pqtheory.claims.results import ClaimResult, ItemResult
from pqtheory.evidence import Evidence, Step


class Stated:
    """A check that states something."""

    def __call__(self, budget):
        return Evidence("sampled", 1, 0.0)


STATED = Stated()


def claim(name="one", **more):
    parts, controls = (Part("p", "holds", STATED),), (Control("c", "fails", STATED),)
    return Claim(name, "a source", "a statement", "a = b", parts, controls, "n", **more)


REFUTED = Evidence("refuted", 2, -1.0, counterexample={"x": Fraction(1, 3), "margin": -1.0})
PROVED = Evidence(
    "proved",
    measured={"n": 0.25, "m": 2},
    predicted={"n": Fraction(1, 4)},
    note="a note",
    proof=(
        Step("z3: shown", "x^2", "(assert x)\n(check-sat)"),
        Step("in a line", prose=True),
    ),
)


def result(found=PROVED, control=REFUTED, of=None, seconds=1.234, **more):
    return ClaimResult(
        of or claim(),
        (ItemResult("p", "holds", found),),
        (ItemResult("c", "fails", control),),
        seconds,
        **more,
    )


def printed(table, width=160):
    stream = io.StringIO()
    Console(file=stream, width=width).print(table)
    return "\n".join(line.rstrip() for line in stream.getvalue().split("\n"))
