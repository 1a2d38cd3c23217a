"""Enumeration against brute force, certificates against enumeration, and failures that never become proofs."""

import itertools
import tracemalloc
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st

from pqtheory import stability
from pqtheory.evidence import fixed_points
from pqtheory.evidence.fixed_points import (
    Certificate,
    certification,
    certify_none,
    find_fixed_point,
)
from pqtheory.evidence.fixed_points.convexity import bound_at, on_grid
from pqtheory.problems import Quadratic, Rastrigin

from .quadratics import (
    FLOATS,
    all_vertices,
    as_tuples,
    brute_force,
    exact_pushes,
    least_push,
    planted,
    quadratics,
    random_quadratic,
)


class TestEnumerate:
    @given(quadratics())
    def test_equals_brute_force(self, problem):
        assert as_tuples(fixed_points.enumerate(problem)) == brute_force(problem)

    @given(quadratics(FLOATS, 4, np.float64))
    def test_floats_are_decided_as_the_rationals_they_are(self, problem):
        assert as_tuples(fixed_points.enumerate(problem)) == brute_force(problem)

    @given(quadratics(st.fractions(-2, 2), largest=4), st.fractions(0, 3))
    def test_fractions_and_a_tolerance(self, problem, tolerance):
        found = fixed_points.enumerate(problem, tolerance=tolerance)
        assert as_tuples(found) == brute_force(problem, tolerance)

    @pytest.mark.parametrize("dim", [12, 13, 15])
    def test_across_blocks(self, dim):
        problem, s = planted(dim, 0)
        found = fixed_points.enumerate(problem)
        vertices = np.array(all_vertices(dim), dtype=np.float64)
        expected = vertices[stability.is_fixed_point(problem, vertices)]
        np.testing.assert_array_equal(found, expected)
        assert tuple(s) in {tuple(v) for v in found}
        assert found.dtype == np.float64

    def test_no_vertex_is_excluded_by_rounding(self):
        # in floats the gradient at (+1, +1, +1) is 0.1 + 0.2 - 0.3 > 0, and not as fractions of tenths
        tenth = Fraction(1, 10)
        exact = np.full((3, 3), Fraction(0))
        b = np.array([tenth * 0, tenth * 0, tenth * 0])
        exact[0, 1] = exact[1, 0] = tenth
        exact[0, 2] = exact[2, 0] = 2 * tenth
        b[0] = -3 * tenth
        b[1], b[2] = -tenth, -2 * tenth
        assert (1, 1, 1) in as_tuples(fixed_points.enumerate(Quadratic(exact, b)))
        rounded = Quadratic(exact.astype(np.float64), b.astype(np.float64))
        assert (1, 1, 1) not in as_tuples(fixed_points.enumerate(rounded))

    def test_huge_denominators_go_beyond_int64(self):
        least = Fraction(1, 10**40)
        # at s = -1 the push is 1 - b, at s = +1 it is 1 + b > 0
        for off, count in ((-least, 0), (0, 1), (least, 1)):
            problem = Quadratic(np.array([[Fraction(1)]]), np.array([1 + off + Fraction(0)]))
            assert len(fixed_points.enumerate(problem)) == count

    @pytest.mark.parametrize("seed", range(10))
    def test_ties_beyond_int64(self, seed):
        # the gradient at s is 0 exactly, and in floats of either sign; the last coordinate forces floats
        rng = np.random.default_rng(seed)
        A = np.full((6, 6), Fraction(0))
        for i, j in itertools.combinations_with_replacement(range(5), 2):
            A[i, j] = A[j, i] = Fraction(int(rng.integers(-50, 50)), int(rng.integers(1, 50)))
        s = 2 * rng.integers(0, 2, 6).astype(object) - 1
        b = -A @ s
        b[5] = -s[5] * Fraction(1, 10**40)
        found = as_tuples(fixed_points.enumerate(Quadratic(A, b)))
        assert found == brute_force(Quadratic(A, b))
        assert tuple(s) in found

    def test_zero_gradients_are_free(self):
        assert len(fixed_points.enumerate(Quadratic(np.zeros((5, 5)), np.zeros(5)))) == 32

    def test_other_problems_by_their_gradient(self):
        problem = Rastrigin(3)
        vertices = np.array(all_vertices(3), dtype=np.float64)
        expected = vertices[stability.is_fixed_point(problem, vertices, 1e-9)]
        found = fixed_points.enumerate(problem, tolerance=1e-9)
        np.testing.assert_array_equal(found, expected)

    def test_other_problems_across_blocks(self):
        problem = Rastrigin(13)
        found = fixed_points.enumerate(problem, tolerance=100.0)
        assert len(found) == 2**13
        assert len(np.unique(found, axis=0)) == 2**13

    def test_memory_is_bounded_in_dimension_20(self):
        problem, s = planted(20, 1)
        tracemalloc.start()
        found = fixed_points.enumerate(problem)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert tuple(s) in {tuple(v) for v in found}
        # all vertices would take 160 MiB
        assert peak < 16 * 2**20

    def test_odd_and_even_sums(self):
        for dim, count in ((9, 0), (10, 252)):
            problem = Quadratic(np.ones((dim, dim)), np.zeros(dim))
            assert len(fixed_points.enumerate(problem)) == count

    def test_wrong_input(self):
        problem = random_quadratic(5, 0)
        with pytest.raises(TypeError, match="problem: expected a Problem"):
            fixed_points.enumerate(problem.A)
        with pytest.raises(ValueError, match="max_dim = 4, got 5"):
            fixed_points.enumerate(problem, max_dim=4)
        with pytest.raises(ValueError, match="dimension up to max_dim = 24, got 25"):
            fixed_points.enumerate(Quadratic(np.eye(25), np.zeros(25)))
        with pytest.raises(ValueError, match="more fixed points than max_count = 31"):
            fixed_points.enumerate(Quadratic(-np.eye(5), np.zeros(5)), max_count=31)
        with pytest.raises(ValueError, match="tolerance"):
            fixed_points.enumerate(problem, tolerance=-1)
        with pytest.raises(ValueError, match="tolerance"):
            fixed_points.enumerate(problem, tolerance=np.inf)


class TestCertifyNone:
    @given(quadratics())
    def test_agrees_with_brute_force(self, problem):
        found = certify_none(problem)
        least = least_push(problem)
        assert found.status == ("exists" if least <= 0 else "none")
        if found.certified:
            assert 0 < found.margin <= least
        else:
            assert max(exact_pushes(problem, found.witness)) <= 0

    @pytest.mark.parametrize("seed", range(6))
    def test_agrees_with_enumeration_in_dimension_14(self, seed):
        problem = random_quadratic(14, seed, diagonal=3)
        assert certify_none(problem).certified == (not len(fixed_points.enumerate(problem)))

    @pytest.mark.parametrize("seed", range(4))
    @pytest.mark.parametrize("dim", [10, 30])
    def test_planted_points_are_found(self, dim, seed):
        problem, _ = planted(dim, seed)
        found = certify_none(problem)
        assert found.status == "exists"
        assert not found.certified
        assert max(exact_pushes(problem, found.witness)) <= 0

    def test_one_dominant_row_is_enough(self):
        A = -np.eye(3)
        A[0] = A[:, 0] = [4.0, 1.0, -1.5]
        found = certify_none(Quadratic(A, [1.0, 0.0, 0.0]))
        assert (found.status, found.method, found.margin) == ("none", "row", 0.5)
        assert certify_none(Quadratic(A, [1.5, 0.0, 0.0])).status == "exists"

    def test_a_convex_minimiser_inside_and_on_the_boundary(self):
        rng = np.random.default_rng(0)
        B = rng.integers(-2, 3, (8, 8))
        A = B @ B.T + np.eye(8)
        for slope in (1, 10, 30):
            problem = Quadratic(A, slope * rng.integers(-3, 4, 8))
            found = certify_none(problem)
            assert found.method == "convexity"
            assert 0 < found.margin <= least_push(problem)

    @given(quadratics(largest=5), st.lists(st.floats(-1, 1), min_size=5, max_size=5))
    def test_the_convexity_bound_holds_at_any_point_of_the_box(self, problem, x):
        lowest = np.linalg.eigvalsh(problem.A.astype(np.float64))[0] - 1e-9
        bound = bound_at(problem, on_grid(np.array(x[: problem.dim])), Fraction(lowest))
        assert bound <= max(least_push(problem), 0)

    def test_the_convexity_bound_is_attained(self):
        problem = Quadratic([[3]], [1])
        # minimiser -1/3, the pushes are 4 and 2; weight 4/3, nearest vertex 2/3 off: 3 (2/3)^2 / (4/3) = 1
        bound = bound_at(problem, on_grid(np.array([-1 / 3])), Fraction(3))
        assert abs(bound - 1) < Fraction(1, 10**9)

    def test_indefinite_in_dimension_30(self, monkeypatch):
        rng = np.random.default_rng(1)
        upper = np.triu(rng.integers(-1, 2, (30, 30)), 1)
        A = upper + upper.T + np.diag(rng.integers(0, 10, 30))
        problem = Quadratic(A, rng.integers(-5, 6, 30))
        found = certify_none(problem)
        assert found.method == "search"
        assert found.proved
        assert found.nodes > 1
        assert np.linalg.eigvalsh(A)[0] < -1
        monkeypatch.setattr(certification, "NODES", 0)
        found = certify_none(problem)
        assert found.method == "milp"
        assert found.certified
        assert not found.proved

    def test_scales_do_not_matter(self):
        A = random_quadratic(8, 3, diagonal=2).A
        b = np.array([1.0, -2, 3, 0, 1, -1, 2, 0])
        first = certify_none(Quadratic(A, b))
        for scale in (2.0**-60, 2.0**60):
            again = certify_none(Quadratic(A * scale, b * scale))
            assert again.status == first.status
            if first.certified:
                assert again.margin == pytest.approx(first.margin * scale, rel=1e-6)

    def test_too_small_a_margin_is_undecided_by_the_program_and_not_by_the_search(
        self, monkeypatch
    ):
        # s = -1 is off by 1e-7 of the row; the second row is no help and A is indefinite
        A = np.array([[1.0, 0.0], [0.0, -1.0]])
        tiny = Quadratic(A, [1.0 - 2.0**-24, 0.0])
        assert least_push(tiny) == Fraction(1, 2**24)
        assert certify_none(tiny).method == "row"  # exact, whatever the margin
        hidden = np.array([[1.0, 1.0, 1.0], [1.0, -1.0, 0.0], [1.0, 0.0, -1.0]])
        problem = Quadratic(hidden, [1.0 - 2.0**-24, 20.0, -20.0])
        assert least_push(problem) > 0
        assert certify_none(problem).proved
        monkeypatch.setattr(certification, "NODES", 0)
        found = certify_none(problem)
        assert found.status == "undecided"
        assert not found.certified
        assert "dual bound" in found.reason

    def test_wrong_input(self):
        with pytest.raises(TypeError, match="problem: expected a Quadratic, got Rastrigin"):
            certify_none(Rastrigin(2))
        with pytest.raises(ValueError, match="time_limit"):
            certify_none(random_quadratic(3, 0), time_limit=0)
        with pytest.raises(TypeError, match="time_limit"):
            certify_none(random_quadratic(3, 0), time_limit="1")


class TestFind:
    @given(quadratics())
    def test_finds_one_where_there_is_one(self, problem):
        found = find_fixed_point(problem)
        if brute_force(problem):
            assert found.status == "exists"
            assert max(exact_pushes(problem, found.witness)) <= 0
        else:
            assert found.status == "undecided"
            assert found.witness is None

    def test_in_dimension_60(self):
        problem = random_quadratic(60, 0, diagonal=-3)
        found = find_fixed_point(problem, time_limit=30)
        assert max(exact_pushes(problem, found.witness)) <= 0


class TestFailuresAreNoProofs:
    problem = Quadratic([[0, 1, 1], [1, 0, 1], [1, 1, 2]], [2, -2, 0])

    @pytest.fixture(autouse=True)
    def _without_a_search(self, monkeypatch):
        monkeypatch.setattr(certification, "NODES", 0)

    def run_with(self, monkeypatch, **fields):
        usual = scipy.optimize.milp

        def milp(*args, **options):
            return SimpleNamespace(**{**usual(*args, **options), **fields})

        monkeypatch.setattr(scipy.optimize, "milp", milp)
        return certify_none(self.problem)

    def test_the_program_decides_this_one(self, monkeypatch):
        found = self.run_with(monkeypatch)
        assert (found.status, found.method) == ("none", "milp")
        assert 0 < found.margin <= least_push(self.problem) == 2

    @pytest.mark.parametrize("status", [1, 2, 3, 4])
    def test_any_status_but_optimal(self, monkeypatch, status):
        assert self.run_with(monkeypatch, status=status).status == "undecided"

    @pytest.mark.parametrize("bound", [None, np.nan, np.inf, 0.0, 1e-5, -np.inf])
    def test_a_bound_that_shows_nothing(self, monkeypatch, bound):
        assert self.run_with(monkeypatch, mip_dual_bound=bound).status == "undecided"

    def test_a_bound_above_the_value_of_a_vertex(self, monkeypatch):
        assert self.run_with(monkeypatch, mip_dual_bound=0.999).status == "undecided"

    @pytest.mark.parametrize("x", [None, np.full(4, np.nan)])
    def test_no_vertex(self, monkeypatch, x):
        assert self.run_with(monkeypatch, x=x).status == "undecided"

    def test_out_of_time_for_real(self):
        rng = np.random.default_rng(0)
        B = rng.integers(-2, 3, (60, 30))
        problem = Quadratic(B @ B.T, rng.integers(-5, 6, 60))
        found = certify_none(problem, time_limit=0.2)
        assert (found.status, found.margin, found.witness) == ("undecided", None, None)

    def test_an_optimizer_gone_astray_proves_nothing(self, monkeypatch):
        problem, _ = planted(6, 0)
        convex = Quadratic(problem.A + 20 * np.eye(6), problem.b)
        where = SimpleNamespace(x=np.full(6, np.nan))
        monkeypatch.setattr(scipy.optimize, "minimize", lambda *a, **k: where)
        assert certify_none(convex).method != "convexity"
        where.x = np.full(6, 5.0)
        found = certify_none(convex)
        assert found.status == ("exists" if brute_force(convex) else "none")

    def test_a_point_outside_the_box_proves_nothing(self, monkeypatch):
        # +1 is a fixed point; the minimiser over all reals, 2, is no vertex
        monkeypatch.setattr(
            scipy.optimize, "minimize", lambda *a, **k: SimpleNamespace(x=np.array([2.0]))
        )
        assert certify_none(Quadratic([[1]], [-2])).status == "exists"

    @pytest.mark.parametrize("vertex", all_vertices(3))
    def test_a_witness_is_checked(self, monkeypatch, vertex):
        x = np.append((np.array(vertex) + 1) / 2, 0.0)
        assert self.run_with(monkeypatch, x=x, mip_dual_bound=0.0).status == "undecided"
        assert find_fixed_point(self.problem).status == "undecided"

    def test_an_exception_is_no_certificate(self, monkeypatch):
        def milp(*args, **options):
            raise RuntimeError("injected")

        monkeypatch.setattr(scipy.optimize, "milp", milp)
        with pytest.raises(RuntimeError, match="injected"):
            certify_none(self.problem)

    def test_certificates_that_contradict_themselves(self):
        for margin in (None, 0.0, -1.0, np.nan):
            with pytest.raises(ValueError, match="margin"):
                Certificate("none", "milp", margin)
        with pytest.raises(ValueError, match="witness"):
            Certificate("exists", "milp")
        with pytest.raises(ValueError, match="witness"):
            Certificate("none", "milp", 1.0, witness=np.ones(2))
        with pytest.raises(ValueError, match="status"):
            Certificate("perhaps", "milp")


def test_the_tolerance_is_far_above_the_solvers():
    assert certification.TOLERANCE >= 10 * 1e-5
