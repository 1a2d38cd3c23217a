"""The step size falls after each epoch whose figure is no better than the best before."""

import math

import pytest

from pqtheory.networks.training import RunFolder, measure, train

from .small_runs import small, tiny_images

#: of the start, which is no epoch, and of each epoch
FIGURES = (0.1, 0.5, 0.6, 0.5, 0.4, 0.45, 0.3)
DIVISORS = (1, 1, 2, 4, 4, 8)


@pytest.mark.parametrize("seconds", [math.inf, 0], ids=["in one", "resumed at each epoch"])
def test_the_step_size_falls_where_an_epoch_brought_nothing_better(tmp_path, monkeypatch, seconds):
    step_sizes = []

    def errors(task, model, optimizer, *rest):
        figure = FIGURES[len(step_sizes)]
        step_sizes.append(optimizer.param_groups[0]["lr"])
        return {"test": {"latent": 0.2}, "held_out": {"latent": figure}}

    monkeypatch.setattr(measure, "errors", errors)
    settings = small(
        "full-precision",
        epochs=len(FIGURES) - 1,
        held_out=20,
        measure_every=1,
        batch_size=20,
        lr=0.5,
        drops=(),
        stall_divisor=2,
    )
    folder, images = RunFolder(tmp_path / "run"), tiny_images()
    while not train(settings, images, folder, seconds=seconds, resume=True):
        pass
    assert step_sizes[1:] == [0.5 / divisor for divisor in DIVISORS]


def test_without_a_divisor_it_stays(tmp_path, monkeypatch):
    step_sizes = []

    def errors(task, model, optimizer, *rest):
        step_sizes.append(optimizer.param_groups[0]["lr"])
        return {"test": {"latent": 0.5}, "held_out": {"latent": 0.5}}

    monkeypatch.setattr(measure, "errors", errors)
    settings = small(
        "full-precision", epochs=3, held_out=20, measure_every=1, batch_size=20, drops=()
    )
    assert train(settings, tiny_images(), RunFolder(tmp_path / "run"))
    assert set(step_sizes[1:]) == {settings.lr}
