"""The claim on Theorem 5.1: closed forms against certificates and instances, and without the solvers."""

import importlib.util
from typing import Any

import pytest

from pqtheory.claims import proxquant_convergence as claim
from pqtheory.evidence import Budget, worst_case
from pqtheory.evidence.verification import check_claim


def test_certified() -> None:
    pytest.importorskip("cvxpy")
    pytest.importorskip("clarabel")
    result = check_claim(claim.CLAIM, Budget())
    assert result.kind == "certified"
    assert result.ok
    assert result.measured[claim.CLAIM.headline] == pytest.approx(18 / 12, rel=1e-6)


@pytest.mark.parametrize("x", [0.1, 0.25, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("steps", [1, 2, 3, 7, 10])
def test_the_instances_are_legal_and_reach_the_closed_forms(x: float, steps: int) -> None:
    forms = {claim.STEP: claim.smallest_step, claim.GRADIENT: claim.smallest_gradient}
    for rule, constant in forms.items():
        instance = worst_case.on_the_line(x, steps, rule)
        assert instance.margin() >= -1e-7
        assert instance.ratio() == pytest.approx(constant(x, steps), rel=1e-6)


def test_known_values() -> None:
    assert claim.smallest_step(0.5, 10) == pytest.approx(18 / 12)
    assert claim.smallest_gradient(0.5, 10) == pytest.approx(0.6)
    assert claim.textbook(0.5, 10) == pytest.approx(1.8)
    assert claim.smallest_step(1.0, 10) == claim.smallest_step(1.0, 1) == 4


def test_without_the_solvers_it_is_sampled_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec

    def absent(name: str, *rest: Any) -> Any:
        return None if name in claim.PACKAGES else real(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", absent)
    result = check_claim(claim.CLAIM, Budget())
    assert result.kind == "sampled"
    assert result.notes == ("with cvxpy and clarabel installed the upper bound would be certified",)
    assert all(control.refuted for control in result.controls)


def test_a_bound_above_the_closed_form_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cvxpy")

    class Loose:
        value = 100.0

    monkeypatch.setattr(worst_case, "prox_gradient", lambda x, steps, rule: Loose())
    part = claim.CLAIM.parts[0].check(Budget())
    assert part.kind == "refuted"
    assert part.counterexample is not None
    assert part.counterexample["certified"] == 100.0


def test_simulated_runs_keep_to_the_constant_and_would_show_a_smaller_one() -> None:
    for rule, constant in (
        (claim.STEP, claim.smallest_step),
        (claim.GRADIENT, claim.smallest_gradient),
    ):
        assert claim._simulated(constant, rule, Budget()).kind == "sampled"
        tiny = claim._simulated(lambda x, t, c=constant: 1e-3 * c(x, t), rule, Budget())  # type: ignore[misc]
        assert tiny.kind == "refuted"
