"""The 1,797 handwritten digits that scikit-learn ships, scaled to [-1, 1] and split by class."""

from dataclasses import dataclass
from typing import final

import numpy as np

from pqtheory._arrays import Array
from pqtheory._checks import check_number, check_seed
from pqtheory._messages import brief


@final
@dataclass(frozen=True)
class DigitsSplit:
    """Two pairs (X, y): features of shape (n, 64) in [-1, 1] and integer labels 0 to 9."""

    train: tuple[Array, Array]
    test: tuple[Array, Array]

    def part(self, split: str) -> tuple[Array, Array]:
        """``(X, y)`` of ``"train"`` or ``"test"``.

        Raises
        ------
        ValueError
            If ``split`` is another word.
        """
        if split not in ("train", "test"):
            raise ValueError(f"split: expected 'train' or 'test', got {brief(split)}")
        return self.train if split == "train" else self.test


def digits_split(test_fraction: float = 0.25, seed: int = 0) -> DigitsSplit:
    """Split the digits at random: ``test_fraction`` of every class (rounded) is for testing.

    Pixels, 0 to 16 in the source, become ``pixel / 8 - 1``.

    Raises
    ------
    ImportError
        If scikit-learn is missing.
    TypeError, ValueError
        If ``test_fraction`` is not a number strictly between 0 and 1.
    """
    test_fraction = check_number(test_fraction, "test_fraction", 0, open_low=True)
    if not test_fraction < 1:
        raise ValueError(f"test_fraction: expected a number in (0, 1), got {brief(test_fraction)}")
    images, labels = _load()
    rng = check_seed(seed)
    is_test = np.zeros(len(labels), dtype=bool)
    for digit in range(10):
        members = rng.permutation(np.flatnonzero(labels == digit))
        is_test[members[: round(test_fraction * len(members))]] = True
    X = images / 8 - 1
    return DigitsSplit((X[~is_test], labels[~is_test]), (X[is_test], labels[is_test]))


def _load() -> tuple[Array, Array]:
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError("the digits need scikit-learn: pip install 'pqtheory[digits]'") from error
    return load_digits(return_X_y=True)
