"""What the tasks of the package say of themselves: names, settings that they are published with, what suits a run."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from pqtheory.networks.data import load
from pqtheory.networks.models import REGISTRY
from pqtheory.networks.tasks import find_task, images, language
from pqtheory.networks.tasks import template as module
from pqtheory.networks.tasks.base import Task, check_name, has_bounds

from ..messages import exactly

IMAGES, LANGUAGE = find_task("images"), find_task("language")
SGD = {"optimizer": "sgd", "lr": 0.1, "weight_decay": 1e-4}
ON_CIFAR10 = {"batch_size": 128, "held_out": 5000, "augment": True}
ON_DIGITS = {"batch_size": 16, "lr": 0.1, "held_out": 200, "augment": False}


@pytest.mark.parametrize("levels", ["binary", "scaled-binary", "1-bit"])
@pytest.mark.parametrize(
    ("method", "own"),
    [
        ("proxquant", {"rate": 1e-4}),
        ("binaryconnect", {"drops": (81, 122)}),
        ("binaryrelax", {"rate": 1.02}),
        # what the paper has not trained is trained as BinaryConnect
        ("parq", {"drops": (81, 122)}),
    ],
)
def test_two_levels_have_300_epochs(levels, method, own):
    published = {"epochs": 300, "freeze_epoch": 200, **own}
    assert IMAGES.preset(method, levels, "cifar10") == {"lr": 0.01, **published, **ON_CIFAR10}
    assert IMAGES.preset(method, levels, "digits") == {**published, **ON_DIGITS}


@pytest.mark.parametrize("levels", ["ternary", "2-bit"])
@pytest.mark.parametrize(
    ("method", "own"),
    [
        ("proxquant", {"freeze_epoch": 400, "rate": 2e-4}),
        ("binaryconnect", {"freeze_epoch": 400, "drops": (162, 244)}),
        ("binaryrelax", {"freeze_epoch": 400, "rate": 1.02}),
        ("bop", {"freeze_epoch": 400, "drops": (162, 244)}),
        # its levels train to the end
        ("ttq", {"drops": (162, 244)}),
    ],
)
def test_other_levels_have_600_epochs(levels, method, own):
    published = {"epochs": 600, **own}
    assert IMAGES.preset(method, levels, "cifar10") == {"lr": 0.01, **published, **ON_CIFAR10}
    assert IMAGES.preset(method, levels, "digits") == {**published, **ON_DIGITS}


def test_full_precision_has_sgd_on_any_images():
    published = {"epochs": 200, "drops": (100, 150), **SGD}
    for levels in ("binary", "ternary"):
        found = IMAGES.preset("full-precision", levels, "cifar10")
        assert found == {**published, **ON_CIFAR10}
        kept_apart = {"batch_size": 128, "held_out": 200, "augment": False}
        assert IMAGES.preset("full-precision", levels, "digits") == {**published, **kept_apart}
    # of images of one's own nothing is known
    assert IMAGES.preset("full-precision", "binary", "mine") == {
        **published,
        **{"batch_size": 128, "held_out": 0, "augment": False},
    }
    # and what is given is nobody's to change
    assert (
        IMAGES.preset("proxquant", "binary", "cifar10") is not images._PUBLISHED["proxquant", True]
    )
    assert "held_out" not in images._FULL


def chosen(**changes):
    """The settings that a task is asked about."""
    plain = {
        "data": "digits",
        "method": "proxquant",
        "levels": "binary",
        "epochs": 12,
        "freeze_epoch": 8,
        "held_out": 200,
        "batch_size": 16,
        "lr": 0.1,
        "model": "transformer",
        "options": {"tokens": 0},
    }
    return SimpleNamespace(**{**plain, **changes})


def test_the_published_pull_is_that_of_all_steps_until_the_freeze():
    assert images.published_pull("binary") == pytest.approx(0.01 * 391 * 1e-4 * 200**2 / 2)
    assert images.published_pull("ternary") == pytest.approx(0.01 * 391 * 2e-4 * 400**2 / 2)


def test_lambda_at_the_freeze_is_the_larger_of_two():
    assert images.strength_at_freeze(0.1, 1000, 1.0) == pytest.approx(5 * 0.1)
    assert images.strength_at_freeze(0.1, 10, 8.0) == pytest.approx(2 * 8.0 / (0.1 * 10))


@pytest.mark.parametrize(
    ("changes", "frozen", "drops"),
    [({}, 8, (8,)), ({"freeze_epoch": None}, 12, ()), ({"freeze_epoch": 0}, 1, (0,))],
)
def test_on_the_digits_lambda_is_there_by_the_freeze(changes, frozen, drops):
    # 1147 images that are trained on
    found = IMAGES.suited(chosen(**changes))
    strength = images.strength_at_freeze(0.1, frozen * 72, images.published_pull("binary"))
    assert found == {"drops": drops, "rate": pytest.approx(strength / frozen)}
    assert IMAGES.suited(chosen(method="binaryrelax", **changes)) == {"drops": drops}


def test_the_steps_of_an_epoch_are_those_of_what_is_left_to_train_on():
    pull = images.published_pull("ternary")
    for held_out, batch_size, steps in ((0, 1347, 1), (1, 1346, 1), (0, 1346, 2), (1347, 16, 1)):
        asked = chosen(levels="ternary", held_out=held_out, batch_size=batch_size, lr=1e-3)
        rate = images.strength_at_freeze(1e-3, 8 * steps, pull) / 8
        assert IMAGES.suited(asked)["rate"] == pytest.approx(rate)


@pytest.mark.parametrize(
    "changes", [{"data": "cifar10"}, {"data": "mine"}, {"method": "binaryconnect"}]
)
def test_nothing_follows_where_the_paper_or_nobody_has_settings(changes):
    assert IMAGES.suited(chosen(**changes)) == {}


def test_images_are_loaded_and_their_networks_made_by_name(monkeypatch):
    asked = []
    monkeypatch.setattr(images, "load", lambda *given: asked.append(given) or "images")
    assert IMAGES.load("cifar10", "here", {}) == "images"
    assert asked == [("cifar10", "here")]
    data = load("digits")
    for name in ("small", "resnet20"):
        made = IMAGES.make_model(name, data, {})
        assert type(made) is type(REGISTRY[name](1, 10))
        assert made(torch.zeros(2, 1, 8, 8)).shape == (2, 10)
    of_others = SimpleNamespace(train=np.zeros((1, 3, 8, 8)), classes=4)
    assert IMAGES.make_model("small", of_others, {})(torch.zeros(2, 3, 8, 8)).shape == (2, 4)


def test_only_training_images_are_augmented_and_runs_share_what_is_on_the_device():
    shared = IMAGES.on_device(load("digits"), torch.device("cpu"))
    assert (shared.images.name, shared.device) == ("digits", torch.device("cpu"))
    given = {"batch_size": 7, "augment": True, "seed": 3, "options": {}}
    trained, tested = IMAGES.sets(shared, held_out=50, **given)
    assert list(tested) == ["test", "held_out"]
    assert tested["held_out"] is trained
    for batches in (trained, tested["test"]):
        assert (batches.per_step, batches.seed) == (7, 3)
    assert trained.augmentation is not None
    assert tested["test"].augmentation is None
    again, _ = IMAGES.sets(shared, held_out=50, **given)
    assert again.train[0].data_ptr() == trained.train[0].data_ptr()
    whole, alone = IMAGES.sets(shared, held_out=0, **given)
    assert list(alone) == ["test"]
    assert alone["test"] is whole
    # the test images are there once
    assert whole.test[0].data_ptr() == tested["test"].test[0].data_ptr()


def test_the_loss_of_images_is_that_of_classes():
    torch.manual_seed(0)
    x, y = torch.randn(5, 4), torch.tensor([0, 1, 2, 0, 1])
    model = nn.Linear(4, 3)
    loss, memory = IMAGES.loss(model, (x, y), ())
    assert torch.equal(loss, nn.functional.cross_entropy(model(x), y))
    assert memory == ()


SHARED = {
    "batch_size": 20,
    "optimizer": "sgd",
    "lr": 20.0,
    "momentum": 0.0,
    "clip_norm": 0.25,
    "stall_divisor": 1.2,
    "per": "row",
}
#: of the Penn Treebank, and of the sentences of the package
OF_DATA = {
    "ptb": {"epochs": 80},
    "sentences": {"epochs": 20, "options": {"embedding": 64, "hidden": 64, "dropout": 0.2}},
}


@pytest.mark.parametrize("data", OF_DATA)
@pytest.mark.parametrize(
    ("method", "levels", "own"),
    [
        ("binaryconnect", "binary", {}),
        ("full-precision", "binary", {}),
        ("binaryrelax", "2-bit", {"rate": 1.02}),
        ("ttq", "ternary", {"per": "tensor"}),
        ("proxquant", "binary", {"rate": {"ptb": 4e-8, "sentences": 3e-5}}),
        ("proxquant", "2-bit", {"rate": {"ptb": 6e-5, "sentences": 2.5e-4}}),
    ],
)
def test_the_settings_of_language(data, method, levels, own):
    of_data = {k: v[data] if isinstance(v, dict) else v for k, v in own.items()}
    assert LANGUAGE.preset(method, levels, data) == {**SHARED, **OF_DATA[data], **of_data}


OF_TRANSFORMER = {
    "batch_size": 20,
    "optimizer": "adam",
    "lr": 2e-3,
    "clip_norm": 1.0,
    "stall_divisor": 1.0,
    "drop_factor": 0.3,
}


@pytest.mark.parametrize(
    ("data", "window", "words"), [("ptb", 64, 929_589), ("sentences", 32, None)]
)
def test_what_suits_a_transformer(data, window, words):
    words = language.SIZES["train"] if words is None else words
    options = {"hidden": 144, "dropout": 0.1, "window": window}
    asked = {"data": data, "method": "binaryconnect", "epochs": 16}
    found = {**OF_TRANSFORMER, "drops": (8, 12, 14), "options": options}
    assert LANGUAGE.suited(chosen(**asked)) == found
    assert LANGUAGE.suited(chosen(**{**asked, "model": "lstm"})) == {}
    steps = words // (20 * window)
    pulled = {**asked, "method": "proxquant"}
    by_w = pytest.approx(8 / (2e-3 * 16**2 * steps))
    assert LANGUAGE.suited(chosen(**pulled)) == {**found, "rate": by_w}
    by_share = pytest.approx(0.1 / (2e-3 * 16))
    assert LANGUAGE.suited(chosen(**pulled, levels="2-bit")) == {**found, "rate": by_share}


def test_few_epochs_and_few_words_are_enough_for_a_transformer():
    asked = {"data": "sentences", "options": {"tokens": 1}}
    for epochs, drops in ((0, (1,)), (1, (1,)), (2, (1, 2)), (4, (2, 3, 4))):
        found = LANGUAGE.suited(chosen(epochs=epochs, **asked))
        assert found["drops"] == drops
        # of less than a window the one step that there is
        assert found["rate"] == pytest.approx(8 / (2e-3 * max(epochs, 1) ** 2))


def test_names_and_options_of_language():
    assert (LANGUAGE.measure, LANGUAGE.data, LANGUAGE.models) == (
        "perplexity",
        ("sentences", "ptb"),
        ("lstm", "transformer"),
    )
    both = {"hidden": 300, "dropout": 0.5, "window": 30, "vocabulary": 0, "tokens": 0}
    lstm = {"embedding": 300, "normalised": False}
    assert LANGUAGE.options_of("lstm") == {**both, **lstm}
    assert LANGUAGE.options_of("transformer") == {**both, "layers": 4, "heads": 4}


@pytest.mark.parametrize(
    ("data", "model", "message"),
    [
        (
            "setences",
            "lstm",
            "data: expected one of sentences, ptb, FOLDER/, got 'setences'; did you mean 'sentences'?",
        ),
        (
            "ptb",
            "lstn",
            "model: expected one of lstm, transformer, got 'lstn'; did you mean 'lstm'?",
        ),
        ("a/b", "x", "model: expected one of lstm, transformer, got 'x'"),
    ],
)
def test_names_that_language_does_not_know(data, model, message):
    with pytest.raises(ValueError, match=exactly(message)):
        LANGUAGE.check(data, model)


def test_a_text_may_be_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts").mkdir()
    for data in ("sentences", "ptb", "texts", "nowhere/"):
        LANGUAGE.check(data, "lstm")
    with pytest.raises(ValueError, match=r"^data: expected one of sentences, ptb, FOLDER/, got"):
        LANGUAGE.check("nowhere", "lstm")


def test_texts_are_loaded_with_their_sizes(monkeypatch):
    asked = []
    monkeypatch.setattr(language, "load_sentences", lambda *given: asked.append(given))
    monkeypatch.setattr(language, "load_text", lambda *given: asked.append(given))
    options = {"vocabulary": 50, "tokens": 700}
    LANGUAGE.load("sentences", "here", options)
    LANGUAGE.load("ptb", "here", options)
    assert asked == [(50, 700), ("ptb", "here", 50, 700)]


def test_networks_of_language_have_the_sizes_of_their_options(monkeypatch):
    text = SimpleNamespace(words=tuple("abcdefg"))
    options = {**LANGUAGE.options, "hidden": 12, "embedding": 6, "heads": 3, "window": 5}
    for name in ("Transformer", "LanguageModel"):
        monkeypatch.setattr(language, name, lambda *given, name=name: (name, *given))
    assert LANGUAGE.make_model("transformer", text, {**options, "layers": 2}) == (
        *("Transformer", 7, 5, 12, 2, 3, 0.5),
    )
    made = LANGUAGE.make_model("lstm", text, {**options, "dropout": 0, "normalised": True})
    assert made == ("LanguageModel", 7, 6, 12, 0.0, True)
    assert [type(value) for value in made[4:]] == [float, bool]
    for window in (0, -1):
        with pytest.raises(
            ValueError, match=exactly(f"window: expected an integer >= 1, got {window}")
        ):
            LANGUAGE.make_model("transformer", text, {**options, "window": window})
    assert LANGUAGE.make_model("transformer", text, {**options, "window": 1})[2] == 1


def test_a_network_of_another_task_has_no_memory_of_words():
    with pytest.raises(TypeError, match=exactly("model: expected one of language, got Linear")):
        LANGUAGE.memory(nn.Linear(1, 1), 3)
    assert LANGUAGE.watched(nn.Linear(1, 1), None) == {}


def test_all_matrices_of_language_but_no_norms_and_biases_are_quantized():
    picks = LANGUAGE.quantized("binary", None)
    for layer, name, picked in [
        (nn.Linear(2, 2), "weight", True),
        (nn.Linear(2, 2), "bias", False),
        (nn.LayerNorm(2), "weight", False),
    ]:
        assert bool(picks(layer, name)) is picked


def test_the_template_learns_a_curve():
    task = module.task
    assert (task.measure, task.data, task.models) == ("mean loss", ("sine",), ("mlp",))
    assert task.options == {"width": 64, "noise": 0.1}
    found = task.load("sine", None, {"width": 64, "noise": 0.5})
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (1200, 1)).astype(np.float32)
    y = (np.sin(3 * x) + 0.5 * rng.standard_normal(x.shape)).astype(np.float32)
    for part, expected in zip((*found.train, *found.test), (x, y, x, y), strict=True):
        assert part.dtype == np.float32
        np.testing.assert_array_equal(
            part, expected[:1000] if len(part) == 1000 else expected[1000:]
        )
    assert [len(part) for part in (*found.train, *found.test)] == [1000, 1000, 200, 200]
    model = task.make_model("mlp", found, {"width": 5})
    assert [str(layer) for layer in model] == [
        str(layer)
        for layer in (nn.Linear(1, 5), nn.Tanh(), nn.Linear(5, 5), nn.Tanh(), nn.Linear(5, 1))
    ]
    loss, memory = task.loss(lambda x: 3 * x, (torch.tensor([1.0, 2.0]), torch.ones(2)), ())
    assert (float(loss), memory) == ((2.0**2 + 5.0**2) / 4, ())
    picks = task.quantized("binary", found)
    assert [bool(picks(layer, "weight")) for layer in model[::2]] == [False, True, False]
    assert not picks(model[2], "bias")
    shared = {"epochs": 30, "lr": 0.01, "held_out": 200}
    assert task.preset("binaryconnect", "binary", "sine") == shared
    assert task.preset("proxquant", "binary", "sine") == {**shared, "rate": 0.01}
    assert task.preset("binaryrelax", "binary", "sine") == {**shared, "rate": 1.1}


def test_what_a_task_says_that_says_nothing():
    class Quiet(Task):
        data, models = ("d",), ("m",)
        load = make_model = sets = loss = measured = None

    task = Quiet()
    assert (task.measure, task.options, task.validates, task.whole_gradient) == (
        *("error", {}, False, True),
    )
    assert task.on_device("data", "there") == ("data", "there")
    assert task.memory(None, 3) == ()
    assert task.watched(None, None) == {}
    assert task.preset("proxquant", "binary", "d") == {"epochs": 30}
    assert task.options_of("m") == {}
    assert task.suited(None) == {}
    assert task.measures.name == "error"
    picks = task.quantized("binary", None)
    assert picks(nn.Linear(2, 2), "weight")
    assert not picks(nn.Linear(2, 2), "bias")
    task.check("d", "m")
    for data, model, message in [
        ("e", "m", "data: expected one of d, got 'e'"),
        ("d", "n", "model: expected one of m, got 'n'"),
    ]:
        with pytest.raises(ValueError, match=exactly(message)):
            task.check(data, model)


def test_a_name_that_is_near_is_suggested():
    check_name("data", "b", ("a", "b"))
    with pytest.raises(
        ValueError,
        match=exactly("data: expected one of digits, cifar10, got 'digit'; did you mean 'digits'?"),
    ):
        check_name("data", "digit", ("digits", "cifar10"))


@pytest.mark.parametrize(
    ("value", "has"),
    [(1, True), ("nan", True), (1.5, True), (math.nan, False), (math.inf, False), (True, True)],
)
def test_numbers_that_files_can_write(value, has):
    assert has_bounds(value) is has
