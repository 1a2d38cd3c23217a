"""What is read out of a line of the metrics: TensorBoard's points, and the advice to those who were not there."""

import sys
import types
from typing import ClassVar

import pytest

from pqtheory.networks.training import Settings
from pqtheory.networks.training.distances import FAR, advice, advice_from
from pqtheory.networks.training.events import Events, scalars

from ..messages import exactly

LINE = {
    "epoch": 3,
    "loss": 0.5,
    "perplexity": {"test": {"latent": 9.0, "quantized": 8.0}, "held_out": {"latent": 7.0}},
    "watched": {"latent": {"gate saturation": 0.25}},
    "code_changes": {"a": {"mean": 0.125, "least": 0.0}, "b": {"mean": 0.0625}},
    "signs": {
        "a": {"change_from_start": 9, "flips": 9, "reversals": 9},
        "all": {"change_from_start": 0.1, "flips": 0.2, "reversals": 0.3, "size": 5},
    },
    "quantization_error": {"a": 9.0, "all": 0.75},
}
POINTS = [
    ("loss", 0.5),
    ("perplexity/test, latent", 9.0),
    ("perplexity/test, quantized", 8.0),
    ("perplexity/held_out, latent", 7.0),
    ("gate saturation/latent", 0.25),
    ("code_changes/a", 0.125),
    ("code_changes/b", 0.0625),
    ("signs/change_from_start", 0.1),
    ("signs/flips", 0.2),
    ("signs/reversals", 0.3),
    ("quantization_error", 0.75),
]


def test_the_points_of_a_line():
    assert list(scalars(LINE)) == POINTS
    assert list(scalars({"epoch": 0, "loss": None})) == []
    assert list(scalars({"epoch": 0, "loss": 0.0, "signs": LINE["signs"]})) == [
        ("loss", 0.0),
        *POINTS[7:10],
    ]


class Writer:
    """TensorBoard's, which remembers what it is told."""

    made: ClassVar[list["Writer"]] = []

    def __init__(self, folder, **how):
        self.folder, self.how, self.told, self.closed = folder, how, [], 0
        self.made.append(self)

    def add_scalar(self, *point):
        self.told.append(point)

    def flush(self):
        self.told.append("flushed")

    def close(self):
        self.closed += 1


@pytest.fixture
def writers(monkeypatch):
    monkeypatch.setattr(Writer, "made", [])
    module = types.ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Writer
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    return Writer.made


def test_events_are_written_anew_whenever_a_run_begins_or_goes_on(writers, tmp_path):
    for name in ("events.out.tfevents.1", "events.out.tfevents.2", "mine.txt"):
        (tmp_path / name).touch()
    events = Events(str(tmp_path))
    # nothing is open yet
    events.close()
    short = {"epoch": 0, "loss": 2.0}
    events.begin([short, LINE])
    (writer,) = writers
    # a TensorBoard that runs already forgets what it has read
    assert (writer.folder, writer.how) == (str(tmp_path), {"purge_step": 0})
    told = [("loss", 2.0, 0), "flushed", *((n, v, 3) for n, v in POINTS), "flushed"]
    assert writer.told == told
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
    events.add({"epoch": 4, "loss": 1.0})
    assert writer.told == [*told, ("loss", 1.0, 4), "flushed"]
    events.begin([])
    assert (len(writers), writer.closed) == (2, 1)
    events.close()
    events.close()
    assert (writer.closed, writers[1].closed) == (1, 1)


def test_without_tensorboard(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(
        ImportError,
        match=exactly("--tensorboard needs tensorboard: pip install 'pqtheory[tensorboard]'"),
    ):
        Events(tmp_path)


def frozen(method="proxquant", **changes):
    return Settings(method=method, **{"epochs": 4, "freeze_epoch": 2, "rate": 0.25, **changes})


def line(epoch, off):
    return {"epoch": epoch, "quantization_error": {"all": off, "a": 9.0}}


def test_advice_is_given_beyond_a_quarter():
    assert advice(FAR, frozen()) == ""
    assert advice(0.2501, frozen()) == (
        "at the freeze before epoch 2 the weights are 0.25 of a level from their levels, so that it makes another "
        "network: raise rate (--rate), now 0.25, or freeze_epoch or epochs (--epochs)"
    )


@pytest.mark.parametrize("method", ["proxquant", "binaryrelax", "parq", "bop", "mirrordescent"])
def test_the_rate_is_what_to_raise_where_the_method_has_one(method):
    assert "raise rate (--rate), now 0.25, or freeze_epoch" in advice(0.5, frozen(method))
    assert "raise freeze_epoch or epochs" in advice(0.5, frozen("binaryconnect"))


def test_the_advice_is_that_of_the_line_at_the_freeze():
    lines = [line(1, 9.0), line(2, 0.5), line(3, 9.0)]
    assert advice_from(frozen(), lines) == advice(0.5, frozen())
    # the model saw (theta + lambda q) / (1 + lambda)
    relaxed = frozen("binaryrelax", rate=2.0)
    assert advice_from(relaxed, [line(2, 2.0)]) == advice(2.0 / 5, relaxed)
    assert advice_from(relaxed, [line(2, 1.0)]) == ""
    assert advice_from(frozen(), [line(2, 0.25)]) == ""


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        (frozen(), []),
        (frozen(), [line(1, 9.0), line(3, 9.0)]),
        (frozen(), [{"epoch": 2}]),
        (frozen(freeze_epoch=None), [line(2, 9.0)]),
        # of fitted levels they say no length, of BinaryConnect no more than that it is at them
        (frozen(levels="ternary"), [line(2, 9.0)]),
        (frozen("binaryconnect"), [line(2, 9.0)]),
        (frozen("parq"), [line(2, 9.0)]),
    ],
)
def test_where_the_lines_do_not_say_enough_nothing_is_said(settings, lines):
    assert advice_from(settings, lines) == ""
