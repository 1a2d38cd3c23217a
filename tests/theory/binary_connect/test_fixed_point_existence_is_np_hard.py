"""Deciding whether BinaryConnect has a fixed point: what is counted bears one name whatever the budget."""

import pytest

from pqtheory.claims import Budget
from pqtheory.theory.binary_connect.fixed_point_existence_is_np_hard import CLAIM, _counted


@pytest.mark.parametrize("budget", ["quick", "full"])
def test_the_headline_is_measured_at_every_budget(budget: str) -> None:
    measured, predicted = _counted(Budget(budget))
    assert list(measured) == list(predicted) == [CLAIM.headline]
    # 1 + 2 = 3 has two signs; the sum of 1 to 5 is odd
    assert measured[CLAIM.headline][:3] == [2, 2, 0]
