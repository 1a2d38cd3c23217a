"""Tasks of one's own: the template trains, resumes and sweeps as a built-in task; errors name file and line."""

import re
import shutil
import sys
from dataclasses import replace

import pytest
import torch

from pqtheory.networks.sweeps import carry_out, read_grid
from pqtheory.networks.tables.summary import cells_of, rows
from pqtheory.networks.tasks import find_task
from pqtheory.networks.tasks.find import errors_with_lines, template
from pqtheory.networks.training import RunFolder, Settings, preset, train, train_together
from pqtheory.networks.training.build import load_data


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my_task.py"
    path.write_text(template())
    return path


def test_the_template_trains_resumes_and_is_followed_like_any_task(file, tmp_path):
    chosen = preset("corrected", "proxquant", task=str(file), epochs=5, levels="2-bit", per="row")
    assert chosen.options == {"noise": 0.1, "width": 64}
    assert (chosen.held_out, chosen.select_on) == (200, "held_out")
    data = load_data(chosen)
    whole, pieces = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "pieces")
    assert train(chosen, data, whole)
    for _ in range(4):
        assert not train(chosen, data, pieces, resume=True, seconds=0)
    assert train(chosen, data, pieces, resume=True, seconds=0)
    assert (whole.path / "metrics.jsonl").read_bytes() == (
        pieces.path / "metrics.jsonl"
    ).read_bytes()
    first, *_, last = whole.metrics()
    assert last["mean loss"]["test"]["latent"] < 0.2 * first["mean loss"]["test"]["latent"]
    assert set(last["code_changes"]) == {"2.weight"}
    assert len(whole.load("checkpoint.pt")["model"]["0.weight"].unique()) == 64
    heads, cells = cells_of(rows([whole.path]))
    assert "test mean loss, quantized" in heads
    assert (
        cells[0][heads.index("test mean loss, quantized")]
        == f"{last['mean loss']['test']['quantized']:.4f}"
    )


def test_side_by_side_it_is_as_alone(file, tmp_path):
    runs = [
        (preset("corrected", "binaryconnect", task=str(file), epochs=2, seed=seed), seed)
        for seed in (0, 1)
    ]
    data = load_data(runs[0][0])
    folders = [RunFolder(tmp_path / str(seed)) for _, seed in runs]
    assert train_together([(s, f) for (s, _), f in zip(runs, folders, strict=True)], data) == [
        True,
        True,
    ]
    alone = RunFolder(tmp_path / "alone")
    assert train(runs[1][0], data, alone)
    assert folders[1].metrics() == alone.metrics() != folders[0].metrics()


def test_it_sweeps(file, tmp_path):
    sweep = tmp_path / "widths.toml"
    sweep.write_text(
        '[settings]\ntask = "my_task.py"\nepochs = 1\n\n'
        '[grid]\nwidth = [4, 8]\nlevels = ["scaled-binary", "3-bit"]\nper = [2]\n'
    )
    plan = read_grid(sweep)
    assert [run.settings.options["width"] for run in plan.runs] == [4, 4, 8, 8]
    assert carry_out(plan) == {}
    _, cells = cells_of(rows(plan.folder / name for name in plan.finished()))
    assert [cell[0] for cell in cells] == [
        f"proxquant, levels = {levels}, width = {width}"
        for width in (4, 8)
        for levels in ("scaled-binary", "3-bit")
    ]


def test_a_file_that_has_changed_is_another_run(file, tmp_path):
    chosen = preset("corrected", "binaryconnect", task=str(file), epochs=2)
    folder = RunFolder(tmp_path / "run")
    assert not train(chosen, load_data(chosen), folder, seconds=0)
    file.write_text(template() + "\n# changed\n")
    with pytest.raises(
        ValueError, match=r"was started with another .*my_task\.py, which has changed"
    ):
        train(chosen, load_data(chosen), folder, resume=True)
    # where the file lies is of no account
    elsewhere = file.parent / "elsewhere" / "task.py"
    elsewhere.parent.mkdir()
    elsewhere.write_text(template())
    moved = replace(chosen, task=str(elsewhere))
    assert train(moved, load_data(moved), folder, resume=True)
    # tables need no code
    file.unlink()
    assert RunFolder(folder.path).settings == chosen
    assert rows([folder.path])[0].epochs == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("y = (np.sin", "y = ((np.sin", "SyntaxError: '(' was never closed"),
        ("task = CurveTask()", "task = Curve()", "NameError: name 'Curve' is not defined"),
        ("return Examples(", "return 1 / 0 or Examples(", "ZeroDivisionError: division by zero"),
        ("(forward(x) - y)", "forward(x).missing", "AttributeError: 'Tensor' object has no"),
    ],
)
def test_errors_in_a_file_say_where(file, tmp_path, old, new, message):
    changed = template().replace(old, new)
    line = next(n for n, text in enumerate(changed.splitlines(), 1) if new in text)
    file.write_text(changed)

    def run():
        chosen = preset("corrected", "binaryconnect", task=str(file), epochs=1)
        train(chosen, load_data(chosen), RunFolder(tmp_path / "run"))

    with pytest.raises(
        ValueError, match=re.escape(f"my_task.py: line {line}: {message}")
    ) as caught:
        run()
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run" / "metrics.jsonl").exists() or "forward" in old


@pytest.mark.parametrize(("end", "found"), [("task = 3", "3"), ("", "None")])
def test_a_file_without_a_task(file, end, found):
    file.write_text(template().replace("task = CurveTask()", end))
    with pytest.raises(
        ValueError, match=f"expected task = an object of a subclass of Task, got {found}"
    ):
        find_task(str(file))


def test_names_that_are_none_get_the_nearest_suggested(tmp_path):
    with pytest.raises(
        ValueError, match=r"expected images, language or a file .* did you mean 'language'"
    ):
        find_task("langage")
    with pytest.raises(FileNotFoundError, match=r"task: no file 'nowhere\.py'"):
        find_task("nowhere.py")
    with pytest.raises(ValueError, match=r"levels: expected one of .* did you mean 'ternary'"):
        Settings(levels="ternery")
    with pytest.raises(
        ValueError, match=r"options: expected .* got 'hiden'; did you mean 'hidden'"
    ):
        preset("corrected", "proxquant", task="language", options={"hiden": 3})
    with pytest.raises(ValueError, match="no setting 'hiden'; did you mean 'hidden'"):
        preset("corrected", "proxquant", task="language", hiden=3)
    with pytest.raises(
        TypeError, match=r"options: hidden: expected an integer, as 300 is, got 2\.5"
    ):
        preset("corrected", "proxquant", task="language", hidden=2.5)
    with pytest.raises(
        ValueError, match="held_out: expected 0, as these data have a validation set"
    ):
        preset("corrected", "proxquant", task="language", held_out=5)


def test_the_file_is_run_once_for_each_content(file):
    first = find_task(str(file))
    assert find_task(str(file)) is first
    other = shutil.copy(file, file.with_name("copy.py"))
    assert find_task(str(other)) is not first
    assert any(name.startswith("pqtheory_task_") for name in sys.modules)
    assert isinstance(
        first.loss(lambda x: x, (torch.ones(2, 1), torch.zeros(2, 1)), ())[0], torch.Tensor
    )


@pytest.mark.parametrize("error", [MemoryError("none left"), KeyError("ours"), RuntimeError("x")])
def test_what_is_not_of_a_task_is_not_laid_at_its_door(file, error):
    with pytest.raises(type(error)) as caught, errors_with_lines(str(file)):
        raise error
    assert caught.value is error


def test_too_little_memory_is_not_a_fault_of_the_line_that_asks_for_it(file):
    asks = compile("raise MemoryError('none left')", str(file.resolve()), "exec")
    with pytest.raises(MemoryError, match="none left"), errors_with_lines(str(file)):
        exec(asks)
