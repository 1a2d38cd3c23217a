"""Every public module is in the reference, and docstrings are printed as they are."""

import importlib
import pkgutil

import pytest

import pqtheory

from .extension import extension

api = extension("api_pages")
#: commands, which their own help describes, and the inside of the tables
WITHOUT_PAGES = ("pqtheory.cli",)


def public_modules() -> list[str]:
    found = ["pqtheory"]
    for module in pkgutil.walk_packages(pqtheory.__path__, "pqtheory."):
        private = any(part.startswith("_") for part in module.name.split("."))
        if private or module.name.startswith(WITHOUT_PAGES) or ".theory." in module.name:
            continue
        if module.ispkg and hasattr(importlib.import_module(module.name), "__all__"):
            found.append(module.name)
    return found


def test_every_public_package_has_a_page() -> None:
    assert set(public_modules()) <= set(api.MODULES)
    index = api.index()
    for module in api.MODULES:
        assert f":doc:`{module} <{module}>`" in index


@pytest.mark.parametrize("module", api.MODULES)
def test_every_public_name_is_on_its_modules_page(module: str) -> None:
    page = api.page(module)
    for name in api.described(module):
        assert f":: {name}\n" in page or f"``{name}`` is :py:obj:`" in page
    for name in getattr(importlib.import_module(module), "__all__", ()):
        assert name in api.names_of(module)


def test_an_object_of_two_modules_is_described_once() -> None:
    assert api.first_place("pqtheory.claims", "Budget") == "pqtheory.evidence.Budget"
    assert api.first_place("pqtheory.evidence", "Budget") == "pqtheory.evidence.Budget"
    # two methods of one name are two
    assert api.first_place("pqtheory.networks.optim", "ProxQuant").endswith("optim.ProxQuant")


def test_constants_say_their_values_not_what_their_type_is() -> None:
    of_type = (tuple.__doc__ or "").split("\n")
    assert api.said_of_data(of_type, ("quick", "full")) == ["", "``('quick', 'full')``"]
    assert api.said_of_data(["how much", ""], {"a": 1}) == ["how much", "", "", "``names a``"]
    assert api.said_of_data(["long"], tuple(range(1000))) == ["long"]


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("R(x) = |x - l| * w_", r"R(x) = \|x - l\| \* w\_"),
        ("as ``a|b*`` and :func:`~pqtheory.simulate`", None),
        ("* a point of a list", None),
        ("theta_0 and x_{t+1}", r"theta_0 and x\_{t+1}"),
    ],
)
def test_formulas_of_docstrings_are_no_markup(text: str, printed: str | None) -> None:
    assert api.escaped(text) == (text if printed is None else printed)
