"""What is said where a package of an extra is missing."""

import pytest

from pqtheory._extras import EXTRAS, what_to_install


@pytest.mark.parametrize("package", EXTRAS)
def test_the_extra_that_brings_a_package(package: str) -> None:
    said = f"train needs {package}: pip install 'pqtheory[{EXTRAS[package]}]'"
    for name in (package, f"{package}.nn.functional"):
        assert what_to_install("train", ModuleNotFoundError("no", name=name)) == said


@pytest.mark.parametrize("name", [None, "", "no_such_package", "own.torch"])
def test_a_package_of_no_extra(name: str | None) -> None:
    assert what_to_install("train", ModuleNotFoundError("no", name=name)) is None
