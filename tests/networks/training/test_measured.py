"""What is measured of a network, by hand: errors of each set, what is followed, distances, what comes back after."""

import math
from contextlib import suppress
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from pqtheory.networks import models, optim
from pqtheory.networks.tasks import find_task
from pqtheory.networks.tasks.batches import mixed
from pqtheory.networks.tasks.image_batches import ImageBatches
from pqtheory.networks.training import measure
from pqtheory.networks.training.codes import CodeChanges, _summary
from pqtheory.networks.training.measure import NotFiniteError
from pqtheory.networks.training.randomness import SALT, Randomness
from pqtheory.networks.training.tracked import TrackedCodes, _plain
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary

from ..messages import exactly
from .small_runs import tiny_images

IMAGES = find_task("images")
CPU = torch.device("cpu")


class Reads:
    """A task that measures the sum of the first weights, whatever the batches are."""

    measure = "mean loss"
    measures = SimpleNamespace(low=-math.inf, high=math.inf)

    def __init__(self, task=None):
        self.seen = []

    def measured(self, model, batches):
        self.seen.append(batches)
        return float(next(model.parameters()).detach().sum())

    def watched(self, model, batches):
        return {"sum": self.measured(model, batches)}


def pulled(*rows):
    """A linear layer of these weights, and ProxQuant round it."""
    model = nn.Sequential(nn.Linear(len(rows[0]), len(rows), bias=False))
    model[0].weight.data = torch.tensor(rows)
    base = torch.optim.SGD(optim.split_parameters(model), lr=0.1)
    return model, optim.ProxQuant(base, DistanceL1(Binary()), 0.0)


def names_of(model):
    return {id(p): name for name, p in model.named_parameters()}


def test_errors_of_latent_and_of_quantized_weights_on_each_set():
    task = Reads()
    model, opt = pulled([0.5, -0.25, 0.125])
    sets = {"test": "the test set", "held_out": "held out"}
    found = measure.errors(task, model, opt, sets, "trained")
    assert found == {name: {"latent": 0.375, "quantized": 1.0} for name in sets}
    assert task.seen == 2 * ["the test set", "held out"]
    # of BinaryConnect the model shows the levels, and the latent weights for the measurement
    model = nn.Sequential(nn.Linear(3, 1, bias=False))
    model[0].weight.data = torch.tensor([[0.5, -0.25, 0.125]])
    opt = optim.BinaryConnect(torch.optim.SGD(optim.split_parameters(model), lr=0.1))
    assert measure.errors(task, model, opt, {"test": None}, None) == {
        "test": {"latent": 0.375, "quantized": 1.0}
    }
    assert model[0].weight.tolist() == [[1.0, -1.0, 1.0]]
    plain = torch.optim.SGD(model.parameters(), lr=0.1)
    assert measure.errors(task, model, plain, sets, None) == {
        name: {"latent": 1.0} for name in sets
    }


def test_what_is_followed_of_latent_and_of_quantized_weights():
    task = Reads()
    model, opt = pulled([0.5, -0.25, 0.125])
    assert measure.watched(task, model, opt, "the batches") == {
        "latent": {"sum": 0.375},
        "quantized": {"sum": 1.0},
    }
    assert task.seen == ["the batches", "the batches"]
    plain = torch.optim.SGD(model.parameters(), lr=0.1)
    assert measure.watched(task, model, plain, None) == {"latent": {"sum": 0.375}}
    task.watched = lambda *_: {}
    assert measure.watched(task, model, opt, None) == {}
    assert measure.watched(task, model, plain, None) == {}


@pytest.mark.parametrize(
    ("value", "end"), [(math.inf, "inf: it overflows"), (-math.inf, "-inf"), (math.nan, "nan")]
)
@pytest.mark.parametrize("name", ["test", "held_out"])
def test_a_measure_that_is_no_finite_number(value, end, name):
    model, _ = pulled([value])
    plain = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(NotFiniteError) as caught:
        measure.errors(Reads(), model, plain, {name: None}, None)
    shown = {"test": "test", "held_out": "held-out"}[name]
    assert str(caught.value) == (
        f"mean loss: expected a finite number on the {shown} data, got {end}"
    )


def test_quantization_errors_of_two_layers():
    model = nn.Sequential(nn.Linear(2, 1, bias=False), nn.Linear(1, 1, bias=False))
    model[0].weight.data = torch.tensor([[0.5, -2.0]])
    model[1].weight.data = torch.tensor([[4.0]])
    opt = optim.ProxQuant(
        torch.optim.SGD(optim.split_parameters(model), lr=0.1), DistanceL1(Binary()), 0.0
    )
    assert measure.quantization_error(names_of(model), opt) == {
        "0.weight": pytest.approx(((0.5**2 + 1.0**2) / 2) ** 0.5),
        "1.weight": pytest.approx(3.0),
        "all": pytest.approx(((0.5**2 + 1.0**2 + 3.0**2) / 3) ** 0.5),
    }
    assert model[0].weight.tolist() == [[0.5, -2.0]]


def test_the_latent_weights_are_shown_for_a_while_also_if_that_ends_in_an_error():
    model = nn.Sequential(nn.Linear(2, 1, bias=False))
    model[0].weight.data = torch.tensor([[0.5, -2.0]])
    opt = optim.BinaryConnect(torch.optim.SGD(optim.split_parameters(model), lr=0.1))
    with suppress(KeyError), measure.latent(opt):
        assert model[0].weight.tolist() == [[0.5, -2.0]]
        raise KeyError
    assert model[0].weight.tolist() == [[1.0, -1.0]]


def batches(size=20):
    return ImageBatches(tiny_images(), CPU, size, False, 0)


@pytest.mark.parametrize(("count", "used"), [(1, 1), (2, 2), (3, 3), (9, 3)])
def test_statistics_are_estimated_from_so_many_batches(count, used):
    torch.manual_seed(0)
    model, made = models.SmallNet(width=4), batches()
    x = torch.cat([x for x, _ in made.plain("train", 20)][:used])
    with measure.reestimated(IMAGES, model, made, count):
        assert model.training
        # each batch counts the same
        with torch.no_grad():
            parts = [model.conv(part).mean((0, 2, 3)) for part in x.split(20)]
        torch.testing.assert_close(model.norm.running_mean, torch.stack(parts).mean(0))
        assert model.norm.momentum is None
    assert model.norm.momentum == 0.1


@pytest.mark.parametrize("training", [True, False])
def test_statistics_and_mode_come_back_after_an_error(training):
    model = models.SmallNet(width=4).train(training)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    with suppress(KeyError), measure.reestimated(IMAGES, model, batches()):
        assert not torch.equal(model.norm.running_mean, before["norm.running_mean"])
        raise KeyError
    assert model.training is training
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


def test_a_network_without_norms_sees_no_batch():
    class Unseen:
        per_step = 3

        def plain(self, which, size):
            assert (which, size) == ("train", 3)
            raise AssertionError("a batch was asked for")
            yield

    with measure.reestimated(IMAGES, nn.Linear(2, 2), Unseen()):
        pass


def test_the_share_of_fixed_points_by_hand():
    class Sum:
        """A loss whose gradient is the mean of x."""

        def memory(self, model, size):
            return ()

        def loss(self, forward, batch, memory):
            x, _ = batch
            return forward(x).mean(), memory

    class Two:
        per_step = 2
        # the mean over all three: 1, 0, -1
        x = torch.tensor([[3.0, -3.0, -3.0], [0.0, 0.0, 0.0], [0.0, 3.0, 0.0]])

        def plain(self, which, size=None):
            assert which == "train"
            yield from zip(self.x.split(2), self.x.split(2), strict=True)

    # s g <= 0 where s = -1 and g = 1, where g = 0, and where s = 1 and g = -1
    model, opt = pulled([0.5, 0.5, 0.5])
    model[0].weight.grad = torch.ones(1, 3)
    names = names_of(model)
    found = measure.fixed_point_share(Sum(), model, opt, names, Two())
    assert found == {"0.weight": pytest.approx(2 / 3), "all": pytest.approx(2 / 3)}
    assert model[0].weight.grad.tolist() == [[1.0, 1.0, 1.0]]
    assert model.training
    model, opt = pulled([-0.5, -0.5, -0.5])
    found = measure.fixed_point_share(Sum(), model, opt, names_of(model), Two())
    assert found == {"0.weight": pytest.approx(2 / 3), "all": pytest.approx(2 / 3)}
    model, opt = pulled([-0.5, 0.5, 0.5])
    found = measure.fixed_point_share(Sum(), model, opt, names_of(model), Two())
    assert found["all"] == 1.0
    assert model[0].weight.grad is None


def test_a_quantized_weight_that_the_loss_does_not_know():
    class Nothing:
        def memory(self, model, size):
            return ()

        def loss(self, forward, batch, memory):
            return torch.zeros((), requires_grad=True), memory

    model, opt = pulled([0.5, 0.5])
    with pytest.raises(ValueError, match=exactly("model: a quantized parameter has no gradient")):
        measure.fixed_point_share(Nothing(), model, opt, names_of(model), batches())


def test_changes_of_codes_by_rows():
    now = torch.tensor([[0, 1, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0]], dtype=torch.uint8)
    before = torch.tensor([[1, 0, 1, 0], [1, 1, 1, 1], [1, 1, 1, 0]], dtype=torch.uint8)
    assert _summary(now, before) == {
        "mean": pytest.approx((0.5 + 0.0 + 0.75) / 3),
        "least": 0.0,
        "median": 0.5,
        "most": 0.75,
    }


def test_changes_of_codes_are_since_the_last_look_and_none_after_a_freeze():
    model, opt = pulled([0.5, -0.5], [0.5, 0.5])
    names, changes = names_of(model), CodeChanges()
    assert changes.update(names, opt) == {}
    model[0].weight.data[0, 0] = -0.5
    half = {"mean": 0.25, "least": 0.0, "median": 0.0, "most": 0.5}
    assert changes.update(names, opt) == {"0.weight": half}
    none = {"mean": 0.0, "least": 0.0, "median": 0.0, "most": 0.0}
    assert changes.update(names, opt) == {"0.weight": none}
    model[0].weight.data[1] = torch.tensor([-0.5, 0.5])
    opt.freeze()
    # quantized for good a weight keeps the code that was seen last
    assert changes.update(names, opt) == {"0.weight": none}
    # a first look at frozen weights sees theirs
    late = CodeChanges()
    assert late.update(names, opt) == {}
    assert late.update(names, opt) == {"0.weight": none}


def tracked(track, metrics=("flips", "reversals", "change_from_start")):
    model, opt = pulled([0.5, -0.5, 0.5, 0.5])
    return model[0].weight, TrackedCodes(opt, model, metrics, track)


def test_flips_of_steps_are_those_of_a_step_in_the_mean():
    weight, codes = tracked("step")
    for signs in ([-1, -1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]):
        weight.data[0] = 0.5 * torch.tensor(signs)
        codes.after_step()
    # the first goes over and back, the second over
    assert codes.line()["all"] == {
        "flips": pytest.approx((1 + 2 + 0) / 4 / 3),
        "reversals": pytest.approx((0 + 1 + 0) / 4 / 3),
        "change_from_start": 0.25,
    }
    # the next epoch begins anew, the start stays
    weight.data[0, 3] = -0.5
    codes.after_step()
    assert codes.line()["0.weight"] == {
        "flips": 0.25,
        "reversals": 0.0,
        "change_from_start": 0.5,
    }


def test_flips_of_an_epoch_are_those_since_the_last():
    weight, codes = tracked("epoch", ("change_from_start", "flips"))
    for signs in ([-1, -1, 1, 1], [1, 1, 1, 1]):
        weight.data[0] = 0.5 * torch.tensor(signs)
        codes.after_step()
    # in the order that is asked for
    assert list(codes.line()["all"].items()) == [("change_from_start", 0.25), ("flips", 0.25)]
    assert list(codes.line()["all"].items()) == [("change_from_start", 0.25), ("flips", 0.0)]


@pytest.mark.parametrize(
    ("value", "kept"), [((0.5, 0.25), [0.5, 0.25]), (None, None), (math.inf, None), (0.5, 0.5)]
)
def test_metrics_as_files_have_them(value, kept):
    assert _plain(value) == kept
    assert type(_plain(value)) is type(kept)


def test_random_numbers_of_an_epoch_follow_from_seed_and_epoch_alone():
    torch.manual_seed(5)
    outside = torch.get_rng_state()
    random = Randomness(3, CPU)
    with random.lent():
        # before the first epoch it goes on from where torch was
        first = torch.rand(4)
    assert torch.equal(torch.get_rng_state(), outside)
    torch.manual_seed(5)
    assert torch.equal(first, torch.rand(4))
    random.begin(2)
    own = torch.Generator().manual_seed(mixed(3, 2, SALT))
    drawn = []
    for _ in range(2):
        before = torch.get_rng_state()
        with random.lent():
            drawn.append(torch.rand(4))
        assert torch.equal(torch.get_rng_state(), before)
        torch.rand(7)
    assert torch.equal(torch.cat(drawn), torch.rand(8, generator=own))
    # also what is drawn before an error counts
    random.begin(2)
    with suppress(KeyError), random.lent():
        torch.rand(4)
        raise KeyError
    with random.lent():
        assert torch.equal(torch.rand(4), drawn[1])
