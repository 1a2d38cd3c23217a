"""Pictures, checked by their data."""

import itertools
import re
from fractions import Fraction

import numpy as np
import pytest
import torch

import pqtheory as pq
from pqtheory import plotting
from pqtheory.digits import DigitsSettings, run_digits
from pqtheory.plotting.basins import VERTEX_COLOURS
from pqtheory.plotting.looks import method_colour
from pqtheory.plotting.regularizer import prox_branches
from pqtheory.plotting.trajectory import levels_of
from pqtheory.regularizers import REGISTRY as REGULARIZERS
from pqtheory.sets import FiniteSet

WITH_LEVELS = [n for n, make in REGULARIZERS.items() if isinstance(make().set, FiniteSet)]
WITHOUT = [n for n in REGULARIZERS if n not in WITH_LEVELS]


def lines(axes, label):
    return [line for line in axes.get_lines() if line.get_label() == label]


@pytest.fixture(scope="module")
def digits():
    return run_digits(DigitsSettings(hidden=4, warm_epochs=1, epochs=3, seeds=3, batch_size=300))


@pytest.mark.parametrize("name", WITH_LEVELS)
def test_the_prox_is_drawn_where_the_library_has_it_and_jumps_are_not_slanted(name):
    R = REGULARIZERS[name]()
    weights = (0.1, 0.7)
    _, axes = plotting.regularizer(R, weights).axes
    levels = [Fraction(v) for v in R.set.level_values]
    middles = [(a + b) / 2 for a, b in itertools.pairwise(levels)]
    for weight in weights:
        (line,) = lines(axes, f"$\\lambda = {weight:g}$")
        theta, x = line.get_data()
        inside = np.isfinite(x) & ~np.isin(theta, [float(m) for m in middles])
        np.testing.assert_allclose(x[inside], R.prox(theta[inside], weight), atol=1e-12)
        # between two points that a line joins, the prox is Lipschitz: it moves no farther than theta,
        # but where the cap of a smoothed kink stretches it
        jumps = [m for m in middles if len(R.prox_set(m, weight)) > 1]
        joined = np.diff(theta)[np.isfinite(np.diff(x))]
        steepest = np.max(np.diff(x)[np.isfinite(np.diff(x))] - 12 * joined)
        assert steepest <= 1e-9
        assert np.isnan(x).sum() == len(jumps)
    marked = {
        (round(float(p.get_xdata()[0]), 9), round(float(p.get_ydata()[0]), 9))
        for p in axes.get_lines()
        if p.get_marker() == "o"
    }
    ties = {
        (round(float(m), 9), round(float(x), 9))
        for weight in weights
        for m in middles
        if len(found := R.prox_set(m, weight)) > 1
        for x in (found[0], found[-1])
    }
    assert marked == ties


@pytest.mark.parametrize("name", [n for n in WITH_LEVELS if not n.startswith("indicator")])
def test_the_value_is_drawn_with_its_corners(name):
    R = REGULARIZERS[name]()
    axes = plotting.regularizer(R).axes[0]
    (line,) = lines(axes, "R")
    theta, value = line.get_data()
    np.testing.assert_array_equal(value, R.value(theta[:, None], axis=-1))
    corners = [float(v) for v in R.set.level_values]
    corners += [(a + b) / 2 for a, b in itertools.pairwise(corners)]
    assert all(np.isclose(theta, c, atol=1e-12).any() for c in corners)


def test_the_w_jumps_at_zero_with_both_minimisers_and_the_upper_one_filled():
    axes = plotting.regularizer(weights=(0.5,)).axes[1]
    circles = {p.get_ydata()[0]: p for p in axes.get_lines() if p.get_marker() == "o"}
    assert set(circles) == {-0.5, 0.5}
    assert circles[-0.5].get_markerfacecolor() == "white"
    assert circles[0.5].get_markerfacecolor() != "white"
    W = pq.regularizers.DistanceL1(pq.sets.Binary())
    assert W.prox(0.0, 0.5) == 0.5
    (_, below), (_, above) = prox_branches(W, [Fraction(-1), Fraction(1)], 0.5, -2.0, 2.0)
    assert (below[-1], above[0]) == (-0.5, 0.5)


@pytest.mark.parametrize("name", WITHOUT)
def test_a_set_without_levels_has_no_such_picture(name):
    with pytest.raises(TypeError, match="expected a set with fixed levels"):
        plotting.regularizer(REGULARIZERS[name]())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": ()}, "weights: expected at least one"),
        ({"weights": (-0.5,)}, "weights: expected a number >= 0, got -0.5"),
        ({"weights": 0.5}, "weights: expected at least one number >= 0, got 0.5"),
        ({"low": -np.inf}, "low: expected a finite number, got -inf"),
        ({"low": 1.0, "high": 1.0}, "low: expected a number below high = 1.0"),
    ],
)
def test_regularizer_picture_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        plotting.regularizer(**options)
    with pytest.raises(TypeError, match="regularizer: expected one on a set"):
        plotting.regularizer("W")


def test_weights_of_a_picture_may_be_an_array():
    figure = plotting.regularizer(weights=np.array([0.25, 0.5]))
    for weight in (0.25, 0.5):
        assert lines(figure.axes[1], f"$\\lambda = {weight:g}$")


def test_one_step_is_drawn_where_the_library_makes_it():
    problem = pq.problems.Quadratic([[1.0, 0.2], [0.2, 0.6]], [-0.7, 0.14])
    W = pq.regularizers.DistanceL1(pq.sets.Binary())
    start = np.array([-0.5, 0.6])
    methods = {
        "BinaryConnect": pq.methods.BinaryConnect(0.6),
        "LazyProx": pq.methods.LazyProx(W, 0.6, 0.1),
        "ProxQuant": pq.methods.ProxQuant(W, 0.6, 0.6),
    }
    figure = plotting.one_step(methods, problem, start)
    asked = {
        "BinaryConnect": np.sign(start),
        "LazyProx": W.prox(start, 0.1),
        "ProxQuant": start,
    }
    for axes, (name, method) in zip(figure.axes, methods.items(), strict=True):
        end = pq.simulate(method, problem, start, 1).latent[1]
        marks = {m: p for p in axes.get_lines() if (m := p.get_marker()) in ("o", "*")}
        np.testing.assert_allclose(marks["*"].get_xydata(), [end], atol=1e-12)
        (ring,) = [p for p in axes.get_lines() if p.get_markerfacecolor() == "none"]
        np.testing.assert_allclose(ring.get_xydata(), [asked[name]], atol=1e-12)
        arrows = {t.arrow_patch.get_linestyle(): t for t in axes.texts if t.arrow_patch}
        # the step itself, along the gradient at the ring; what is mapped afterwards is kept
        moved = start - 0.6 * problem.gradient(asked[name])
        heads = [np.array(t.xy) for t in axes.texts if t.arrow_patch]
        assert any(np.allclose(head, moved, atol=1e-12) for head in heads)
        assert any(np.allclose(head, end, atol=1e-12) for head in heads)
        assert len(arrows) == (2 if name == "ProxQuant" else 1)
        taken = "where it is" if name == "ProxQuant" else "elsewhere"
        assert axes.get_title().replace("\n", " ") == f"{name}: its gradient is taken {taken}"
    said = plotting.description(figure)
    assert (
        "ProxQuant: from (-0.5, 0.6), gradient at (-0.5, 0.6), which leads to (0.148, 0.36)" in said
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"methods": {}}, "methods: expected at least one"),
        ({"problem": pq.problems.TwoFunctionToy()}, "problem: expected dimension 2, got 1"),
        ({"theta0": (1.0,)}, r"theta0: expected shape \(2,\)"),
        ({"theta0": ([1.0], 2)}, "theta0: expected sequences of equal lengths"),
        ({"theta0": (1.0, 1e99)}, "theta0: expected numbers from"),
    ],
)
def test_one_step_picture_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        plotting.one_step(**arguments)


def test_the_toy_shows_one_path_for_binary_connect_and_two_for_proxquant():
    figure = plotting.toy(theta0=0.4, step_size=0.05, rate=0.02, steps=120)
    functions, binary_connect, prox_quant = figure.axes
    for side, name in ((1, "$f_1$"), (-1, "$f_{-1}$")):
        (drawn,) = lines(functions, name)
        x, f = drawn.get_data()
        np.testing.assert_allclose(f, abs(x + side / 2) - 0.5)
    runs = [
        [lines(axes, f"on {name}")[0].get_ydata() for name in ("$f_1$", "$f_{-1}$")]
        for axes in (binary_connect, prox_quant)
    ]
    np.testing.assert_array_equal(*runs[0])
    assert "the same path on both" in binary_connect.get_title()
    assert (runs[1][0][-1], runs[1][1][-1]) == (-1.0, 1.0)
    assert "a path for each, to its best vertex" in prox_quant.get_title().replace("\n", " ")
    theta = 0.4
    for t, drawn in enumerate(runs[0][0]):
        assert drawn == pytest.approx(theta, abs=1e-12), t
        theta -= 0.05 if theta >= 0 else -0.05
    # both panels and no more than both panels share the scale
    assert binary_connect.get_ylim() == prox_quant.get_ylim()


@pytest.mark.parametrize(
    ("start", "step_size"), [(5.0, 0.05), (-7.5, 0.05), (0.3, 4.0), (1.2, 0.05)]
)
def test_the_toys_axes_hold_starts_levels_and_paths(start, step_size):
    figure = plotting.toy(theta0=start, step_size=step_size)
    functions, *paths = figure.axes
    low, high = functions.get_xlim()
    assert low < start < high
    for axes in paths:
        low, high = axes.get_ylim()
        assert low < -1 < 1 < high
        for name in ("$f_1$", "$f_{-1}$"):
            (line,) = lines(axes, f"on {name}")
            assert line.get_ydata()[0] == start
            assert low < min(line.get_ydata()) <= max(line.get_ydata()) < high
            # and they fill them
            assert high - low < 1.5 * max(2, np.ptp([*line.get_ydata(), -1, 1]) + 8 * step_size)
    # the functions are drawn as far as the start
    (drawn,) = lines(functions, "$f_1$")
    assert min(drawn.get_xdata()) <= start <= max(drawn.get_xdata())


def test_the_toy_rejects_bad_numbers():
    with pytest.raises(ValueError, match="theta0: expected a finite number"):
        plotting.toy(theta0=float("nan"))
    with pytest.raises(ValueError, match="step_size: expected a finite number > 0"):
        plotting.toy(step_size=-0.1)
    with pytest.raises(ValueError, match="theta0: expected a number from -1e"):
        plotting.toy(theta0=1e308)
    with pytest.raises(ValueError, match="steps: expected an integer >= 1"):
        plotting.toy(steps=0)


def test_the_trajectory_is_the_simulated_one():
    problem = pq.problems.Quadratic.random(dim=2, seed=3)
    methods = {
        "one": pq.methods.BinaryConnect(0.1),
        "two": pq.methods.LazyProx(pq.regularizers.DistanceL1(pq.sets.Ternary()), 0.1, 0.2),
    }
    start = np.array([0.3, -0.2])
    figure = plotting.trajectory(methods, problem, start, 40)
    latent, quantized = figure.axes[:2], figure.axes[2:]
    for axes, below, (name, method) in zip(latent, quantized, methods.items(), strict=True):
        run = pq.simulate(method, problem, start, 40)
        assert axes.get_title().startswith(f"{name}: ")
        for i in range(2):
            (drawn,) = lines(axes, f"weight {i + 1}")
            np.testing.assert_array_equal(drawn.get_ydata(), run.latent[:, i])
            strip = below.get_lines()[i].get_ydata()
            # both sets reach from -1 to 1, whatever is visited of them
            np.testing.assert_allclose(strip - i, 0.3 * run.quantized[:, i], atol=1e-12)
    with pytest.raises(ValueError, match="methods: expected at least one"):
        plotting.trajectory({})


class Outward(pq.methods.Method):
    """Always at +2, whatever it is given; says nothing of levels."""

    def query(self, state):
        return state.latent

    def step(self, state, gradient):
        return pq.methods.State(state.latent, state.step + 1)

    def output(self, state):
        return np.full_like(state.latent, 2.0)


FITTED = pq.regularizers.AlternatingDistance(pq.quantizers.AdaptiveTernary())
STILL = pq.problems.Quadratic(np.eye(1), [0.0])


@pytest.mark.parametrize(
    ("method", "start", "place"),
    [
        (pq.methods.BinaryConnect(0.1), -5.0, -0.3),
        (pq.methods.BinaryConnect(0.1), 5.0, 0.3),
        (pq.methods.DualAveraging(pq.sets.Binary(), 0.1), -5.0, -0.3),
        (pq.methods.ProjectedSGD(pq.sets.Binary(0.25), 1e-6), -5.0, -0.3),
        # middle levels stand in the middle, uneven ones where they are between the outermost
        (pq.methods.ProjectedSGD(pq.sets.Ternary(), 1e-6), 0.01, 0.0),
        (pq.methods.ProjectedSGD(pq.sets.Codebook((-1.0, 0.5, 3.0)), 1e-6), 0.6, 0.6 * (1.5 / 4 - 0.5)),
        (pq.methods.ProjectedSGD(pq.sets.Codebook((0.5,)), 1e-6), 0.6, 0.0),
        (pq.methods.ProjectedSGD(pq.sets.UniformGrid(2, 1.0, 4.0), 1e-6), 0.6, -0.3),
        (pq.methods.ProxQuant(pq.regularizers.DistanceL2(pq.sets.ScaledBinary()), 1e-6, 0.1), -3.0, -0.3),
        (pq.methods.LazyProx(FITTED, 1e-6, 0.1), -3.0, -0.3),
        (Outward(), 1.0, 0.3),
    ],
)  # fmt: skip
def test_a_level_has_its_place_whether_others_are_visited_or_not(method, start, place):
    figure = plotting.trajectory({"m": method}, STILL, [start], 3)
    latent, quantized = figure.axes
    (strip,) = quantized.get_lines()
    np.testing.assert_allclose(strip.get_ydata(), place, atol=1e-3)
    low, high = quantized.get_ylim()
    assert low < -0.3
    assert high > 0.3
    (drawn,) = lines(latent, "weight 1")
    assert drawn.get_ydata()[0] == start


def test_the_command_draws_minus_one_below_where_it_alone_is_visited():
    # what plot trajectory --dim 1 draws
    for seed in range(4):
        problem = pq.problems.Quadratic.random(dim=1, seed=seed)
        figure = plotting.trajectory(problem=problem)
        for axes, method in zip(figure.axes[2:], ("BinaryConnect", "ProxQuant"), strict=True):
            made = {"BinaryConnect": pq.methods.BinaryConnect(0.1)}
            made["ProxQuant"] = pq.methods.ProxQuant(
                pq.regularizers.DistanceL1(pq.sets.Binary()), 0.1, pq.schedules.Linear(0.01)
            )
            run = pq.simulate(made[method], problem, [0.7], 100)
            (strip,) = axes.get_lines()
            np.testing.assert_allclose(strip.get_ydata(), 0.3 * run.quantized[:, 0])


def test_default_trajectory_shows_what_its_caption_says():
    binary_connect, prox_quant = plotting.trajectory().axes[2:]
    moves = [
        sum((np.diff(line.get_ydata()) != 0).sum() for line in a.get_lines()[:3])
        for a in (binary_connect, prox_quant)
    ]
    assert moves[0] > 20 > 3 >= moves[1]
    ends = [line.get_ydata()[-1] for line in plotting.trajectory().axes[1].get_lines()[:3]]
    assert {abs(end) for end in ends} == {1.0}


def test_sign_flips_draws_means_and_bands_of_each_layer(digits):
    figure = plotting.sign_flips(digits)
    shown = [axes for axes in figure.axes if axes.get_visible()]
    # the upper row has the titles, the first column the layers
    assert [axes.get_title() for axes in shown[3:6]] == [""] * 3
    layers = dict(zip(("hidden", "output"), (shown[:3], shown[3:6]), strict=True))
    metrics = {
        "change_from_start": "changed since start",
        "flips": "flips per step",
        "reversals": "reversals per step",
    }
    for layer in ("hidden", "output"):
        assert layers[layer][0].get_ylabel() == f"{layer} layer,\n% of weights"
        for (metric, title), axes in zip(metrics.items(), layers[layer], strict=True):
            assert axes.get_title() in ("", title)
            for band, name in zip(axes.collections, ("BinaryConnect", "ProxQuant"), strict=True):
                values = 100 * digits.curves[name].signs[layer][metric]
                first = 0 if metric == "change_from_start" else 1
                (line,) = lines(axes, name)
                np.testing.assert_array_equal(line.get_xdata(), np.arange(first, 4))
                np.testing.assert_allclose(line.get_ydata(), values[first:].mean(axis=1))
                assert line.get_color() == method_colour(name)
                corners = band.get_paths()[0].vertices
                at_end = corners[corners[:, 0] == 3][:, 1]
                half = values[3].std(ddof=1)
                np.testing.assert_allclose(
                    [at_end.min(), at_end.max()],
                    values[3].mean() + half * np.array([-1, 1]),
                    atol=1e-9,
                )
    error = shown[-1]
    assert error.get_title() == "test error"
    (line,) = lines(error, "full precision (test error only)")
    np.testing.assert_allclose(
        line.get_ydata(), 100 * digits.curves["full precision"].latent_error.mean(axis=1)
    )
    (line,) = lines(error, "ProxQuant")
    np.testing.assert_allclose(
        line.get_ydata(), 100 * digits.curves["ProxQuant"].quantized_error.mean(axis=1)
    )


def test_basins_are_those_of_the_library():
    figure = plotting.basins(resolution=15, steps=120)
    problem = pq.problems.Quadratic.random(dim=2, condition=4.0, seed=10, indefinite=True)
    W = pq.regularizers.DistanceL1(pq.sets.Binary())
    methods = [
        pq.methods.BinaryConnect(0.1),
        pq.methods.ProxQuant(W, 0.1, pq.schedules.Linear(0.01)),
    ]
    settled = []
    for axes, method in zip(figure.axes, methods, strict=True):
        found = pq.stability.basin_map(method, problem, -1.5, 1.5, 15, 120)
        drawn = np.asarray(axes.images[0].get_array())
        for index in np.ndindex(drawn.shape):
            vertex = None if drawn[index] < 0 else list(VERTEX_COLOURS)[drawn[index]]
            assert (vertex is not None) == found.settled[index]
            assert vertex is None or vertex == tuple(found.ends[index])
        # the image's cells are centred at the starts
        left, right, bottom, top = axes.images[0].get_extent()
        assert (left, right) == (bottom, top) == pytest.approx((-1.5 - 1.5 / 14, 1.5 + 1.5 / 14))
        assert axes.images[0].origin == "lower"
        # and nothing is shaded where no start is: what is beyond the axes is cut off
        assert axes.get_xlim() == axes.get_ylim() == (-1.5, 1.5)
        assert axes.images[0].get_clip_on()
        hatched = [c for c in axes.collections if "////" in (getattr(c, "hatches", None) or [])]
        assert bool(hatched) == (not found.settled.all())
        settled.append(found.settled.mean())
    assert 0 < settled[0] < 1.0 == settled[1]


def numbers(text):
    return [float(x) for x in re.findall(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?", text)]


def test_each_picture_says_what_is_seen_in_its_own_numbers(digits):
    # another picture says something else
    said = [plotting.description(plotting.toy(theta0=start)) for start in (0.3, 0.4)]
    run = pq.simulate(
        pq.methods.BinaryConnect(0.05), pq.problems.TwoFunctionToy(1), np.array([0.4]), 100
    )
    assert "start at 0.3 " in said[0]
    assert "start at 0.4 " in said[1]
    assert f"between {run.latent.min():.3g} and {run.latent.max():.3g}" in said[1]
    assert "to -1 on f_1 and to 1 on f_-1" in said[0]
    text = plotting.description(plotting.regularizer(weights=(0.25, 2.0)))
    assert "0 at the levels -1, 1, between them 1 at 0" in text
    assert "lambda = 0.25 it jumps at 0 from -0.25 to 0.25" in text
    assert "lambda = 2 it jumps at 0 from -1 to 1" in text
    grid = REGULARIZERS["l1-4-bit"]()
    assert "..." in plotting.description(plotting.regularizer(grid))
    assert "infinite everywhere else" in plotting.description(
        plotting.regularizer(REGULARIZERS["indicator-binary"]())
    )
    figure = plotting.trajectory(steps=50)
    text = plotting.description(figure)
    for name, axes in zip(("BinaryConnect", "ProxQuant"), figure.axes[2:], strict=True):
        moves = sum((np.diff(line.get_ydata()) != 0).sum() for line in axes.get_lines())
        assert f"{name}: {f'levels change {moves} times' if moves else 'no level changes'}" in text
    text = plotting.description(plotting.sign_flips(digits))
    for name in ("BinaryConnect", "ProxQuant"):
        mean = 100 * digits.summary()[name]["quantized_error"][0]
        assert f"test error {mean:.3g} %" in text
    figure = plotting.basins(resolution=9, steps=60)
    text = plotting.description(figure)
    for axes in figure.axes:
        drawn = np.asarray(axes.images[0].get_array())
        assert f"{(drawn == 0).mean():.0%} ends at (-1, -1)" in text
    assert len(numbers(said[0])) > 8


def test_files_say_what_is_seen_too(tmp_path):
    figure = plotting.toy(steps=5)
    for suffix in plotting.SUFFIXES:
        plotting.save(figure, tmp_path / f"toy{suffix}")
    said = plotting.description(figure)
    assert said.encode() in (tmp_path / "toy.png").read_bytes()
    assert "best vertex -1" in (tmp_path / "toy.svg").read_text()


@pytest.mark.parametrize("draw", [plotting.basins, plotting.trajectory, plotting.one_step])
def test_methods_have_names(draw):
    with pytest.raises(TypeError, match="methods: expected a mapping of names to methods, got"):
        draw([pq.methods.BinaryConnect(0.1)])


@pytest.mark.parametrize("draw", [plotting.basins, plotting.trajectory, plotting.one_step])
def test_problems_are_problems(draw):
    with pytest.raises(TypeError, match="problem: expected a problem, got 3"):
        draw(problem=3)


def test_basins_reject_other_levels():
    half = pq.methods.BinaryConnect(0.1, set=pq.sets.Binary(0.5))
    with pytest.raises(ValueError, match=r"methods: .* levels -1 and \+1, got one that .*-0\.5"):
        plotting.basins({"half": half}, resolution=2, steps=2)


def test_trajectories_of_tensors_and_of_soft_levels():
    methods = {
        "MirrorDescent": pq.methods.MirrorDescent(0.1, 1.5, set=pq.sets.Ternary(2.0)),
        "PARQ": pq.methods.PARQ(0.1, 0.5),
        "fitted": pq.methods.BinaryConnect(0.1, set=pq.quantizers.AdaptiveTernary()),
    }
    start = torch.tensor([0.3, -0.2, 0.1], dtype=torch.bfloat16)
    figure = plotting.trajectory(methods, theta0=start, steps=2)
    (drawn,) = lines(figure.axes[0], "weight 1")
    assert drawn.get_ydata()[0] == float(start[0])
    run = pq.simulate(methods["MirrorDescent"], STILL, [0.3], 1)
    assert levels_of(methods["MirrorDescent"], run).tolist() == [-2.0, 0.0, 2.0]
    with pytest.raises(ValueError, match=r"theta0: expected shape \(3,\), got \(2, 3\)"):
        plotting.trajectory(theta0=np.zeros((2, 3)))


def test_basins_reject_other_dimensions():
    with pytest.raises(ValueError, match="problem: expected dimension 2"):
        plotting.basins(problem=pq.problems.Quadratic.random(dim=3))
    with pytest.raises(ValueError, match="methods: expected at least one"):
        plotting.basins({})


@pytest.mark.parametrize("suffix", plotting.SUFFIXES)
def test_saving_makes_a_file_of_its_kind_the_same_every_time(suffix, tmp_path):
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix.upper()}"
    plotting.save(plotting.toy(steps=5), first)
    plotting.save(plotting.toy(steps=5), second)
    start = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix]
    assert first.read_bytes().startswith(start)
    assert first.read_bytes() == second.read_bytes()
    if suffix == ".png":
        assert plotting.png(plotting.toy(steps=5)) == first.read_bytes()


def test_unknown_suffix_is_one_clear_error():
    with pytest.raises(
        ValueError,
        match=r"file: expected .*\.png, \.svg, \.pdf.*, got 'x.pgn'; did you mean '.png'",
    ):
        plotting.save(plotting.toy(steps=5), "x.pgn")
    with pytest.raises(ValueError, match=r"got 'picture'$"):
        plotting.check_file("picture")


def test_pictures_use_no_pyplot_and_leave_the_settings_of_others():
    import matplotlib

    before = dict(matplotlib.rcParams)
    for style in plotting.STYLES:
        plotting.toy(steps=2, style=style)
    with pytest.raises(ValueError, match="steps"):
        plotting.toy(steps=0, style="slides")
    assert dict(matplotlib.rcParams) == before
    names = {"regularizer", "toy", "one-step", "trajectory", "sign-flips", "basins"}
    assert names == set(plotting.REGISTRY)
