"""Which extra brings a package that is not installed."""

from collections.abc import Mapping

#: package, as it is imported, -> extra of pyproject.toml
EXTRAS: Mapping[str, str] = {
    "matplotlib": "plots",
    "imageio_ffmpeg": "video",
    "sklearn": "digits",
    "threadpoolctl": "digits",
    "torch": "torch",
    "safetensors": "torch",
    "filelock": "torch",
    "pooch": "data",
    "joblib": "sweep",
    "distributed": "dask",
    "tensorboard": "tensorboard",
    "z3": "smt",
    "sympy": "symbolic",
    "scipy": "milp",
    "cvxpy": "sdp",
    "clarabel": "sdp",
    "hypothesis": "falsify",
    "cvc5": "recheck",
}


def what_to_install(what: str, error: ModuleNotFoundError) -> str | None:
    """``"train needs torch: pip install 'pqtheory[torch]'"``; None where the missing module is of no extra."""
    package = (error.name or "").split(".")[0]
    if package not in EXTRAS:
        return None
    return f"{what} needs {package}: pip install 'pqtheory[{EXTRAS[package]}]'"
