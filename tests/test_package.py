"""What users install: the extras say what they bring, the lowest versions are those tested, links hold anywhere."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import pqtheory as pq
from pqtheory._extras import EXTRAS, what_to_install
from pqtheory.lessons.results import NAMES as LESSONS_READ

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REPOSITORY = PROJECT["urls"]["Repository"]
#: what checks of ours use, and nothing that a user runs
TOOLS = ("mutate", "browser", "notebook", "integrations", "docs")
#: name on the index -> name of the module, where they differ
MODULES = {"scikit-learn": "sklearn", "z3-solver": "z3", "imageio-ffmpeg": "imageio_ffmpeg"}


def pins(file: str) -> dict[str, str]:
    lines = [line for line in (ROOT / file).read_text().splitlines() if "==" in line[:60]]
    found = (line.split("==") for line in lines if not line.startswith("#"))
    return {name.lower().replace("_", "-"): version.split()[0] for name, version in found}


def bounds() -> dict[str, str]:
    """The lowest version of everything that pyproject.toml names for users and tests."""
    extras = PROJECT["optional-dependencies"]
    named = [
        *PROJECT["dependencies"],
        *(d for extra in extras if extra not in TOOLS for d in extras[extra]),
    ]
    pairs = (d.split(">=") for d in named if not d.startswith("pqtheory["))
    return {name.lower(): version for name, version in pairs}


def padded(version: str) -> list[int]:
    return ([int(n) for n in version.split(".")] + [0, 0, 0])[:4]


def test_the_lowest_versions_are_those_that_are_tested() -> None:
    lowest = pins("constraints-lowest.txt")
    for name, version in bounds().items():
        if name == "torch":
            # a build of the lowest brings gigabytes: the one of constraints.txt
            assert lowest[name] == pins("constraints.txt")[name]
        else:
            assert padded(lowest[name]) == padded(version), name


def test_what_is_installed_by_default_is_pinned_and_above_the_bounds() -> None:
    pinned = pins("constraints.txt")
    for name, version in bounds().items():
        assert padded(pinned[name]) >= padded(version), name


def test_extras_have_the_packages_that_errors_name() -> None:
    extras = PROJECT["optional-dependencies"]
    for package, extra in EXTRAS.items():
        brought = [d.split(">=")[0] for d in extras[extra]]
        assert package in [MODULES.get(name, name) for name in brought], package
    named = {
        re.split(r"[>=]", d)[0]
        for e in extras
        if e not in ("all", "test", *TOOLS)
        for d in extras[e]
    }
    assert {MODULES.get(name, name) for name in named} == set(EXTRAS)


def test_tests_bring_all_that_they_need() -> None:
    assert "pqtheory[all]" in PROJECT["optional-dependencies"]["test"]
    everything = PROJECT["optional-dependencies"]["all"][0]
    for extra in PROJECT["optional-dependencies"]:
        if extra not in ("all", "test", "dask", "tensorboard", "video", *TOOLS):
            assert extra in re.split(r"[\[\],]", everything)


def without(package: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The command line where ``package`` is not installed."""
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        f"from pqtheory.cli import main\nmain({list(arguments)!r})"
    )
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


SWEEP = 'folder = "runs"\n[grid]\nseed = [0]\n'


@pytest.mark.parametrize(
    ("package", "extra", "arguments"),
    [
        ("torch", "torch", ("train", "run")),
        ("torch", "torch", ("sweep", "s.toml")),
        ("torch", "torch", ("signs", "a.pt", "b.pt")),
        ("torch", "torch", ("data", "cifar10", "--data-dir", "images")),
        ("torch", "torch", ("table", "run")),
        ("torch", "torch", ("plot", "sign-flips", "run", "--out", "a.png")),
        ("sklearn", "digits", ("train", "run", "--epochs", "1")),
        ("joblib", "sweep", ("sweep", "s.toml")),
        ("scipy", "tables", ("table", "cifar10", "--paired")),
        ("matplotlib", "plots", ("plot", "basins", "--out", "a.png")),
        ("matplotlib", "plots", ("verify", "--out", "out")),
        ("sklearn", "digits", ("verify", "--out", "out")),
        ("hypothesis", "falsify", ("falsify", "w-prox")),
        ("cvc5", "recheck", ("verify", "w-prox", "--recheck")),
    ],
)
def test_a_command_names_the_extra_that_it_lacks(
    tmp_path: Path, package: str, extra: str, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "s.toml").write_text(SWEEP)
    done = without(package, *arguments, cwd=tmp_path)
    assert done.returncode == 2, done
    assert done.stderr.startswith("pqtheory: ")
    assert done.stderr.count("\n") == 1
    assert f"pip install 'pqtheory[{extra}]'" in done.stderr
    assert "No module named" not in done.stderr


def test_what_belongs_to_no_extra_is_said_as_it_is() -> None:
    assert what_to_install("train", ModuleNotFoundError("x", name="nothing_of_ours")) is None
    error = ModuleNotFoundError("x", name="torch.nn")
    assert (
        what_to_install("plot map", error) == "plot map needs torch: pip install 'pqtheory[torch]'"
    )


def test_published_errors_have_ours_beside_them_wherever_one_is(tmp_path: Path) -> None:
    here = without("nothing", "table", "cifar10", cwd=tmp_path)
    there = without("nothing", "table", "cifar10", cwd=ROOT)
    assert here.returncode == 0, here
    assert here.stdout == there.stdout
    assert "no results" not in here.stdout
    included = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"][
        "targets"
    ]
    shipped = included["wheel"]["force-include"]
    results = (ROOT / "experiments" / "results").glob("cifar10*.json")
    read = {p.name for p in results} | {f"{name}.json" for name in LESSONS_READ}
    assert {Path(p).name for p in shipped if p.endswith(".json")} == read


def test_what_the_sdist_names_is_there() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    for name in build["targets"]["sdist"]["include"]:
        assert (ROOT / name).exists(), name


def test_the_index_page_has_absolute_links() -> None:
    pytest.importorskip("hatchling")
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    readme = (ROOT / "README.md").read_text()
    shown = module.absolute(readme, REPOSITORY)
    targets = re.findall(r"\]\(([^)\s]+)\)", shown)
    assert targets
    assert all(re.match(r"https?://|#", target) for target in targets)
    assert f"]({REPOSITORY}/raw/main/docs/images/regularizer.png)" in shown
    assert f"[docs/extending.md]({REPOSITORY}/blob/main/docs/extending.md)" in shown
    # and what they lead to is in the repository
    for target in re.findall(r"\]\((?!\w+:)([^)#\s]+)\)", readme):
        assert (ROOT / target).exists(), target


def test_the_citation_has_the_version_and_the_repository() -> None:
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {pq.__version__}\n" in citation
    assert f"\nrepository-code: {REPOSITORY}\n" in citation
    assert REPOSITORY in (ROOT / "README.md").read_text()


def test_the_pins_of_make_test_lowest_run_in_continuous_integration() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    assert "make test-lowest" in workflow
    assert workflow.count('python: ["3.11", "3.12", "3.13"]') == 2
    makefile = (ROOT / "Makefile").read_text()
    fast = re.search(r"^FAST := (.*?)\n[^\t]", makefile, re.DOTALL | re.MULTILINE)
    assert fast is not None
    for test in fast[1].replace("\\\n", " ").split():
        assert (ROOT / test).exists(), test


def test_what_make_installs_side_by_side_is_pinned_and_disjoint() -> None:
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    pinned = re.findall(r"^([^#\s=]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    lists = [
        re.search(rf"^{name} := (.*)$", makefile, re.MULTILINE) for name in ("FIRST", "SECOND")
    ]
    first, second = (found[1].split() for found in lists if found is not None)
    assert "torch" in first
    assert len({*first, *second}) == len(first) + len(second)
    assert {*first, *second} <= {name.lower() for name in pinned}
