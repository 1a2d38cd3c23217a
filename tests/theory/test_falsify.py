"""The falsify engine on the shipped claims: no part is refuted, and every control is, by a case that replays."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pqtheory.claims import cases as falsify
from pqtheory.claims.together import AllOf
from pqtheory.theory import BOOK

from .verified import verified

SEARCHABLE = [
    (name, item)
    for name in BOOK.names
    for item in (*BOOK.load(name).parts, *BOOK.load(name).controls)
    if isinstance(item.check, falsify.Searchable)
    and not (isinstance(item.check, AllOf) and not item.check.cases)
]
PARTS = [(name, item) for name, item in SEARCHABLE if item in BOOK.load(name).parts]
#: enough to reach the code of each part, which is proved; more where it speaks of few of the cases that are drawn
FEW, MORE = 20, 60


@pytest.mark.parametrize(("name", "part"), PARTS, ids=lambda x: getattr(x, "name", x))
def test_no_part_of_a_shipped_claim_is_refuted(name: str, part: Any) -> None:
    found = part.check.search(FEW)
    if found is None:
        found = part.check.search(MORE)
    assert found is not None
    assert found.kind == "sampled"
    assert found.margin >= 0


def test_every_claim_has_a_part_to_search() -> None:
    # one looks at every number of half precision
    assert {name for name, _ in PARTS} == set(BOOK.names) - {"detach-is-inexact"}
    # what is left is one instance or one run, of which there are no cases, or all float16 numbers, each looked at
    searched = {id(item) for _, item in SEARCHABLE}
    claims = {name: BOOK.load(name) for name in BOOK.names}
    rest = {
        (name, item.name)
        for name, claim in claims.items()
        for item in (*claim.parts, *claim.controls)
        if id(item) not in searched and item.name != "readings agree"
    }
    assert rest == {
        ("bc-is-dual-averaging", "Adam"),
        ("bc-average", "clipped minimiser"),
        ("lazy-oscillation", "found"),
        ("no-fixed-point", "indefinite"),
        ("no-fixed-point", "planted"),
        # each number of half precision is looked at
        *(
            ("detach-is-inexact", item.name)
            for item in (*claims["detach-is-inexact"].parts, *claims["detach-is-inexact"].controls)
        ),
    }


CONTROLS = [(name, item) for name, item in SEARCHABLE if item in BOOK.load(name).controls]


@pytest.mark.parametrize(("name", "control"), CONTROLS, ids=lambda x: getattr(x, "name", x))
def test_the_counterexample_of_every_control_replays(name: str, control: Any) -> None:
    """That of its check, or where this is a run of many steps that of a search."""
    (found,) = (c.evidence for c in verified(name).controls if c.name == control.name)
    assert found.kind == "refuted"
    try:
        replayed = control.check.replay(found.counterexample)
    except ValueError:
        # Hypothesis tries constants of the modules that happen to be loaded, too: no fixed number of examples will do
        searches = (control.check.search(examples) for examples in (300, 3000, 30_000))
        searched = next(s for s in searches if s is not None and s.kind == "refuted")
        replayed = control.check.replay(searched.counterexample)
    assert replayed.kind == "refuted"


@pytest.mark.parametrize(
    ("name", "control"),
    [
        ("w-prox", "threshold 2 lambda"),
        ("w-prox", "0 stays 0"),
        ("squared-prox", "0 stays 0"),
        ("codebook-prox", "any level, L1"),
        ("no-fixed-point", "convex is enough"),
        ("no-fixed-point", "positive excludes"),
        ("proxquant-fixed-points", "without the step size"),
        ("proxquant-fixed-points", "scaled strength"),
    ],
)
def test_controls_are_refuted_by_simple_cases(name: str, control: str) -> None:
    (item,) = (c for c in BOOK.load(name).controls if c.name == control)
    assert isinstance(item.check, falsify.Searchable)
    found = item.check.search(500)
    assert found is not None
    assert found.kind == "refuted"
    assert found.counterexample is not None
    case = {k: v for k, v in found.counterexample.items() if k != "margin"}
    numbers = [Fraction(n) for v in case.values() for n in np.ravel(np.array(v, dtype=object))]
    assert all(n.denominator <= 4 and abs(n) <= 4 for n in numbers)
