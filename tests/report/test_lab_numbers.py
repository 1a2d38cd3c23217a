"""The lab's numbers are those of pqtheory, to 1e-12: runs, maps, thresholds, in a real browser."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pqtheory as pq
from pqtheory.methods.base import Method
from pqtheory.problems.base import Problem
from pqtheory.regularizers import Bump, DistanceL1, DistanceL2, Indicator, LevelRegularizer
from pqtheory.report.lab import lab_page
from pqtheory.schedules import Linear, Schedule
from pqtheory.sets import Binary, FiniteSet, Ternary, UniformGrid
from pqtheory.theory.proxquant.two_function_toy import threshold

from .browser import Opened

CLOSE = {"rtol": 0, "atol": 1e-12}
SETS: dict[str, FiniteSet] = {
    "binary": Binary(),
    "ternary": Ternary(),
    "2-bit": UniformGrid(2),
    "3-bit": UniformGrid(3),
}


@pytest.fixture(scope="module")
def lab(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    file: Path = tmp_path_factory.mktemp("lab") / "lab.html"
    file.write_text(lab_page(), encoding="utf-8")
    opened = Opened(chromium, file)
    yield opened
    assert opened.errors == []
    opened.page.close()


W = DistanceL1(Binary())
METHODS = {
    "binaryconnect": lambda eta, rate: pq.methods.BinaryConnect(eta),
    "lazyprox": lambda eta, rate: pq.methods.LazyProx(W, eta, Linear(rate)),
    "proxquant": lambda eta, rate: pq.methods.ProxQuant(W, eta, Linear(rate)),
    "parq": lambda eta, rate: pq.methods.LazyProx(Bump(Binary()), eta, Linear(rate)),
}
TOY = [
    (method, start, eta, rate, steps)
    for method in METHODS
    for start, eta, rate, steps in (
        (0.3, 0.05, 0.02, 100),
        (0.3, 0.05, 0.2, 100),
        (-0.71, 0.13, 0.011, 400),
        (1.5, 0.5, 1.0, 60),
        (0.0, 0.01, 0.0, 50),
    )
]


def same(run: dict[str, Any], path: pq.Trajectory) -> None:
    np.testing.assert_allclose(run["latent"], path.latent[:, 0], **CLOSE)
    np.testing.assert_allclose(run["gradients"], path.gradients[:, 0], **CLOSE)
    np.testing.assert_allclose(run["quantized"], path.quantized[:, 0], **CLOSE)


@pytest.mark.parametrize(("method", "start", "eta", "rate", "steps"), TOY)
def test_runs_of_the_toy(
    lab: Opened, method: str, start: float, eta: float, rate: float, steps: int
) -> None:
    lab.go(f"toy.method={method}&toy.start={start}&toy.eta={eta}&toy.rate={rate}&toy.steps={steps}")
    for side in (1, -1):
        run = lab.run("side => lab.toy.run(side)", side)
        problem = pq.problems.TwoFunctionToy(side)
        path = pq.simulate(METHODS[method](eta, rate), problem, np.array([start]), steps)
        same(run, path)
        flips = pq.signs.flips_per_step(path.latent)
        np.testing.assert_array_equal(run["flips"], flips)


class Noisy(Problem):
    """The quadratic (x - target)^2 / 2 with a given noise on the gradient of each step."""

    dim = 1

    def __init__(self, target: float, noise: list[float]) -> None:
        self.quadratic, self.left = pq.problems.Quadratic([[1.0]], [-target]), iter(noise)

    def _value(self, xp: Any, theta: Any) -> Any:
        return self.quadratic.value(theta)

    def _gradient(self, xp: Any, theta: Any) -> Any:
        return self.quadratic.gradient(theta)

    def _stochastic_gradient(self, xp: Any, theta: Any, rng: Any) -> Any:
        return self.quadratic.gradient(theta) + next(self.left)


@dataclass(frozen=True)
class Dropped(Schedule):
    """eta, and a fiftieth of it from half of the steps on."""

    eta: float
    steps: int

    def __call__(self, step: int) -> float:
        return self.eta / 50 if 2 * step >= self.steps else self.eta


class HeavyBall(Method):
    """BinaryConnect on a set with momentum: v <- mu v + g, theta <- theta - eta v."""

    def __init__(self, step_size: Any, levels: FiniteSet, momentum: float) -> None:
        self.step_size = pq.methods.base.check_step_size(step_size)
        self.levels, self.momentum, self.velocity = levels, momentum, 0.0

    def query(self, state: Any) -> Any:
        return self.levels.project(state.latent)

    output = query

    def step(self, state: Any, gradient: Any) -> Any:
        self.velocity = self.momentum * self.velocity + gradient
        moved = state.latent - self.eta(state.step, state.latent) * self.velocity
        return pq.methods.base.State(moved, state.step + 1)


GRID = [
    (bits, target, start, eta, noise, momentum, drop)
    for bits, target, start, eta in ((1, 0.2, -0.8, 0.1), (2, 0.13, 0.4, 0.07), (4, -0.9, 1.5, 1.0))
    for noise, momentum, drop in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1))
]


@pytest.mark.parametrize(("bits", "target", "start", "eta", "noise", "momentum", "drop"), GRID)
def test_runs_on_the_grid(
    lab: Opened,
    bits: int,
    target: float,
    start: float,
    eta: float,
    noise: int,
    momentum: int,
    drop: int,
) -> None:
    steps = 300
    lab.go(
        f"grid.bits={bits}&grid.target={target}&grid.start={start}&grid.eta={eta}&grid.steps={steps}"
        f"&grid.noise={noise}&grid.momentum={momentum}&grid.drop={drop}"
    )
    draws = lab.run("() => lab.grid.noise()")
    assert any(draws) == bool(noise)
    levels = UniformGrid(bits)
    step_size: Any = Dropped(eta, steps) if drop else eta
    method: Method = pq.methods.BinaryConnect(step_size, set=levels)
    if momentum:
        method = HeavyBall(step_size, levels, 0.9)
    path = pq.simulate(method, Noisy(target, draws), np.array([start]), steps, stochastic=True)
    run = lab.run("() => lab.grid.run()")
    same(run, path)
    moved = path.quantized[1:, 0] != path.quantized[:-1, 0]
    np.testing.assert_array_equal(run["flips"][1:], moved)
    if not (noise or momentum or drop):
        predicted = lab.run(
            "set => predictedFlips(lab.grid.settings.values.target, SETS[set])", "binary"
        )
        if bits == 1:
            assert np.mean(moved[100:]) == pytest.approx(predicted, abs=0.02)


def test_flips_dip_where_the_step_size_falls_and_come_back(lab: Opened) -> None:
    lab.go("grid.drop=1")
    flips = np.array(lab.run("() => lab.grid.run().flips"))
    half = len(flips) // 2
    before, dip, after = flips[half - 100 : half], flips[half : half + 20], flips[-100:]
    assert dip.mean() < before.mean() / 2
    assert after.mean() == pytest.approx(before.mean(), abs=0.05)


def test_noise_is_standard_normal(lab: Opened) -> None:
    draws = np.array(lab.run("() => normalNoise(7, 20000)"))
    assert abs(draws.mean()) < 0.03
    assert draws.std() == pytest.approx(1, abs=0.02)
    assert np.mean(np.abs(draws) < 1) == pytest.approx(0.6827, abs=0.01)
    assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 0.03


REGULARIZERS: dict[str, type[Any]] = {
    "distance": DistanceL1,
    "squared": DistanceL2,
    "indicator": Indicator,
    "bump": Bump,
}


@pytest.mark.parametrize("levels", SETS)
@pytest.mark.parametrize("name", REGULARIZERS)
def test_prox_value_and_minimisers(lab: Opened, name: str, levels: str) -> None:
    lab.go()
    regularizer: LevelRegularizer = REGULARIZERS[name](SETS[levels])
    edges = SETS[levels].cells(np.zeros(1)).thresholds
    theta = [float(t) for t in (*np.linspace(-2, 2, 81).round(3), *edges)]
    for weight in (0.0, 0.1, 0.5, 1.0, 2.5):
        x = lab.run(
            f"theta => theta.map(t => REGULARIZERS.{name}.prox(t, {weight}, SETS['{levels}']))",
            theta,
        )
        np.testing.assert_allclose(x, regularizer.prox(np.array(theta), weight), **CLOSE)
        found = lab.run(
            f"theta => theta.map(t => proxSet('{name}', t, {weight}, SETS['{levels}']))", theta
        )
        for t, minimisers in zip(theta, found, strict=True):
            if t in edges and t not in (0.0, 0.5, -0.5):
                # beside a midpoint of levels that are no floats
                continue
            np.testing.assert_allclose(minimisers, regularizer.prox_set(t, weight), **CLOSE)
    value = lab.run(
        f"theta => theta.map(t => String(REGULARIZERS.{name}.value(t, SETS['{levels}'])))", theta
    )
    own = [float(v.replace("Infinity", "inf")) for v in value]
    np.testing.assert_allclose(own, regularizer.value(np.array(theta)[:, None], axis=-1), **CLOSE)


@pytest.mark.parametrize("levels", SETS)
def test_bump_is_the_map_of_parq(lab: Opened, levels: str) -> None:
    """centre + (t - centre) / s cut off at its gap, s = 1 - w; and the value of least objective on a fine grid."""
    lab.go()
    points = np.array(SETS[levels].cells(np.zeros(1)).levels)
    theta = np.linspace(-2, 2, 160)
    for weight in (0.0, 0.3, 0.9):
        x = lab.run(
            f"theta => theta.map(t => REGULARIZERS.bump.prox(t, {weight}, SETS['{levels}']))",
            theta.tolist(),
        )
        inside = np.clip(theta, points[0], points[-1])
        gap = np.clip(np.searchsorted(points, inside, side="right"), 1, len(points) - 1)
        low, high = points[gap - 1], points[gap]
        centre = (low + high) / 2
        np.testing.assert_allclose(
            x, np.clip(centre + (inside - centre) / (1 - weight), low, high), **CLOSE
        )
    grid = np.linspace(points[0], points[-1], 3 * 7 * 200 + 1)
    values = np.array(
        lab.run(f"x => x.map(t => REGULARIZERS.bump.value(t, SETS['{levels}']))", grid.tolist())
    )
    for t in theta[::8]:
        objective = (grid - t) ** 2 / 2 + 0.3 * values
        x = lab.run(f"t => REGULARIZERS.bump.prox(t, 0.3, SETS['{levels}'])", float(t))
        assert x == pytest.approx(grid[np.argmin(objective)], abs=2e-3)


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_levels_and_thresholds_are_those_of_the_set(lab: Opened, bits: int) -> None:
    lab.go()
    cells = UniformGrid(bits).cells(np.zeros(1))
    made = lab.run("bits => levelSet(uniformLevels(bits))", bits)
    assert made["levels"] == list(cells.levels)
    assert made["thresholds"] == list(cells.thresholds)
    assert made["halfGaps"] == list(cells.half_gaps)


def test_the_threshold_rate_is_the_theorem_s(lab: Opened) -> None:
    lab.go()
    exact = threshold.numbers(threshold.threshold_at)
    for eta in (Fraction(1, 64), Fraction(1, 16), Fraction(3, 16), Fraction(1, 2)):
        for start in (2 * eta, Fraction(17, 16) * 2 * eta, Fraction(3, 4), Fraction(1)):
            if 2 * eta <= start <= 1:
                drawn = lab.run(f"() => thresholdRate({float(eta)}, {float(start)})")
                assert drawn == pytest.approx(float(exact(eta, start)), abs=1e-12)


@pytest.mark.parametrize("factor", [0.98, 1.02])
def test_what_is_said_of_the_threshold_happens(lab: Opened, factor: float) -> None:
    rate = factor * lab.run("() => thresholdRate(0.05, 0.3)")
    lab.go(f"toy.rate={rate}&toy.steps=100&toy.step=100")
    words = lab.page.text_content("#toy .words")
    end = lab.run("() => lab.toy.run(1).latent.at(-1)")
    assert end == (-1 if factor < 1 else 1)
    assert ("at −1, the right vertex" if factor < 1 else "at +1, the wrong vertex") in words


def test_the_potential_is_the_integral_of_its_slope(lab: Opened) -> None:
    lab.go("grid.bits=3")
    points = np.linspace(-1.5, 1.5, 6001)
    values = np.array(
        lab.run("x => x.map(t => potential(t, 0.2, levelSet(uniformLevels(3))))", points.tolist())
    )
    slopes = UniformGrid(3).project((points[1:] + points[:-1]) / 2) - 0.2
    np.testing.assert_allclose(np.diff(values) / np.diff(points), slopes, rtol=0, atol=0.3)
    assert np.quantile(np.abs(np.diff(values) / np.diff(points) - slopes), 0.99) < 1e-9
    assert (np.diff(values, 2) >= -1e-12).all()


def test_what_is_drawn_is_the_run(lab: Opened) -> None:
    """The path of the picture, taken back to numbers by its ticks' own scale."""
    lab.go("toy.start=0.62&toy.rate=0.03")
    drawn, scale = lab.run(
        """() => {
          const figure = document.querySelectorAll("#toy figure")[1];
          const frame = figure.querySelector("rect.frame").getBBox();
          const path = [...figure.querySelectorAll("path.line.one")].at(-1).getAttribute("d");
          return [path, [frame.x, frame.y, frame.width, frame.height]];
        }"""
    )
    points = np.array([part.split() for part in drawn[1:].split("L")], dtype=float)
    x, y, width, height = scale
    run = lab.run("() => lab.toy.run(1).latent")
    size = max(
        1.3, 1.1 * max(map(abs, run)), 1.1 * max(map(abs, lab.run("() => lab.toy.run(-1).latent")))
    )
    np.testing.assert_allclose((points[:, 0] - x) / width * 100, np.arange(101), atol=0.05)
    np.testing.assert_allclose(size - (points[:, 1] - y) / height * 2 * size, run, atol=0.02)


def test_settings_are_kept_in_the_address(lab: Opened) -> None:
    lab.open_again(
        "toy.method=parq&toy.rate=0.04&grid.noise=1&prox.set=3-bit&toy.steps=banana&toy.eta=99"
    )
    assert lab.run("() => lab.toy.settings.values.steps") == 100
    assert lab.run("() => lab.toy.settings.values.eta") == 0.5
    lab.page.fill("#toy-start", "0.75")
    address = lab.run("() => location.hash")
    assert "toy.start=0.75" in address
    assert "toy.method=parq" in address
    before = lab.run("() => JSON.stringify(Object.values(lab).map(b => b.settings.values))")
    lab.open_again(address[1:])
    again = lab.run("() => JSON.stringify(Object.values(lab).map(b => b.settings.values))")
    assert json.loads(again) == json.loads(before)
    lab.page.click("#toy .reset")
    assert lab.run("() => lab.toy.settings.values.method") == "proxquant"
    assert lab.run("() => lab.grid.settings.values.noise") is True


def test_handles_are_dragged_and_moved_by_keys(lab: Opened) -> None:
    lab.go()
    handle = lab.page.locator("#toy figure:nth-child(1) .handle[tabindex]")
    handle.focus()
    lab.page.keyboard.press("ArrowRight")
    lab.page.keyboard.press("ArrowRight")
    assert lab.run("() => lab.toy.settings.values.start") == 0.32
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    lab.page.mouse.move(x, y)
    lab.page.mouse.down()
    lab.page.mouse.move(x - 60, y, steps=5)
    lab.page.mouse.up()
    assert lab.run("() => lab.toy.settings.values.start") < 0.1
    both = lab.page.locator("#toy figure:nth-child(3) .handle[tabindex]")
    both.focus()
    lab.page.keyboard.press("ArrowUp")
    assert lab.run("() => lab.toy.settings.values.rate") == 0.055


def test_play_runs_to_the_last_step(lab: Opened) -> None:
    lab.go("toy.step=90&toy.steps=100")
    lab.page.click("#toy .play")
    lab.page.wait_for_function("() => lab.toy.settings.values.step === 100", timeout=60_000)
    assert lab.page.text_content("#toy .play") == "Play"
