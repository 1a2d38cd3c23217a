"""The proofs read the code that runs: where an operator that a page names is broken, the page fails."""

import functools
import importlib
import sys
from dataclasses import is_dataclass, replace
from typing import Any

import numpy as np
import pytest

import pqtheory as pq
from pqtheory.claims import Budget, Evidence

from .conftest import EXAMPLES

QUICK = Budget("quick")


def owner_of(path: str) -> tuple[Any, str]:
    """The class or module that has the operator, and the operator's name there."""
    names = path.split(".")
    for length in range(len(names) - 1, 0, -1):
        try:
            owner = importlib.import_module(".".join(names[:length]))
        except ModuleNotFoundError:
            continue
        for name in names[length:-1]:
            owner = getattr(owner, name)
        return owner, names[-1]
    raise AssertionError(f"no module of {path}")


def moved(value: Any) -> Any:
    """Something else of the same kind."""
    if isinstance(value, bool | np.bool_):
        return not value
    if isinstance(value, tuple):
        return (
            type(value)(*map(moved, value))
            if hasattr(value, "_fields")
            else tuple(map(moved, value))
        )
    if isinstance(value, list):
        return [moved(v) for v in value]
    if is_dataclass(value) and not isinstance(value, type):
        first = next(iter(value.__dataclass_fields__))
        return replace(value, **{first: moved(getattr(value, first))})
    if isinstance(value, np.ndarray) and value.dtype == bool:
        return ~value
    return 2 * value + 1


def clear_caches() -> None:
    # found in their modules: all objects of a long process are millions
    for name, module in [*sys.modules.items()]:
        if name.partition(".")[0] == "pqtheory":
            for found in vars(module).values():
                if type(found) is functools._lru_cache_wrapper:
                    found.cache_clear()


def kind_of(check: Any) -> str:
    """The kind of evidence; "error" where the check raises."""
    try:
        found = check(QUICK)
    except Exception:
        # whatever a broken operator makes of it
        return "error"
    assert isinstance(found, Evidence)
    return found.kind


#: which part notices, where others would first be proved at length; what it says of the order is all that it says
ASKED_FIRST = {
    ("alternating-prox", "pqtheory.regularizers.AlternatingDistance.prox"): "large lambda",
    ("alternating-prox", "pqtheory.regularizers.AlternatingDistance.envelope"): (
        "distance from the optimum"
    ),
    ("alternating-prox", "pqtheory.quantizers.AlternatingMultiBit.quantize"): "large lambda",
    ("alternating-prox", "pqtheory.quantizers.AdaptiveTernary.fit"): "ternary",
    ("bc-is-dual-averaging", "pqtheory.sets.Binary.project"): "momentum reweights",
    ("codebook-prox", "pqtheory.regularizers.DistanceL1.prox_set"): "ties",
    ("codebook-prox", "pqtheory.regularizers.DistanceL2.prox_set"): "ties",
    ("lazy-oscillation", "pqtheory.regularizers.SmoothedL1.gradient"): "not stationary",
    ("parq-is-a-prox", "pqtheory.regularizers.PiecewiseAffine.prox"): "piecewise affine",
    ("proxquant-flips-finitely-often", "pqtheory.signs.flips_per_step"): "attained",
    ("smoothed-w", "pqtheory.regularizers.SmoothedL1.prox"): "prox",
    ("smoothed-w", "pqtheory.regularizers.SmoothedL1.prox_set"): "prox",
    ("ste-floor", "pqtheory.methods.BinaryConnect.query"): "floor",
    ("ste-floor", "pqtheory.methods.BinaryConnect.step"): "floor",
}

NAMED = [
    (name, path) for name in pq.theory.BOOK.names for path in pq.theory.BOOK.load(name).operators
]


@pytest.mark.parametrize("name", pq.theory.BOOK.names)
def test_each_page_names_its_operators(name: str) -> None:
    operators = pq.theory.BOOK.load(name).operators
    assert operators
    for path in operators:
        owner, attribute = owner_of(path)
        assert callable(getattr(owner, attribute)), path


def test_what_is_asked_first_is_there() -> None:
    parts = {
        (name, path): [part.name for part in pq.theory.BOOK.load(name).parts]
        for name, path in NAMED
    }
    for key, part in ASKED_FIRST.items():
        assert part in parts[key]


@pytest.fixture
def few_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a broken operator leaves the engines without an answer a short search is enough."""
    monkeypatch.setitem(EXAMPLES, "quick", 10)


@pytest.mark.usefixtures("few_examples")
@pytest.mark.parametrize("how", ["raises", "wrong"])
@pytest.mark.parametrize(("name", "path"), NAMED)
def test_a_broken_operator_is_noticed(name: str, path: str, how: str, monkeypatch: Any) -> None:
    claim = pq.theory.BOOK.load(name)
    owner, attribute = owner_of(path)
    operator = getattr(owner, attribute)

    def broken(*arguments: Any, **options: Any) -> Any:
        if how == "raises":
            raise RuntimeError("broken")
        return moved(operator(*arguments, **options))

    asked_first = ASKED_FIRST.get((name, path))
    for part in sorted(claim.parts, key=lambda part: part.name != asked_first):
        clear_caches()
        with monkeypatch.context() as patched:
            patched.setattr(owner, attribute, broken)
            after = kind_of(part.check)
        if after != "proved":
            clear_caches()
            return
    pytest.fail(f"{name} stays as it is where {path} {how}")
