"""Fixed points of Bop, and whether there are any at all of BinaryConnect: the pages, and other code."""

import itertools

import pytest

from pqtheory import stability
from pqtheory.evidence import Budget
from pqtheory.methods import Bop
from pqtheory.theory.binary_connect import bop_fixed_points as bop
from pqtheory.theory.binary_connect import fixed_point_existence_is_np_hard as hard

from ..verified import verified

pytest.importorskip("z3")

QUICK = Budget("quick")


@pytest.mark.parametrize("name", ["bop-fixed-points", "fixed-point-existence-is-np-hard"])
def test_the_pages_hold(name):
    result = verified(name)
    assert result.ok
    assert {part.kind for part in result.parts} == {"proved"}


def test_more_slack_leaves_more_fixed_points():
    counts = verified("bop-fixed-points").measured[bop.FIGURE]
    assert counts == sorted(counts)
    assert len(set(counts)) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        lambda s, g, tau: s * g < tau,
        lambda s, g, tau: s * g <= 2 * tau,
        lambda s, g, tau: abs(g) <= tau,
        lambda s, g, tau: s * g >= -tau,
    ],
)
def test_a_wrong_condition_is_refuted(wrong):
    found = [check(QUICK).kind for check in (bop.stays(wrong), bop.has_room(wrong))]
    assert "refuted" in found


def test_a_bop_that_flips_at_the_threshold_is_found_out(monkeypatch):
    step = Bop.step

    def early(self, state, gradient):
        after = step(self, state, gradient)
        return type(after)(-after.latent, after.average, after.step)

    monkeypatch.setattr(Bop, "step", early)
    assert bop.stays(bop.with_slack)(QUICK).kind == "refuted"


def test_a_wrong_condition_of_the_library_is_found_out(monkeypatch):
    monkeypatch.setattr(
        stability, "is_fixed_point", lambda p, s, tolerance=0: (s * p.gradient(s) <= 0).all(axis=-1)
    )
    (part,) = (p for p in bop.CLAIM.parts if p.name == "fixed points")
    assert part.check(QUICK).kind == "refuted"


def by_hand(a):
    """Fixed points and equal splits, each counted from its definition."""
    signs = list(itertools.product((-1, 1), repeat=len(a)))
    dots = [sum(x * y for x, y in zip(a, s, strict=True)) for s in signs]
    fixed = sum(
        all(t * x * dot <= 0 for x, t in zip(a, s, strict=True))
        for s, dot in zip(signs, dots, strict=True)
    )
    subsets = itertools.chain.from_iterable(
        itertools.combinations(range(len(a)), k) for k in range(len(a) + 1)
    )
    return fixed, sum(2 * sum(a[i] for i in chosen) == sum(a) for chosen in subsets)


@pytest.mark.parametrize("a", [[1], [2, 2], [1, 2, 3], [3, 1, 1, 2, 2, 1], [5, 4, 3, 2, 1], [7, 7]])
def test_fixed_points_are_the_equal_splits(a):
    fixed, halves = by_hand(a)
    assert fixed == halves == hard.splits(a)


def test_what_only_looks_like_partition_is_refuted():
    assert hard.has_one(hard.even_sum)(QUICK).kind == "refuted"
    assert hard.has_one(hard.nearly)(QUICK).kind == "refuted"
    assert hard.SPLITS(QUICK).kind == "sampled"


def test_the_step_in_words_is_counted():
    (part,) = verified("fixed-point-existence-is-np-hard").parts
    assert len(part.evidence.prose) == 1
