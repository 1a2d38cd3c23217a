"""The 1,797 handwritten digits that scikit-learn ships, as images of 8 x 8 pixels: the default that needs no files."""

import numpy as np

from pqtheory.networks.data.images import Images
from pqtheory.problems import digits_split

#: pixels of the set run from 0 to 16
TOP = 16


def load_digits() -> Images:
    """Training and test split as everywhere in the package.

    Raises
    ------
    ImportError
        If scikit-learn is missing.
    """
    data = digits_split()
    (train, train_labels), (test, test_labels) = data.train, data.test
    images = [_pixels(x) for x in (train, test)]
    scaled = images[0] / 255.0
    return Images(
        "digits",
        images[0],
        train_labels.astype(np.int64),
        images[1],
        test_labels.astype(np.int64),
        (float(scaled.mean()),),
        (float(scaled.std()),),
        10,
    )


def _pixels(x: np.ndarray) -> np.ndarray:
    """From [-1, 1] back to 0 .. 16, and to 0 .. 240 as one channel."""
    pixels = np.rint((x + 1) * TOP / 2) * (255 // TOP)
    return pixels.astype(np.uint8).reshape(-1, 1, 8, 8)
