"""``pqtheory plot one-step``: where the gradient of a step is taken, and what is kept."""

import click

from pqtheory.cli.commands import example
from pqtheory.cli.errors import user_errors
from pqtheory.cli.picture import Out, picture_options, write_picture
from pqtheory.methods import BinaryConnect, ProxQuant
from pqtheory.plotting import REGISTRY as PICTURES
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary


@click.command("one-step", epilog=example("pqtheory plot one-step --start 0.3 -0.8 --out step.pdf"))
@click.option(
    "--start",
    "theta0",
    type=float,
    nargs=2,
    metavar="X Y",
    default=(-0.5, 0.6),
    show_default=True,
    help="theta_t.",
)
@click.option(
    "--step-size", type=float, default=0.6, show_default=True, help="Of both methods, eta."
)
@click.option("--strength", type=float, default=0.6, show_default=True, help="Of ProxQuant.")
@picture_options("one-step.png")
def one_step(theta0: tuple[float, float], step_size: float, strength: float, out: Out) -> None:
    """Draw one step of both methods in the plane of two weights (the paper's Figure 1a)."""
    with user_errors():
        methods = {
            "BinaryConnect": BinaryConnect(step_size),
            "ProxQuant": ProxQuant(DistanceL1(Binary()), step_size, strength),
        }
    write_picture(out, lambda: PICTURES["one-step"](methods=methods, theta0=theta0))
