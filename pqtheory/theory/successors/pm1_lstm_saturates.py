r"""A +-1 matrix of m rows and n columns has the spectral norm sqrt(max(m, n)) at least; row scales take it back.

Each entry has the square 1, so every column has the squared length m and every row n: |A e_j|^2 = m and |A^T e_i|^2 = n
for the unit vectors, below which |A|^2 cannot be. Sylvester's matrices [[H, H], [H, -H]] attain it at every doubling:
|H u + H v|^2 + |H u - H v|^2 = 2 n (|u|^2 + |v|^2) where |H x|^2 = n |x|^2. With n hidden units the gates of a +-1 LSTM
so have gains of sqrt(4 n) at least, beside about 1 at full precision.

With a scale of its own, a = mean |x|, a row has the squared length n a^2 = (sum |x|)^2 / n <= |x|^2: no more than the
latent row that it stands for, and all rows together bound the norm.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import exact_number
from pqtheory.claims import (
    Budget,
    Claim,
    Control,
    ForAll,
    Part,
    all_of,
    forall,
    invariant,
    nonnegative,
    positive,
    real,
)
from pqtheory.claims.cases import Cases, Fractions, Lists
from pqtheory.claims.invariant import Invariant
from pqtheory.claims.lemma import Instance
from pqtheory.sets import Binary, ScaledBinary

FIGURE = "squared norms of Sylvester's matrices, n = 2, 4, 8"


@invariant(
    state="k total",
    each={"x": real},
    begins=lambda: {"k": 0, "total": 0},
    becomes=lambda k, total, x: {"k": k + 1, "total": total + Binary().project(x) ** 2},
)
def squared_length(k: Any, total: Any) -> Any:
    """K entries of +-1, the signs of any x: their squares add up to k."""
    return (total == k) & (k >= 0)


def norm_is_at_least(share: Any) -> ForAll:
    """S >= |A e_j|^2, |A^T e_i|^2 is at least share max(m, n)."""

    def lines(m: Any, n: Any, column: Any, row: Any) -> Sequence[Instance]:
        return [squared_length.at(k=m, total=column), squared_length.at(k=n, total=row)]

    @forall(
        m=positive,
        n=positive,
        column=real,
        row=real,
        S=real,
        given=lambda m, n, column, row, S: [m >= 1, n >= 1, column <= S, row <= S],
        by=lines,
    )
    def bounded(m: Any, n: Any, S: Any) -> Any:
        return (share * m <= S) & (share * n <= S)

    return bounded


@forall(
    n=positive,
    u=nonnegative,
    v=nonnegative,
    Hu_Hu=real,
    Hv_Hv=real,
    Hu_Hv=real,
    given=lambda n, u, v, Hu_Hu, Hv_Hv: [Hu_Hu == n * u, Hv_Hv == n * v],
)
def sylvester(n: Any, u: Any, v: Any, Hu_Hu: Any, Hv_Hv: Any, Hu_Hv: Any) -> Any:
    """If |H x|^2 = n |x|^2 for all x, then |H u + H v|^2 + |H u - H v|^2 = 2 n (|u|^2 + |v|^2)."""
    upper, lower = Hu_Hu + 2 * Hu_Hv + Hv_Hv, Hu_Hu - 2 * Hu_Hv + Hv_Hv
    return upper + lower == 2 * n * (u + v)


@invariant(
    state="n image",
    fixed={"length": nonnegative},
    each={"u": nonnegative, "v": nonnegative, "Hu_Hu": real, "Hv_Hv": real, "Hu_Hv": real},
    first=lambda n, image, length: [n == 1, image == length],
    step=lambda n, n_next, image_next, length, u, v, Hu_Hu, Hv_Hv, Hu_Hv: [
        u + v == length,
        Hu_Hu == n * u,
        Hv_Hv == n * v,
        n_next == 2 * n,
        image_next == (Hu_Hu + 2 * Hu_Hv + Hv_Hv) + (Hu_Hu - 2 * Hu_Hv + Hv_Hv),
    ],
    by=lambda n, u, v, Hu_Hu, Hv_Hv, Hu_Hv: [
        sylvester.at(n=n, u=u, v=v, Hu_Hu=Hu_Hu, Hv_Hv=Hv_Hv, Hu_Hv=Hu_Hv)
    ],
)
def attained(n: Any, image: Any, length: Any) -> Any:
    """Sylvester's matrix of n rows: |H x|^2 = n |x|^2."""
    return (image == n * length) & (n >= 1)


def shorter_rows(factor: Any) -> Invariant:
    """(sum |x|)^2 <= factor k (sum of x^2) over the k entries of a row."""

    @invariant(
        state="k sizes squares",
        each={"x": real},
        begins=lambda: {"k": 0, "sizes": 0, "squares": 0},
        becomes=lambda k, sizes, squares, x: {
            "k": k + 1,
            "sizes": sizes + abs(x),
            "squares": squares + x**2,
        },
        by=lambda k, sizes, squares, x: [young.at(k=k, sizes=sizes, squares=squares, y=abs(x))],
    )
    def no_longer(k: Any, sizes: Any, squares: Any) -> Any:
        return (k >= 0) & (sizes >= 0) & (squares >= 0) & (sizes**2 <= factor * k * squares)

    return no_longer


@forall(
    k=nonnegative,
    sizes=nonnegative,
    squares=nonnegative,
    y=nonnegative,
    given=lambda k, sizes, squares: [sizes**2 <= k * squares],
)
def young(k: Any, sizes: Any, squares: Any, y: Any) -> Any:
    """2 (sum |x|) y <= sum of x^2 + k y^2."""
    return 2 * sizes * y <= squares + k * y**2


row_is_no_longer = shorter_rows(1)


@forall(
    k=positive,
    sizes=real,
    squares=real,
    given=lambda k: [k >= 1],
    by=lambda k, sizes, squares: [row_is_no_longer.at(k=k, sizes=sizes, squares=squares)],
)
def scaled_row_is_no_longer(k: Any, sizes: Any, squares: Any) -> Any:
    """K entries of the size a = (sum |x|) / k: k a^2 <= the latent row's squared length."""
    return k * (sizes / k) ** 2 <= squares


def _row_of_code(row: Sequence[Any]) -> Any:
    """How much shorter the code's scaled row is than the latent one; its entries share their size."""
    latent = np.array([exact_number(x) for x in row])
    scaled = ScaledBinary().project(latent)
    return latent @ latent - scaled @ scaled if len(set(abs(scaled))) == 1 else -1


def _sylvester(doublings: int) -> np.ndarray:
    H = np.ones((1, 1))
    for _ in range(doublings):
        H = np.block([[H, H], [H, -H]])
    return H


def _figures(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    found = [float(np.linalg.norm(Binary().project(_sylvester(k)), 2) ** 2) for k in (1, 2, 3)]
    return {FIGURE: found}, {FIGURE: [2.0, 4.0, 8.0]}


CLAIM = Claim(
    name="pm1-lstm-saturates",
    source="ProxQuant, arXiv 1810.00861, section 5 (+-1 LSTMs fail, scaled ones do not); the reason is ours",
    statement=(
        "Every matrix of m rows and n columns with entries +-1 has a squared spectral norm of at least max(m, n), which "
        "Sylvester's matrices attain at every n = 2^k; so the four gates of a +-1 LSTM with n hidden units have the gain sqrt(4 n) at "
        "least. With a scale of its own, the mean of |x|, a row of signs is no longer than the row x of latent weights "
        "that it stands for, whatever its number k >= 1 of entries."
    ),
    formula="|A|_2^2 >= max(m, n) for A in {-1, +1}^{m x n};  k a^2 <= |x|^2 for a = (|x_1| + ... + |x_k|) / k",
    formula_latex=(
        r"\|A\|_2^2 \ge \max(m, n)\quad \text{for } A \in \{-1, +1\}^{m \times n};\qquad"
        r" k\,a^2 \le \|x\|_2^2 \quad\text{for } a = \tfrac1k \|x\|_1"
    ),
    derivation_latex=(
        r"$|A e_j|^2 = m$ and $|A^T e_i|^2 = n$, since the square of each entry is $1$. Where $|Hx|^2 = n|x|^2$, the"
        r" parallelogram law gives $|Hu + Hv|^2 + |Hu - Hv|^2 = 2n(|u|^2 + |v|^2)$. And $(\sum |x_i|)^2 \le k \sum"
        r" x_i^2$, an induction over the entries."
    ),
    parts=(
        Part("norm", "it is at least the number of rows, and of columns", norm_is_at_least(1)),
        Part("attained", "Sylvester's matrices have no more", all_of(attained, figures=_figures)),
        Part(
            "row scales",
            "a scaled row of signs is no longer than the latent row",
            all_of(
                scaled_row_is_no_longer,
                beside=(Cases(_row_of_code, {"row": Lists(Fractions(-3, 3), 5)}, quick=40),),
            ),
        ),
    ),
    controls=(
        Control("twice that", "it is at least 2 max(m, n)", norm_is_at_least(2)),
        Control(
            "half as long", "a scaled row has half the squared length", shorter_rows(Fraction(1, 2))
        ),
    ),
    headline=FIGURE,
    operators=(
        "pqtheory.sets.Binary.project",
        "pqtheory.sets.ScaledBinary.project",
    ),
)
