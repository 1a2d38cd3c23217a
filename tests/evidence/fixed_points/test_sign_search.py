"""The search against enumeration, its bounds against brute force, and that giving up is no proof."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pqtheory.evidence import fixed_points
from pqtheory.evidence.fixed_points import certification, certify_none, search_signs, sign_search
from pqtheory.evidence.fixed_points._integers import integers
from pqtheory.problems import Quadratic

from .quadratics import exact_pushes, planted, quadratics, random_quadratic

HUGE = st.builds(Fraction, st.integers(-3, 3), st.sampled_from([1, 10**18, 10**20]))


def agrees(problem):
    found = search_signs(problem)
    assert found.finished
    count = len(fixed_points.enumerate(problem))
    assert (found.witness is None) == (count == 0)
    if count:
        assert max(exact_pushes(problem, found.witness)) <= 0
    return count


@given(quadratics())
def test_agrees_with_enumeration(problem):
    agrees(problem)


@given(quadratics(HUGE, largest=5))
def test_agrees_beyond_what_floats_hold(problem):
    agrees(problem)


def test_agrees_with_enumeration_on_all_small_quadratics():
    """Every symmetric A with entries -1, 0, 1 off a diagonal in 0..2 and every b in -1..1, in 3 dimensions."""
    none = 0
    for upper in itertools.product((-1, 0, 1), repeat=3):
        for diagonal, b in zip(
            itertools.product(range(3), repeat=3),
            itertools.cycle(itertools.product((-1, 0, 1), repeat=3)),
            strict=False,
        ):
            A = np.diag(diagonal)
            A[np.triu_indices(3, 1)] = upper
            A = np.triu(A) + np.triu(A, 1).T
            none += not agrees(Quadratic(A, np.array(b)))
    assert 100 < none < 27 * 27


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("dim", [12, 16])
def test_agrees_with_enumeration_in_larger_dimensions(dim, seed):
    agrees(random_quadratic(dim, seed, diagonal=seed % 4))


@pytest.mark.parametrize("dim", [10, 30])
def test_a_planted_point_is_found(dim):
    problem, _ = planted(dim, dim)
    found = search_signs(problem)
    assert found.finished
    assert max(exact_pushes(problem, found.witness)) <= 0


def test_scales_do_not_matter():
    A, b = random_quadratic(9, 3, diagonal=2).A, np.arange(-4.0, 5.0)
    nodes = {
        search_signs(Quadratic(A * scale, b * scale)).nodes for scale in (1, 2.0**-60, 2.0**80)
    }
    assert len(nodes) == 1


@pytest.mark.parametrize("limit", [{"nodes": 3}, {"seconds": 0}])
def test_giving_up_is_no_proof(limit):
    found = search_signs(random_quadratic(30, 0), **limit)
    assert not found.finished
    assert found.witness is None


def test_giving_up_leaves_it_to_the_program(monkeypatch):
    monkeypatch.setattr(certification, "NODES", 1)
    problem = random_quadratic(10, 2, diagonal=2)
    assert certify_none(problem).method == "milp"


@given(quadratics(largest=5), st.data())
def test_no_completion_that_is_a_fixed_point_is_lost(problem, data):
    """Of any partial vector: what is excluded has none, what is forced is shared by all of them."""
    A, b, _ = integers(problem)
    part = np.array([data.draw(st.integers(-1, 1)) for _ in b])
    kept, forced, _ = sign_search._Rows(A, b).narrowed(part[None].astype(float))
    completions = [
        s
        for s in itertools.product((-1, 1), repeat=len(b))
        if max(exact_pushes(problem, s)) <= 0
        and all(p in (0, v) for p, v in zip(part, s, strict=True))
    ]
    if not len(kept):
        assert not completions
        return
    assert all(f in (0, v) for s in completions for f, v in zip(forced[0], s, strict=True))
    if (part != 0).all():
        assert len(completions) == 1


def test_bounds_that_exclude_too_much_are_noticed(monkeypatch):
    """With a slack of half a unit less the sums of 10 ones, which have fixed points, would have none."""
    problem = Quadratic(np.ones((10, 10)), np.zeros(10))
    assert agrees(problem) == 252
    usual = sign_search._Rows.narrowed

    def narrower(rows, s):
        kept, forced, slack = usual(rows, s)
        inside = (slack > 0).all(axis=1)
        return kept[inside], forced[inside], slack[inside]

    monkeypatch.setattr(sign_search._Rows, "narrowed", narrower)
    with pytest.raises(AssertionError):
        agrees(problem)


def test_a_point_that_is_none_is_an_error(monkeypatch):
    """Bounds that exclude too little end at a vertex, which is checked."""
    monkeypatch.setattr(
        sign_search._Rows, "narrowed", lambda rows, s: (s, np.where(s == 0, 1, 0), 1 + abs(s))
    )
    with pytest.raises(ArithmeticError, match="is no fixed point"):
        search_signs(Quadratic([[2.0]], [0.0]))
