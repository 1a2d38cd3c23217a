"""Tasks on examples: what they are, held-out ones, batches, and a loss that is the mean over examples."""

import numpy as np
import pytest
import torch
from torch import nn

from pqtheory.networks.tasks.batches import mixed
from pqtheory.networks.tasks.examples import (
    EVALUATED,
    ExampleBatches,
    Examples,
    ExampleTask,
    mean_loss,
)
from pqtheory.networks.tasks.images import share_wrong
from pqtheory.provenance import data_hash

from ..messages import exactly

CPU = torch.device("cpu")


class Line(ExampleTask):
    """Classes, unless a test says else."""

    data, models = ("line",), ("linear",)

    def load(self, name, data_dir, options):
        return examples(30)

    def make_model(self, name, data, options):
        return nn.Linear(1, 3)


def examples(n, tested=4):
    x = np.arange(n, dtype=np.float32)[:, None]
    return Examples((x, np.arange(n) % 3), (x[:tested] + 100, np.arange(tested) % 3))


@pytest.mark.parametrize(
    ("part", "lengths"), [("train", (3, 2)), ("train", (0, 0)), ("test", (2, 3)), ("test", (0, 0))]
)
def test_there_are_as_many_x_as_y_and_at_least_one(part, lengths):
    good, bad = (np.zeros(1), np.zeros(1)), tuple(np.zeros(n) for n in lengths)
    with pytest.raises(
        ValueError,
        match=exactly(
            f"{part}: expected as many x as y, at least one, got {lengths[0]} and {lengths[1]}"
        ),
    ):
        Examples(**{"train": good, "test": good, part: bad})


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int64, np.float32, np.complex64])
def test_any_numbers_will_do(kind):
    numbers = np.ones(2, kind)
    assert len(Examples((numbers, numbers), (numbers, numbers)).sha256) == 64


def test_lists_tensors_and_bytes_in_another_order_are_trained_on_like_arrays():
    x, y = np.arange(6, dtype=np.float32)[:, None], np.arange(6) % 3
    plain = Examples((x, y), (x, y))
    swapped = (x.astype(x.dtype.newbyteorder("S")), y.astype(y.dtype.newbyteorder("S")))
    tensors = (torch.from_numpy(x), torch.from_numpy(y))
    for pair in (swapped, tensors, (x, y.tolist())):
        made = Examples(pair, pair)
        assert made.sha256 == plain.sha256
        for found in (made, made.held_out(2)):
            like = plain if found is made else plain.held_out(2)
            batches, expected = (ExampleBatches(e, CPU, 2, 0) for e in (found, like))
            for part in ("train", "test"):
                for one, other in zip(batches.plain(part), expected.plain(part), strict=True):
                    assert all(map(torch.equal, one, other))


@pytest.mark.parametrize("part", ["train", "test"])
@pytest.mark.parametrize("which", [0, 1])
def test_words_will_not(part, which):
    pair = [np.zeros(1), np.zeros(1)]
    pair[which] = np.array(["a"])
    good = (np.zeros(1), np.zeros(1))
    with pytest.raises(
        TypeError, match=exactly(f"{part}: expected arrays of numbers, got one of <U1")
    ):
        Examples(**{"train": good, "test": good, part: tuple(pair)})


def test_the_hash_is_of_all_that_there_is():
    made = examples(5)
    (x, y), (test_x, test_y) = made.train, made.test
    assert made.sha256 == data_hash({"x": x, "y": y, "test_x": test_x, "test_y": test_y})
    swapped = Examples(made.test, made.train)
    assert swapped.sha256 != made.sha256


def test_held_out_examples_are_random_ones_and_the_same_each_time():
    made = examples(10)
    split = made.held_out(3)
    order = np.random.default_rng(0).permutation(10)
    out, kept = sorted(order[:3].tolist()), sorted(order[3:].tolist())
    assert split.train[0][:, 0].tolist() == kept
    assert split.train[1].tolist() == [n % 3 for n in kept]
    assert split.test[0][:, 0].tolist() == out
    assert split.test[1].tolist() == [n % 3 for n in out]
    assert len(made.held_out(9).train[0]) == 1


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (10, "held_out: expected fewer than 10, got 10"),
        (11, "held_out: expected fewer than 10, got 11"),
        (0, "held_out: expected an integer >= 1, got 0"),
    ],
)
def test_something_is_left_to_train_on(count, message):
    with pytest.raises(ValueError, match=exactly(message)):
        examples(10).held_out(count)


def test_the_order_of_an_epoch_is_that_of_its_seed_and_number():
    batches = ExampleBatches(examples(10), CPU, 4, 7)
    assert (batches.count, batches.per_step, batches.seed, batches.device) == (10, 4, 7, CPU)
    generator = torch.Generator().manual_seed(mixed(7, 2))
    order = torch.randperm(10, generator=generator)
    (drawn,) = batches.drawn(2)
    assert torch.equal(drawn, order)
    parts = [(x[:, 0].tolist(), y.tolist()) for x, y in batches.epoch(2)]
    numbers = order.tolist()
    expected = [numbers[:4], numbers[4:8], numbers[8:]]
    assert parts == [(part, [n % 3 for n in part]) for part in expected]
    assert len(batches) == 3


@pytest.mark.parametrize(("count", "per_step", "steps"), [(1, 4, 1), (4, 4, 1), (5, 4, 2)])
def test_steps_of_an_epoch(count, per_step, steps):
    batches = ExampleBatches(examples(count, 1), CPU, per_step, 0)
    assert len(batches) == len(list(batches.epoch(0))) == steps


@pytest.mark.parametrize(("size", "sizes"), [(None, [EVALUATED, 1]), (600, [600, 401])])
def test_sizes_of_plain_batches(size, sizes):
    batches = ExampleBatches(examples(EVALUATED + 1), CPU, 4, 0)
    assert [len(x) for x, _ in batches.plain("train", size)] == sizes
    assert [len(x) for x, _ in batches.plain("test", size)] == [4]


def test_one_number_from_several():
    words = np.random.SeedSequence((3, 5)).generate_state(1, np.uint64)
    # the orders of runs of before follow from it
    assert mixed(3, 5) == int(words[0]) // 2
    assert type(mixed(3, 5)) is int
    assert all(0 <= mixed(0, n) < 1 << 63 for n in range(20))
    assert len({mixed(3, 5), mixed(5, 3), mixed(3), mixed(3, 5, 1)}) == 4


def of_sets(held_out):
    chosen = {"batch_size": 4, "held_out": held_out, "augment": False, "seed": 3, "options": {}}
    return Line().sets((examples(10), CPU), **chosen)


def test_the_sets_of_examples_are_what_their_names_say():
    trained, tested = of_sets(0)
    assert list(tested) == ["test"]
    assert tested["test"] is trained
    split = examples(10).held_out(2)
    trained, tested = of_sets(2)
    assert list(tested) == ["test", "held_out"]
    assert (trained.seed, trained.per_step) == (3, 4)
    for batches, whole in ((trained, split), (tested["test"], examples(10))):
        (x, y), (test_x, test_y) = batches.train, batches.test
        assert x.tolist() == whole.train[0].tolist()
        assert y.tolist() == whole.train[1].tolist()
        assert test_x.tolist() == whole.test[0].tolist()
        assert test_y.tolist() == whole.test[1].tolist()
    assert tested["held_out"] is trained


def test_by_default_the_loss_is_that_of_classes_and_the_share_of_errors_is_measured():
    torch.manual_seed(0)
    task, model = Line(), nn.Linear(1, 3)
    batches = ExampleBatches(examples(10), CPU, 4, 0)
    x, y = batches.test
    loss, memory = task.loss(model, (x, y), ())
    assert torch.equal(loss, nn.functional.cross_entropy(model(x), y))
    assert memory == ()
    for which in ("test", "train"):
        assert task.measured(model, batches, which) == share_wrong(model, batches, which)
    assert task.measured(model, batches) == share_wrong(model, batches, "test")


def test_of_a_mean_loss_each_example_counts_the_same(monkeypatch):
    class Halves(Line):
        measure = "mean loss"

        def loss(self, forward, batch, memory):
            assert not forward.training
            assert not torch.is_grad_enabled()
            x, y = batch
            return (forward(x)[:, 0] - y).square().mean(), memory

    torch.manual_seed(0)
    monkeypatch.setattr("pqtheory.networks.tasks.examples.EVALUATED", 3)
    task, model = Halves(), nn.Sequential(nn.Linear(1, 3), nn.Dropout(0.5))
    # parts of three, of which the last has one
    batches = ExampleBatches(examples(7, 4), CPU, 4, 0)
    for which in ("test", "train"):
        x, y = getattr(batches, which)
        with torch.no_grad():
            expected = float((model[0](x)[:, 0] - y).square().mean())
        for model.training in (True, False):
            assert mean_loss(task, model, batches, which) == pytest.approx(expected, rel=1e-6)
            assert task.measured(model, batches, which) == pytest.approx(expected, rel=1e-6)
            assert model.training == model[1].training
    assert mean_loss(task, model, batches) == mean_loss(task, model, batches, "test")


def test_of_no_examples_the_mean_loss_is_0():
    class Nothing:
        device = CPU

        def plain(self, which):
            return iter(())

    assert mean_loss(Line(), nn.Linear(1, 1), Nothing()) == 0.0
