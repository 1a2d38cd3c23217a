"""Test problems with their constants. A new problem is one file and one line in ``REGISTRY``."""

from collections.abc import Callable

from pqtheory.problems.base import Problem
from pqtheory.problems.digits_data import DigitsSplit, digits_split
from pqtheory.problems.huber import Huber
from pqtheory.problems.linear_model import LinearModel
from pqtheory.problems.log_cosh import LogCosh
from pqtheory.problems.logistic_regression import LogisticRegression
from pqtheory.problems.matrix_factorisation import MatrixFactorisation
from pqtheory.problems.quadratic import Quadratic
from pqtheory.problems.rastrigin import Rastrigin
from pqtheory.problems.rosenbrock import Rosenbrock
from pqtheory.problems.tanh_network import TanhNetwork
from pqtheory.problems.trigonometric_sum import TrigonometricSum
from pqtheory.problems.two_function_toy import TwoFunctionToy

#: name -> maker of a small instance, for conformance tests and plots
REGISTRY: dict[str, Callable[[], Problem]] = {
    "huber": lambda: Huber.random(dim=4, samples=12, delta=0.7, batch_size=4),
    "log-cosh": lambda: LogCosh.random(dim=4, samples=12, batch_size=4),
    "logistic-regression": lambda: LogisticRegression.random(4, 12, l2=0.01, batch_size=4),
    "matrix-factorisation": lambda: MatrixFactorisation.random(rows=3, columns=4, rank=2),
    "quadratic": lambda: Quadratic.random(dim=4, noise=0.5),
    "quadratic-indefinite": lambda: Quadratic.random(dim=4, indefinite=True, noise=0.5),
    "rastrigin": lambda: Rastrigin(dim=3, noise=0.5),
    "rosenbrock": lambda: Rosenbrock(dim=3, noise=0.5),
    "tanh-network": lambda: TanhNetwork.random(features=3, hidden=4, classes=3, samples=12),
    "trigonometric-sum": lambda: TrigonometricSum.random(dim=4, terms=3, batch_size=2),
    "two-function-toy-plus": lambda: TwoFunctionToy(side=1, noise=0.5),
    "two-function-toy-minus": lambda: TwoFunctionToy(side=-1, noise=0.5),
}

__all__ = [
    "REGISTRY",
    "DigitsSplit",
    "Huber",
    "LinearModel",
    "LogCosh",
    "LogisticRegression",
    "MatrixFactorisation",
    "Problem",
    "Quadratic",
    "Rastrigin",
    "Rosenbrock",
    "TanhNetwork",
    "TrigonometricSum",
    "TwoFunctionToy",
    "digits_split",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
