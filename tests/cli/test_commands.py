"""What the commands beside verify print and write; of every command, its help and what it says about bad arguments."""

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from pqtheory import cli, plotting
from pqtheory.claims import Claim, lookup
from pqtheory.cli.commands import block, example
from pqtheory.cli.names import nearest
from pqtheory.digits import DigitsSettings
from pqtheory.regularizers import REGISTRY as REGULARIZERS
from pqtheory.report import latex
from pqtheory.sets import REGISTRY as SETS
from pqtheory.theory import BOOK

from .running import one_line, process, run


@pytest.mark.parametrize(
    ("arguments", "kind"), [((), "proved"), (("proof",), "proved"), (("sample",), "sampled")]
)
def test_a_template_is_a_claim_that_verifies(tmp_path, arguments, kind):
    template = process("claims", "--template", *arguments, cwd=tmp_path)
    assert (template.returncode, template.stderr) == (0, "")
    (tmp_path / "my_claim.py").write_text(template.stdout)
    result = process("verify", "my_claim.py", "--json", "r.json", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert "1/1" in result.stdout
    (claim,) = json.loads((tmp_path / "r.json").read_text())["claims"]
    assert (claim["name"], claim["kind"], claim["prose"]) == ("my-claim", kind, 0)


def test_the_proof_template_has_every_field(tmp_path):
    text = run("claims", "--template").stdout
    fields = set(Claim.__dataclass_fields__) - {"file", "chapter", "derivation"}
    assert {f for f in fields if f"    {f}=" in text} == fields
    for word in ("@forall(", "given=", "by=", "prose=", "Control("):
        assert word in text


def test_an_unknown_template_is_told():
    assert "'proof', 'sample'" in one_line(run("claims", "--template", "prof"))


def test_a_run_that_diverges_is_one_line(tmp_path):
    arguments = ("--step-size", "1000", "--out", "b.png")
    result = process("plot", "trajectory", *arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "not finite after step" in result.stderr
    # in a map of basins such starts are marked
    result = process("plot", "basins", *arguments, cwd=tmp_path)
    assert result.returncode == 0
    assert (tmp_path / "b.png").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("verify", "not_there.py"), "claim file: no file 'not_there.py'"),
        (("verify", "--budget", "huge"), "Invalid value for '--budget': 'huge'"),
        (("verify", "--bugdet", "full"), "--budget"),
        (("show", "codebok-prox"), "no claim 'codebok-prox'; did you mean 'codebook-prox'?"),
        (("verfy",), "no command 'verfy'; did you mean 'verify'?"),
        (("plot", "regulariser"), "no picture 'regulariser'; did you mean 'regularizer'?"),
        (("plot", "signflips"), "no picture 'signflips'; did you mean 'sign-flips'?"),
        (
            ("plot", "toy", "--out", "x.jpg"),
            "--out: file: expected a name that ends in .png, .svg, .pdf, .gif, .mp4, got 'x.jpg'",
        ),
        (
            ("plot", "toy", "--out", "no/such/folder/x.png"),
            "--out: cannot write 'no/such/folder/x.png': No such file",
        ),
        (("plot", "toy", "--step-size", "0"), "--step-size: expected a finite number > 0"),
        (("plot", "toy", "--steps", "many"), "Invalid value for '--steps': 'many'"),
        (
            ("plot", "regularizer", "--set", "ternry"),
            "set: no set 'ternry'; did you mean 'ternary'?",
        ),
        (
            ("plot", "regularizer", "--regularizer", "l1-binry"),
            "no regularizer 'l1-binry'; did you mean 'l1-binary'?",
        ),
        (
            ("plot", "regularizer", "--set", "ternary", "--regularizer", "l1-binary"),
            "either --regularizer or --set",
        ),
        (("plot", "regularizer", "--set", "scaled-binary"), "expected a set with fixed levels"),
        (
            ("plot", "regularizer", "--set", "scaled-binary-row"),
            "no set 'scaled-binary-row'; did you mean 'binary",
        ),
        (
            ("plot", "regularizer", "--regularizer", "l2-scaled-binary-rows"),
            "--regularizer: 'l2-scaled-binary-rows' has none, the picture needs them: expected a set",
        ),
        (
            ("plot", "regularizer", "--set", "foo"),
            "set: no set 'foo'; expected one of binary, binary-scaled, ternary,",
        ),
        (("foo",), "no command 'foo'; expected one of"),
        (("plot", "regularizer", "--weight", "nan"), "--weight: expected a number >= 0, got nan"),
        (("plot", "regularizer", "--weight", "-1"), "--weight: expected a number >= 0, got -1.0"),
        (("plot", "trajectory", "--method", "binaryconect"), "did you mean 'binaryconnect'?"),
        (("plot", "trajectory", "--method", "full-precision"), "no method 'full-precision'"),
        (("plot", "trajectory", "--dim", "2"), "give --seed"),
        (("plot", "sign-flips", "--seeds", "0"), "--seeds: expected an integer >= 1, got 0"),
        (("plot", "sign-flips", "--rate", "-1"), "--rate: expected a finite number >= 0"),
        # an error speaks of the option, whatever the library calls its argument
        (("plot", "toy", "--start", "nan"), "pqtheory: --start: expected a finite number, got nan"),
        (("plot", "toy", "--start", "-inf"), "pqtheory: --start: expected a finite number, got"),
        (("plot", "toy", "--start", "1e308"), "pqtheory: --start: expected a number from -1e+09"),
        (("plot", "toy", "--rate", "-1"), "pqtheory: --rate: expected a finite number >= 0"),
        (("plot", "toy", "--rate", "inf"), "pqtheory: --rate: expected a finite number >= 0"),
        (("plot", "toy", "--steps", "0"), "pqtheory: --steps: expected an integer >= 1, got 0"),
        (("plot", "basins", "--rate", "-1"), "pqtheory: --rate: expected a finite number >= 0"),
        (
            ("plot", "one-step", "--start", "nan", "1"),
            "pqtheory: --start: expected a finite number",
        ),
        (("plot", "basins", "--steps", "0"), "pqtheory: --steps: expected an integer >= 1"),
        (("plot", "trajectory", "--step-size", "nan"), "pqtheory: --step-size: expected a finite"),
        # another format: the suffix that shows the like
        (
            ("plot", "basins", "--out", "b.gif"),
            ".pdf, got 'b.gif'; this picture does not move; did you mean '.png'?",
        ),
        (("plot", "toy", "--out", "toy.apng"), ".mp4, got 'toy.apng'; did you mean '.gif'?"),
        (("plot", "toy", "--out", "toy.mov"), "got 'toy.mov'; did you mean '.mp4'?"),
        (("plot", "basins", "--out", "b.WEBP"), "got 'b.WEBP'; did you mean '.png'?"),
        (("plot", "basins", "--style", "slide"), "no style 'slide'; did you mean 'slides'?"),
        (("signs", "a.pt", "--style", "paper"), "--style: only with --out"),
        (("signs", "a.pt", "--caption"), "--caption: only with --out"),
        (("plot", "map", "--out", "map.eps"), "got 'map.eps'; did you mean '.pdf'?"),
        (("signs", "a.pt", "--out", "s.gif"), "--out: file: expected a name that ends in .png,"),
        # what would not be heeded is refused
        (("plot", "sign-flips", "--layer", "fc"), "--layer: only with RUN"),
        (("plot", "sign-flips", "--metric", "flips"), "--metric: only with RUN"),
        (("plot", "sign-flips", "run", "--seeds", "2"), "--seeds: only without RUN"),
        (("plot", "sign-flips", "run", "--rate", "2"), "--rate: only without RUN"),
        (("sweep", "a.toml", "--scheduler", "tcp://x"), "--scheduler: only with --backend dask"),
        (("plot", "sign-flips", "--step-size", "-1"), "--step-size: expected a finite number > 0"),
        (("plot", "basins", "--resolution", "1"), "resolution: expected an integer >= 2"),
        (("plot", "basins", "--step-size", "1e400"), "--step-size: expected a finite number > 0"),
    ],
)
def test_a_bad_argument_is_one_line_and_exit_code_2(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in one_line(run(*arguments))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("registry", [SETS, REGULARIZERS])
def test_what_is_offered_is_drawn_and_what_is_refused_is_not_offered(registry, tmp_path):
    option = "--set" if registry is SETS else "--regularizer"
    # names that the help has wrapped are whole again
    help_text = re.sub(r"-\n\s+", "-", run("plot", "regularizer", "--help").stdout)
    offered = set(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)*", help_text))
    for name in registry:
        result = run("plot", "regularizer", option, name, "--out", tmp_path / "r.svg")
        assert (result.exit_code == 0) == (name in offered), name
        if result.exit_code:
            refused = one_line(result)
            assert name not in refused.partition("one of")[2].strip().split(", ")


def test_show_says_everything(claim_file):
    result = run("show", claim_file(part=0.5))
    assert result.exit_code == 0
    for text in (
        "a statement",
        "a = b",
        "Source: a source",
        "p: q [enumerated, 1 case, least margin 0.5]",
        "c: measured 0.5, predicted 0.5",
        "Controls, refuted 1/1",
        "k: l [refuted]",
        "counterexample: n = 3, margin = -1",
    ):
        assert text in result.stdout
    refuted = run("show", claim_file(part=-0.5, control=1.0))
    assert "counterexample: n = 3, margin = -0.5" in refuted.stdout
    assert "[SURVIVES]" in refuted.stdout


SPOKEN = """
from pqtheory.claims import *
from pqtheory.claims import Claim, Part, Control

@forall(x=real)
def square(x):
    return x * x >= 0

kept = invariant(state="n", first=lambda n: [n == 0], step=lambda n, n_next: [n_next == n + 1])(lambda n: n >= 0)
below = forall(n=real, by=lambda n: [kept.at(n=n)])(lambda n: n > -1)
negative, larger = forall(x=real)(lambda x: x < 0), forall(x=real)(lambda x: x > 3)

CLAIM = Claim(
    "spoken", "a source & more", "50% of {x} is x_1, surely", "a <= b",
    (Part("all", "q", all_of(square, below), prose=("one is left to the reader", "and another")),),
    (Control("k", "l", negative), Control("m", "n", larger)),
    uses=("w-prox", "bc-average"), operators=("pqtheory.regularizers.DistanceL1.prox",),
    formula_latex=r"a \\le b", derivation_latex=r"As $a \\le b$, 100\\% of it.",
)
"""


def test_show_prints_the_questions_of_the_solver_alone(tmp_path):
    path = tmp_path / "spoken.py"
    path.write_text(SPOKEN)
    result = run("show", path, "--smt2")
    assert result.exit_code == 0
    assert result.stdout.startswith("; spoken, part all: z3: no real x")
    # the square, the induction's start and step, the lemma's conclusion, two controls
    assert result.stdout.count("(check-sat)") == result.stdout.count("(reset)") + 1 == 6
    assert "Parts:" not in result.stdout


def test_show_prints_text_for_lean_alone(tmp_path):
    path = tmp_path / "spoken.py"
    path.write_text(SPOKEN)
    result = run("show", path, "--lean")
    assert result.exit_code == 0
    assert result.stdout.startswith("-- spoken: statements for Lean 4, unchecked")
    assert "theorem spoken_all_1 (x : ℝ) :" in result.stdout
    assert "Parts:" not in result.stdout


def test_show_has_one_form_at_a_time_and_says_where_a_users_sentence_fails(claim_file, tmp_path):
    assert "--lean: only one of them" in one_line(run("show", "w-prox", "--latex", "--lean"))
    path = tmp_path / "raises.py"
    path.write_text(SPOKEN.replace("return x * x >= 0", "return {}['missing'] >= x"))
    said = one_line(run("show", path, "--lean"))
    assert "claim 'spoken': KeyError: 'missing' (line" in said


def test_show_prints_each_statements_own_source_prose_uses_and_operators(tmp_path):
    path = tmp_path / "spoken.py"
    path.write_text(SPOKEN)
    result = run("show", path)
    assert result.exit_code == 0
    text = result.stdout
    assert text.startswith("spoken  (proved, 2 steps of prose)\n")
    lines = [line.strip() for line in text.splitlines()]
    for line in (
        "Uses: w-prox, bc-average",
        "Operators: pqtheory.regularizers.DistanceL1.prox",
        "one is left to the reader",
        "in words alone: and another",
        "for all x real:",
        "def square(x):",
        "return x * x >= 0",
        "at each step:",
        "lambda n: n >= 0",
        "first: lambda n: [n == 0]",
        "step: lambda n, n_next: [n_next == n + 1]",
        "lambda n: n > -1",
        "by: lambda n: [kept.at(n=n)]",
        # each lambda of a line alone
        "lambda x: x < 0",
        "lambda x: x > 3",
    ):
        assert line in lines, line
    # a lemma stands before what it shows
    assert lines.index("lambda n: n >= 0") < lines.index("lambda n: n > -1")


def test_show_as_latex_runs_nothing(tmp_path, monkeypatch):
    path = tmp_path / "spoken.py"
    path.write_text(SPOKEN)
    monkeypatch.setattr(importlib.import_module("pqtheory.cli.claims"), "run_claims", None)
    result = run("show", path, "--latex")
    assert result.exit_code == 0
    assert result.stdout == (
        "% \\usepackage[T1]{fontenc} \\usepackage{amsmath}\n"
        "\\paragraph{spoken}\n"
        "50\\% of \\{x\\} is x\\_1, surely\n"
        "\\[\na \\le b\n\\]\n"
        "\\emph{Derivation.} As $a \\le b$, 100\\% of it.\n"
        "Source: a source \\& more.\n"
        "Uses w-prox, bc-average.\n"
    )
    assert "no claim 'w-porx'" in one_line(run("show", "w-porx", "--latex"))


@pytest.mark.parametrize("name", BOOK.names)
def test_latex_of_the_book_is_balanced(name):
    """Braces and dollars close, environments end, and nothing is left of plain text's special letters."""
    text = latex(BOOK.load(name))
    assert re.sub(r"\\.", "", text).count("{") == re.sub(r"\\.", "", text).count("}")
    assert re.sub(r"\\.", "", text).count("$") % 2 == 0
    begun = re.findall(r"\\begin\{(\w+\*?)\}", text)
    ended = re.findall(r"\\end\{(\w+\*?)\}", text)
    assert sorted(begun) == sorted(ended)
    assert text.count("\\[") == text.count("\\]")
    body = text.split("\n", 1)[1]
    outside = re.sub(r"\\\[.*?\\\]|\$.*?\$", "", body, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)[_^&#%~]", outside)


def test_show_prints_the_derivation_and_the_proof():
    result = run("show", "w-prox")
    assert result.exit_code == 0
    text = result.stdout
    assert text.index("Derivation:") < text.index("Parts:") < text.index("z3: no real")
    assert text.rstrip().endswith("Again: pqtheory verify w-prox --budget quick")


def test_claims_lists_names_sources_and_statements(claim_file, monkeypatch):
    found = [lookup.load_file(Path(claim_file(n))) for n in ("one-claim", "two-claim")]
    module = importlib.import_module("pqtheory.cli.claims")
    monkeypatch.setattr(module, "find_claims", lambda *names, book: found)
    result = run("claims")
    assert result.exit_code == 0
    for text in ("one-claim", "two-claim", "a source", "a statement"):
        assert text in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("regularizer", "--set", "ternary", "--weight", "0.2"),
        ("regularizer", "--regularizer", "smoothed-binary"),
        ("toy", "--start", "0.8", "--steps", "10"),
        ("one-step", "--start", "-0.3", "2", "--strength", "0"),
        ("trajectory", "--method", "lazy-prox", "--steps", "10"),
        ("trajectory", "--method", "LazyProx", "--method", "binaryrelax", "--steps", "10"),
        ("trajectory", "--seed", "1", "--dim", "2", "--steps", "10"),
        ("basins", "--resolution", "5", "--steps", "20", "--convex"),
        ("sign-flips", "--seeds", "1", "--epochs", "1", "--rate", "0.1", "--step-size", "1"),
    ],
)
def test_plot_writes_the_file_that_it_names(arguments, tmp_path, monkeypatch):
    small = DigitsSettings(hidden=4, warm_epochs=1, batch_size=400)
    monkeypatch.setattr(
        "pqtheory.digits.DigitsSettings",
        lambda **given: DigitsSettings(**{**vars(small), **given}),
    )
    out = tmp_path / "a.svg"
    result = run("plot", *arguments, "--out", out)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"wrote {out}\n"
    assert out.read_text().startswith("<?xml")


def test_plot_has_a_default_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("plot", "toy", "--steps", "5").exit_code == 0
    assert (tmp_path / "toy.png").read_bytes().startswith(b"\x89PNG")


COMMANDS = [(), ("verify",), ("claims",), ("show",), ("plot",)] + [
    ("plot", n) for n in (*plotting.REGISTRY, "distances")
]
COMMANDS += [
    ("lab",),
    ("lessons",),
    ("lessons", "open"),
    ("lessons", "check"),
    ("lessons", "write"),
    ("lessons", "links"),
    ("train",),
    ("sweep",),
    ("table",),
    ("signs",),
    ("data",),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command):
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "\n  Example:\n    pqtheory " in result.stdout


def walk(command, path=()):
    yield path, command
    for name, found in getattr(command, "commands", {}).items():
        yield from walk(found, (*path, name))


def test_every_option_says_what_it_is_and_no_sentence_is_cut_off():
    for path, command in walk(cli.main):
        options = [p for p in command.params if isinstance(p, click.Option)]
        assert all(option.help for option in options), path
        for name, found in getattr(command, "commands", {}).items():
            text = " ".join(run(*path, "--help").stdout.split())
            first = " ".join(found.help.split()).partition(". ")[0].removesuffix(".")
            assert f"{name} {first}." in text


def test_help_has_every_command_once():
    listed = [name for names in cli.main.sections.values() for name in names]
    assert sorted(listed) == sorted(cli.main.commands)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("plot", "tra"), ["plain,trajectory"]),
        (("plot", "trajectory", "--method", "proxq"), ["plain,proxquant"]),
        (("plot", "toy", "--style", "sl"), ["plain,slides"]),
        (("show", "w-p"), ["plain,w-prox"]),
        (("verify", "mine.p"), ["file,mine.p"]),
        (("plot", "regularizer", "--set", "uniform-2"), ["plain,uniform-2-bit"]),
    ],
)
def test_the_shell_completes_names(words, offered, monkeypatch, capsys):
    monkeypatch.setenv("_PQTHEORY_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(("pqtheory", *words)))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    with pytest.raises(SystemExit):
        cli.main(prog_name="pqtheory")
    assert capsys.readouterr().out.split() == offered


@pytest.mark.parametrize("command", [(), ("plot",), ("show",)])
def test_a_command_without_arguments_shows_its_help(command):
    result = run(*command)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Example:" in result.stdout


def test_version():
    assert run("--version").stdout.startswith("pqtheory, version ")


def test_nearest_of_nothing_says_nothing():
    assert nearest("x", []) == ""


def test_the_command_line_starts_without_heavy_libraries(tmp_path):
    code = (
        "import sys, pqtheory.cli; "
        "print([m for m in ('torch', 'sympy', 'matplotlib', 'sklearn') if m in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("command", "file"),
    [
        (("verify", "my_claim.py", "--json", "my_claim.py"), "my_claim.py"),
        (("verify", "my_claim.py", "--html", "./my_claim.py"), "my_claim.py"),
        (("signs", "a.npz", "b.npz", "--json", "b.npz"), "b.npz"),
    ],
)
def test_what_a_command_reads_it_does_not_write(tmp_path, monkeypatch, command, file):
    monkeypatch.chdir(tmp_path)
    (tmp_path / file).write_text("mine")
    assert "it is read" in one_line(run(*command))
    assert (tmp_path / file).read_text() == "mine"


def test_blocks_of_a_help():
    assert block("Styles:", "a", "b") == "\b\nStyles:\n  a\n  b"
    assert example("pqtheory") == "\b\nExample:\n  pqtheory"


def test_an_answer_of_several_words_is_one_answer(monkeypatch):
    lessons = importlib.import_module("pqtheory.cli.lessons")
    asked = []

    def check(*given):
        asked.append(given)
        return SimpleNamespace(right=len(asked) == 1)

    monkeypatch.setattr(lessons, "check", check)
    assert run("lessons", "check", "1.3", "-1/4,", "1/4").exit_code == 0
    assert asked == [("1.3", "-1/4, 1/4")]
    assert run("lessons", "check", "1.3", "0").exit_code == 1
