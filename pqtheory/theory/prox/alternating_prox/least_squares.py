r"""The quantizers' least squares solve the normal equations G alpha = m, G = B^T B and m = B^T x, for every B and x.

alpha = G y with G^2 y = m, and y by elimination of the table [G^2 | m]:

* a step is undone by multiples of the row that it chose, so what solves the table after it solved the one before, and
  each row of it is a combination of rows before: by induction over the columns v . [G^2 | m] for some v;
* the last table has the unit vectors in the columns of its pivots, and its last rows are 0 but for the right side;
* that is 0 too: G^2 v = 0 gives |G v|^2 = 0, so |B v|^2 = 0 and v . m = (B v) . x = 0.

Every step of the code runs on terms: each choice of a row in each column, and each set of pivots.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pqtheory.claims import AllOf, ForAll, Invariant, all_of, every, forall, implies, invariant
from pqtheory.claims.lemma import Instance
from pqtheory.quantizers._least_squares import eliminated, read_off, squared, times
from pqtheory.theory.prox.alternating_prox.half_steps import cauchy_schwarz, dot
from pqtheory.theory.vectors import reals

#: (table, used, choice, column) -> the table after the step
Step = Callable[[Any, int, int, int], Sequence[Sequence[Any]]]
PROSE = (
    "the least squares: what each step of the elimination keeps is kept by all of them, by induction over the columns",
)


def table_of(case: Mapping[str, Any], bits: int) -> list[list[Any]]:
    """Rows of so many entries and a right side."""
    return [[case[f"t_{i}_{j}"] for j in range(bits + 1)] for i in range(bits)]


def is_undone(bits: int, used: int, choice: int, column: int, step: Step = eliminated) -> ForAll:
    """A step keeps the solutions, makes a unit vector of its column, and leaves those that were done."""
    names = [f"t_{i}_{j}" for i in range(bits) for j in range(bits + 1)]

    @forall(**reals(*names), given=lambda **case: [case[f"t_{choice}_{column}"] != 0])
    def undone(**case: Any) -> Any:
        table = table_of(case, bits)
        after = step(table, used, choice, column)
        table[used], table[choice] = table[choice], table[used]
        pivot, tests = after[used], []
        for i, (row, new) in enumerate(zip(table, after, strict=True)):
            kept = [0 * p for p in pivot] if i == used else new
            tests += [r == k + row[column] * p for r, k, p in zip(row, kept, pivot, strict=True)]
            tests.append(new[column] == int(i == used))
        for j in range(bits):
            done = [row[j] == 0 for row in table[used:]]
            same = every([row[j] == new[j] for row, new in zip(table, after, strict=True)])
            tests.append(implies(done, same))
        return every(tests)

    return undone


def is_read_off(bits: int, pivots: Sequence[int]) -> ForAll:
    """What is read off the last table solves it."""
    names = {f"t_{i}_{j}" for i in range(len(pivots)) for j in range(bits + 1) if j not in pivots}

    @forall(**reals(*sorted(names)))
    def solved(**case: Any) -> Any:
        zero = 0 * case[f"t_0_{bits}"]
        table = [
            [
                case.get(f"t_{i}_{j}", zero + int(i < len(pivots) and pivots[i] == j))
                for j in range(bits + 1)
            ]
            for i in range(bits)
        ]
        y = read_off(table, list(pivots))
        return every([dot(row[:-1], y) == row[-1] for row in table])

    return solved


class Gram:
    """G = B^T B, m = B^T x and |x|^2 by their names, and a vector v."""

    def __init__(self, bits: int) -> None:
        self.indices = range(bits)
        self.v = [f"v_{i}" for i in self.indices]
        self.rows = [[f"g_{min(i, j)}_{max(i, j)}" for j in self.indices] for i in self.indices]
        self.moment = [f"m_{i}" for i in self.indices]

    @property
    def names(self) -> list[str]:
        """The sums over the entries."""
        return [*self.matrix, *self.moment, "squares"]

    @property
    def matrix(self) -> list[str]:
        """The entries of G."""
        return list(dict.fromkeys(itertools.chain(*self.rows)))

    def of(self, case: Mapping[str, Any]) -> list[list[Any]]:
        """G."""
        return [[case[name] for name in row] for row in self.rows]

    def vector(self, case: Mapping[str, Any]) -> list[Any]:
        """The vector v."""
        return [case[name] for name in self.v]

    def after(self, case: Mapping[str, Any]) -> dict[str, Any]:
        """The sums with one more entry x, whose row is b."""
        x, b = case["x"], [case[f"b_{i}"] for i in self.indices]
        added = {"squares": x**2, **{f"m_{i}": x * b[i] for i in self.indices}}
        added |= {self.rows[i][j]: b[i] * b[j] for i in self.indices for j in self.indices}
        return {name: case[name] + value for name, value in added.items()}


def sums(bits: int) -> Invariant:
    """|B v|^2 = v . G v and (B v) . x = v . m."""
    gram = Gram(bits)

    def adds(**case: Any) -> dict[str, Any]:
        p = dot([case[f"v_{i}"] for i in gram.indices], [case[f"b_{i}"] for i in gram.indices])
        return {
            "u_u": case["u_u"] + p**2,
            "u_v": case["u_v"] + p * case["x"],
            **gram.after(case),
        }

    @invariant(
        state=" ".join(("u_u", "u_v", *gram.names)),
        fixed=reals(*gram.v),
        each=reals("x", *(f"b_{i}" for i in gram.indices)),
        begins=lambda: dict.fromkeys(("u_u", "u_v", *gram.names), 0),
        becomes=adds,
    )
    def same(**case: Any) -> Any:
        v, moment = gram.vector(case), [case[m] for m in gram.moment]
        squares = case["u_u"] == dot(v, times(gram.of(case), v))
        return squares & (case["u_v"] == dot(v, moment))

    return same


def vanishes(bits: int) -> ForAll:
    """From e = G^2 v = 0 and v . e = |G v|^2: |B v|^2 = v . G v = 0, so (B v) . x = 0."""
    names = [[f"{letter}_{i}" for i in range(bits)] for letter in ("v", "e", "image")]

    def of(case: Mapping[str, Any]) -> list[list[Any]]:
        return [[case[name] for name in vector] for vector in names]

    def known(u_u: Any, **case: Any) -> list[Any]:
        v, e, image = of(case)
        return [*(n == 0 for n in e), dot(v, e) == dot(image, image), u_u == dot(v, image)]

    @forall(
        **reals(*itertools.chain(*names), "u_u", "u_v", "v_v"),
        given=known,
        by=lambda u_u, u_v, v_v: [cauchy_schwarz.at(u_u=u_u, u_v=u_v, v_v=v_v)],
    )
    def orthogonal(u_v: Any) -> Any:
        return u_v == 0

    return orthogonal


def in_range(bits: int) -> ForAll:
    """G^2 v = 0 gives v . m = 0: where the last table has a row of 0, it has 0 on the right."""
    gram, same, orthogonal = Gram(bits), sums(bits), vanishes(bits)

    @forall(**reals(*gram.matrix, *gram.v))
    def square_of_image(**case: Any) -> Any:
        """The product v . G^2 v = |G v|^2."""
        matrix, v = gram.of(case), gram.vector(case)
        image = times(matrix, v)
        return dot(v, times(squared(matrix), v)) == dot(image, image)

    def zero(**case: Any) -> list[Any]:
        return [e == 0 for e in times(squared(gram.of(case)), gram.vector(case))]

    def lemmas(u_u: Any, u_v: Any, **case: Any) -> list[Instance]:
        matrix, v = gram.of(case), gram.vector(case)
        vectors = {"v": v, "e": times(squared(matrix), v), "image": times(matrix, v)}
        entries = {f"{n}_{i}": x for n, vector in vectors.items() for i, x in enumerate(vector)}
        return [
            same.at(u_u=u_u, u_v=u_v, **case),
            square_of_image.at(**{n: case[n] for n in square_of_image.variables}),
            orthogonal.at(u_u=u_u, u_v=u_v, v_v=case["squares"], **entries),
        ]

    @forall(**reals("u_u", "u_v", *gram.names, *gram.v), given=zero, by=lemmas)
    def fits(**case: Any) -> Any:
        return dot(gram.vector(case), [case[m] for m in gram.moment]) == 0

    return fits


def solves_twice(bits: int) -> ForAll:
    """G (G y) = m for what solves G^2 y = m."""
    gram = Gram(bits)

    @forall(**reals(*gram.matrix, *gram.v))
    def solved(**case: Any) -> Any:
        matrix, y = gram.of(case), gram.vector(case)
        twice, at_once = times(matrix, times(matrix, y)), times(squared(matrix), y)
        return every([a == b for a, b in zip(twice, at_once, strict=True)])

    return solved


def steps(bits: int, step: Step = eliminated) -> Iterator[ForAll]:
    """Every row that may be chosen, in every column."""
    for used in range(bits):
        for choice, column in itertools.product(range(used, bits), repeat=2):
            yield is_undone(bits, used, choice, column, step)


def normal_equations(bits: int, step: Step = eliminated) -> AllOf:
    """G alpha = m for every B with so many columns and every x."""
    columns = range(bits)
    pivots = itertools.chain(*(itertools.combinations(columns, n + 1) for n in columns))
    last = (is_read_off(bits, chosen) for chosen in pivots)
    return all_of(*steps(bits, step), *last, in_range(bits), solves_twice(bits))
