"""Worst cases of lazy prox-gradient: bounds that hold exactly, instances that run, failures that are told."""

import dataclasses
import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("cvxpy")
pytest.importorskip("clarabel")

import cvxpy

from pqtheory.evidence.worst_case import (
    MEASURES,
    STRENGTHS,
    LazyCertificate,
    LazyInstance,
    LazyModel,
    SolverError,
    WorstCase,
    lazy,
    lazy_certificate,
    lazy_prox_gradient,
    rerun,
)
from pqtheory.evidence.worst_case.interpolation import (
    AffinePieces,
    InterpolatedLoss,
    least_mixture,
)
from pqtheory.evidence.worst_case.lazy_model import Forms, combined, flat, semidefinite

FIXED, AGGREGATED = STRENGTHS
LAST, BEST, AVERAGE = MEASURES
CASES = [(s, m, x, t) for s in STRENGTHS for m in MEASURES for x in (0.25, 1.0) for t in (1, 2, 4)]


@pytest.fixture(scope="module")
def solved() -> dict[Any, WorstCase]:
    return {case: lazy_prox_gradient(case[2], case[3], *case[:2]) for case in CASES}


# what is found


@pytest.mark.parametrize("case", CASES)
def test_certificate_and_instance_meet(solved: dict[Any, WorstCase], case: Any) -> None:
    found = solved[case]
    run = rerun(found.instance)
    assert found.status == "optimal"
    assert found.gap == found.value - found.primal
    assert 0 <= found.gap <= 2e-4 * found.value
    assert found.dual == pytest.approx(found.value, rel=1e-4)
    assert run.holds
    assert run.margin > 0
    assert run.ratio == pytest.approx(found.primal, rel=1e-4)
    # a constant 1% smaller is refuted by the run itself
    assert run.ratio > 0.99 * found.value


@pytest.mark.parametrize("case", CASES)
def test_the_certificate_holds_and_no_smaller_one(solved: dict[Any, WorstCase], case: Any) -> None:
    (proof,) = solved[case].certificates
    assert isinstance(proof, LazyCertificate)
    assert proof.holds()
    assert Fraction(solved[case].value) >= proof.bound
    assert not dataclasses.replace(proof, bound=proof.bound * Fraction(99, 100)).holds()


@pytest.mark.parametrize("x", [0.25, 1.0])
def test_known_values(solved: dict[Any, WorstCase], x: float) -> None:
    for steps in (1, 2, 4):
        # found by the solver first, proved by multipliers in closed form in the claim lazy-minimises-what
        mean = solved[AGGREGATED, AVERAGE, x, steps].value
        assert mean == pytest.approx(1 / (x * (steps + 1)), rel=1e-5)
        for strength in STRENGTHS:
            values = [solved[strength, m, x, steps].value for m in (BEST, LAST)]
            assert values[0] == pytest.approx(values[1], rel=1e-5)
            # mirror descent's constant, which R = indicator would need
            assert max(values) < 1 / (x * steps)
        # R = 0 is a special case: gradient descent has |u - p_0|^2 / (4 x T + 2)
        assert solved[FIXED, LAST, x, steps].value > 1 / (2 * x * steps + 1)
    # one aggregated step is one eager step, whose constant is |u - p_0|^2 / (4 x)
    assert solved[AGGREGATED, LAST, x, 1].value == pytest.approx(1 / (2 * x), rel=1e-5)


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("measure", MEASURES)
def test_more_steps_are_better(solved: dict[Any, WorstCase], strength: str, measure: str) -> None:
    values = [solved[strength, measure, 0.25, t].value for t in (1, 2, 4)]
    assert values == sorted(values, reverse=True)
    assert values[-1] < 0.9 * values[0]


@pytest.mark.parametrize("strength", STRENGTHS)
def test_ten_steps(strength: str) -> None:
    found = lazy_prox_gradient(0.5, 10, strength)
    assert found.gap <= 1e-3 * found.value
    assert rerun(found.instance).holds


@pytest.mark.parametrize("x", [[0.3, 0.9], (0.9, 0.3), np.array([Fraction(1, 4), Fraction(3, 4)])])
@pytest.mark.parametrize("strength", STRENGTHS)
def test_step_sizes_that_vary(x: Any, strength: str) -> None:
    found = lazy_prox_gradient(x, 2, strength, AVERAGE)
    assert isinstance(found.instance, LazyInstance)
    assert found.instance.x.tolist() == [float(v) for v in x]
    assert rerun(found.instance).holds
    assert 0 <= found.gap <= 2e-4 * found.value
    total = sum(Fraction(v) for v in x)
    (proof,) = found.certificates
    assert isinstance(proof, LazyCertificate)
    assert proof.output == tuple(Fraction(v) / total for v in x)
    assert found.value < 1 / float(total)


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("steps", [1, 2])
def test_against_a_model_written_with_pepit(strength: str, steps: int) -> None:
    pepit = pytest.importorskip("PEPit")
    from PEPit.functions import ConvexFunction, SmoothConvexFunction

    x = 0.75
    problem = pepit.PEP()
    loss = problem.declare_function(SmoothConvexFunction, L=1.0)
    penalty = problem.declare_function(ConvexFunction)
    start = problem.set_initial_point()
    if strength == FIXED:
        best = loss.stationary_point()
        selected, value = penalty.oracle(start)
        mapped, latent = start, start + selected
        mirror = penalty(best) - value - selected * (best - start)
        problem.set_initial_condition(mirror + (best - start) ** 2 / 2 <= 1)
    else:
        best = (loss + penalty).stationary_point()
        mapped, latent = start, start
        problem.set_initial_condition((best - start) ** 2 / 2 <= 1)
    for k in range(steps):
        latent = latent - x * loss.gradient(mapped)
        weight = 1 if strength == FIXED else x * (k + 1)
        pull, value = pepit.Point(), pepit.Expression()
        mapped = latent - weight * pull
        penalty.add_point((mapped, pull, value))
    objective = loss if strength == FIXED else loss + penalty
    problem.set_performance_metric(objective(mapped) - objective(best))
    truth = problem.solve(verbose=0, solver="CLARABEL")
    assert lazy_prox_gradient(x, steps, strength).value == pytest.approx(truth, rel=1e-4)


# what makes a certificate


@pytest.mark.parametrize("strength", STRENGTHS)
def test_a_certificate_with_a_false_number_does_not_hold(
    solved: dict[Any, WorstCase], strength: str
) -> None:
    (good,) = solved[strength, AVERAGE, 1.0, 2].certificates
    assert isinstance(good, LazyCertificate)
    one = Fraction(1)
    half = dataclasses.replace(good.model, x=(one / 2, one / 2))
    negative = {**good.smoothness, (0, 1): -one}
    more = {**good.penalty, (3, 2): good.penalty[3, 2] + one}
    unknown = {**good.penalty, (1, 3): Fraction(0)}
    assert good.holds()
    assert not dataclasses.replace(good, model=half).holds()
    assert not dataclasses.replace(good, model=LazyModel((one, 0 * one), strength)).holds()
    assert not dataclasses.replace(good, output=(one, one)).holds()
    assert not dataclasses.replace(good, output=(one,)).holds()
    assert not dataclasses.replace(good, smoothness=negative).holds()
    assert not dataclasses.replace(good, smoothness={}).holds()
    assert not dataclasses.replace(good, penalty=more).holds()
    assert not dataclasses.replace(good, penalty=unknown).holds()


@pytest.mark.parametrize("strength", ["fixed", "aggregated"])
def test_the_proof_holds_every_number_that_it_needs(strength: str) -> None:
    found = lazy_prox_gradient(0.5, 2, strength)
    ((step, proved),) = zip(found.proof, found.certificates, strict=True)
    assert isinstance(proved, LazyCertificate)
    told = json.loads(step.machine)
    pairs = {
        name: {tuple(map(int, pair.split())): Fraction(v) for pair, v in told[name].items()}
        for name in ("smoothness", "penalty")
    }
    model = LazyModel(tuple(map(Fraction, told["x"])), told["strength"])
    output = tuple(map(Fraction, told["output"]))
    again = LazyCertificate(
        model, Fraction(told["bound"]), output, pairs["smoothness"], pairs["penalty"]
    )
    assert again == proved
    assert again.holds()
    assert [[Fraction(v) for v in row] for row in told["form"]] == again.form().tolist()


@pytest.mark.parametrize("strength", STRENGTHS)
def test_what_a_certificate_leaves_is_what_it_says(strength: str) -> None:
    """bound D - sum m (f_k - f_u) - sum mu slack - sum nu slack, with random numbers for everything."""
    rng = np.random.default_rng(0)
    model = LazyModel((Fraction(1, 2), Fraction(3, 4)), strength)
    draw = lambda: Fraction(int(rng.integers(1, 9)), 8)  # noqa: E731
    mu = {p: draw() for p in model.smoothness_pairs()}
    nu = {p: draw() for p in model.penalty_pairs()}
    proof = LazyCertificate(model, draw(), (draw(), draw()), mu, nu)
    values = rng.normal(size=(6, 3))
    g, p, u = values[:3], np.vstack([np.zeros(3), values[3:5]]), values[5]
    L, R = rng.normal(size=(2, 4))
    latent = -np.cumsum([0 * g[0], 0.5 * g[0], 0.75 * g[1]], axis=0)
    weights = [1.0, 1.0, 1.0] if strength == FIXED else [np.inf, 0.5, 1.25]
    s = [(t - q) / w for t, q, w in zip(latent, p, weights, strict=True)]
    points, gradients = [*p, u], [*g, 0 * u]
    distance = u @ u / 2 + (R[3] - R[0] if strength == FIXED else 0)
    f = L if strength == FIXED else L + R
    left = float(proof.bound) * distance
    left -= sum(float(m) * (f[k] - f[3]) for k, m in enumerate(proof.output, 1))
    for (i, j), v in mu.items():
        turn = gradients[i] - gradients[j]
        needed = gradients[j] @ (points[i] - points[j]) + turn @ turn / 2
        left -= float(v) * (L[i] - L[j] - needed)
    for (j, k), v in nu.items():
        left -= float(v) * (R[j] - R[k] - s[k] @ (points[j] - points[k]))
    losses, penalties = (np.array(b, dtype=float) for b in proof.balances())
    gram = values @ values.T
    total = losses @ L + penalties @ R + (proof.form().astype(float) * gram).sum()
    assert total == pytest.approx(left)


@given(st.lists(st.integers(-3, 3), min_size=6, max_size=6), st.integers(-2, 2))
def test_semidefinite_is_decided_exactly(entries: list[int], shift: int) -> None:
    root = np.array(entries).reshape(2, 3)
    # of rank 2 at most: singular, and indefinite as soon as it is shifted down
    matrix = root.T @ root + shift * np.eye(3, dtype=int)
    exact = np.vectorize(Fraction, otypes=[object])(matrix)
    assert semidefinite(exact) == (shift >= 0)


def test_semidefinite_on_hand_made_ones() -> None:
    def exact(rows: Any) -> Any:
        return np.vectorize(Fraction, otypes=[object])(np.array(rows))

    assert semidefinite(exact([[0, 0], [0, 1]]))
    assert not semidefinite(exact([[0, 1], [1, 5]]))
    assert semidefinite(exact([[1, 2], [2, 4]]))
    assert not semidefinite(exact([[1, 2], [2, 4]]) - exact([[0, 0], [0, 1]]) * Fraction(1, 10**30))
    assert not semidefinite(exact([[-1]]))


def test_forms_are_the_inequalities() -> None:
    model = LazyModel((Fraction(1, 2),), FIXED)
    forms = Forms(model, float)
    g0, g1, p1, u = values = np.random.default_rng(0).normal(size=(4, 3))
    gram = (values @ values.T).ravel()
    turn = g1 - g0
    expected = {
        forms.half_distance: ((), u @ u / 2),
        forms.smoothness: (((1, 0),), g0 @ p1 + turn @ turn / 2),
        forms.penalty: (((2, 1),), (-g0 / 2 - p1) @ (u - p1)),
    }
    exact = Forms(model, object)
    for form, (pair, value) in expected.items():
        assert flat(form(*pair)) @ gram == pytest.approx(value)
        same = combined(4, [(Fraction(2), getattr(exact, form.__name__)(*pair))]).astype(float)
        np.testing.assert_allclose(same.ravel(), 2 * flat(form(*pair)))


# what makes an instance


def test_a_wrong_number_is_seen(solved: dict[Any, WorstCase]) -> None:
    for strength in STRENGTHS:
        good = solved[strength, LAST, 1.0, 2].instance
        assert isinstance(good, LazyInstance)
        low = np.array([0.0, 0.0, 0.1, 0.0])
        assert good.margin() >= 0
        for change in (
            {"penalties": good.penalties - low},
            {"losses": good.losses - low},
            {"gradients": 2 * good.gradients},
            {"model": LazyModel((Fraction(1, 2),) * 2, strength)},
            {"penalties": np.nan * good.penalties},
        ):
            assert not dataclasses.replace(good, **change).margin() >= 0


def test_a_run_off_the_instance_does_not_hold(solved: dict[Any, WorstCase]) -> None:
    good = solved[FIXED, LAST, 1.0, 2].instance
    points = good.points.copy()
    points[2] += 0.1
    run = rerun(dataclasses.replace(good, points=points))
    assert not run.holds


def test_u_is_a_minimiser(solved: dict[Any, WorstCase]) -> None:
    rng = np.random.default_rng(0)
    for strength in STRENGTHS:
        run = solved[strength, LAST, 1.0, 2].instance
        assert isinstance(run, LazyInstance)
        loss = InterpolatedLoss(run, convex=True)
        penalty = AffinePieces(run.points[run.pieces], run.subgradients, run.penalties[run.pieces])
        places = run.points[-1] + rng.normal(size=(20, loss.dim))
        everywhere = loss.value(places)
        least = loss.value(run.points[-1])
        if strength == AGGREGATED:
            everywhere = everywhere + penalty.value(places, -1)
            least = least + penalty.value(run.points[-1])
        assert (everywhere >= least - 1e-6).all()


def test_the_interpolated_loss_is_convex_and_smooth(solved: dict[Any, WorstCase]) -> None:
    run = solved[FIXED, LAST, 0.25, 4].instance
    loss = InterpolatedLoss(run, convex=True)
    np.testing.assert_allclose(loss.value(run.points), run.losses, atol=1e-9)
    np.testing.assert_allclose(loss.gradient(run.points), run.gradients, atol=1e-9)
    rng = np.random.default_rng(0)
    places = np.concatenate([rng.normal(size=(8, loss.dim)), run.points])
    values, gradients = loss.value_and_gradient(places)
    apart, turn = places[:, None] - places, gradients[:, None] - gradients
    needed = (gradients[None] * apart).sum(-1) + (turn**2).sum(-1) / 2
    assert (values[:, None] - values - needed).min() > -1e-5


@given(
    st.lists(st.integers(-8, 8), min_size=8, max_size=8),
    st.tuples(st.integers(-8, 8), st.integers(-8, 8)),
)
def test_the_prox_of_affine_pieces(numbers: list[int], place: tuple[int, int]) -> None:
    slopes, values = np.array(numbers[:6]).reshape(3, 2) / 4, np.array([0.0, *numbers[6:]]) / 4
    theta, weight = np.array(place) / 2, 0.5
    penalty = AffinePieces(np.zeros((3, 2)), slopes, values)
    x = penalty.prox(theta, weight)
    best = penalty.value(x) * weight + ((x - theta) ** 2).sum() / 2
    rivals = x + np.random.default_rng(0).normal(size=(50, 2)) * np.geomspace(1e-3, 1, 50)[:, None]
    others = penalty.value(rivals, -1) * weight + ((rivals - theta) ** 2).sum(-1) / 2
    assert (others >= best - 1e-6).all()
    assert penalty.value(theta) == pytest.approx((slopes @ theta + values).max())
    assert penalty.quantize(theta) is theta


def test_a_mixture_where_no_single_one_is_least() -> None:
    weights = least_mixture(np.array([[1.0], [-1.0]]), np.zeros(2), 1.0)
    np.testing.assert_allclose(weights, [0.5, 0.5], atol=1e-6)
    np.testing.assert_array_equal(least_mixture(np.array([[1.0], [-1.0]]), [0.0, 5.0], 1.0), [1, 0])


# failures


def _raise(*args: Any, **options: Any) -> None:
    raise cvxpy.error.SolverError("broken")


def test_a_solver_that_fails_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvxpy.Problem, "solve", _raise)
    with pytest.raises(SolverError, match="multipliers: the solver failed: broken"):
        lazy_prox_gradient(0.5, 2)


@pytest.mark.parametrize("status", ["optimal_inaccurate", "user_limit", "infeasible", "unbounded"])
def test_any_other_status_raises(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    monkeypatch.setattr(cvxpy.Problem, "status", property(lambda self: status))
    with pytest.raises(SolverError, match=f"expected the status 'optimal', got '{status}'"):
        lazy_prox_gradient(0.5, 2, AGGREGATED)


def test_running_out_of_time_raises() -> None:
    with pytest.raises(SolverError, match="expected the status 'optimal'"):
        lazy_prox_gradient(0.5, 4, time_limit=1e-9)


def test_an_instance_that_is_none_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    real = lazy.find_lazy_instance

    def off(*args: Any) -> LazyInstance:
        found = real(*args)
        return dataclasses.replace(found, gradients=found.gradients * 1.1)

    monkeypatch.setattr(lazy, "find_lazy_instance", off)
    with pytest.raises(SolverError, match="an inequality is off by"):
        lazy_prox_gradient(0.5, 2)


def test_an_instance_above_the_bound_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    real = lazy.certify_lazy

    def low(*args: Any) -> tuple[LazyCertificate, float]:
        proof, figure = real(*args)
        return dataclasses.replace(proof, bound=proof.bound / 2), figure

    monkeypatch.setattr(lazy, "certify_lazy", low)
    with pytest.raises(SolverError, match=r"got the ratio .* above the bound"):
        lazy_prox_gradient(0.5, 2)


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("factor", [0.0, 0.5, 0.99, 1.5])
def test_a_solver_that_lies_proves_nothing_false(
    monkeypatch: pytest.MonkeyPatch, factor: float, strength: str
) -> None:
    truth = lazy_prox_gradient(0.5, 2, strength, AVERAGE).primal
    real = lazy_certificate.solve

    def lying(problem: Any, *args: Any) -> float:
        figure = real(problem, *args)
        for variable in problem.variables():
            variable.value = variable.value * factor
        return figure * factor

    monkeypatch.setattr(lazy_certificate, "solve", lying)
    try:
        found = lazy_prox_gradient(0.5, 2, strength, AVERAGE)
    except SolverError:
        pass
    else:
        assert found.value >= truth


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0.5, 0), ValueError, "steps: expected an integer >= 1, got 0"),
        ((0.5, 2, "free"), ValueError, "strength: expected one of .*, got 'free'"),
        ((0.5, 2, FIXED, "mean"), ValueError, "measure: expected one of .*, got 'mean'"),
        ((1.5, 2), ValueError, r"x: expected numbers in \(0, 1\], got 1.5"),
        (([0.5], 2), ValueError, "x: expected a number or 2 of them, got 1"),
    ],
)
def test_bad_arguments(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}$"):
        lazy_prox_gradient(*arguments)
    with pytest.raises(ValueError, match=r"^time_limit: expected a number > 0, got 0$"):
        lazy_prox_gradient(0.5, 1, time_limit=0)
