"""The import is light, and the public names are there."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import pqtheory as pq

HEAVY = ("torch", "sympy", "z3", "cvxpy", "matplotlib", "scipy", "sklearn", "rich", "click")

PUBLIC = {
    "sets": ["Binary", "Ternary", "UniformGrid", "Codebook", "ScaledBinary"],
    "quantizers": ["GreedyMultiBit", "AlternatingMultiBit", "AdaptiveTernary"],
    "regularizers": ["DistanceL1", "DistanceL2", "SmoothedL1", "Indicator"],
    "schedules": ["Constant", "Linear", "Polynomial", "Exponential", "Sigmoid", "Staircase"],
    "methods": [
        "BinaryConnect",
        "DualAveraging",
        "ProjectedSGD",
        "LazyProx",
        "ProxQuant",
        "BinaryRelax",
    ],
    "problems": ["Quadratic", "TwoFunctionToy", "LogisticRegression", "TanhNetwork"],
    "signs": ["change_from_start", "flips_per_step", "reversals", "SignTracker", "CodeTracker"],
    "stability": ["is_fixed_point", "find_cycle", "residual"],
}


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_import_is_light() -> None:
    loaded = f"import sys, pqtheory; print([m for m in {HEAVY} if m in sys.modules])"
    assert run(loaded) == "[]"


def test_numpy_work_needs_no_torch() -> None:
    code = """
import sys, numpy as np, pqtheory as pq
W = pq.regularizers.DistanceL1(pq.sets.Binary())
problem = pq.problems.Quadratic.random(dim=6, condition=10.0, seed=0)
pq.simulate(pq.methods.ProxQuant(W, 0.1, pq.schedules.Linear(1e-3)), problem, np.ones((5, 6)), 9)
print("torch" in sys.modules)
"""
    assert run(code) == "False"


@pytest.mark.parametrize("module", PUBLIC)
def test_public_names(module: str) -> None:
    namespace = getattr(pq, module)
    for name in PUBLIC[module]:
        assert getattr(namespace, name) is not None
        if module != "schedules":
            assert name in namespace.__all__


def test_the_package_itself() -> None:
    assert callable(pq.simulate)
    assert callable(pq.verify)
    assert pq.theory.BOOK.names
    assert pq.evidence
    assert {"simulate", "verify", "sets", "Trajectory", "NonFiniteError"} <= set(dir(pq))
    with pytest.raises(AttributeError, match="module 'pqtheory' has no attribute 'nothing'"):
        pq.nothing  # noqa: B018


def test_every_dependency_is_imported_somewhere() -> None:
    root = Path(__file__).parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.split(r"[<>=\[ ]", d)[0].replace("-", "_") for d in project["dependencies"]}
    imported = set()
    for file in (root / "pqtheory").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").partition(".")[0])
    assert wanted <= imported
