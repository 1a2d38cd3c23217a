"""What the package is cut into, and the tests that must kill the mutants of each part."""

from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORK = ROOT / "mutants"
#: the tests that all parts have
COMMON = ("test_completion.py",)
PARTS: Mapping[str, tuple[str, ...]] = {
    "pqtheory/sets": (
        "testing/test_sets.py",
        "conformance/test_sets.py",
        "conformance/test_numbers.py",
        "test_mutants.py",
    ),
    "pqtheory/regularizers": (
        "testing/test_regularizers.py",
        "conformance",
        "regularizers",
        "test_mutants.py",
    ),
    "pqtheory/quantizers": ("quantizers", "conformance/test_numbers.py"),
    "pqtheory/schedules.py": ("test_schedules.py", "conformance/test_numbers.py"),
    "pqtheory/problems": ("problems", "testing/test_problems.py"),
    "pqtheory/methods": (
        "testing/test_methods.py",
        "methods",
        "conformance/test_methods.py",
        "conformance/test_numbers.py",
    ),
    "pqtheory/simulate.py": ("test_simulate.py",),
    "pqtheory/trajectory.py": ("test_trajectory.py", "test_simulate.py", "test_notebook.py"),
    "pqtheory/signs": ("signs", "test_mutants.py"),
    "pqtheory/stability": ("stability",),
    "pqtheory/testing": ("testing",),
    "pqtheory/_*.py": (
        *("test_arrays.py", "test_checks.py", "test_elementwise.py", "test_files.py"),
        *("test_messages.py", "test_notebook.py", "test_simulate.py", "conformance"),
        *("test_extras.py", "test_parent.py", "test_progress.py", "test_recording.py"),
        "quantizers/test_groups.py",
    ),
    "pqtheory/provenance.py": ("test_provenance.py", "test_files.py"),
    "pqtheory/evidence": ("evidence", "claims"),
    "pqtheory/claims": ("claims",),
    "pqtheory/networks": (
        "networks/saved",
        *(
            f"networks/test_{name}.py"
            for name in ("checkpoints", "export", "records", "states", "tracking")
        ),
    ),
    "pqtheory/networks/data": ("networks/data",),
    "pqtheory/networks/models": ("networks/models", "networks/tasks/test_language.py"),
    # without torchao, and the compiler
    "pqtheory/networks/optim": tuple(
        f"networks/optim/test_{name}.py"
        for name in (
            *("closures", "copies", "files", "frozen", "lent", "levels"),
            *("moves", "named", "oscillation", "own", "processes", "refit", "refusals", "pieces"),
            *("sharded", "split", "steps", "successors", "trained_ternary"),
        )
    ),
    "pqtheory/networks/sweeps": ("networks/sweeps", "experiments/test_queue.py"),
    "pqtheory/networks/tables": (
        "networks/tables",
        *(f"experiments/test_{name}.py" for name in ("cifar10", "ptb", "table")),
        "plotting/test_runs.py",
    ),
    "pqtheory/networks/tasks": ("networks/tasks", "networks/training/test_training.py"),
    "pqtheory/networks/tasks/image_batches.py": (
        "networks/tasks/test_batches.py",
        "networks/training/test_training.py",
    ),
    "pqtheory/networks/training": ("networks/training", "networks/tasks/test_answers.py"),
    "pqtheory/theory": ("theory",),
    "pqtheory/digits": ("digits",),
    "pqtheory/plotting": ("plotting",),
    "pqtheory/report": ("report", "plotting/test_book_map.py"),
    "pqtheory/lessons": ("lessons",),
    "pqtheory/cli": ("cli",),
}


def part_of(path: str) -> str:
    """The narrowest part that holds a file or a folder.

    Raises
    ------
    ValueError
        If there is no such file or folder, or it belongs to none.
    """
    within = [part for part in PARTS if path == part or path.startswith(f"{part}/")]
    if not within or not list(ROOT.glob(path)):
        raise ValueError(f"no part {path!r} of the package; there are {', '.join(PARTS)}")
    return max(within, key=len)


def files_of(path: str) -> list[str]:
    """The files of a part, or of a folder in it, without those of the parts inside."""
    if path.endswith(".py"):
        return sorted(file.relative_to(ROOT).as_posix() for file in ROOT.glob(path))
    inner = [part for part in PARTS if part.startswith(f"{path}/")]
    files = sorted(file.relative_to(ROOT).as_posix() for file in (ROOT / path).rglob("*.py"))
    return [f for f in files if not any(f == part or f.startswith(f"{part}/") for part in inner)]


def tests_of(path: str) -> list[str]:
    """The test files of the narrowest part that holds ``path``."""
    found: dict[str, None] = {}
    for name in (*PARTS[part_of(path)], *COMMON):
        place = ROOT / "tests" / name
        for file in sorted(place.rglob("test_*.py")) if place.is_dir() else [place]:
            found[file.relative_to(ROOT).as_posix()] = None
    return list(found)
