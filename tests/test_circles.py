"""Imports between files, those within functions too: no circle, only downwards, and torch below networks/ alone."""

import grimp
import pytest

#: folders whose files are in no circle
FOLDERS = ("networks", "plotting", "report", "cli")
#: what each floor may not import: the floors above it
ABOVE = {
    "networks": ("plotting", "report", "cli"),
    "plotting": ("report", "cli"),
    "report": ("cli",),
}
#: the same within networks/
INSIDE = ("sweeps", "training", "models", "data")


@pytest.fixture(scope="module")
def imports():
    return grimp.build_graph(
        "pqtheory", "experiments", include_external_packages=True, cache_dir=None
    )


def edges(graph, folder):
    for module in sorted(graph.modules):
        if module == folder or module.startswith(f"{folder}."):
            for imported in sorted(graph.find_modules_directly_imported_by(module)):
                yield module, imported


def within(module, folder):
    return module == folder or module.startswith(f"{folder}.")


def circles(graph, folder):
    """Imports after which a way leads back."""
    return [
        (module, imported)
        for module, imported in edges(graph, folder)
        if graph.chain_exists(importer=imported, imported=module)
    ]


@pytest.mark.parametrize("folder", [*(f"pqtheory.{name}" for name in FOLDERS), "experiments"])
def test_no_file_is_in_a_circle(imports, folder):
    assert list(edges(imports, folder))
    assert circles(imports, folder) == []


@pytest.mark.parametrize(
    ("folder", "above"),
    [(f"pqtheory.{low}", f"pqtheory.{high}") for low, above in ABOVE.items() for high in above]
    + [("pqtheory", "experiments")]
    + [
        (f"pqtheory.networks.{low}", f"pqtheory.networks.{high}")
        for i, low in enumerate(INSIDE)
        for high in ("tables", *INSIDE[:i])
    ]
    + [("pqtheory.networks.sweeps", "pqtheory.networks.tables")],
)
def test_imports_point_down(imports, folder, above):
    assert [pair for pair in edges(imports, folder) if within(pair[1], above)] == []


def test_torch_lives_in_networks_alone(imports):
    users = imports.find_modules_that_directly_import("torch")
    assert any(within(module, "pqtheory.networks") for module in users)
    elsewhere = [m for m in users if not within(m, "pqtheory.networks")]
    assert [m for m in elsewhere if within(m, "pqtheory")] == []


def test_a_circle_is_found_also_through_a_third_file():
    graph = grimp.ImportGraph()
    for module, imported in (("a.x", "a.y"), ("a.y", "b.z"), ("b.z", "a.x"), ("a.w", "a.x")):
        for name in (module, imported):
            graph.add_module(name)
        graph.add_import(importer=module, imported=imported)
    assert circles(graph, "a") == [("a.x", "a.y"), ("a.y", "b.z")]
