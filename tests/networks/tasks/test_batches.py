"""Batches of images and of examples: training set and test set as they are, in order, and each only as itself."""

import numpy as np
import pytest
import torch

from pqtheory.networks.data.images import Images
from pqtheory.networks.tasks import find_task
from pqtheory.networks.tasks.examples import ExampleBatches, Examples
from pqtheory.networks.tasks.image_batches import DeviceImages, ImageBatches
from pqtheory.networks.tasks.images import share_wrong

CPU = torch.device("cpu")
MEAN, STD = (0.5, 0.25), (0.5, 0.125)


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    made = [rng.integers(0, 256, (n, 2, 3, 3), dtype=np.uint8) for n in (7, 5)]
    labels = [rng.integers(0, 4, n) for n in (7, 5)]
    return Images("small", made[0], labels[0], made[1], labels[1], MEAN, STD, 4)


@pytest.mark.parametrize("size", [None, 2, 5])
@pytest.mark.parametrize("which", ["train", "test"])
def test_images_as_they_are(images, which, size):
    batches = ImageBatches(images, CPU, 3, True, 0)
    parts = list(batches.plain(which, size))
    pixels, labels = getattr(images, which), getattr(images, f"{which}_labels")
    assert [len(x) for x, _ in parts[:-1]] == [size] * (len(parts) - 1)
    seen, answers = (torch.cat(part) for part in zip(*parts, strict=True))
    assert answers.tolist() == labels.tolist()
    mean, std = (np.reshape(part, (1, 2, 1, 1)) for part in (MEAN, STD))
    np.testing.assert_allclose(seen, (pixels / 255 - mean) / std, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("size", [None, 2, 5])
@pytest.mark.parametrize("which", ["train", "test"])
def test_examples_as_they_are(which, size):
    numbers = np.arange(12.0, dtype=np.float32)
    examples = Examples((numbers[:7, None], numbers[:7]), (numbers[7:, None], numbers[7:]))
    batches = ExampleBatches(examples, CPU, 3, 0)
    x, y = (torch.cat(part) for part in zip(*batches.plain(which, size), strict=True))
    expected = numbers[:7] if which == "train" else numbers[7:]
    assert x[:, 0].tolist() == y.tolist() == expected.tolist()


def test_the_sets_of_images_are_what_their_names_say(images):
    trained, tested = find_task("images").sets(
        DeviceImages(images, CPU),
        batch_size=3,
        held_out=2,
        augment=False,
        seed=0,
        options={},
    )
    split = images.held_out(2)

    def labels(batches, which):
        return torch.cat([y for _, y in batches.plain(which)]).tolist()

    assert labels(trained, "train") == split.train_labels.tolist()
    assert labels(tested["held_out"], "test") == split.test_labels.tolist()
    assert labels(tested["test"], "test") == images.test_labels.tolist()


def test_the_share_of_errors_is_that_of_the_set_named(images):
    batches = ImageBatches(images, CPU, 3, False, 0)
    known = {tuple(i.flatten()): y for i, y in zip(images.test, images.test_labels, strict=True)}
    scale, mean = (torch.tensor(part).reshape(1, 2, 1, 1) for part in (STD, MEAN))

    class Remembers(torch.nn.Module):
        """Right on the test images, and always 0 on others."""

        def forward(self, x):
            pixels = (255 * (x * scale + mean)).round().to(torch.uint8)
            found = [int(known.get(tuple(p.flatten().tolist()), 0)) for p in pixels]
            return torch.nn.functional.one_hot(torch.tensor(found), 4).float()

    assert share_wrong(Remembers(), batches) == 0
    wrong = np.mean(images.train_labels != 0)
    assert share_wrong(Remembers(), batches, "train") == pytest.approx(wrong)
