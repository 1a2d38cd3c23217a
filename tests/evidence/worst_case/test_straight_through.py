"""The worst case of straight-through with errors: certificates, and runs of them."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

pytest.importorskip("cvxpy")
pytest.importorskip("clarabel")

from pqtheory.evidence import worst_case
from pqtheory.evidence.worst_case import StraightThroughModel, straight_through


@pytest.fixture(scope="module")
def found():
    return straight_through(Fraction(1, 4), 3, distance=1, error=Fraction(1, 2))


def test_certificate_and_run_meet(found):
    (certificate,) = found.certificates
    assert certificate.holds()
    assert float(certificate.bound) <= found.value <= found.primal * (1 + 1e-5)
    assert "form" in certificate.step().machine
    run = worst_case.rerun(found.instance)
    assert run.holds
    assert run.ratio == pytest.approx(found.primal, abs=1e-9)


def test_a_certificate_that_is_none_is_noticed(found):
    (certificate,) = found.certificates
    pair = next(iter(certificate.smoothness))
    less = {**certificate.smoothness, pair: certificate.smoothness[pair] / 2}
    assert not replace(certificate, smoothness=less).holds()
    limits = tuple(s * Fraction(9, 10) for s in certificate.limits)
    assert not replace(certificate, limits=limits).holds()
    turned = {**certificate.smoothness, pair: -certificate.smoothness[pair]}
    assert not replace(certificate, smoothness=turned).holds()


def test_a_certificate_has_a_multiplier_for_each_limit(found):
    (certificate,) = found.certificates
    short = replace(certificate, limits=certificate.limits[:-1])
    with pytest.raises(ValueError, match=r"zip\(\)"):
        _ = short.bound


def test_an_instance_that_is_none_is_noticed(found):
    errors = found.instance.errors * 1.01
    assert not worst_case.rerun(replace(found.instance, errors=errors)).holds
    losses = found.instance.losses + np.array([1e-3, 0, 0, 0])
    assert not worst_case.rerun(replace(found.instance, losses=losses)).holds


@pytest.mark.parametrize(
    ("x", "steps", "options", "value"),
    [
        # one step from the optimum, any size
        (0.3, 1, {}, 1 / 2),
        (1, 3, {}, 3 / 2),
        # gradient descent: |w_0| = 2
        (0.5, 2, {"distance": 2, "error": 0}, 4 / 3),
        # runs of any size, without that of other things to compare with
        (0.5, 2, {"error": Fraction(1, 10**6)}, 0.8125e-12),
        (0.5, 2, {"distance": 2000, "error": 0}, 4e6 / 3),
        # sizes that vary
        ([1.0, 0.5], 2, {"distance": 1, "error": 0}, 1 / 4),
    ],
)
def test_values_that_are_known(x, steps, options, value):
    assert straight_through(x, steps, **options).value == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize("error", [Fraction(1, 900), Fraction(1, 10**4), Fraction(1, 10**9)])
@pytest.mark.parametrize("unit", [1, 3000])
def test_distance_and_error_of_very_different_size(error, unit):
    """The worst of these is ((R + delta) / 2)^2, also where the solver cannot see one beside the other."""
    found = straight_through(0.5, 3, distance=unit, error=unit * error)
    assert found.value == pytest.approx(unit**2 * float((1 + error) / 2) ** 2, rel=1e-5)
    assert found.primal == pytest.approx(found.value, rel=1e-5)
    (certificate,) = found.certificates
    assert certificate.holds()
    assert found.instance.margin() >= 0


def test_a_small_distance_beside_the_error():
    found = straight_through(0.5, 3, distance=Fraction(1, 10**5), error=1)
    # from the optimum 0.8125, and no less from near it
    from_the_optimum = straight_through(0.5, 3).primal
    assert from_the_optimum <= found.value <= from_the_optimum * (1 + 1e-4)
    assert worst_case.rerun(found.instance).holds


def test_no_random_run_is_worse():
    """On quadratics in the plane, with errors of the greatest length."""
    rng, T, x = np.random.default_rng(0), 3, 0.75
    bound = straight_through(x, T, distance=1, error=0.5).value
    for _ in range(300):
        curvature = rng.uniform(0, 1, 2)
        angles = rng.uniform(0, 2 * np.pi, T + 1)
        directions = np.stack([np.cos(angles), np.sin(angles)], -1)
        w, total = directions[0], 0.0
        for r in directions[1:] / 2:
            q = w + r
            total += (curvature * q * q).sum() / 2
            w = w - x * curvature * q
        assert total / T <= bound


def test_arguments():
    for x in (0, 2, -1, [0.5]):
        with pytest.raises(ValueError, match=r"x: expected"):
            straight_through(x, 2)
    with pytest.raises(ValueError, match="error: expected"):
        straight_through(0.5, 2, error=0)
    with pytest.raises(ValueError, match="distance"):
        straight_through(0.5, 2, distance=-1)
    assert StraightThroughModel((Fraction(1),), Fraction(0), Fraction(1)).steps == 1
