"""What every page of the book is: proved, told in full, with controls that fall to cases."""

import pytest

from pqtheory.evidence import Budget
from pqtheory.theory import BOOK

from .verified import verified

QUICK = Budget("quick")
#: arguments that no engine carries as a whole
IN_WORDS = {
    "alternating-prox": ("descent",),
    "fixed-point-existence-is-np-hard": ("equal halves",),
}


@pytest.mark.parametrize("name", BOOK.names)
def test_a_page_is_proved_and_its_controls_fall(name: str) -> None:
    result = verified(name)
    assert [(p.name, p.kind, p.evidence.note) for p in result.parts if p.kind != "proved"] == []
    assert result.ok
    assert not result.notes
    for control in result.controls:
        assert control.refuted
        assert control.evidence.counterexample


@pytest.mark.parametrize("name", BOOK.names)
def test_a_page_is_told_in_full(name: str) -> None:
    claim = BOOK.load(name)
    assert claim.statement
    assert claim.formula
    assert claim.formula_latex
    assert claim.derivation_latex
    assert claim.operators
    assert claim.controls
    assert set(claim.uses) <= set(BOOK.names) - {name}
    assert tuple(part.name for part in claim.parts if part.prose) == IN_WORDS.get(name, ())


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("w-prox", "closed form"),
        ("squared-prox", "half square"),
        ("codebook-prox", "nearest level"),
    ],
)
def test_without_an_engine_a_page_is_sampled_and_says_so(name, part, without_engines) -> None:
    claim = BOOK.load(name)
    (check,) = (p.check for p in claim.parts if p.name == part)
    without_engines()
    found = check(QUICK)
    assert found.kind == "sampled"
    assert "with z3-solver installed it would be proved" in found.note
