"""What a claim is made of: parts with their evidence, and controls that the same checks must refute.

Kinds of evidence, strongest first:

* proved      by an SMT solver, computer algebra or exhaustive exact arithmetic, for every case that the part speaks of
* certified   by a dual bound or an infeasibility certificate, with its tolerance
* enumerated  every case of a finite instance
* sampled     a random search over N cases, with the least margin
* refuted     a counterexample is at hand
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, final, runtime_checkable

from pqtheory._checks import check_count

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
            raise ValueError(f"budget: expected one of {BUDGETS}, got {self.name!r}")

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
    """

    text: str
    latex: str = ""
    machine: str = ""


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
        The least slack over the cases, where there is one: >= 0 where the statement holds.
    measured, predicted : mapping of str to number
        Figures, and what theory says that they are, under the same names.
    counterexample : mapping or None
        The case that refutes the statement.
    note : str
        What would strengthen it, such as a package that is missing.
    proof : tuple of Step
        How it was proved or certified.

    Raises
    ------
    TypeError
        If ``cases`` is no integer.
    ValueError
        If the kind is unknown, there are too few cases, a figure is predicted but not measured, or there is a
        counterexample but the kind is not "refuted", or conversely.
    """

    kind: str
    cases: int = 0
    margin: float | None = None
    measured: Mapping[str, Any] = field(default_factory=dict)
    predicted: Mapping[str, Any] = field(default_factory=dict)
    counterexample: Mapping[str, Any] | None = None
    note: str = ""
    proof: tuple[Step, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind: expected one of {KINDS}, got {self.kind!r}")
        if (self.kind == "refuted") != (self.counterexample is not None):
            raise ValueError("counterexample: expected exactly where the kind is 'refuted'")
        if self.kind in ("enumerated", "sampled") and self.cases < 1:
            raise ValueError("cases: expected at least one case looked at")
        check_count(self.cases, "cases", 0)
        require_measured(self.measured, self.predicted)


def require_measured(measured: Mapping[str, Any], predicted: Mapping[str, Any]) -> None:
    """Raise ValueError unless every figure that is predicted is measured."""
    for name in predicted:
        if name not in measured:
            raise ValueError(f"predicted: figure {name!r} is not measured, only {list(measured)}")


Check = Callable[[Budget], Evidence]


@runtime_checkable
class CaseCheck(Protocol):
    """A check that can also look at one case: what counterexamples are searched with, and replayed by."""

    def __call__(self, budget: Budget) -> Evidence:
        """Decide the statement."""

    def replay(self, case: Mapping[str, Any]) -> Evidence:
        """Look at one case, exactly: refuted by it, or sampled with one case."""
