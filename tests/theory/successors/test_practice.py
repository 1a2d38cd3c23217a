"""What practice adds: rounding without bias, x + (q - x), +-1 matrices."""

from fractions import Fraction

import numpy as np
import pytest

from pqtheory.claims import Budget
from pqtheory.theory.successors import detach_is_inexact as detach
from pqtheory.theory.successors import lotion_interpolates as lotion
from pqtheory.theory.successors import pm1_lstm_saturates as pm1

from ..verified import verified

QUICK = Budget("quick")


@pytest.mark.parametrize("name", ["lotion-interpolates", "detach-is-inexact", "pm1-lstm-saturates"])
def test_proved_without_prose(name):
    result = verified(name)
    assert (result.kind, len(result.prose)) == ("proved", 0)
    assert all(control.refuted for control in result.controls)


def test_detached_weights_number_by_number():
    """Written once more with plain float16 numbers."""
    with np.errstate(over="ignore"):
        for scale in (1.0, 1.1, 1.25):
            q = np.float16(scale)
            bad = [x for x in np.arange(1, 700, dtype=np.float16) if x + (q - x) != q]
            assert (min(bad) if bad else np.inf) >= detach.first_failure(scale)
            assert bool(bad) == (detach.first_failure(scale) < 700)
    assert verified("detach-is-inexact").measured[detach.FIRST] == 2050
    off = verified("detach-is-inexact").measured[detach.SHARE]
    assert off[0] == 0
    assert off[2] > off[1] > 0
    assert len(detach.halves(8)) == 36_866


def test_the_bound_of_exactness_is_sharp():
    assert detach.exact_up_to(1.0, 2048)(QUICK).kind == "proved"
    assert detach.exact_up_to(1.0, 2050)(QUICK).counterexample in ({"x": 2050.0}, {"x": -2050.0})


def test_rounding_a_whole_quadratic():
    diagonal, point = (
        [Fraction(2), Fraction(-1), Fraction(1, 3)],
        [Fraction(1, 2), Fraction(-1, 4), Fraction(0)],
    )
    assert lotion._mean_of_code(diagonal, point, Fraction(5, 7))


def test_fixed_points_and_one_change_minima_on_random_quadratics():
    """All vertices of whole problems: the implication of each sign of the diagonal, and that it is no more."""
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(60):
        H = rng.integers(-3, 4, (3, 3))
        H = H + H.T
        np.fill_diagonal(H, np.abs(np.diag(H)) if rng.random() < 0.5 else -np.abs(np.diag(H)))
        b = rng.integers(-4, 5, 3)
        for s in np.array(np.meshgrid(*[[-1, 1]] * 3)).reshape(3, -1).T:
            g = H @ s + b
            fixed = bool((s * g <= 0).all())
            flips = [s - 2 * s[i] * np.eye(3)[i] for i in range(3)]
            L = [v @ H @ v / 2 + b @ v for v in (s, *flips)]
            minimum = min(L[1:]) >= L[0]
            if (np.diag(H) >= 0).all():
                assert minimum or not fixed
                seen.add(("convex", fixed, minimum))
            if (np.diag(H) <= 0).all():
                assert fixed or not minimum
                seen.add(("concave", fixed, minimum))
    assert {("convex", False, True), ("concave", True, False)} <= seen


@pytest.mark.parametrize("shape", [(3, 5), (12, 3), (4, 4)])
def test_norms_of_random_signs(shape):
    A = np.where(np.random.default_rng(0).random(shape) < 0.5, -1.0, 1.0)
    assert np.linalg.norm(A, 2) ** 2 >= max(shape) - 1e-9


def test_the_code_scales_its_rows():
    assert pm1._row_of_code([Fraction(1), Fraction(-3), Fraction(1, 2)]) >= 0
    assert pm1._row_of_code([Fraction(2), Fraction(-2)]) == 0


def test_a_wrong_claim_on_norms_is_noticed():
    pytest.importorskip("z3")
    assert pm1.norm_is_at_least(Fraction(101, 100))(QUICK).kind == "refuted"
    assert pm1.shorter_rows(Fraction(99, 100))(QUICK).kind == "refuted"
    assert lotion.gains_by_rounding(Fraction(1, 2))(QUICK).kind == "refuted"
