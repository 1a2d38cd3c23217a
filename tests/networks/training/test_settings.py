"""Settings and presets: the published ones, their scaling, what suits the data, bad ones."""

import itertools
import json
import math

import numpy as np
import pytest

from pqtheory.networks.data import NAMES, load
from pqtheory.networks.tasks.images import TRAINING, published_pull
from pqtheory.networks.training import Settings, preset


def test_the_published_settings_and_their_scaling():
    pq = preset("faithful", "proxquant", data="cifar10")
    assert (pq.epochs, pq.freeze_epoch, pq.rate, pq.lr, pq.clip) == (300, 200, 1e-4, 0.01, 1.0)
    assert pq.renew
    assert pq.per_epoch
    half = preset("corrected", "proxquant", data="cifar10", epochs=150)
    assert (half.freeze_epoch, half.rate, half.renew, half.clip) == (100, 4e-4, False, None)
    total = [sum(s.rate * e for e in range(s.freeze_epoch)) for s in (pq, half)]
    assert total[1] == pytest.approx(total[0], rel=0.01)
    # of half the squared distance: twice the paper's lambda, which has the whole square
    assert preset("corrected", "proxquant", data="cifar10", levels="ternary").rate == 2 * pq.rate
    bc = preset("corrected", "binaryconnect", data="cifar10", epochs=30)
    assert bc.drops == (8, 12)
    assert [bc.lr_at(e) for e in (0, 8, 12)] == pytest.approx([1e-2, 1e-3, 1e-4])
    assert preset("corrected", "proxquant", held_out=10).select_on == "held_out"
    assert preset("faithful", "proxquant", held_out=10).select_on == "test"


def test_on_other_images_lambda_is_there_by_the_freeze_however_many_steps_there_are():
    assert published_pull("binary") == pytest.approx(
        0.01 * 391 * sum(1e-4 * e for e in range(200)), rel=0.01
    )
    for kind, levels in itertools.product(("corrected", "faithful"), ("binary", "ternary")):
        for changes in (
            {"epochs": 30},
            {"epochs": 300},
            {"epochs": 12, "batch_size": 128},
            {"epochs": 30, "lr": 0.01},
            {"epochs": 30, "lr": 0.001, "held_out": 0},
            {"epochs": 8, "freeze_epoch": 2},
        ):
            chosen = preset(kind, "proxquant", levels=levels, **changes)
            steps = math.ceil((1347 - chosen.held_out) / chosen.batch_size)
            # the prox weights at every step until the freeze, as the optimizer has them
            weights = chosen.lr * chosen.rate / steps * np.arange(steps * chosen.freeze_epoch)
            assert weights.sum() >= 0.98 * published_pull(levels)
            assert chosen.rate * chosen.freeze_epoch >= 5 * chosen.lr
            # and no more than one of the two asks for
            assert (
                min(
                    weights.sum() / published_pull(levels),
                    chosen.rate * chosen.freeze_epoch / chosen.lr / 5,
                )
                <= 1.001
            )
            assert chosen.drops == (chosen.freeze_epoch,)
    # what is asked for stands, and is what the rest is made for
    own = preset("corrected", "proxquant", epochs=30, rate=0.7, drops=(3,), lr=0.02, batch_size=50)
    assert (own.rate, own.drops, own.lr, own.batch_size) == (0.7, (3,), 0.02, 50)
    # all methods that quantize take the same steps on the digits
    same = [
        preset("corrected", m, epochs=30) for m in ("proxquant", "binaryconnect", "binaryrelax")
    ]
    assert {(s.batch_size, s.lr) for s in same} == {(16, 0.1)}
    assert same[2].rate == pytest.approx(1.02**10)
    assert preset("corrected", "full-precision", epochs=20).batch_size == 128
    for bad in ({"lr": -1.0}, {"batch_size": 0}, {"held_out": -1}, {"freeze_epoch": -1}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            preset("corrected", "proxquant", epochs=30, **bad)


def test_the_number_of_training_images_is_known():
    assert len(load("digits").train) == TRAINING["digits"]
    assert set(TRAINING) == set(NAMES)


@pytest.mark.parametrize("method", ["binaryconnect", "proxquant"])
def test_schedules_fit_into_any_number_of_epochs(method):
    for epochs in range(1, 40):
        chosen = preset("corrected", method, epochs=epochs)
        assert chosen.lr_at(0) == chosen.lr
        steps = [chosen.lr_at(e) for e in range(epochs)]
        assert all(b >= 0.09 * a for a, b in itertools.pairwise(steps))
        assert (chosen.freeze_epoch is None) == (epochs == 1)
        if epochs > 1:
            assert 0 < chosen.freeze_epoch < epochs
    with pytest.raises(ValueError, match=r"freeze_epoch: expected an epoch from 0 to 4"):
        preset("corrected", method, epochs=5, freeze_epoch=5)


def test_nothing_is_selected_on_the_test_set_unless_asked_for():
    for data, held_out in (("digits", 200), ("cifar10", 5000)):
        chosen = preset("corrected", "proxquant", data=data)
        assert (chosen.held_out, chosen.select_on) == (held_out, "held_out")
        assert chosen.augment == (data == "cifar10")
        own = preset("corrected", "proxquant", data=data, held_out=0, augment=True)
        assert (own.held_out, own.augment) == (0, True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "magic"}, "method: expected one of"),
        ({"model": "resnet21"}, "model: expected one of small, resnet20"),
        ({"lr": -1.0}, "lr"),
        ({"rate": float("nan")}, "rate"),
        ({"select_on": "held_out"}, "needs held_out examples"),
        ({"epochs": 2.5}, "epochs"),
    ],
)
def test_bad_settings_are_refused(change, message):
    with pytest.raises((ValueError, TypeError), match=message):
        Settings(**change)


def test_what_a_check_returns_is_what_is_kept():
    chosen = Settings(
        lr=np.float32(0.5), epochs=np.int64(3), clip=np.float64(1), renew=np.bool_(True), drops=[1]
    )
    kinds = [type(getattr(chosen, name)) for name in ("lr", "epochs", "clip", "renew", "drops")]
    assert kinds == [float, int, float, bool, tuple]
    assert Settings.from_dict(json.loads(json.dumps(chosen.to_dict()))) == chosen
    for name in ("per_epoch", "renew", "augment", "amp", "compile"):
        with pytest.raises(TypeError, match=f"{name}: expected true or false, got 'false'"):
            Settings(**{name: "false"})


#: setting -> what else it needs
NUMBERS = {
    name: {}
    for name in (
        *("lr", "momentum", "weight_decay", "drop_factor", "stall_divisor", "clip_norm"),
        *("gradient_factor", "rate", "clip", "oscillation_threshold", "dampening"),
    )
}
COUNTS = {
    **{n: {} for n in ("epochs", "batch_size", "held_out", "measure_every", "seed")},
    "freeze_epoch": {},
    "per": {"levels": "2-bit"},
    "refit_every": {"method": "parq", "levels": "2-bit"},
}


@pytest.mark.parametrize(
    ("name", "kind"), [*((n, float) for n in NUMBERS), *((n, int) for n in COUNTS)]
)
def test_numpys_numbers_become_pythons_and_others_are_refused_by_name(name, kind):
    needs = {**NUMBERS, **COUNTS}[name]
    given = np.float64(1.5) if kind is float else np.int64(3)
    kept = getattr(Settings(**{name: given}, **needs), name)
    assert (type(kept), kept) == (kind, given)
    bad = [("a", TypeError), (math.nan, ValueError if kind is float else TypeError)]
    if kind is int:
        bad += [(2.5, TypeError), (-1, ValueError)]
    elif name != "dampening":
        bad.append((-1, ValueError))
    for value, error in bad if name != "per" else bad[1:]:
        with pytest.raises(error, match=f"^{name}: expected"):
            Settings(**{name: value}, **needs)


def test_options_tell_settings_apart():
    one, same, other = (
        preset("corrected", "binaryconnect", task="language", embedding=width)
        for width in (8, 8, 9)
    )
    assert len({one, same, other}) == 2
    assert hash(one.options) != hash(other.options)
