"""The cut of the step size: the runs themselves at a tiny size, and what the report says of numbers."""

import pytest

from experiments import counted, step_cut

TINY = {"hidden": 8, "layers": 1, "heads": 2, "window": 8, "tokens": 1000, "epochs": 2}


def run(rates, perplexity=10.0):
    return {"flips_by_epoch": rates, "measured": {"test": perplexity}}


def everything(cut=(0.1, 0.9), all_cut=(0.1, 0.9), differ=0):
    """Rates in the first and in all other epochs; 1 without a cut."""
    found = {}
    for seed in step_cut.SEEDS:
        found[f"before {seed}"] = run([2.0] * step_cut.BEFORE)
        for way, (first, last) in zip(step_cut.WAYS, ((1, 1), cut, all_cut), strict=True):
            found[f"{way} {seed}"] = run([first] + [last] * (step_cut.AFTER - 1))
        found[f"exact {seed}"] = {"signs": 100, "differ": differ, "not_8_times": differ}
    return found


@pytest.mark.parametrize(
    ("changed", "fails"),
    [
        ({}, set()),
        ({"cut": (0.6, 0.9)}, {0}),
        ({"cut": (0.1, 0.7)}, {1}),
        ({"all_cut": (0.1, 0.7)}, {2}),
        ({"differ": 1}, {3}),
    ],
)
def test_what_held(changed, fails):
    found = everything(**changed)
    held = [holds(found) for holds in step_cut.PREDICTIONS.values()]
    assert {i for i, value in enumerate(held) if value is not True} == fails
    assert step_cut.report(found).count("**did not hold**") == len(fails)


def test_one_seed_refutes_what_is_said_of_every_seed():
    found = {name: one for name, one in everything(cut=(0.1, 0.7), differ=1).items() if "0" in name}
    held = [holds(found) for holds in step_cut.PREDICTIONS.values()]
    assert held == [None, False, None, False]


def test_nothing_holds_before_all_seeds_are_there():
    found = everything()
    del found[f"{step_cut.ALL} 2"], found["exact 2"]
    assert [holds(found) for holds in step_cut.PREDICTIONS.values()] == [None] * 4
    assert "of which 2 of 3 are done" in step_cut.report(found)
    assert step_cut.draw(found).startswith(b"\x89PNG")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The real runs of one seed, of seconds."""
    short = {"BEFORE": 1, "AFTER": 1, "BESIDE": 1, "SEEDS": (0,)}
    folder = tmp_path_factory.mktemp("runs")
    loaded = counted.data_of(step_cut.settings_of(0, **TINY))
    with pytest.MonkeyPatch.context() as patched:
        for name, value in short.items():
            patched.setattr(step_cut, name, value)
        return counted.carry_out(step_cut.plan(folder, lambda: loaded, **TINY), folder, 1.0)


def test_cut_steps_and_scaled_latent_weights_have_the_same_signs(tiny):
    exact = tiny["exact 0"]
    assert exact["signs"] > 1000
    assert (exact["differ"], exact["not_8_times"]) == (0, 0)


def test_a_cut_lowers_flips_at_first(tiny):
    (whole,), (cut,) = (
        tiny[f"{way} 0"]["flips_by_epoch"] for way in (step_cut.NONE, step_cut.WEIGHTS)
    )
    assert 0 < cut < whole / 2


def test_all_steps_are_cut_or_those_of_the_quantized_weights():
    settings = step_cut.settings_of(0, **TINY)
    run = counted.new_run(settings, counted.data_of(settings))
    step_cut._slow_down(run, 0.1)
    factors = {bool(g.get("quantize")): g.get("lr_factor", 1.0) for g in run.optimizer.param_groups}
    assert factors == {True: 0.1, False: 1.0}
    step_cut._slow_down(run, 0.1, everything=True)
    assert sorted(g["lr_factor"] for g in run.optimizer.param_groups) == pytest.approx([0.01, 0.1])
