"""The conformance suite: does a class of your own keep what its base class promises?

One line of pytest each, for classes of any package::

    def test_mine():
        pq.testing.check_problem(MyProblem(dim=3))

Every check is against a definition: the gradient against differences of the value, the prox against rivals, the
constants of a problem against points, one array library against another. What is broken is a
:class:`ConformanceError`, one line with the smallest case that was found.
"""

from pqtheory.testing.failure import ConformanceError
from pqtheory.testing.methods import check_method
from pqtheory.testing.problems import check_problem
from pqtheory.testing.regularizers import check_regularizer
from pqtheory.testing.sets import check_set

__all__ = [
    "ConformanceError",
    "check_method",
    "check_problem",
    "check_regularizer",
    "check_set",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
