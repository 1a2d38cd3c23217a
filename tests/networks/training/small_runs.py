"""Settings and images of runs that take seconds."""

from dataclasses import replace

import numpy as np

from pqtheory.networks.data import Images
from pqtheory.networks.training import preset


def small(method="proxquant", name="corrected", **changes):
    chosen = {"epochs": 4, "held_out": 200, "augment": True, "batch_size": 256, **changes}
    # the published step size and strength: the tests are of how runs go, not of where they end
    published = preset(name, method, **{**chosen, "data": "cifar10"})
    return replace(published, data=chosen.get("data", "digits"))


def tiny_images(n=60):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (n, 1, 8, 8), dtype=np.uint8)
    labels = rng.integers(0, 10, n)
    return Images("digits", pixels, labels, pixels[:20], labels[:20], (0.5,), (0.25,), 10)
