r"""The W's prox never moves a weight away from its sign.

This text is the derivation that the claim shows. Change the file, and run it with ``pqtheory verify my_claim.py``.

A statement is a function below ``@forall(...)``: it says what each variable may be and returns a comparison, or several
joined by ``&`` and ``|``. A solver proves it for all real numbers by running the operators' own code over terms; a
false one comes out refuted, with numbers. Terms take no ``if``, ``and`` or ``min``: sets, regularizers and methods read
them, as do ``+ - * /``, ``abs`` and comparisons.
"""

from typing import Any

from pqtheory.claims import Claim, Control, ForAll, Part, forall, positive, real
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary

W = DistanceL1(Binary())
#: +1 or -1; sign(0) = +1
sign = Binary().project


@forall(theta=real, weight=positive)
def keeps_the_side(theta: Any, weight: Any) -> Any:
    """No weight ends on the other side of 0."""
    return W.prox(theta, weight) * sign(theta) >= 0


def never_farther(factor: int) -> ForAll:
    """No weight ends farther from its sign, if theta is scaled by ``factor`` before the prox."""

    @forall(
        theta=real,
        weight=positive,
        # what else is assumed: any of the variables by name -> a list
        given=lambda theta: [theta != 0],
        # statements that are shown first, and used at these values
        by=lambda theta, weight: [keeps_the_side.at(theta=theta, weight=weight)],
    )
    def holds(theta: Any, weight: Any) -> Any:
        moved = W.prox(factor * theta, weight)
        return abs(moved - sign(theta)) <= abs(theta - sign(theta))

    return holds


CLAIM = Claim(
    name="my-claim",
    source="where the statement comes from",
    # every assumption and every range that the checks use stands in both
    statement="For every theta != 0 and lambda > 0 the prox of the W moves theta no farther from its sign.",
    formula="|prox_{lambda W}(t) - sign t| <= |t - sign t|,  t != 0, lambda > 0",
    formula_latex=(
        r"|\operatorname{prox}_{\lambda W}(t) - \operatorname{sign} t| \le |t - \operatorname{sign} t|,"
        r"\qquad t \ne 0,\ \lambda > 0"
    ),
    derivation_latex=(
        r"The prox moves $t$ by at most $\lambda$ towards $\operatorname{sign} t$, and stops there."
    ),
    parts=(
        Part("same side", "no weight crosses 0", keeps_the_side),
        Part(
            "never farther",
            "no weight ends farther from its sign",
            never_farther(1),
            # steps of the argument that no engine checks, a sentence each; they are counted and shown
            prose=(),
        ),
    ),
    # nearby false statements, which the same check must refute
    controls=(Control("the other sign", "the same holds for the prox at -t", never_farther(-1)),),
    # claims of the book that it builds on
    uses=("w-prox",),
    # the public operators that it is about
    operators=("pqtheory.regularizers.DistanceL1.prox",),
    # the figure that tables show beside its prediction, if the parts measure one
    headline="",
    # the statement for Lean 4, if you write it by hand; the checks' own formulas are written by themselves
    lean="",
)
