"""The theorem: |mean_i - x*_i| <= C_i / T, few wrong signs, shares and flips; each from what is proved before it."""

from typing import Any

from pqtheory.claims import forall, invariant, nonnegative, positive, real
from pqtheory.theory.binary_connect.bc_average.bound import KNOWN, W_of, potential, use
from pqtheory.theory.binary_connect.bc_average.constants import (
    growth,
    initial,
    most_mistakes,
    spread,
)
from pqtheory.theory.binary_connect.bc_average.runs import RUNS
from pqtheory.theory.binary_connect.bc_average.sums import cauchy, larger, quantized


@forall(
    total=nonnegative,
    c=nonnegative,
    r=nonnegative,
    f=nonnegative,
    given=lambda total, c, r, f: [(total <= c) | ((total - c) * (total - c) <= r * r + f * total)],
)
def count(total: Any, c: Any, r: Any, f: Any) -> Any:
    """X <= 2 c + f + r where X <= c or (X - c)^2 <= r^2 + f X."""
    return total <= 2 * c + f + r


#: where a run is, where it started, and what Cauchy-Schwarz takes for s.w, s = x* at the ends of the box
RUN: dict[str, Any] = {
    **KNOWN,
    **dict.fromkeys(["V", "inner", "reach", "wrong", "V0", "inner0", "reach0"], real),
    "tau": nonnegative,
    "root": nonnegative,
    "form": nonnegative,
    **dict.fromkeys(("along", "t"), real),
}


def run(**v: Any) -> list[Any]:
    """What is known of them: root^2 = tau U_0, and t of Cauchy-Schwarz; tau = 0 if no x*_i is an end."""
    ends = (v["t"] * v["tau"] == v["reach"]) & (v["tau"] > 0)
    none = (v["tau"] == 0) & (v["reach"] == 0) & (v["reach0"] == 0)
    return [
        v["inner0"] >= 0,
        v["inner"] >= 0,
        v["root"] * v["root"] == v["tau"] * initial(v["V0"], v["inner0"], W_of(v)),
        ends | none,
    ]


def mistakes_of(v: dict[str, Any]) -> Any:
    """M of the claim."""
    e, behind = growth(v["eta"], v["D"], v["N"]), larger(0 * v["reach0"], -v["reach0"])
    return most_mistakes(behind, v["tau"], e, W_of(v), v["root"], v["eta"])


def top_of(v: dict[str, Any]) -> Any:
    """V_max of the claim."""
    W = W_of(v)
    per_mistake = growth(v["eta"], v["D"], v["N"]) + W
    return initial(v["V0"], v["inner0"], W) + mistakes_of(v) * per_mistake


@forall(
    **RUN,
    cases=RUNS,
    given=run,
    by=lambda **v: [
        use(potential, v),
        use(cauchy, v, bent=v["reach"], m=v["tau"]),
        count.at(
            total=2 * v["eta"] * v["wrong"],
            c=larger(0 * v["reach0"], -v["reach0"]),
            r=v["root"],
            f=v["tau"] * (growth(v["eta"], v["D"], v["N"]) + W_of(v)) / (2 * v["eta"]),
        ),
    ],
)
def few_mistakes(**v: Any) -> Any:
    """No more signs than M are wrong at the ends of the box, and V <= V_max."""
    return (v["wrong"] <= mistakes_of(v)) & (v["V"] <= top_of(v))


@invariant(
    state="w total steps",
    fixed={"w0": real, "x": real, "eta": positive},
    each={"theta": real},
    first=lambda w, total, steps, w0: [w == w0, total == 0, steps == 0],
    step=lambda w, w_next, total, total_next, steps, steps_next, theta, eta, x: [
        w_next == w - eta * (quantized(theta) - x),
        total_next == total + quantized(theta),
        steps_next == steps + 1,
    ],
)
def walks(w: Any, total: Any, steps: Any, w0: Any, x: Any, eta: Any) -> Any:
    """T (mean_i - x*_i) = (w_0 - w_T)_i / eta."""
    return eta * (total - steps * x) == w0 - w


#: coordinate i: (A^-1)_ii = length^2, V_0 = before^2, V_max = after^2, and what Cauchy-Schwarz takes for w_i, twice
COORDINATE: dict[str, Any] = {
    **dict.fromkeys(("length", "steps"), positive),
    **dict.fromkeys(["before", "after", "form0", "formT"], nonnegative),
    **dict.fromkeys(["w0", "w", "total", "x", "along0", "alongT", "t0", "tT"], real),
}


def coordinate(**v: Any) -> list[Any]:
    """What is known of them."""
    m = v["length"] * v["length"]
    return [
        *run(**v),
        v["before"] * v["before"] == v["V0"],
        v["after"] * v["after"] == top_of(v),
        v["t0"] * m == v["w0"],
        v["tT"] * m == v["w"],
    ]


def constant(v: dict[str, Any]) -> Any:
    """C_i of the claim."""
    return spread(v["length"], v["before"], v["after"], v["eta"])


@forall(
    **RUN,
    **COORDINATE,
    cases=RUNS,
    given=coordinate,
    by=lambda **v: [
        use(few_mistakes, v),
        use(walks, v),
        cauchy.at(
            V=v["V0"],
            form=v["form0"],
            along=v["along0"],
            bent=v["w0"],
            m=v["length"] * v["length"],
            t=v["t0"],
        ),
        cauchy.at(
            V=v["V"],
            form=v["formT"],
            along=v["alongT"],
            bent=v["w"],
            m=v["length"] * v["length"],
            t=v["tT"],
        ),
    ],
)
def average(**v: Any) -> Any:
    """|mean_i - x*_i| <= C_i / T, and no more signs than M are wrong at the ends of the box."""
    near = abs(v["total"] / v["steps"] - v["x"]) <= constant(v) / v["steps"]
    return near & (v["wrong"] <= mistakes_of(v))
