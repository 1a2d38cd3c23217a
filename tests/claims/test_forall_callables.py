"""Statements are functions, and any other callables."""

from dataclasses import dataclass

from pqtheory.claims import Budget, ForAll, real


@dataclass
class AtLeast:
    """A callable without a hash."""

    bound: int

    def __call__(self, x):
        return x * x >= self.bound


def test_a_callable_without_a_hash_is_a_statement():
    assert ForAll(AtLeast(0), {"x": real}).replay({"x": 2}).kind == "sampled"
    assert ForAll(AtLeast(1), {"x": real})(Budget()).kind == "refuted"
