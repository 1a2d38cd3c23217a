"""Each answer of a task by itself: what was expected and what was got, word for word."""

import re
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from pqtheory.networks.models import binary_weights
from pqtheory.networks.tasks import answers, find_task
from pqtheory.networks.tasks.examples import ExampleTask
from pqtheory.networks.training import preset

CPU = torch.device("cpu")
BATCH = (torch.zeros(2), torch.zeros(2))


def answering(**methods):
    """A task whose methods give these."""
    return SimpleNamespace(
        measure="error",
        measures=SimpleNamespace(low=0.0, high=1.0),
        **{name: lambda *_, found=found, **__: found for name, found in methods.items()},
    )


def asked(name, found):
    task = answering(**{name: found})
    arguments = {
        "load": ("x", None, {}),
        "make_model": ("x", None, {}),
        "sets": (None,),
        "memory": (None, 2),
        "quantized": ("binary", None),
        "preset": ("proxquant", "binary", "x"),
        "loss": (None, BATCH, ()),
        "measured": (None, None),
        "watched": (None, None),
    }
    return getattr(answers, name)(task, *arguments[name])


SETTINGS = "settings by name, a number of epochs among them"


@pytest.mark.parametrize(
    ("name", "found", "said"),
    [
        ("load", 3, "data with sha256, such as Examples, got 3"),
        ("make_model", 3, "a torch.nn.Module, got 3"),
        ("sets", 3, 'a pair of Batches and a dict of Batches with "test", got 3'),
        ("sets", (3, {}), 'a pair of Batches and a dict of Batches with "test", got (3, {})'),
        ("memory", 3, "tensors in a tuple, got 3"),
        ("memory", (3,), "tensors in a tuple, got (3,)"),
        ("quantized", 3, "a function of (layer, name of its weight), got 3"),
        ("preset", 3, f"{SETTINGS}, got 3"),
        ("preset", {"epochs": 0}, f"{SETTINGS}, got {{'epochs': 0}}"),
        ("preset", {"epochs": True}, f"{SETTINGS}, got {{'epochs': True}}"),
        ("loss", 3, "a pair, the mean loss and the memory, got 3"),
        ("loss", (3, ()), "a tensor of shape (), the mean over the batch, got 3"),
        ("measured", "a", "a number, got 'a'"),
        ("measured", True, "a number, got True"),
        ("measured", 1.5, "a number from 0 to 1 for error, got 1.5"),
        ("measured", -0.5, "a number from 0 to 1 for error, got -0.5"),
        ("watched", [1], "finite numbers by name, got [1]"),
        ("watched", {"": 1}, "finite numbers by name, got {'': 1}"),
        ("watched", {"a": True}, "finite numbers by name, got {'a': True}"),
    ],
)
def test_a_wrong_answer(name, found, said):
    with pytest.raises(answers.AnswerError, match=f"^{re.escape(f'{name}: expected {said}')}$"):
        asked(name, found)


def test_right_answers_are_given_back():
    model = nn.Linear(1, 1)
    assert asked("make_model", model) is model
    assert asked("memory", [BATCH[0]]) == (BATCH[0],)
    assert asked("preset", {"epochs": 1}) == {"epochs": 1}
    assert asked("measured", torch.tensor(0.5)) == 0.5
    assert asked("measured", 1) == 1.0
    # told of where it is measured
    assert asked("measured", float("inf")) == float("inf")
    assert asked("watched", {"a": torch.tensor(2.0)}) == {"a": 2.0}


def test_images_quantize_the_inner_convolutions_to_ternary_and_all_matrices_to_the_rest():
    task, data = find_task("images"), SimpleNamespace(train=torch.zeros(1, 3, 4, 4))
    first, inner, linear = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.Linear(4, 2)
    for levels in ("ternary", "absmean-ternary"):
        picks = task.quantized(levels, data)
        assert [bool(picks(m, "weight")) for m in (first, inner, linear)] == [False, True, False]
    for levels in ("binary", "2-bit"):
        assert task.quantized(levels, data) is binary_weights


def test_what_cannot_be_augmented():
    chosen = {"batch_size": 2, "held_out": 0, "augment": True, "seed": 0, "options": {}}
    with pytest.raises(ValueError, match=r"^augment: expected false for a text, got True$"):
        find_task("language").sets((None, CPU), **chosen)
    with pytest.raises(
        ValueError, match=r"^augment: expected false for a task on examples, got Tr"
    ):
        ExampleTask.sets(None, (None, CPU), **chosen)


@pytest.mark.parametrize("epochs", [4, 7])
def test_the_pull_of_a_transformer_is_over_in_the_epochs_it_has(epochs):
    def rate(levels):
        changes = {"task": "language", "model": "transformer", "data": "sentences", "tokens": 6400}
        return preset("corrected", "proxquant", levels=levels, epochs=epochs, **changes).rate

    # ten windows of 32 words in each of 20 streams
    assert rate("binary") == pytest.approx(8 / (2e-3 * epochs**2 * 10))
    assert rate("ternary") == pytest.approx(0.1 / (2e-3 * epochs))
