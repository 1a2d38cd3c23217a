"""``pqtheory plot``: one picture into a file."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from pqtheory._checks import check_number
from pqtheory.cli.commands import Commands, block, example
from pqtheory.cli.errors import only_with, user_errors
from pqtheory.cli.names import CodeMetricName, MethodName, RegistryName
from pqtheory.cli.output import progress
from pqtheory.cli.picture import Out, picture_options, write_picture
from pqtheory.cli.plot_map import book_map
from pqtheory.cli.plot_runs import distances, draw_sign_changes
from pqtheory.cli.plot_step import one_step
from pqtheory.methods import REGISTRY as METHODS
from pqtheory.methods import BinaryConnect, Method, ProxQuant
from pqtheory.plotting import REGISTRY as PICTURES
from pqtheory.plotting import STYLES
from pqtheory.problems import Quadratic
from pqtheory.regularizers import REGISTRY as REGULARIZERS
from pqtheory.regularizers import DistanceL1, LevelRegularizer, PiecewiseAffine, Regularizer
from pqtheory.schedules import Linear
from pqtheory.sets import REGISTRY as SETS
from pqtheory.sets import Binary
from pqtheory.sets.finite import FiniteSet, require_levels


@click.group(
    cls=Commands,
    no_args_is_help=True,
    epilog="\n\n".join(
        (
            example(
                "pqtheory plot regularizer --set ternary --weight 0.1 --weight 0.3 --out ternary.svg",
                "pqtheory plot toy --style slides --out toy.mp4",
                "pqtheory plot basins --style paper --caption --out basins.pdf",
            ),
            block("Styles:", *(f"{name:8} {style.what}" for name, style in STYLES.items())),
        )
    ),
)
def plot() -> None:
    """Draw a picture into a PNG, SVG or PDF file; what moves also into a GIF or MP4 film.

    Every picture has its caption in the file, for those who do not see it as well. The style says how large letters and
    lines are, and how wide it is.
    """


OnLevels = LevelRegularizer | PiecewiseAffine
#: what a picture of a regularizer needs, and what has it
_FIXED = "has none, the picture needs them: expected a set with fixed levels"


def _with_levels(names: Mapping[str, Callable[[], Any]], kind: str) -> RegistryName:
    """Names of sets with fixed levels, or of regularizers on these."""
    made = {name: make() for name, make in names.items()}
    sets = {n: m.set if isinstance(m, OnLevels) else m for n, m in made.items()}
    offered = [name for name, found in sets.items() if isinstance(found, FiniteSet)]
    return RegistryName(kind, offered, [name for name in names if name not in offered], _FIXED)


_SET, _REGULARIZER = _with_levels(SETS, "set"), _with_levels(REGULARIZERS, "regularizer")


def _check_rate(ctx: click.Context, param: click.Parameter, rate: float) -> float:
    with user_errors():
        check_number(rate, "--rate", 0, finite=True)
    return rate


def _check_weights(
    ctx: click.Context, param: click.Parameter, weights: tuple[float, ...]
) -> tuple[float, ...]:
    with user_errors():
        return tuple(check_number(weight, "--weight", 0) for weight in weights)


@plot.command(
    epilog=example(
        "pqtheory plot regularizer --regularizer smoothed-binary --weight 0.2 --out smoothed.pdf"
    )
)
@click.option(
    "--regularizer",
    type=_REGULARIZER,
    metavar="NAME",
    help=f"One of {', '.join(_REGULARIZER.names)}; l1-binary if neither this nor --set is given.",
)
@click.option(
    "--set",
    "set_name",
    type=_SET,
    metavar="NAME",
    help=f"The L1 distance to one of {', '.join(_SET.names)}.",
)
@click.option(
    "--weight",
    "weights",
    type=float,
    multiple=True,
    default=(0.25, 0.5, 1.0),
    show_default=True,
    callback=_check_weights,
    help="A lambda; may be repeated.",
)
@picture_options("regularizer.png", moves=True)
def regularizer(
    regularizer: str | None, set_name: str | None, weights: tuple[float, ...], out: Out
) -> None:
    """Draw a regularizer and its prox (the paper's Figure 2)."""
    if regularizer is not None and set_name is not None:
        raise click.UsageError("--set: expected either --regularizer or --set, got both")
    with user_errors():
        if set_name is not None:
            name = f"L1 distance to {set_name}"
            chosen: Regularizer = DistanceL1(require_levels(SETS[set_name](), "--set"))
        else:
            name = regularizer or "l1-binary"
            chosen = REGULARIZERS[name]()
    write_picture(
        out, lambda: PICTURES["regularizer"](regularizer=chosen, weights=weights, name=name)
    )


@plot.command(epilog=example("pqtheory plot toy --start 0.8 --rate 0.1 --out toy.svg"))
@click.option("--start", "theta0", type=float, default=0.3, show_default=True, help="theta_0.")
@click.option(
    "--step-size", type=float, default=0.05, show_default=True, help="Of both methods, eta."
)
@click.option(
    "--rate",
    type=float,
    default=0.02,
    show_default=True,
    callback=_check_rate,
    help="lambda_t = rate * t.",
)
@click.option("--steps", type=int, default=100, show_default=True, help="Of each path.")
@picture_options("toy.png", moves=True)
def toy(theta0: float, step_size: float, rate: float, steps: int, out: Out) -> None:
    """Draw the two-function toy with both methods' paths (the paper's Figure 1b)."""
    write_picture(
        out, lambda: PICTURES["toy"](theta0=theta0, step_size=step_size, rate=rate, steps=steps)
    )


@plot.command(
    epilog=example(
        "pqtheory plot trajectory --method binaryrelax --method lazyprox --out paths.png"
    )
)
@click.option(
    "--method",
    "names",
    type=MethodName(),
    multiple=True,
    default=("binaryconnect", "proxquant"),
    show_default=True,
    metavar="NAME",
    help=f"Out of {', '.join(METHODS)}; may be repeated.",
)
@click.option(
    "--step-size", type=float, default=0.1, show_default=True, help="Of all methods, eta."
)
@click.option("--steps", type=int, default=100, show_default=True, help="From the start.")
@click.option(
    "--dim",
    type=click.IntRange(1, 6),
    default=3,
    show_default=True,
    help="How many weights.",
)
@click.option(
    "--seed", type=click.IntRange(0), help="Of a random convex quadratic; a fixed one if not given."
)
@picture_options("trajectory.png", moves=True)
def trajectory(
    names: tuple[str, ...], step_size: float, steps: int, dim: int, seed: int | None, out: Out
) -> None:
    """Draw latent and quantized weights over the steps, on a small quadratic."""
    if seed is None and dim != 3:
        raise click.UsageError(
            "--dim: the fixed quadratic has 3 coordinates; give --seed for others"
        )
    with user_errors():
        methods = {METHODS[name].label: METHODS[name](step_size) for name in names}
    problem = None if seed is None else Quadratic.random(dim=dim, seed=seed)
    write_picture(
        out, lambda: PICTURES["trajectory"](methods=methods, problem=problem, steps=steps)
    )


@plot.command(
    "sign-flips",
    epilog=example(
        "pqtheory plot sign-flips --seeds 3 --epochs 40 --out flips.png",
        "pqtheory plot sign-flips runs/* --layer conv.weight --layer fc.weight --out runs.png",
    ),
)
@click.argument("run", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--layer", "layers", multiple=True, help="Of the runs; may be repeated. Default: all."
)
@click.option(
    "--metric",
    "metrics",
    type=CodeMetricName(),
    multiple=True,
    default=("change_from_start",),
    show_default=True,
    help="Of the runs, as --metrics of train; may be repeated, a row of panels for each.",
)
@click.option("--seeds", type=int, default=5, show_default=True, help="How many.")
@click.option(
    "--epochs", type=int, default=100, show_default=True, help="Of training on the digits."
)
@click.option(
    "--step-size", type=float, help="Of all methods; by default the one chosen on held-out digits."
)
@click.option(
    "--rate", type=float, help="lambda_t = rate * t; by default the one chosen on held-out digits."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of all randomness.")
@picture_options("sign-flips.png")
def sign_flips(
    run: tuple[Path, ...],
    layers: tuple[str, ...],
    metrics: tuple[str, ...],
    seeds: int,
    epochs: int,
    step_size: float | None,
    rate: float | None,
    seed: int,
    out: Out,
) -> None:
    """Draw the sign changes of each RUN folder; without one, train on the digits (some 10 s) and draw all metrics."""
    if run:
        only_with("without RUN", "seeds", "epochs", "step_size", "rate", "seed")
        draw_sign_changes(run, layers, metrics, out)
        return
    only_with("with RUN", "layers", "metrics")
    from pqtheory.digits import DigitsSettings, run_digits

    with user_errors():
        settings = DigitsSettings(seeds=seeds, epochs=epochs, seed=seed)
        if step_size is not None:
            settings = replace(settings, step_size=step_size)
        if rate is not None:
            settings = replace(settings, rate=rate)
        with progress("training on the digits") as update:
            result = run_digits(settings, on_epoch=update)
    write_picture(out, lambda: PICTURES["sign-flips"](result=result))


@plot.command(epilog=example("pqtheory plot basins --convex --seed 29 --out basins.png"))
@click.option(
    "--step-size", type=float, default=0.1, show_default=True, help="Of both methods, eta."
)
@click.option(
    "--rate",
    type=float,
    default=0.01,
    show_default=True,
    callback=_check_rate,
    help="lambda_t = rate * t.",
)
@click.option(
    "--resolution", type=int, default=121, show_default=True, help="Starts along each axis."
)
@click.option("--steps", type=int, default=400, show_default=True, help="From each start.")
@click.option(
    "--seed", type=click.IntRange(0), default=10, show_default=True, help="Of the quadratic."
)
@click.option(
    "--convex/--indefinite", default=False, show_default=True, help="The kind of quadratic."
)
@picture_options("basins.png")
def basins(
    step_size: float, rate: float, resolution: int, steps: int, seed: int, convex: bool, out: Out
) -> None:
    """Draw to which vertex each start leads, on a quadratic in two coordinates."""
    with user_errors():
        methods: dict[str, Method] = {
            "BinaryConnect": BinaryConnect(step_size),
            "ProxQuant": ProxQuant(DistanceL1(Binary()), step_size, Linear(rate)),
        }
        problem = Quadratic.random(dim=2, condition=4.0, seed=seed, indefinite=not convex)
    write_picture(
        out,
        lambda: PICTURES["basins"](
            methods=methods, problem=problem, resolution=resolution, steps=steps
        ),
    )


plot.add_command(distances)
plot.add_command(book_map)
plot.add_command(one_step)
