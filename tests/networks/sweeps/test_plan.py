"""Plans: which runs are done, which can begin, how many beside each other, and that a folder holds what was planned."""

from dataclasses import replace
from pathlib import Path

import pytest

from pqtheory.networks.sweeps import Plan, Planned
from pqtheory.networks.tasks.find import template
from pqtheory.networks.training import preset

from ..messages import exactly

CHOSEN = preset("corrected", "proxquant", epochs=3)


@pytest.fixture
def plan(tmp_path):
    """Two warm starts, of which two runs and one begin."""
    warm = preset("corrected", "full-precision", epochs=3)
    runs = (
        Planned("one", warm),
        Planned("two", warm),
        Planned("a", CHOSEN, "one"),
        Planned("b", CHOSEN, "two"),
        Planned("c", CHOSEN, "one"),
    )
    return Plan(tmp_path / "runs", runs)


def trained(plan, name, epochs, settings=None):
    (run,) = (run for run in plan.runs if run.name == name)
    folder = plan.folder_of(run)
    folder.path.mkdir(parents=True)
    chosen = settings or plan.settings_of(run)
    folder.start(chosen, "hash")
    folder.save("checkpoint.pt", {"epoch": epochs, "settings": chosen.to_dict()})
    return folder


def test_each_run_has_a_folder_of_its_name(plan):
    folders = [plan.folder_of(run).path for run in plan.runs]
    assert folders == [plan.folder / name for name in ("one", "two", "a", "b", "c")]


def test_a_run_starts_from_where_the_plan_keeps_its_warm_start(plan):
    own = replace(CHOSEN, warm_start="elsewhere")
    assert plan.settings_of(Planned("d", own)) == own
    assert plan.settings_of(Planned("d", own, "two")) == replace(
        own, warm_start=str(plan.folder / "two")
    )


def test_what_is_finished(plan):
    assert list(plan.finished()) == []
    for name, epochs in (("two", 3), ("one", 2), ("c", 4)):
        trained(plan, name, epochs)
    # in the order of the plan; of more epochs than are planned too
    assert list(plan.finished()) == ["two", "c"]
    assert not plan.is_done()
    (plan.folder / "one" / "checkpoint.pt").unlink()
    assert Plan(plan.folder, (plan.runs[1], plan.runs[4])).is_done()
    assert list(plan.finished()) == ["two", "c"]


@pytest.mark.parametrize(
    ("done", "begun", "ready"),
    [
        ((), (), ["one", "two"]),
        ((), ("one",), ["two"]),
        (("one",), ("one",), ["two", "a", "c"]),
        (("one", "two"), ("one", "two"), ["a", "b", "c"]),
        (("one", "two", "a"), ("b",), ["c"]),
        (("one", "two", "a", "b", "c"), (), []),
        # done by another process before this one began
        (("one", "a"), ("two",), ["c"]),
    ],
)
def test_what_can_begin(plan, done, begun, ready):
    assert [run.name for run in plan.ready(done, begun)] == ready


def test_how_many_can_begin_beside_each(plan):
    assert [plan.beside(run) for run in plan.runs] == [2, 2, 2, 1, 2]


def test_runs_that_are_there_are_those_of_the_plan(plan):
    # nothing is there, and then what was planned
    plan.check_same()
    trained(plan, "two", 3)
    trained(plan, "a", 1)
    plan.check_same()
    # one whose folder is there, and no more
    (plan.folder / "b").mkdir()
    plan.check_same()
    moved = replace(CHOSEN, warm_start="elsewhere")
    folder = trained(plan, "c", 1, moved)
    with pytest.raises(
        ValueError,
        match=exactly(
            f"{folder.path}: was started with warm_start = 'elsewhere', not '{plan.folder / 'one'}'; "
            "give the sweep another folder, or delete this one"
        ),
    ):
        plan.check_same()


def test_the_folder_of_a_plan_is_that_of_no_run(plan):
    plan.folder.mkdir(parents=True)
    (plan.folder / "settings.json").write_text("{}")
    message = f"{plan.folder}: there is a run; give the sweep another folder"
    with pytest.raises(ValueError, match=exactly(message)):
        plan.check_same()


def test_paths_of_a_plan_may_be_given_from_elsewhere(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "my_task.py").write_text(template())

    def plan_from(place, start):
        chosen = replace(
            CHOSEN,
            task=str(place / "my_task.py"),
            data="sine",
            model="mlp",
            warm_start=str(place / start),
        )
        return Plan(place / "runs", (Planned("a", chosen),))

    monkeypatch.chdir(tmp_path / "in")
    trained(plan_from(Path(), "../warm"), "a", 1)
    for inside, place in ((tmp_path, Path("in")), (tmp_path / "in", tmp_path / "in")):
        monkeypatch.chdir(inside)
        plan_from(place, "../warm").check_same()
        with pytest.raises(ValueError, match=r"was started with warm_start = '\.\./warm', not '"):
            plan_from(place, "warm").check_same()
    # a text that reads the same, given from elsewhere
    moved = Plan(Path("in/runs"), plan_from(Path(), "../warm").runs)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_task.py").write_text(template())
    with pytest.raises(ValueError, match=r"was started with warm_start = '\.\./warm', not '"):
        moved.check_same()


def test_a_task_that_has_changed_is_no_more_that_of_the_runs(tmp_path):
    file = tmp_path / "my_task.py"
    file.write_text(template())
    chosen = replace(CHOSEN, task=str(file), data="sine", model="mlp")
    plan = Plan(tmp_path / "runs", (Planned("a", chosen),))
    folder = trained(plan, "a", 3)
    plan.check_same()
    file.write_text(template() + "\n")
    with pytest.raises(
        ValueError,
        match=exactly(
            f"{folder.path}: was started with another {file}, which has changed since; "
            "give the sweep another folder, or delete this one"
        ),
    ):
        plan.check_same()
