"""One thread, and Hypothesis without clocks or luck: the same examples on every run."""

import os
import re
from typing import Any

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import torch  # noqa: E402  (reads the variables)
from hypothesis import HealthCheck, Phase, settings  # noqa: E402

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


def pytest_configure(config: Any) -> None:
    """Runs of a few steps freeze far from their levels, and may; what says so has tests of its own."""
    config.addinivalue_line("filterwarnings", "ignore:at the freeze before epoch:UserWarning")


def pytest_make_parametrize_id(val: Any) -> str:
    """Names of cases in letters, digits and dots, whatever the case is: every tool can select them."""
    name = re.sub(r"\bat 0x[0-9a-f]+", "", getattr(val, "__name__", None) or str(val))
    return re.sub(r"[^\w.+]+", "-", name).strip("-")[:60] or "empty"
