r"""The bound of proxquant-flips-finitely-often beside flips counted in a network, on the digits.

    python -m experiments.flips_end --runs RUNS

ProxQuant with the W at a fixed lambda, from a full-precision network, with full gradients of the mean cross-entropy on
512 images, all parameters moving by plain gradient steps. The proof uses of smoothness only, at the steps made,

    L(z) <= L(y) + <grad L(y), z - y> + beta |z - y|^2 / 2,

so that beta is what the run itself needs, its largest, and F_* >= 0: with x = eta beta < 1 the bound is one of this run
and no guess. Beside it, outside the theorem: the same with gradients of batches, and BinaryConnect, of ``flip_law``.

The predictions were written before any run but a pilot with another seed, from which step size and strengths are. What
is there is not run again.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from torch import Tensor, nn

from experiments.counted import Found, conduct, data_of, range_of, said, subset
from experiments.error_and_flips import warm_settings
from experiments.full_gradients import (
    FOLDER,
    IMAGES,
    PLAIN,
    SEEDS,
    STEPS,
    full_runs,
    network,
    of,
)
from experiments.options import Script
from pqtheory.cli.errors import user_errors
from pqtheory.networks import optim
from pqtheory.networks.models import binary_weights
from pqtheory.networks.tables.markdown import markdown
from pqtheory.plotting.files import png
from pqtheory.plotting.looks import BLACK, DASHES, looks
from pqtheory.plotting.parts import describe, draw_band, grid_of_axes, legend_below, title
from pqtheory.plotting.styles import points, styled
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary

ETA, LAMBDAS = 0.15, (3e-4, 3e-3)
#: images of a gradient outside the theorem
BATCH = 64
FULL, BATCHES = "full gradients", "batches"
W = DistanceL1(Binary())


def proxquant(strength: float, batches: bool, seed: int, data: Any, warm: Path) -> dict[str, Any]:
    """Flips at each step, and with full gradients what the bound is made of."""
    model, x, y = network(data, seed, warm)
    groups = optim.split_parameters(model, binary_weights)
    made = optim.ProxQuant(torch.optim.SGD(groups, lr=ETA), W, strength)
    parameters, quantized = list(model.parameters()), [p for p, _ in made.latent_parameters()]
    m, beta, early = min(ETA * strength, 1.0), 0.0, 0
    energies: list[float] = []
    flips: list[int] = []
    then: tuple[list[Tensor], list[Tensor], float] | None = None
    for step, picked in enumerate(_picked(x, batches, seed)):
        model.zero_grad()
        loss = nn.functional.cross_entropy(model(x[picked]), y[picked])
        loss.backward()
        value = loss.item()
        if then is not None and not batches:
            beta = max(beta, _needed(parameters, *then, value))
        energies.append(value + strength * sum(float(W.value(p.detach())) for p in quantized))
        if step == STEPS:
            break
        then = [p.detach().clone() for p in parameters], [_gradient(p) for p in parameters], value
        old = [p.detach().clone() for p in quantized]
        made.step()
        flipped = [(a < 0) != (b.detach() < 0) for a, b in zip(old, quantized, strict=True)]
        early += sum(int((f & (v.abs() < m)).sum()) for f, v in zip(flipped, old, strict=True))
        flips.append(sum(int(f.sum()) for f in flipped))
    found = {"lambda": strength, "flips": flips, "early": early, "m": m}
    found["weights"] = sum(p.numel() for p in quantized)
    if batches:
        return found
    return {**found, "beta": beta, "F_first": energies[0], "F_last": energies[-1]}


def _picked(x: Tensor, batches: bool, seed: int) -> Any:
    """Which images a gradient is of, once more than there are steps."""
    chance = torch.Generator().manual_seed(seed)
    for _ in range(STEPS + 1):
        yield torch.randperm(len(x), generator=chance)[:BATCH] if batches else slice(None)


def _gradient(p: Tensor) -> Tensor:
    if p.grad is None:
        raise ValueError("model: a parameter has no gradient")
    return p.grad.clone()


def _needed(
    parameters: list[nn.Parameter],
    before: list[Tensor],
    gradients: list[Tensor],
    old: float,
    new: float,
) -> float:
    """The least beta with which smoothness holds from the point before to this one."""
    moves = [p.detach() - b for p, b in zip(parameters, before, strict=True)]
    along = sum(float((g * d).sum()) for g, d in zip(gradients, moves, strict=True))
    square = sum(float((d * d).sum()) for d in moves)
    return 2 * (new - old - along) / square if square else 0.0


def plan(folder: Path, load: Callable[[], Any]) -> dict[str, Callable[[], Mapping[str, Any]]]:
    """All runs of a seed come before the next seed."""
    runs: dict[str, Callable[[], Mapping[str, Any]]] = {}
    for seed in SEEDS:
        runs |= full_runs(seed, folder, load)
        for strength in LAMBDAS:
            for batches in (False, True):
                name = f"{BATCHES if batches else FULL} {strength:g} {seed}"
                warm = folder / f"warm-{seed}.pt"
                runs[name] = partial(_proxquant, strength, batches, seed, load, warm)
    return runs


def _proxquant(
    strength: float, batches: bool, seed: int, load: Callable[[], Any], warm: Path
) -> dict[str, Any]:
    data = subset(load(), IMAGES)
    return {"data_sha256": data.sha256, **proxquant(strength, batches, seed, data, warm)}


def bound(run: Mapping[str, Any]) -> float:
    """Eta (F_0 - F_*) / (2 (1 - x) m^2), F_* >= 0; infinite where x >= 1, of which the theorem does not speak."""
    x = ETA * run["beta"]
    return float(ETA * run["F_first"] / (2 * (1 - x) * run["m"] ** 2)) if x < 1 else math.inf


def counted_of(run: Mapping[str, Any]) -> float:
    """N + N_0 / (2 - x), what the bound is of."""
    x = ETA * run["beta"]
    return float(sum(run["flips"]) - run["early"] + run["early"] / (2 - x))


def last_flip(run: Mapping[str, Any]) -> int:
    """The step of the last flip; 0 without any."""
    return int(max(np.flatnonzero(run["flips"]), default=-1) + 1)


def _full(found: Found) -> list[Mapping[str, Any]] | None:
    runs = [run for strength in LAMBDAS for run in of(found, f"{FULL} {strength:g}")]
    return runs if len(runs) == len(LAMBDAS) * len(SEEDS) else None


def _below(found: Found) -> bool | None:
    """None also where a run is one of which the theorem does not speak."""
    runs = _full(found)
    if runs is None or any(ETA * run["beta"] >= 1 for run in runs):
        return None
    return all(counted_of(run) <= bound(run) for run in runs)


def _loose(found: Found) -> bool | None:
    runs = _full(found)
    return None if runs is None else all(bound(r) >= 1000 * counted_of(r) for r in runs)


def _rests(found: Found) -> bool | None:
    calm, restless = of(found, f"{FULL} {LAMBDAS[-1]:g}"), of(found, PLAIN)
    if not calm or not restless:
        return None
    tenth = STEPS // 10
    still = all(sum(run["flips"][-tenth:]) > 0 for run in restless)
    return still and all(last_flip(run) <= STEPS / 2 for run in calm)


def _more_with_batches(found: Found) -> bool | None:
    pairs = [(of(found, f"{FULL} {s:g}"), of(found, f"{BATCHES} {s:g}")) for s in LAMBDAS]
    if not all(a and b for a, b in pairs):
        return None
    return all(
        sum(x["flips"]) < sum(y["flips"]) for a, b in pairs for x, y in zip(a, b, strict=True)
    )


#: stated before the first run
PREDICTIONS: Mapping[str, Callable[[Found], bool | None]] = {
    "the bound of proxquant-flips-finitely-often holds in every run with full gradients, each of which has x < "
    "1": _below,
    "it is loose by a factor of 1,000 or more in each of them, as a flip need not cost much more than a step of the "
    "prox and F pays for the way of all weights to their levels": _loose,
    f"at the larger lambda ProxQuant's last flip comes in the first half of the {STEPS} steps, while BinaryConnect "
    "with full gradients still flips in the last tenth, for every seed": _rests,
    "with gradients of batches, outside the theorem, ProxQuant flips more often than with full ones, for every lambda "
    "and seed": _more_with_batches,
}


def report(found: Found) -> str:
    """Markdown: the table, and what held."""
    weights = next((run["weights"] for run in found.values() if "weights" in run), 0)
    lines = [
        f"ProxQuant with the W at a fixed lambda, eta = {ETA}, {STEPS} steps on {IMAGES} images of the digits from a "
        f"full-precision network: flips of all {weights:,} weights together, least and most of {len(SEEDS)} seeds, and "
        "the bound of proxquant-flips-finitely-often, with the beta that the run itself needs and F_* >= 0. Of "
        "gradients of batches and of BinaryConnect the theorem does not speak.\n",
        markdown(
            ("", "x = eta beta", "flips", "bound", "bound / flips", "last flip at step"),
            list(_rows(found)),
        ),
    ]
    return "\n".join([*lines, said(PREDICTIONS, found)])


def _rows(found: Found) -> Iterator[tuple[str, ...]]:
    for strength in LAMBDAS:
        runs = of(found, f"{FULL} {strength:g}")
        if runs:
            yield (
                f"ProxQuant, {FULL}, lambda = {strength:g}",
                range_of([ETA * run["beta"] for run in runs], ".2f"),
                range_of([sum(run["flips"]) for run in runs], ",d"),
                range_of([bound(run) for run in runs], ".1e"),
                range_of([bound(run) / max(counted_of(run), 1) for run in runs], ".0e"),
                range_of([last_flip(run) for run in runs], "d"),
            )
    others = [(f"ProxQuant, {BATCHES}, lambda = {s:g}", f"{BATCHES} {s:g}") for s in LAMBDAS]
    for name, kind in (*others, (f"BinaryConnect, {FULL}", PLAIN)):
        runs = of(found, kind)
        if runs:
            flips = range_of([sum(run["flips"]) for run in runs], ",d")
            yield name, "-", flips, "-", "-", range_of([last_flip(run) for run in runs], "d")


def draw(found: Found) -> bytes:
    """Flips so far against steps, beside the bounds."""
    ends: list[str] = []
    with styled():
        figure, ((axis,),) = grid_of_axes(1, 1, 7.5, 5.0)
        names = {
            **{f"ProxQuant, lambda = {s:g}": f"{FULL} {s:g}" for s in LAMBDAS},
            **{f"ProxQuant, lambda = {s:g}, batches": f"{BATCHES} {s:g}" for s in LAMBDAS[-1:]},
            "BinaryConnect, full gradients": PLAIN,
        }
        steps = np.arange(1, STEPS + 1)
        for look, (name, kind) in zip(
            looks(list(names), one_colour=True), names.items(), strict=True
        ):
            runs = of(found, kind)
            if runs:
                so_far = np.cumsum([run["flips"] for run in runs], axis=1).T
                draw_band(axis, steps, so_far, look, name)
                ends.append(f"{name} {so_far[-1].mean():.0f}")
        for dashes, strength in zip(DASHES[2:], LAMBDAS, strict=False):
            runs = of(found, f"{FULL} {strength:g}")
            if runs:
                least = min(map(bound, runs))
                axis.axhline(
                    least,
                    color=BLACK,
                    linestyle=dashes,
                    linewidth=points(1.2),
                    label=f"bound, lambda = {strength:g}",
                )
                ends.append(f"bound at lambda = {strength:g}: {least:.1e}")
        axis.set_yscale("log")
        axis.set_xlabel("steps")
        axis.set_ylabel("flips so far, all weights")
        title(axis, "ProxQuant's flips end, below the bound")
        legend_below(figure, axis)
        text = "Flips so far of ProxQuant beside the bound of the theorem, and of BinaryConnect."
        return png(describe(figure, f"{text} At last: {'; '.join(ends)}."))


@click.command(cls=Script)
@click.option("--runs", type=click.Path(path_type=Path), required=True, help="Where runs are kept.")
@click.option("--time-budget", type=float, default=math.inf, metavar="MINUTES")
def main(runs: Path, time_budget: float) -> None:
    """Train, or go on training, and write what was found."""
    folder = runs / FOLDER
    with user_errors():
        loaded = data_of(warm_settings("digits", SEEDS[0]))
        conduct("flips_end", plan(folder, lambda: loaded), folder, time_budget, report, draw)


if __name__ == "__main__":
    main()
