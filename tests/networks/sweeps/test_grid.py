"""Sweeps: the grid, resuming, failures that cost only themselves, the table."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from pqtheory import cli
from pqtheory.networks.sweeps import carry_out, grid, read_grid
from pqtheory.networks.tables.summary import rows, spread
from pqtheory.networks.training import RunFolder, preset
from pqtheory.provenance import command

from ..messages import exactly

SWEEP = """
folder = "runs"
preset = "corrected"
[settings]
epochs = 2
batch_size = 512
[grid]
method = ["binaryconnect", "proxquant"]
seed = [0, 1]
"""


def written(folder, text):
    file = folder / "sweep.toml"
    file.write_text(text)
    return file


@pytest.fixture
def sweep_file(tmp_path):
    return lambda text=SWEEP: written(tmp_path, text)


def test_every_combination_once_and_not_again(sweep_file):
    plan = read_grid(sweep_file())
    names = [f"method={m}-seed={s}" for m in ("binaryconnect", "proxquant") for s in (0, 1)]
    assert [run.name for run in plan.runs] == names
    shown = []
    assert carry_out(plan, jobs=2, progress=lambda *what: shown.append(what)) == {}
    assert [what[:2] for what in shown] == [(i + 1, 4) for i in range(4)]
    assert sorted(name for _, _, name in shown) == names
    assert list(plan.finished()) == names
    # the command that is behind the processes, not theirs
    started = {RunFolder(plan.folder / name).provenance["command"] for name in names}
    assert started == {command(sys.orig_argv)}
    times = (plan.folder / names[0] / "times.jsonl").read_text()
    assert carry_out(plan) == {}
    assert (plan.folder / names[0] / "times.jsonl").read_text() == times
    found = rows(plan.folder / name for name in names)
    assert [row.label for row in found] == ["binaryconnect", "proxquant"]
    assert [len(row.runs) for row in found] == [2, 2]
    last = [RunFolder(plan.folder / n).metrics()[-1]["error"]["test"]["quantized"] for n in names]
    assert found[1].figures["test error, quantized"].tolist() == last[2:]


def sweep_of(file):
    return CliRunner().invoke(cli.main, ["sweep", str(file)], env={"COLUMNS": "250"})


OF_ONE_RUN = """folder = 'runs'
[settings]
epochs = 1
lr = 0.01
warm_start = '{start}'
"""


@pytest.fixture(scope="module")
def one_run(tmp_path_factory):
    """The folder of a sweep of one run that is done, and its file's text."""
    folder = tmp_path_factory.mktemp("one")
    warm = "folder = 'warm'\n[settings]\nmethod = 'full-precision'\nepochs = 1\n"
    assert sweep_of(written(folder, warm)).exit_code == 0
    text = OF_ONE_RUN.format(start=folder / "warm" / "run")
    assert sweep_of(written(folder, text)).exit_code == 0
    return folder, text


def test_results_of_a_sweep_are_taken(one_run):
    folder, text = one_run
    times = (folder / "runs" / "run" / "times.jsonl").read_bytes()
    assert sweep_of(written(folder, text)).exit_code == 0
    assert (folder / "runs" / "run" / "times.jsonl").read_bytes() == times


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("0.01", "0.5"), "lr = 0.01, not 0.5"),
        (("epochs = 1", "epochs = 2"), "epochs = 1, not 2"),
        (("{start}", "elsewhere"), "warm_start = '{start}', not '{elsewhere}'"),
    ],
)
def test_results_of_other_settings_are_not_taken_for_those_of_the_sweep(one_run, change, why):
    folder, text = one_run
    start = str(folder / "warm" / "run")
    why = why.format(start=start, elsewhere=folder / "elsewhere")
    changed = sweep_of(written(folder, text.replace(change[0].format(start=start), change[1])))
    assert (changed.exit_code, changed.stdout) == (2, "")
    assert changed.stderr == (
        f"pqtheory: {folder / 'runs' / 'run'}: was started with {why}; "
        "give the sweep another folder, or delete this one\n"
    )


def test_a_failing_run_costs_only_itself(sweep_file):
    file = sweep_file(SWEEP.replace("seed = [0, 1]", 'warm_start = ["missing", ""]'))
    text = file.read_text().replace('"missing", ""', '"missing"')
    file.write_text(text + "lr = [0.01]\n")
    result = CliRunner().invoke(cli.main, ["sweep", str(file)])
    assert result.exit_code == 1
    assert (
        f"failed: FileNotFoundError: checkpoint: no file '{file.parent / 'missing'}'"
        in result.stderr
    )
    assert "Traceback" not in result.stderr


def test_the_commands(sweep_file):
    file = sweep_file(SWEEP.replace("seed = [0, 1]", "seed = [3]"))
    result = CliRunner().invoke(cli.main, ["sweep", str(file)], env={"COLUMNS": "250"})
    assert result.exit_code == 0, result.stderr
    assert "binaryconnect" in result.stdout
    runs = sorted(map(str, (file.parent / "runs").iterdir()))
    shown = CliRunner().invoke(cli.main, ["table", *runs], env={"COLUMNS": "250"})
    assert shown.stdout.strip() == result.stdout.partition("\n")[2].strip()
    picture = file.parent / "p.svg"
    drawn = ["plot", "sign-flips", *runs, "--layer", "fc.weight", "--out", str(picture)]
    assert CliRunner().invoke(cli.main, drawn).exit_code == 0
    text = picture.read_text()
    assert "fc.weight" in text
    assert "binaryconnect (1)" in text
    wrong = CliRunner().invoke(cli.main, [*drawn[:-4], "--layer", "fc", "--out", str(picture)])
    assert wrong.exit_code == 2
    assert "layer: expected one of" in wrong.stderr
    bad = CliRunner().invoke(cli.main, ["table", str(file.parent)])
    assert bad.exit_code == 2
    assert "no run there" in bad.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("grid = ", "Invalid value"),
        ("speed = 3", "expected folder, preset, settings, grid, got 'speed'"),
        ("[grid]\nseed = 3", "expected a list for 'seed'"),
        ("[grid]\nseed = []", "expected a list for 'seed'"),
        ("grid = [1]", r"grid = \[1\]: expected a section \[grid\]"),
        ("settings = 3", r"settings = 3: expected a section \[settings\]"),
        ("folder = 3", "folder: expected a path, got 3"),
        ("folder = ''", "folder: expected a path, got ''"),
        ("[grid]\nwarm_start = ['a/b', 'a_b']", "two runs would have the name 'warm_start=a_b'"),
        ("[grid]\nseed = [0, 0]", "two runs would have the name 'seed=0'"),
        ("[settings]\nmethod = 'magic'", "method: expected one of"),
        ("[settings]\nspeed = 3", "no setting 'speed'"),
        ("", r"sweep.toml: no runs in it: expected a section \[grid\]"),
        ("folder = 'runs'", "no runs in it"),
        ("[grid]", "no runs in it"),
        ("[settings]\nrenew = 'false'", "run 'run': renew: expected true or false, got 'false'"),
        ("[grid]\namp = [0]", "run 'amp=0': amp: expected true or false, got 0"),
        ("[settings]\nwarm_start = 3", "warm_start: expected a path or None, got 3"),
        ("[settings]\ndata = []", r"data: expected a name, got \[\]"),
        ("[settings]\ndrops = 3", "drops: expected epochs, got 3"),
        ("[settings]\ndrops = [1.5]", "drops: expected an integer, got 1.5"),
        ("[settings]\ntask = 3", "run 'run': task: expected a name, got 3"),
        ("[settings]\nname = 'x'", "run 'run': settings: no setting 'name'"),
        ("[settings]\nper = 'chanel'", "did you mean 'channel'"),
        (
            f"[settings]\nlr = {'9' * 400}",
            "run 'run': lr as a float: expected a finite number > 0, got inf",
        ),
        (f"[settings]\nseed = {2**64}", "run 'run': seed: expected an integer from 0 to "),
        (
            "[settings]\nmethod = 'dampened'\noscillation_threshold = inf",
            "expected a finite number",
        ),
        (f"a = {'[' * 5000}", "sweep.toml: not TOML that is meant: nested too deep"),
    ],
)
def test_bad_files_are_refused(sweep_file, text, message):
    with pytest.raises(ValueError, match=message):
        read_grid(sweep_file(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("speed = 3", "expected folder, preset, settings, grid, got 'speed'"),
        ("[grid]\nseed = 3", "grid: expected a list for 'seed', got 3"),
        ("[grid]\nlr = [1.0]\nseed = []", "grid: expected a list for 'seed', got []"),
        ("grid = [1]", "grid = [1]: expected a section [grid]"),
        ("settings = 3", "settings = 3: expected a section [settings]"),
        ("folder = 3", "folder: expected a path, got 3"),
        ("folder = ''", "folder: expected a path, got ''"),
        (
            "folder = 'runs'",
            "no runs in it: expected a section [grid], or [settings] of one run",
        ),
        (
            "[grid]\nseed = [0, 0]",
            "grid: two runs would have the name 'seed=0'; expected values whose names differ",
        ),
        (
            "[grid]\nrate = [1, 2, 1.0]",
            "grid: 'rate=1.0' and 'rate=1' would be one run; expected values that differ",
        ),
        (
            "[settings]\nepochs = 0\n[grid]\nseed = [0]",
            "run 'seed=0': epochs: expected an integer >= 1, got 0",
        ),
        ("[settings]\ntask = 'my.py'", "run 'run': task: no file '{folder}/my.py'"),
        ("a = {nested}", "not TOML that is meant: nested too deep"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_that_begins_with_the_file(
    sweep_file, tmp_path, text, message
):
    file = sweep_file(text.replace("{nested}", "[" * 5000))
    with pytest.raises(
        ValueError, match=exactly(f"{file}: {message.replace('{folder}', str(tmp_path))}")
    ):
        read_grid(str(file))


def test_text_that_is_no_toml_and_a_file_that_is_none(sweep_file, tmp_path):
    file = sweep_file("grid = ")
    with pytest.raises(ValueError, match=exactly(f"{file}: Invalid value (at end of document)")):
        read_grid(file)
    with pytest.raises(
        FileNotFoundError, match=exactly(f"sweep: no file '{tmp_path / 'none.toml'}'")
    ):
        read_grid(tmp_path / "none.toml")


def plan_of(file):
    plan = read_grid(file)
    return plan.folder, {run.name: run.settings for run in plan.runs}, {r.after for r in plan.runs}


def test_a_file_that_says_nothing_of_them_has_proxquant_corrected_beside_it(sweep_file, tmp_path):
    folder, runs, after = plan_of(sweep_file("[settings]\nepochs = 2"))
    assert folder == tmp_path / "sweep"
    assert runs == {"run": preset("corrected", "proxquant", epochs=2)}
    assert after == {None}


def test_runs_are_every_combination_of_the_grid_with_what_they_share(sweep_file, tmp_path):
    text = """
folder = "runs/first"
preset = "faithful"
[settings]
epochs = 7
lr = 0.25
method = "binaryconnect"
[grid]
lr = [0.5, 0.125]
levels = ["binary", "ternary"]
"""
    folder, runs, _ = plan_of(sweep_file(text))
    assert folder == tmp_path / "runs" / "first"
    # the grid counts before what all share
    assert runs == {
        f"lr={lr}-levels={levels}": preset(
            "faithful", "binaryconnect", epochs=7, lr=lr, levels=levels
        )
        for lr in (0.5, 0.125)
        for levels in ("binary", "ternary")
    }
    assert list(runs) == [
        *("lr=0.5-levels=binary", "lr=0.5-levels=ternary"),
        *("lr=0.125-levels=binary", "lr=0.125-levels=ternary"),
    ]


def test_method_and_preset_may_be_in_the_grid(sweep_file):
    text = """
preset = "faithful"
[grid]
method = ["proxquant", "binaryrelax"]
preset = ["corrected", "faithful"]
epochs = [3]
"""
    _, runs, _ = plan_of(sweep_file(text))
    assert runs == {
        f"method={method}-preset={kind}-epochs=3": preset(kind, method, epochs=3)
        for method in ("proxquant", "binaryrelax")
        for kind in ("corrected", "faithful")
    }


def test_a_grid_alone_is_enough_and_names_have_no_slashes(sweep_file):
    _, runs, _ = plan_of(sweep_file("[grid]\nwarm_start = ['a/b/c']\nseed = [3]"))
    assert list(runs) == ["warm_start=a_b_c-seed=3"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"warm_start": "a/b"}, {"warm_start": "{}/a/b"}),
        ({"warm_start": "a/"}, {"warm_start": "{}/a/"}),
        ({"task": "mine.py"}, {"task": "{}/mine.py"}),
        ({"task": "language"}, {"task": "language"}),
        ({"task": "language", "data": "a/b"}, {"task": "language", "data": "{}/a/b"}),
        ({"task": "language", "data": "a/"}, {"task": "language", "data": "{}/a/"}),
        ({"task": "language", "data": "ptb"}, {"task": "language", "data": "ptb"}),
        # of other tasks a name with a slash is their own
        ({"task": "images", "data": "a/b"}, {"task": "images", "data": "a/b"}),
        ({"data": "a/b"}, {"data": "a/b"}),
        ({"task": 3, "warm_start": "a"}, {"task": 3, "warm_start": "{}/a"}),
        ({"lr": 0.5, "model": "a/b.py"}, {"lr": 0.5, "model": "a/b.py"}),
    ],
)
def test_which_settings_are_paths_beside_the_file(tmp_path, given, kept):
    place = {k: v.format(tmp_path) if isinstance(v, str) else v for k, v in kept.items()}
    before = dict(given)
    assert grid._beside(tmp_path, given) == place
    assert given == before


def test_unknown_backends_are_refused(sweep_file):
    with pytest.raises(ValueError, match="backend: expected loky or dask"):
        carry_out(read_grid(sweep_file()), backend="slurm")


def test_a_warm_start_is_beside_the_file_as_the_folder_is(sweep_file, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    text = "[settings]\nwarm_start = 'warm/run'\n[grid]\nseed = [0]\n"
    (run,) = read_grid(sweep_file(text)).runs
    assert run.settings.warm_start == str(tmp_path / "warm" / "run")
    (run,) = read_grid(sweep_file(text.replace("warm/run", "/warm"))).runs
    assert run.settings.warm_start == "/warm"


def test_a_folder_of_texts_is_beside_the_file_too(sweep_file, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    text = "[settings]\ntask = 'language'\ndata = 'texts/'\n"
    (run,) = read_grid(sweep_file(text)).runs
    assert run.settings.data == f"{tmp_path}/texts/"
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    folder.start(run.settings, "hash")
    # the same, from where the file is
    folder.check_same(replace(run.settings, data="texts/"), "hash")
    (run,) = read_grid(sweep_file(text.replace("texts/", "sentences"))).runs
    assert run.settings.data == "sentences"
    with pytest.raises(ValueError, match="was started with data"):
        folder.check_same(run.settings, "hash")


def test_a_byte_order_mark_is_let_pass_and_other_text_is_named(sweep_file, tmp_path):
    file = sweep_file()
    plain = read_grid(file)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert read_grid(file) == plain
    file.write_bytes('folder = "é"'.encode("latin-1"))
    with pytest.raises(ValueError, match=r"sweep\.toml: not UTF-8 text"):
        read_grid(file)


def test_spread():
    assert spread(np.array([0.5])) == "50.00 %"
    assert spread(np.array([0.1, 0.3])) == "20.00 ± 14.14 %"
