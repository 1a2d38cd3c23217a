"""One thread, and Hypothesis without clocks or luck: the same examples on every run."""

import gc
import os
import re
from pathlib import Path
from typing import Any

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import torch  # noqa: E402  (reads the variables)
from hypothesis import HealthCheck, Phase, settings  # noqa: E402

from .browser import chromium  # noqa: E402  (one fixture: a process can start one browser only)

__all__ = ["chromium"]

torch.set_num_threads(1)

_SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=60,
    suppress_health_check=_SLOW_IS_FINE,
)
# a mutant is dead at the first failure: no time goes into simplifying it
settings.register_profile(
    "mutation", settings.get_profile("ci"), phases=(Phase.explicit, Phase.generate)
)
settings.register_profile(
    "thorough", deadline=None, max_examples=3000, suppress_health_check=_SLOW_IS_FINE
)
# HYPOTHESIS_PROFILE=thorough looks for new examples, for as long as it takes
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


#: what covers floors 1 to 4, of which alone coverage is asked; where every line is traced a proof takes twice as long
COVERING = (
    *("regularizers", "quantizers", "methods", "problems", "signs", "stability", "testing"),
    *("conformance/test_methods.py", "conformance/test_regularizers_arguments.py"),
    *("conformance/test_sets.py", "test_arrays.py", "test_checks.py", "test_elementwise.py"),
    *("test_extras.py", "test_files.py", "test_messages.py", "test_notebook.py", "test_parent.py"),
    *("test_progress.py", "test_recording.py", "test_schedules.py", "test_simulate.py"),
    "test_trajectory.py",
)


def pytest_collection_finish() -> None:
    """What is there before the first test stays to the end: who clears away need not look at it again and again."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Coverage pauses in all other tests."""
    covering = {Path(__file__).parent / name for name in COVERING}
    for item in items:
        if covering.isdisjoint({item.path, *item.path.parents}):
            item.add_marker("no_cover")


def pytest_configure(config: Any) -> None:
    """What the tests do not hold against the code that they run."""
    # known without pytest-cov, too
    config.addinivalue_line("markers", "no_cover: coverage pauses in this test")
    # torch's compiler loads modules that torch itself calls old, in whichever test compiles first
    config.addinivalue_line("filterwarnings", "ignore:.torch.jit.script:DeprecationWarning")
    # Hypothesis asks who holds its random numbers, and what is frozen above does not answer
    config.addinivalue_line("filterwarnings", "ignore:It looks like `register_random`")
    # runs of a few steps freeze far from their levels, and may; what says so has tests of its own
    config.addinivalue_line("filterwarnings", "ignore:at the freeze before epoch:UserWarning")


def pytest_make_parametrize_id(val: Any) -> str:
    """Names of cases in letters, digits and dots, whatever the case is: every tool can select them."""
    name = re.sub(r"\bat 0x[0-9a-f]+", "", getattr(val, "__name__", None) or str(val))
    return re.sub(r"[^\w.+]+", "-", name).strip("-")[:60] or "empty"
