"""What a claim is made of: parts with their evidence, and controls that the same checks must refute.

Kinds of evidence, strongest first:

* proved      by an SMT solver, computer algebra or exhaustive exact arithmetic, for every case that the part speaks of
* certified   by a dual bound or an infeasibility certificate, with its tolerance
* enumerated  every case of a finite instance
* sampled     a random search over N cases, with the least margin
* refuted     a counterexample is at hand
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from pqtheory._arrays import is_torch
from pqtheory._checks import check_count
from pqtheory._messages import brief, counted

KINDS = ("proved", "certified", "enumerated", "sampled", "refuted")
BUDGETS = ("quick", "full")


@final
@dataclass(frozen=True)
class Budget:
    """How much work a check may do: "quick" (seconds for all claims together) or "full" (minutes).

    Raises
    ------
    ValueError
        If ``name`` is neither of them.
    """

    name: str = "quick"

    def __post_init__(self) -> None:
        if self.name not in BUDGETS:
            raise ValueError(f"budget: expected one of {BUDGETS}, got {brief(self.name)}")

    def pick(self, quick: Any, full: Any) -> Any:
        """``quick`` or ``full``."""
        return quick if self.name == "quick" else full


@final
@dataclass(frozen=True)
class Step:
    """One step of a proof or a certificate, for a reader.

    Attributes
    ----------
    text : str
        What was shown, by which engine.
    latex : str
        The formula, where there is one.
    machine : str
        The problem as the engine read it (SMT-LIB for a solver), so that another engine can check it.
    answer : str
        What the engine answered to it, where it is a question of SMT-LIB: "unsat", "sat" or "unknown".
    prose : bool
        Whether it is an argument in words that no engine has checked.
    """

    text: str
    latex: str = ""
    machine: str = ""
    answer: str = ""
    prose: bool = False


@final
@dataclass(frozen=True)
class Evidence:
    """What one check found.

    Attributes
    ----------
    kind : str
        One of ``KINDS``.
    cases : int
        How many cases were looked at: at least one to be enumerated or sampled. A proof or a certificate may speak of
        all at once, and then has 0.
    margin : float or None
        The least slack over the cases, where there is one: >= 0 where the statement holds. Samples have one.
    measured, predicted : mapping of str to number
        Figures, and what theory says that they are, under the same names. A figure that is not as predicted refutes:
        the kind is "refuted" then, whatever was given, and the figure the counterexample.
    counterexample : mapping or None
        The case that refutes the statement.
    note : str
        What would strengthen it, such as a package that is missing.
    proof : tuple of Step
        How it was proved or certified; one step at least that is neither prose nor left open, where it was.
    tolerance : float
        A margin above minus this one still holds.
    agreement : float
        How far apart figure and prediction may be, relative to the prediction where that is above 1.

    Raises
    ------
    TypeError
        If ``cases`` is no integer.
    ValueError
        If the kind is unknown, there are too few cases, a figure is predicted but not measured, there is a
        counterexample but the kind is not "refuted", or conversely; if it is proved or certified without a step, or
        sampled or enumerated with a margin that does not hold, or sampled without one.
    """

    kind: str
    cases: int = 0
    margin: float | None = None
    measured: Mapping[str, Any] = field(default_factory=dict)
    predicted: Mapping[str, Any] = field(default_factory=dict)
    counterexample: Mapping[str, Any] | None = None
    note: str = ""
    proof: tuple[Step, ...] = field(default=(), compare=False)
    tolerance: float = field(default=0.0, compare=False)
    agreement: float = field(default=1e-9, compare=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind: expected one of {KINDS}, got {brief(self.kind)}")
        check_count(self.cases, "cases", 0)
        require_measured(self.measured, self.predicted)
        if (self.kind == "refuted") != (self.counterexample is not None):
            raise ValueError("counterexample: expected exactly where the kind is 'refuted'")
        if self.kind in ("proved", "certified") and all(
            step.prose or step.answer == "unknown" for step in self.proof
        ):
            raise ValueError(f"proof: expected at least one step where it is {self.kind}")
        if self.kind in ("enumerated", "sampled") and self.cases < 1:
            raise ValueError("cases: expected at least one case looked at")
        for name, number in (("tolerance", self.tolerance), ("agreement", self.agreement)):
            if not 0 <= number < math.inf:
                raise ValueError(f"{name}: expected a finite number >= 0, got {brief(number)}")
        if self.kind == "refuted":
            return
        held = self.margin is not None and self.margin >= -self.tolerance
        if not held and (self.kind == "sampled" or self.margin is not None):
            raise ValueError(
                f"margin: expected at least 0 where it is {self.kind}, got {brief(self.margin)}"
            )
        missed = figure_that_misses(self.measured, self.predicted, self.agreement)
        if missed is not None:
            object.__setattr__(self, "kind", "refuted")
            object.__setattr__(self, "margin", missed.margin)
            object.__setattr__(self, "counterexample", missed.figure)

    def __repr__(self) -> str:
        facts = [
            *([counted(self.cases, "case")] if self.cases else []),
            *([counted(len(self.proof), "step")] if self.proof else []),
            *(["with a counterexample"] if self.counterexample is not None else []),
            *([brief(self.note)] if self.note else []),
        ]
        return f"<Evidence: {', '.join([self.kind, *facts])}>"

    @property
    def prose(self) -> tuple[Step, ...]:
        """The steps that no engine has checked."""
        return tuple(step for step in self.proof if step.prose)


@final
@dataclass(frozen=True)
class Missed:
    """A figure that is not as predicted, and minus how far it is off."""

    figure: Mapping[str, Any]
    margin: float


def figure_that_misses(
    measured: Mapping[str, Any], predicted: Mapping[str, Any], agreement: float
) -> Missed | None:
    """The first figure that is farther from its prediction than ``agreement``, if any."""
    require_measured(measured, predicted)
    for name, expected in predicted.items():
        apart = _distance(measured[name], expected)
        if not apart <= agreement:
            figure = {"figure": name, "measured": measured[name], "predicted": expected}
            return Missed(figure, -apart)
    return None


def as_numpy(values: Any) -> Any:
    """Values as NumPy's, out of whatever library and device; floats of torch as doubles, which hold each of them."""
    if is_torch(values):
        values = values.detach().cpu()
        values = values.double() if values.is_floating_point() else values
    return np.asarray(values)


def _distance(measured: Any, predicted: Any) -> float:
    """How far apart two figures are, relative to the prediction where that is above 1; NaN or none: infinitely."""
    try:
        a, b = (np.asarray(as_numpy(x), dtype=np.float64) for x in (measured, predicted))
    except OverflowError:
        # exact, and beyond what a float can say
        return 0.0 if measured == predicted else math.inf
    if a.shape != b.shape or not a.size:
        return math.inf
    with np.errstate(invalid="ignore"):
        apart = np.abs(a - b) / np.maximum(np.abs(b), 1.0)
    # equal infinities agree; NaN agrees with nothing
    apart = np.where(a == b, 0.0, np.where(apart == apart, apart, math.inf))
    return float(apart.max())


def require_measured(measured: Mapping[str, Any], predicted: Mapping[str, Any]) -> None:
    """Raise ValueError unless every figure that is predicted is measured."""
    for name in predicted:
        if name not in measured:
            raise ValueError(
                f"predicted: figure {brief(name)} is not measured, only {list(measured)}"
            )
