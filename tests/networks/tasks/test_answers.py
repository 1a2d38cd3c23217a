"""A task of one's own that says or answers what none should: file, line, what was expected, and nothing is left."""

import re

import numpy as np
import pytest

from pqtheory.networks.tasks import Examples
from pqtheory.networks.tasks.find import template
from pqtheory.networks.training import RunFolder, preset, train
from pqtheory.networks.training.build import load_data

PRESET = 'return {"epochs": 30, "lr": 0.01, "held_out": 200, **rate}'
EXAMPLES = "return Examples((x[:1000], y[:1000]), (x[1000:], y[1000:]))"
LOSS = "return (forward(x) - y).square().mean() / 2, ()"
MEASURED = """

    def measured(self, model, batches, which="test"):
        return {}"""
#: a class whose loss is inherited, and of which the network makes too few
CLASSES = """

    measure = "error"
    loss = ExampleTask.loss

    def load(self, name, data_dir, options):
        x = np.zeros((20, 1), np.float32)
        return Examples((x, np.arange(20)), (x, np.arange(20)))"""
OTHER = """

    def {}:
        return {}"""
WATCHED = """

    def watched(self, model, batches):
        return {}"""

#: what stands in the template, what stands there instead, the line that is named begins so, what is said
WRONG = {
    "no data": ('data = ("sine",)', "data = ()", "data =", "data: expected names in a tuple"),
    "data of letters": ('data = ("sine",)', 'data = "sine"', "data =", "data: expected names"),
    "no networks": (
        'models = ("mlp",)',
        "",
        "class CurveTask",
        "models: expected names in a tuple",
    ),
    "no such measure": (
        '"mean loss"',
        '"acuracy"',
        "measure =",
        "measure: expected one of error, ",
    ),
    "no options": (
        '{"width": 64, "noise": 0.1}',
        "None",
        "options:",
        "options: expected names with",
    ),
    "options of lists": ("64,", "[64],", "options:", "options: expected numbers, words or true"),
    "an option that is a setting": (
        '"noise": 0.1}',
        '"noise": 0.1, "lr": 1.0}',
        "options:",
        "options: expected names that no setting has, got 'lr'",
    ),
    "no settings": (PRESET, "return None", "def preset", "preset: expected settings by name"),
    "no epochs": (PRESET, 'return {"lr": 1.0}', "def preset", "preset: expected settings by name"),
    "no such setting": (
        '"lr": 0.01',
        '"lrr": 0.01',
        "def preset",
        "preset: expected names of settings",
    ),
    "an error in preset": (
        PRESET,
        "return 1 / 0",
        "return 1 / 0",
        "ZeroDivisionError: division by",
    ),
    "data without a hash": (EXAMPLES, "return x, y", "def load", "load: expected data with sha256"),
    "no network": (
        "return nn.Sequential(",
        "return (",
        "def make_model",
        "make_model: expected a torch.nn",
    ),
    "no predicate": (
        "return lambda module, name:",
        "return None and",
        "def quantized",
        "quantized: expected",
    ),
    "a loss alone": (
        LOSS,
        LOSS[:-4],
        "def loss",
        "loss: expected a pair, the mean loss and the memory",
    ),
    "a loss of each": (
        LOSS,
        LOSS.replace(".mean()", ""),
        "def loss",
        "loss: expected a tensor of shape ()",
    ),
    "a memory of its own": (
        LOSS,
        f"{LOSS[:-2]}(x,)",
        "def loss",
        "loss: expected a memory of 0 tensors",
    ),
    "no gradient": (
        LOSS,
        LOSS.replace(".mean()", ".mean().detach()"),
        "def loss",
        "loss: expected a loss that depends on the weights",
    ),
    "measured is no number": (
        LOSS,
        LOSS + MEASURED.format("None"),
        "def measured",
        "measured: expected a",
    ),
    "watched are no numbers": (
        LOSS,
        LOSS + WATCHED.format('{"a": "b"}'),
        "def watched",
        "watched: expected finite numbers by name, got {'a': 'b'}",
    ),
    "watched are not finite": (
        LOSS,
        LOSS + WATCHED.format('{"a": float("inf")}'),
        "def watched",
        "watched: expected finite numbers by name, got {'a': inf}",
    ),
    "an option without bounds": (
        '"noise": 0.1}',
        '"noise": float("nan")}',
        "options:",
        "options: expected numbers that are finite, got {'noise': nan}",
    ),
    "a step size in words": (
        '"lr": 0.01',
        '"lr": "fast"',
        "def preset",
        "preset: lr: expected a number, got 'fast'",
    ),
    "options in a list": (
        '"lr": 0.01',
        '"options": [1]',
        "def preset",
        "preset: options: expected names with values, got [1]",
    ),
    "another method": (
        '"lr": 0.01',
        '"method": "bop"',
        "def preset",
        "preset: expected names of settings, other than task, data, model, method, levels, got",
    ),
    "nothing is suited": (
        LOSS,
        LOSS + OTHER.format("suited(self, settings)", "None"),
        "def suited",
        "suited: expected settings by name, got None",
    ),
    "what is suited cannot be": (
        LOSS,
        LOSS + OTHER.format("suited(self, settings)", '{"lr": -1}'),
        "def suited",
        "suited: lr: expected a finite number > 0, got -1",
    ),
    "options that it has not": (
        LOSS,
        LOSS + OTHER.format("options_of(self, model)", '{"depth": 1}'),
        "def options_of",
        "options_of: expected options of the task, got",
    ),
    "the end of the process in load": (EXAMPLES, "exit(0)", "exit(0)", "SystemExit: 0"),
    "the end of the process in loss": (LOSS, "exit(0)", "exit(0)", "SystemExit: 0"),
    "an error without a word": (LOSS, "raise RuntimeError", "raise RuntimeError", "RuntimeError"),
    "what torch says of classes": (
        LOSS,
        LOSS + CLASSES,
        "loss =",
        "IndexError: Target ",
    ),
    "an error beyond 1": (
        '"mean loss"\n',
        '"error"\n    measured = lambda self, model, batches, which="test": 3\n',
        "measured =",
        "measured: expected a number from 0 to 1 for error, got 3",
    ),
}


def trained(file, folder):
    chosen = preset("corrected", "binaryconnect", task=str(file), epochs=1, held_out=0)
    return train(chosen, load_data(chosen), folder)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_file_and_line(name, tmp_path):
    old, new, begin, said = WRONG[name]
    file, folder = tmp_path / "my_task.py", RunFolder(tmp_path / "run")
    assert old in template()
    text = template().replace(old, new)
    file.write_text(text)
    line = next(n for n, t in enumerate(text.splitlines(), 1) if t.strip().startswith(begin))
    with pytest.raises(ValueError, match=re.escape(f"{file}: line {line}: {said}")) as caught:
        trained(file, folder)
    assert "\n" not in str(caught.value)
    # what failed before there was a first network is no run
    assert not (folder.path / "settings.json").exists()


def test_a_preset_may_say_that_nothing_is_frozen(tmp_path):
    file = tmp_path / "my_task.py"
    file.write_text(template().replace('"lr": 0.01', '"freeze_epoch": None'))
    assert preset("corrected", "binaryconnect", task=str(file), epochs=3).freeze_epoch is None


@pytest.mark.parametrize(
    ("method", "rate", "expected"),
    [
        ("mirrordescent", 1.21, 1.1),
        ("binaryrelax", 1.21, 1.1),
        ("bop", 1e-5, 1e-5),
        ("parq", 0.5, 0.25),
        ("proxquant", 0.5, 0.125),
    ],
)
def test_the_rate_of_a_preset_counts_and_is_scaled_as_its_method_grows(
    tmp_path, method, rate, expected
):
    file = tmp_path / "my_task.py"
    file.write_text(template().replace("**rate}", f'"rate": {rate}}}'))
    chosen = preset("corrected", method, task=str(file), epochs=60)
    assert chosen.rate == pytest.approx(expected, rel=1e-12)


def test_arrays_of_no_numbers_are_refused_where_they_are_made():
    x, y = np.zeros((3, 1)), np.array(["a", "b", "c"])
    with pytest.raises(TypeError, match=r"train: expected arrays of numbers, got one of <U1"):
        Examples((x, y), (x, x))


def test_a_start_that_failed_stands_in_nobodys_way(tmp_path):
    file, folder = tmp_path / "my_task.py", RunFolder(tmp_path / "run")
    file.write_text(template().replace("square", "sqare"))
    with pytest.raises(ValueError, match="has no attribute 'sqare'"):
        trained(file, folder)
    file.write_text(template())
    assert trained(file, folder)


def test_a_class_in_place_of_its_object_is_told_so(tmp_path):
    file = tmp_path / "my_task.py"
    file.write_text(template().replace("task = CurveTask()", "task = CurveTask"))
    with pytest.raises(ValueError, match=r"an object of a subclass of Task, got .* without \(\)"):
        preset("corrected", "binaryconnect", task=str(file))
