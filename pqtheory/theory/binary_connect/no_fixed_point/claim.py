r"""A quadratic 1/2 x.A.x + b.x has a fixed point s, s_i (A s + b)_i <= 0, for every b  <=>  A_ii <= 0 for every i.

With A symmetric. <=: let s minimise L over the vertices, which are finitely many, and r = sum_{j != i} A_ij s_j + b_i.
Along coordinate i, L is A_ii s_i^2 / 2 + r s_i + const, so a flip of s_i adds -2 r s_i >= 0. Hence
s_i g_i = s_i (A_ii s_i + r) = A_ii + r s_i <= A_ii <= 0.
=>: if A_ii > 0, take b_j > sum_k |A_jk| for j != i, which forces s_j = -1, and b_i = sum_{j != i} A_ij. Then g_i =
A_ii s_i points inward whichever s_i is.

A vertex that is no fixed point is left: while the signs are s, theta_i falls by g_i times the sum of the steps, which
exceeds s_i theta_i / (s_i g_i) if it is infinite. With a finite sum the signs may settle anywhere.

For a single b a positive diagonal decides nothing. Convex quadratics whose minimiser over the box is unique and no
vertex have none: the convexity argument of :mod:`pqtheory.evidence.fixed_points` proves this in hundreds of
dimensions. Indefinite and singular ones go to a search over sign vectors, which ends.
L = (sum_i x_i)^2 / 2 has binomial(dim, dim / 2) fixed points if dim is even, and none if it is odd.
"""

from functools import partial
from typing import Any

import numpy as np

from pqtheory.claims import Claim, Control, Part, all_of
from pqtheory.claims.cases import Cases, Fractions, Integers, Lists
from pqtheory.theory.binary_connect.no_fixed_point import instances
from pqtheory.theory.binary_connect.no_fixed_point import lemmas as lemma
from pqtheory.theory.binary_connect.no_fixed_point import small_dimensions as small
from pqtheory.theory.binary_connect.no_fixed_point.instances import DIM, FIGURE


def _convex_has_one(root: list[list[int]], b: list[int]) -> Any:
    """Whether A = B B^T + 1 and b leave a fixed point; B is ``root``."""
    B = np.array(root)
    return small.some_fixed_point((B @ B.T + np.eye(len(b), dtype=int)).tolist(), b)


#: what ``convex`` makes, in 2 dimensions
SMALL_CONVEX = Cases(
    _convex_has_one,
    {"root": Lists(Lists(Integers(-2, 2), 2), 2), "b": Lists(Integers(-5, 5), 2)},
)
#: runs with a constant gradient
RUNS = Cases(instances.leaves, dict.fromkeys(("start", "g", "eta"), Fractions(-4, 4)))

CLAIM = Claim(
    name="no-fixed-point",
    source="arXiv 1810.00861, after Theorem 5.3",
    statement="There are convex quadratics in 100 dimensions and indefinite ones in 30 and more without a fixed point "
    "of BinaryConnect: with step sizes > 0 of infinite sum its signs then settle from no start. A symmetric A leaves a "
    "fixed point for every b iff its diagonal is nonpositive.",
    formula="A symmetric:  (for all b there is s in {-1,1}^n with s_i (A s + b)_i <= 0 for all i)  <=>  A_ii <= 0 for "
    "all i;  s_i (A s + b)_i > 0, eta_t > 0, sum eta_t = infinity  =>  s is left",
    formula_latex=(
        r"A = A^\top:\quad \bigl(\forall b\ \exists s \in \{-1, 1\}^n\ \forall i:\ s_i (A s + b)_i \le 0\bigr)"
        r"\iff \forall i:\ A_{ii} \le 0;\qquad s_i (A s + b)_i > 0,\ \eta_t > 0,\ \textstyle\sum_t \eta_t = \infty"
        r"\ \Rightarrow\ s \text{ is left}"
    ),
    derivation_latex=(
        r"Let $s$ minimise $L$ over the vertices and $r_i = \sum_{j \ne i} A_{ij} s_j + b_i$. A flip of $s_i$ adds"
        r" $-2 r_i s_i \ge 0$, hence $s_i (A s + b)_i = A_{ii} + r_i s_i \le A_{ii} \le 0$. If $A_{ii} > 0$ instead,"
        r" take $b_j > \sum_k |A_{jk}|$ for $j \ne i$, which forces $s_j = -1$, and $b_i = \sum_{j \ne i} A_{ij}$: then"
        r" $s_i (A s + b)_i = A_{ii} > 0$. While the signs are $s$, $\theta_i$ falls by $(A s + b)_i \sum_t \eta_t$,"
        r" so a coordinate with $s_i (A s + b)_i > 0$ changes its sign."
    ),
    parts=(
        Part(
            "never settles",
            "a vertex with s_i (A s + b)_i > 0 is left once that times the sum of the steps exceeds s_i theta_i",
            all_of(lemma.is_left(), beside=(instances.condition_is_the_codes,), cases=(RUNS,)),
        ),
        Part(
            "convex",
            "convex quadratics without a fixed point in 100 dimensions",
            all_of(lemma.bound_is_not_positive, instances.on_convex),
        ),
        Part(
            "indefinite",
            "indefinite quadratics without a fixed point in 30 dimensions and more",
            instances.on_indefinite,
        ),
        Part(
            "existence",
            "A_ii <= 0 for all i gives a fixed point for every b, in every dimension; in up to 3 directly, too",
            all_of(lemma.least_is_fixed, *(small.exists(dim, dim) for dim in (1, 2, 3))),
        ),
        Part(
            "necessity",
            "A_ii > 0 leaves none for some b, in every dimension; in up to 3 directly, too",
            all_of(lemma.none_is_fixed, *(small.necessary(dim) for dim in (1, 2, 3))),
        ),
    ),
    controls=(
        Control(
            "any steps",
            "a vertex that is no fixed point is left however small the sum of the steps is",
            lemma.is_left(enough=False),
        ),
        Control(
            "planted",
            "a convex quadratic with a planted fixed point has none",
            partial(instances.none, instances.planted, (DIM,)),
        ),
        Control(
            "convex is enough",
            "every convex quadratic has a fixed point",
            all_of(partial(instances.has_one, instances.convex, DIM, 20), cases=(SMALL_CONVEX,)),
        ),
        Control(
            "one entry is enough",
            "A_11 <= 0 alone gives a fixed point for every b",
            small.exists(2, 1),
        ),
        Control(
            "positive excludes",
            "with A_11 > 0 no b leaves a fixed point",
            small.never_with_positive,
        ),
        Control(
            "symmetry is not needed",
            "A_ii <= 0 for all i gives a fixed point, A symmetric or not",
            small.exists(2, 2, symmetric=False),
        ),
    ),
    headline=FIGURE,
    uses=("bc-fixed-points",),
    operators=(
        "pqtheory.methods.BinaryConnect.step",
        "pqtheory.methods.BinaryConnect.query",
        "pqtheory.stability.is_fixed_point",
        "pqtheory.problems.Quadratic.gradient",
    ),
)
