"""Runs record the metrics of their codes that are asked for: what a tracker beside the loop sees, bit for bit."""

import json
from dataclasses import replace

import pytest
import torch

from pqtheory.networks.training import RunFolder, Settings, train
from pqtheory.networks.training.run import Run
from pqtheory.quantizers import AdaptiveTernary, AlternatingMultiBit
from pqtheory.sets import Binary
from pqtheory.signs import CODE_METRICS, CodeTracker

from .small_runs import small

#: levels of a run, and what its weights are quantized by
LEVELS = {
    "binary": ("tensor", Binary()),
    "ternary": ("channel", AdaptiveTernary(per="channel")),
    "2-bit": ("row", AlternatingMultiBit(2, per="row")),
}


def chosen(method="binaryconnect", **changes):
    return small(
        method, **{"epochs": 4, "freeze_epoch": 3, "metrics": tuple(CODE_METRICS), **changes}
    )


@pytest.mark.parametrize("track", ["step", "epoch"])
@pytest.mark.parametrize("levels", LEVELS)
def test_what_a_tracker_beside_the_loop_sees(images, tmp_path, monkeypatch, levels, track):
    per, by = LEVELS[levels]
    metrics = [m for m in CODE_METRICS if (levels, m) != ("ternary", "near_threshold")]
    settings = chosen(levels=levels, per=per, track=track, metrics=tuple(metrics))
    seen, flips, made = [], [], {}

    def watch(run):
        named = run._tracked()
        if not made:
            near = None if levels == "ternary" else 0.005
            made["tracker"] = CodeTracker(named, by, frequencies=True, near=near, window=30)
            return None
        return made["tracker"].update(named)

    step, record = Run._step, Run._record

    def stepped(self, *batch):
        loss = step(self, *batch)
        if track == "step" and not self.optimizer.frozen:
            flips.append(watch(self)["all"])
        return loss

    def recorded(self, loss, seconds):
        if not made or (track == "epoch" and not self.optimizer.frozen):
            flips.append(watch(self))
        record(self, loss, seconds)
        seen.append(list(flips))
        flips.clear()

    monkeypatch.setattr(Run, "_step", stepped)
    monkeypatch.setattr(Run, "_record", recorded)
    folder = RunFolder(tmp_path / "run")
    assert train(settings, images, folder)
    lines = [m.get("codes") for m in folder.metrics()]
    assert lines[0] is None
    outer = set() if levels == "ternary" else {"conv.weight", "fc.weight"}
    assert set(lines[1]) == {"conv2.weight", "all", *outer}
    for line, updates in zip(lines[1:4], seen[1:4], strict=True):
        last = updates[-1] if track == "step" else updates[-1]["all"]
        every = updates if track == "step" else [last]
        for name in metrics:
            value = getattr(last, name)
            if name in ("flips", "reversals"):
                value = pytest.approx(sum(getattr(m, name) for m in every) / len(every))
            elif name in ("pi", "c2i") or value is None:
                continue
            elif isinstance(value, tuple):
                value = list(value)
            assert line["all"][name] == value, name
    # frozen: fitted levels of quantized weights may be others, codes are not
    assert lines[4]["all"]["flips"] == 0
    assert lines[4]["all"]["change_from_start"] == lines[3]["all"]["change_from_start"]
    assert lines[1]["all"]["flips"] > 0


@pytest.mark.parametrize("track", ["step", "epoch"])
def test_a_run_in_pieces_keeps_the_tracker_bit_for_bit(images, tmp_path, track):
    settings = chosen(levels="2-bit", per="row", track=track)
    whole, pieces = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "pieces")
    assert train(settings, images, whole)
    while not train(settings, images, pieces, resume=True, seconds=0):
        # killed while it wrote a line
        with (pieces.path / "metrics.jsonl").open("a") as stream:
            stream.write('{"epoch": ')
    assert (whole.path / "metrics.jsonl").read_bytes() == (
        pieces.path / "metrics.jsonl"
    ).read_bytes()
    a, b = (f.load("checkpoint.pt")["codes"] for f in (whole, pieces))
    assert a.keys() == b.keys()
    for name, value in a.items():
        same = torch.equal(value, b[name]) if isinstance(value, torch.Tensor) else value == b[name]
        assert same, name
    assert any(name.startswith("frequencies/") for name in a)


def test_only_what_is_asked_for_is_recorded_and_remembered(images, tmp_path):
    folder = RunFolder(tmp_path / "run")
    train(chosen(metrics=("FF ratio", "c2i", "flips")), images, folder, seconds=0)
    assert set(folder.metrics()[1]["codes"]["all"]) == {"flips", "c2i"}
    assert folder.settings.metrics == ("flips", "c2i")
    names = folder.load("checkpoint.pt")["codes"]
    assert not any(name.startswith(("frequencies/", "latent/")) for name in names)
    plain = RunFolder(tmp_path / "plain")
    train(chosen(metrics=()), images, plain, seconds=0)
    assert "codes" not in plain.metrics()[1]
    assert "codes" not in plain.load("checkpoint.pt")
    with pytest.raises(ValueError, match=r"was started with metrics = \[\], not"):
        train(chosen(), images, plain, resume=True)


def test_options_of_the_optimizer_are_settings(images, tmp_path):
    plain = small("binaryconnect", epochs=1)
    found = {}
    for name, changes in {
        "plain": {},
        "dampened": {"dampening": -0.1},
        "frozen": {"oscillation_threshold": 0.005},
    }.items():
        folder = RunFolder(tmp_path / name)
        train(replace(plain, **changes), images, folder)
        settings = json.loads((folder.path / "settings.json").read_text())["settings"]
        assert changes.items() <= settings.items()
        found[name] = folder.load("checkpoint.pt")
    states = found["frozen"]["optimizer"]["state"].values()
    frozen = [s["oscillation_frozen"] for s in states if "oscillation_frozen" in s]
    assert sum(int(f.sum()) for f in frozen) > 0
    latents = {name: f["optimizer"]["state"][1]["latent"] for name, f in found.items()}
    assert not torch.equal(latents["plain"], latents["dampened"])
    assert not torch.equal(latents["plain"], latents["frozen"])


def test_levels_are_kept_for_a_while(images, tmp_path):
    folder = RunFolder(tmp_path / "run")
    settings = small("parq", levels="2-bit", per="row", epochs=2, refit_every=4)
    train(settings, images, folder)
    state = folder.load("checkpoint.pt")["optimizer"]["state"][0]
    assert state["codebooks"].shape[-1] == 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metrics": ("flisp",)}, "metrics: expected names out of .* did you mean 'flips'"),
        ({"track": "batch"}, "track: expected one of epoch, step, got 'batch'"),
        ({"dampening": float("nan")}, "dampening: expected a"),
        ({"oscillation_threshold": -1}, "oscillation_threshold: expected a finite number >= 0"),
        ({"method": "full-precision", "metrics": ("flips",)}, "metrics: expected a method that"),
        ({"method": "full-precision", "dampening": 1.0}, "dampening: expected a method that"),
        ({"metrics": ("near_threshold",), "levels": "ternary"}, "metrics: expected levels with"),
        ({"method": "bop", "dampening": 1.0}, "dampening: expected 0, as bop has no latent"),
        ({"method": "bop", "levels": "ternary"}, "levels: expected binary, .* for bop"),
        ({"method": "mirrordescent", "levels": "2-bit"}, "levels: expected binary"),
        ({"method": "proxquant", "refit_every": 3}, "refit_every: expected parq with fitted"),
        ({"method": "parq", "refit_every": 3}, "refit_every: expected parq with fitted levels"),
        ({"method": "proxquant", "rate": -1.0}, "rate: expected a finite number >= 0"),
    ],
)
def test_what_does_not_go_together_is_refused(changes, message):
    with pytest.raises(ValueError, match=message) as raised:
        Settings(**changes)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 320


def test_a_word_in_place_of_names_is_refused():
    with pytest.raises(TypeError, match="metrics: expected a list of names, got 'flips'"):
        Settings(metrics="flips")  # type: ignore[arg-type]
    assert Settings(method="dampened", rate=-0.1).rate == -0.1


@pytest.mark.parametrize("method", ["bop", "mirrordescent", "dampened", "eagerpull", "parq"])
def test_successors_train_by_name(images, tmp_path, method):
    folder = RunFolder(tmp_path / "run")
    assert train(small(method, epochs=2), images, folder)
    name = folder.load("checkpoint.pt")["optimizer"]["param_groups"][0]["quantize_method"]
    assert registered_name(name) == method
    assert folder.metrics()[-1]["signs"]["all"]["change_from_start"] > 0


def registered_name(class_name):
    # PARQ's map is the prox of the bump, round a lazy memory
    return {"LazyProx": "parq"}.get(class_name, class_name.lower())


def test_bop_has_its_own_rate(images, tmp_path):
    folder = RunFolder(tmp_path / "run")
    train(small("bop", epochs=4, drops=(1,)), images, folder)
    groups = folder.load("checkpoint.pt")["optimizer"]["param_groups"]
    assert groups[0]["lr"] == pytest.approx(1e-4)
    assert groups[1]["lr"] == pytest.approx(1e-3)
