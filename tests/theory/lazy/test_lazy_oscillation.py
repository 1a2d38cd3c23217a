"""The lazy iteration's orbit: proved with its exact range, found by computer algebra, and what decays or not."""

import dataclasses
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pqtheory.claims.calling import nothing
from pqtheory.evidence import Budget, smt
from pqtheory.evidence.symbolic import checks as algebra
from pqtheory.theory.lazy.lazy_oscillation import claim, decay, orbits

from ..verified import verified

QUICK = Budget()
HALF = Fraction(1, 2)


@pytest.fixture(scope="module")
def result() -> Any:
    return verified("lazy-oscillation")


def test_it_is_proved_without_prose_and_every_control_refuted(result: Any) -> None:
    assert result.kind == "proved"
    assert result.ok
    assert len(result.controls) == 6
    assert not any(part.prose for part in claim.CLAIM.parts)


def test_the_figures(result: Any) -> None:
    assert result.measured[orbits.FIGURES["small"]] == pytest.approx(1 / 6)
    # 2 / 2 / (2 * 2 + 3/2 / 8)
    assert result.measured[orbits.FIGURES["large"]] == pytest.approx(16 / 67)
    assert result.measured["share of starts that still flip, decaying steps"] == 1
    assert 0 < result.measured["largest late |F'(x_t)|, decaying steps"] < 1e-3


def test_without_an_engine_it_is_sampled_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "available", lambda: False)
    monkeypatch.setattr(algebra, "available", lambda: False)
    monkeypatch.setattr("pqtheory.claims.orbit.available", lambda: False)
    with monkeypatch.context() as fewer:
        fewer.setitem(sys.modules["pqtheory.claims.forall"].EXAMPLES, "quick", 20)
        for part in claim.CLAIM.parts:
            found = part.check(QUICK)
            assert found.kind == "sampled"
            assert "installed it would be proved" in found.note
    assert claim.CLAIM.controls[0].check(QUICK).kind == "refuted"


# the formula in numbers


@pytest.mark.parametrize("eps", [HALF, Fraction(1, 8)])
@pytest.mark.parametrize("eta", [Fraction(1, 64), Fraction(1), Fraction(7, 4)])
def test_the_orbit_goes_round_exactly_in_its_range(eta: Fraction, eps: Fraction) -> None:
    lowest, middle = eps * (1 - eta / 2), (1 - eps) * (1 - eta / 2)
    for strength in (lowest, (lowest + middle) / 2, middle, 2 * middle, Fraction(5)):
        size = np.asarray(orbits.a(eta, strength, eps)).item()
        assert 0 < size < eta / 2
        assert orbits.lazy(size, eta, strength, eps).item() == -size
        assert orbits.lazy(-size, eta, strength, eps).item() == size
    below = lowest * Fraction(99, 100)
    size = np.asarray(orbits.a(eta, below, eps)).item()
    assert abs(orbits.lazy(size, eta, below, eps).item()) < size


def test_both_orbits_attract() -> None:
    """Once round, with the slope (1 - eta)^2, or (1 - eta eps / (eps + lambda))^2."""
    pytest.importorskip("sympy")
    eta, strength, eps = orbits.SAMPLES["small"]
    assert orbits.SEARCHES["small"].find().slope(eta, strength, eps) == (1 - eta) ** 2
    eta, strength, eps = orbits.SAMPLES["large"]
    slope = orbits.SEARCHES["large"].find().slope(eta, strength, eps)
    assert slope == (1 - eta * eps / (eps + strength)) ** 2


# neighbours of the truth


def test_what_is_found_must_be_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("z3")
    pytest.importorskip("sympy")
    printed = orbits.a
    monkeypatch.setattr(orbits, "a", lambda *setting: printed(*setting) * Fraction(101, 100))
    assert orbits.found(QUICK).kind == "refuted"
    monkeypatch.setattr(orbits, "a", printed)
    monkeypatch.setattr(orbits, "in_range", lambda eta, strength, eps: strength >= eps)
    assert orbits.found(QUICK).kind == "refuted"


def test_a_wrong_rate_and_a_wrong_bound_are_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("z3")
    rate, least = decay.rate, decay.least
    nearly, more = Fraction(99, 100), Fraction(101, 100)
    monkeypatch.setattr(decay, "rate", lambda *setting: nearly * rate(*setting))
    assert decay.contracts(QUICK).kind == "refuted"
    monkeypatch.setattr(decay, "least", lambda *setting: more * least(*setting))
    assert decay.outward(QUICK).kind == "refuted"


@pytest.mark.parametrize("theorem", [decay.vanishes, decay.flips_and_vanishes])
def test_no_theorem_stands_without_its_lemmas(theorem: Any) -> None:
    pytest.importorskip("z3")
    assert dataclasses.replace(theorem, by=nothing)(QUICK).kind == "refuted"


def test_longer_steps_may_not_cross_nearby() -> None:
    """|theta'| <= eta lambda after a flip needs eta <= 1."""
    pytest.importorskip("z3")
    longer = dataclasses.replace(decay.crosses, variables={**decay.crosses.variables, "eta": _to_2})
    assert longer(QUICK).kind == "refuted"


def _to_2(eta: Any) -> Any:
    return eta > 0, eta <= 2
