"""What commands print, whole: claims in full, tables, what a training says, and what options hand on."""

import importlib
import io
import json
import warnings
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

import pqtheory as pq
from pqtheory.claims import Claim, Control, Part, Report
from pqtheory.claims.results import ClaimResult, Failure, ItemResult, Rechecked
from pqtheory.cli import claims_table, training_shown
from pqtheory.cli.commands import block, example
from pqtheory.cli.picture import Out
from pqtheory.cli.templates import proof, sample
from pqtheory.evidence import Evidence, Step
from pqtheory.evidence.base import Budget

from .running import one_line, run

# the package has the commands under the names of their modules
claims, falsify, plot, replay, signs, verify = (
    importlib.import_module(f"pqtheory.cli.{name}")
    for name in ("claims", "falsify", "plot", "replay", "signs", "verify")
)


class Stated:
    """A check that states something."""

    def __call__(self, budget):
        return Evidence("sampled", 1, 0.0)


STATED = Stated()


def claim(name="one", **more):
    parts, controls = (Part("p", "holds", STATED),), (Control("c", "fails", STATED),)
    return Claim(name, "a source", "a statement", "a = b", parts, controls, "n", **more)


REFUTED = Evidence("refuted", 2, -1.0, counterexample={"x": Fraction(1, 3), "margin": -1.0})
PROVED = Evidence(
    "proved",
    measured={"n": 0.25, "m": 2},
    predicted={"n": Fraction(1, 4)},
    note="a note",
    proof=(
        Step("z3: shown", "x^2", "(assert x)\n(check-sat)"),
        Step("in a line", prose=True),
    ),
)


def result(found=PROVED, control=REFUTED, of=None, seconds=1.234, **more):
    return ClaimResult(
        of or claim(),
        (ItemResult("p", "holds", found),),
        (ItemResult("c", "fails", control),),
        seconds,
        **more,
    )


@pytest.fixture
def shown(monkeypatch):
    """The output of ``show`` of a result that is there."""

    def show(found, *options):
        asked = []

        def run_claims(*given):
            asked.append(given)
            return Report((found,), "quick")

        monkeypatch.setattr(claims, "run_claims", run_claims)
        texts = {id(STATED): ("for all x:\n  x = x", "and more")}
        monkeypatch.setattr(claims, "sentences", lambda check: texts.get(id(check), ()))
        done = run("show", found.claim.name, *options)
        assert asked == [((found.claim.name,), "quick")]
        return done

    return show


STATES = """\
      for all x:
        x = x

      and more

"""
SHOWN = """\
one  (proved, 1 step of prose)
a statement

    a = b

Source: a source
Uses: a, b
Operators: x, y
Steps of prose, which no engine has checked:
  in a line

Derivation:
  first
  second

Parts:
  p: holds [proved]
{states}      a note
      z3: shown
        x^2
{machine}      in words alone: in a line
  n: measured 0.25, predicted 1/4
  m: measured 2, predicted –
Controls, refuted 1/1:
  c: fails [refuted]
{states}      counterexample: x = 1/3, margin = -1

Again: pqtheory verify one --budget quick
"""


def test_show_in_full(shown):
    full = claim(uses=("a", "b"), operators=("x", "y"), derivation="first\nsecond")
    done = shown(result(of=full))
    assert (done.exit_code, done.stdout) == (0, SHOWN.format(states=STATES, machine=""))
    done = shown(result(of=full), "--machine")
    machine = "        (assert x)\n        (check-sat)\n"
    assert (done.exit_code, done.stdout) == (0, SHOWN.format(states=STATES, machine=machine))


def test_show_of_what_does_not_hold(shown):
    done = shown(result(REFUTED, Evidence("sampled", 3, 0.5)))
    assert done.exit_code == 1
    assert done.stdout == (
        "one  (refuted)\na statement\n\n    a = b\n\nSource: a source\n\nDerivation:\n  \n\nParts:\n"
        f"  p: holds [refuted, 2 cases, least margin -1]\n{STATES}      counterexample: x = 1/3, margin = -1\n"
        f"Controls, refuted 0/1:\n  c: fails [SURVIVES]\n{STATES}\n"
        "Again: pqtheory verify one --budget quick\n"
    )
    assert shown(result(REFUTED), "--smt2").exit_code == 1
    assert shown(result(), "--smt2").stdout == "; one: no question for a solver\n"
    failed = replace(result(failure=Failure("died", "killed")), parts=(), controls=())
    assert one_line(shown(failed)) == "pqtheory: killed\n"


@pytest.mark.parametrize(
    "options", [("--machine", "--smt2"), ("--latex", "--machine"), ("--lean", "--smt2")]
)
def test_show_in_one_form_at_a_time(options):
    assert one_line(run("show", "w-prox", *options)) == (
        "pqtheory: --machine, --smt2, --latex, --lean: only one of them at a time\n"
    )


def test_claims_in_full(monkeypatch):
    monkeypatch.setattr(claims, "find_claims", lambda book: [claim(), claim("two-claims")])
    assert (
        run("claims").stdout
        == """\
┏━━━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━━━━━┓
┃ claim      ┃ source   ┃ statement   ┃
┡━━━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━━━━━┩
│ one        │ a source │ a statement │
│ two-claims │ a source │ a statement │
└────────────┴──────────┴─────────────┘
"""
    )


def printed(table, width=160):
    stream = io.StringIO()
    Console(file=stream, width=width).print(table)
    return "\n".join(line.rstrip() for line in stream.getvalue().split("\n"))


def many():
    agreed = Rechecked(5, 3, ("a", "a"), ("d",), ("n", "m", "n"))
    failed = replace(
        result(of=claim("third"), failure=Failure("timeout", "more than 1 s")),
        parts=(),
        controls=(),
    )
    return Report((result(), result(of=claim("two-claims"), rechecked=agreed), failed), "full")


#: by columns of the terminal
TABLES = {
    60: """\
claims, budget full
┏━━━━━━━━━━━━┳━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┓
┃ claim      ┃ statement   ┃ evidence        ┃
┡━━━━━━━━━━━━╇━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━┩
│ one        │ a statement │ proved,         │
│            │             │ 1 step of prose │
├────────────┼─────────────┼─────────────────┤
│ two-claims │ a statement │ proved,         │
│            │             │ 1 step of prose │
├────────────┼─────────────┼─────────────────┤
│ third      │ a statement │ timeout         │
└────────────┴─────────────┴─────────────────┘
one: a note
two-claims: a note
third: more than 1 s
two-claims: SOLVERS DISAGREE: d
two-claims: a (2 questions)
two-claims: n (2 questions): decided by no
solver
two-claims: m: decided by no solver
""",
    140: """\
claims, budget full
┏━━━━━━━━━━━━┳━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━┳━━━━━━━━━━┳━━━━━━━━━━━┳━━━━━━━━━┓
┃            ┃             ┃                 ┃           ┃ controls ┃        ┃          ┃           ┃         ┃
┃ claim      ┃ statement   ┃ evidence        ┃ rechecked ┃  refuted ┃ figure ┃ measured ┃ predicted ┃ seconds ┃
┡━━━━━━━━━━━━╇━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━╇━━━━━━━━━━╇━━━━━━━━━━━╇━━━━━━━━━┩
│ one        │ a statement │ proved,         │         – │      1/1 │ n      │ 0.25     │ 1/4       │    1.23 │
│            │             │ 1 step of prose │           │          │        │          │           │         │
├────────────┼─────────────┼─────────────────┼───────────┼──────────┼────────┼──────────┼───────────┼─────────┤
│ two-claims │ a statement │ proved,         │       3/5 │      1/1 │ n      │ 0.25     │ 1/4       │    1.23 │
│            │             │ 1 step of prose │           │          │        │          │           │         │
├────────────┼─────────────┼─────────────────┼───────────┼──────────┼────────┼──────────┼───────────┼─────────┤
│ third      │ a statement │ timeout         │         – │      0/0 │ n      │ –        │ –         │    1.23 │
└────────────┴─────────────┴─────────────────┴───────────┴──────────┴────────┴──────────┴───────────┴─────────┘
one: a note
two-claims: a note
third: more than 1 s
two-claims: SOLVERS DISAGREE: d
two-claims: a (2 questions)
two-claims: n (2 questions): decided by no solver
two-claims: m: decided by no solver
""",
}


@pytest.mark.parametrize("width", TABLES)
def test_the_table_of_claims_in_full(width):
    assert printed(claims_table.claims_table(many(), width), width) == TABLES[width]


#: from how many columns of the terminal on there is room for what
ROOM = {
    80: ("rechecked",),
    91: ("controls refuted",),
    101: ("seconds",),
    133: ("figure", "measured", "predicted"),
    144: ("source",),
}


@pytest.mark.parametrize("width", ROOM)
def test_a_column_is_shown_from_where_there_is_room(width):
    def heads(room):
        columns = claims_table._columns(tuple(many().values()), room)
        return {column.head.replace("\n", " ") for column in columns}

    assert heads(width) - heads(width - 1) == set(ROOM[width])
    assert heads(width - 1) < heads(width)


def test_the_table_of_claims_that_no_second_solver_was_asked_about():
    report = Report(
        (result(Evidence("sampled", 1, 0.0)), result(REFUTED, of=claim("two"))), "quick"
    )
    table = claims_table.claims_table(report, 200)
    assert (table.title, table.caption, table.show_lines) == ("claims, budget quick", None, True)
    heads = [column.header for column in table.columns]
    assert heads == [
        *("claim", "statement", "evidence", "controls\nrefuted", "figure", "measured"),
        *("predicted", "seconds", "source"),
    ]
    assert [row.style for row in table.rows] == [None, "bold red"]
    assert [column.justify for column in table.columns] == [
        *("left", "left", "left", "right", "left", "left", "left", "right", "left")
    ]
    # each as wide as it needs, the statement as wide as there is room
    assert [column.width for column in table.columns] == [5, None, 8, 8, 6, 8, 9, 7, 8]


def test_the_table_of_a_search():
    assert (
        printed(falsify._table("one", 20, 3), 60)
        == """\
one, 20 examples, seed 3
┏━━┳━━━━━━┳━━━━━━━┳━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━┓
┃  ┃ name ┃ cases ┃ least slack ┃ counterexample ┃
┡━━╇━━━━━━╇━━━━━━━╇━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━┩
└──┴──────┴───────┴─────────────┴────────────────┘
"""
    )
    searched = pq.claims.forall(x=pq.claims.real)(lambda x: x > 0)
    part, control = Part("p", "q", searched), Control("c", "q", searched)
    plain = Part("p", "q", STATED)
    none = Evidence("sampled", 3, 0.5)
    assert falsify._row(part, none) == ("part", "p", "3", "0.5", "none")
    assert falsify._row(control, REFUTED) == ("control", "c", "2", "-1", "x = 1/3, margin = -1")
    assert falsify._row(part, None) == ("part", "p", "0", "–", "no case satisfied the assumptions")
    assert falsify._row(plain, None) == (
        *("part", "p", "–", "–"),
        "not searched: its check looks at no single cases",
    )


def test_what_a_search_says_of_wrong_names(claim_file, tmp_path):
    path = claim_file()
    out = ("--out", tmp_path / "found")
    assert one_line(run("falsify", path, *out)) == (
        "pqtheory: claim 'mine': no part or control has no check that looks at single cases: nothing to search\n"
    )
    assert one_line(run("falsify", path, "--part", "p", *out)) == (
        "pqtheory: --part: 'p' has no check that looks at single cases: nothing to search\n"
    )
    assert one_line(run("falsify", path, "--part", "x", *out)) == (
        "pqtheory: --part: no part or control 'x' of the claim 'mine'; expected one of p, k\n"
    )
    assert not (tmp_path / "found").exists()


def test_a_line_of_a_replay():
    found = SimpleNamespace(claim="one", role="part", name="p", case={"x": 0.5, "y": [1, 2]})
    holds = SimpleNamespace(refutes=False, note="")
    assert (
        replay.line(found, holds) == 'one, part "p": x = 0.5, y = [1, 2]: does not refute any more'
    )
    still = SimpleNamespace(refutes=True, note="run as a whole")
    found.case = {"x": "a" * replay.WIDTH}
    assert replay.line(found, still) == (
        f'one, part "p": x = {"a" * (replay.WIDTH - 4)} ...: still refutes (run as a whole)'
    )
    found.case = {"x": "a" * (replay.WIDTH - 4)}
    assert f"{'a' * (replay.WIDTH - 4)}: still" in replay.line(found, still)


CHECKPOINTS = (
    {"w": [[1.0, -1.0, 1.0, 1.0]], "v": [[1.0, float("nan")]], "n": [[1, 2]]},
    {"w": [[-1.0, -1.0, 1.0, 1.0]], "v": [[1.0, -1.0]], "n": [[1, 2]]},
    {"w": [[1.0, -1.0, -1.0, 1.0]], "v": [[1.0, -1.0]], "n": [[1, 2]]},
)


@pytest.fixture
def checkpoints(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in zip("abc", CHECKPOINTS, strict=True):
        np.savez(f"{name}.npz", **{k: np.array(v) for k, v in content.items()})
    return ("a.npz", "b.npz", "c.npz")


def test_signs_in_full(checkpoints):
    done = run(
        "signs", *checkpoints, "--json", "s.json", "--out", "s.png", "--layer", "w", "--caption"
    )
    assert done.exit_code == 0
    assert done.stderr == "pqtheory: warning: NaN weights count as negative: v (1)\n"
    lines = "\n".join(line.rstrip() for line in done.stdout.split("\n"))
    caption = (
        "Signs changed since the start, flips, reversals (means over runs, and bands)."
        " Signs changed since the start at the end: 25 % (weights): w, weights: 25 % of the weights."
        " Flips at the end: 50 % (weights): w, weights: 50 % of the weights."
        " Reversals at the end: 25 % (weights): w, weights: 25 % of the weights."
    )
    assert (
        lines
        == f"""\
signs, 3 checkpoints
┏━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┓
┃ tensor ┃ weights ┃ changed since start ┃ flips, last ┃ reversals, last ┃
┡━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━┩
│ w      │       4 │             25.00 % │     50.00 % │         25.00 % │
│ v      │       2 │              0.00 % │      0.00 % │          0.00 % │
│ all    │       6 │             16.67 % │     33.33 % │         16.67 % │
└────────┴─────────┴─────────────────────┴─────────────┴─────────────────┘
wrote s.png
{caption}
"""
    )
    assert json.loads(Path("s.json").read_text()) == {
        "checkpoints": ["a.npz", "b.npz", "c.npz"],
        "metrics": {
            "w": [
                {
                    "size": 4,
                    "change_from_start": 0.25,
                    "flips": 0.25,
                    "reversals": 0.0,
                    "flips_per_weight": 0.25,
                    "reversals_per_weight": 0.0,
                },
                {
                    "size": 4,
                    "change_from_start": 0.25,
                    "flips": 0.5,
                    "reversals": 0.25,
                    "flips_per_weight": 0.75,
                    "reversals_per_weight": 0.25,
                },
            ],
            "v": [
                {
                    "size": 2,
                    "change_from_start": 0.0,
                    "flips": 0.0,
                    "reversals": 0.0,
                    "flips_per_weight": 0.0,
                    "reversals_per_weight": 0.0,
                },
                {
                    "size": 2,
                    "change_from_start": 0.0,
                    "flips": 0.0,
                    "reversals": 0.0,
                    "flips_per_weight": 0.0,
                    "reversals_per_weight": 0.0,
                },
            ],
            "all": [
                {
                    "size": 6,
                    "change_from_start": 0.16666666666666666,
                    "flips": 0.16666666666666666,
                    "reversals": 0.0,
                    "flips_per_weight": 0.16666666666666666,
                    "reversals_per_weight": 0.0,
                },
                {
                    "size": 6,
                    "change_from_start": 0.16666666666666666,
                    "flips": 0.3333333333333333,
                    "reversals": 0.16666666666666666,
                    "flips_per_weight": 0.5,
                    "reversals_per_weight": 0.16666666666666666,
                },
            ],
        },
        "nans": {"v": 1},
        "without_signs": {},
    }
    assert Path("s.png").read_bytes().startswith(b"\x89PNG")
    assert one_line(run("signs", *checkpoints, "--out", "t.png", "--layer", "x")) == (
        "pqtheory: --layer: no tensor 'x'; expected one of w, v, all\n"
    )


def test_what_a_training_says():
    kinds = {"latent": 0.5, "quantized": 0.25, "quantized, reestimated": 0.125}
    signs_of = {"all": {"change_from_start": 0.03125, "flips": 1.0}, "fc": {}}
    line = {"error": {"test": kinds, "held_out": {"latent": 0.75}}, "signs": signs_of}
    assert training_shown.brief_metrics(line) == (
        "test error: latent 50.00 %, quantized 25.00 %, quantized, reestimated 12.50 %; signs changed 3.12 %"
    )
    assert training_shown.brief_metrics({"perplexity": {"test": {"latent": 90.5}}}) == (
        "test perplexity: latent 90.50"
    )
    assert training_shown.brief_metrics({"signs": {}, "epoch": 1}) == ""
    said = []
    show = training_shown.show_steps(lambda *given: said.append(given))
    show(0, 3, 2, 10, {})
    show(1, 3, 4, 10, line)
    # an error is measured every few epochs only, the last one stays
    show(2, 3, 0, 10, {"signs": {"all": {"change_from_start": 0.5}}})
    assert said == [
        (2, 30, "epoch 1/3"),
        (14, 30, "epoch 2/3  error 25.00 %  signs 3.1 %"),
        (20, 30, "epoch 3/3  error 25.00 %  signs 50.0 %"),
    ]


def test_what_a_training_warns_of_is_collected_and_other_warnings_are_shown():
    from pqtheory.networks.training import FarFromLevelsWarning

    with warnings.catch_warnings(record=True) as others:
        warnings.simplefilter("always")
        with training_shown.advice_collected() as found:
            for text in ("far", "far"):
                warnings.warn(text, FarFromLevelsWarning, stacklevel=1)
            warnings.warn("other", UserWarning, stacklevel=1)
    assert found == ["far", "far"]
    assert [str(other.message) for other in others] == ["other"]


def test_the_table_of_the_digits():
    class Digits:
        """Figures at hand."""

        settings = pq.digits.DigitsSettings()

        def summary(self):
            names = (
                *("latent_error", "quantized_error", "late_quantized_error", "quantization_error"),
                *("change_from_start", "flips", "reversals"),
            )
            return {"BinaryConnect": dict.fromkeys(names, (0.125, 0.0625))}

    table = verify.digits_summary(Digits())
    assert (table.title, table.title_justify) == ("handwritten digits", "left")
    assert table.caption == pq.report.digits_setting(Digits())
    assert table.caption_justify == "left"
    assert [c.justify for c in table.columns] == ["left", *["right"] * 7]
    assert [list(c.cells) for c in table.columns] == [
        *(["BinaryConnect"], *[["12.50 ± 6.25 %"]] * 3, ["0.125"], *[["12.50 ± 6.25 %"]] * 3)
    ]


@pytest.fixture
def asked(monkeypatch):
    """What the pictures are asked for, by their options."""
    found = []

    def write(out, draw):
        found.append(out)
        draw()

    def recorded(name):
        return lambda **given: found.append((name, given))

    monkeypatch.setattr(plot, "write_picture", write)
    monkeypatch.setattr(plot, "PICTURES", {name: recorded(name) for name in pq.plotting.REGISTRY})
    return found


def test_what_plot_hands_on(asked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("plot", "toy").exit_code == 0
    given = {"theta0": 0.3, "step_size": 0.05, "rate": 0.02, "steps": 100}
    assert asked == [Out(Path("toy.png"), "screen", False), ("toy", given)]
    asked.clear()
    options = ("--start", "1", "--step-size", "2", "--rate", "3", "--steps", "4")
    run("plot", "toy", *options, "--style", "paper", "--caption", "--out", "x.gif")
    given = {"theta0": 1.0, "step_size": 2.0, "rate": 3.0, "steps": 4}
    assert asked == [Out(Path("x.gif"), "paper", True), ("toy", given)]
    asked.clear()
    run("plot", "regularizer")
    run("plot", "regularizer", "--set", "ternary", "--weight", "2")
    w, other = asked[1][1], asked[3][1]
    assert w == {
        "regularizer": pq.regularizers.DistanceL1(pq.sets.Binary()),
        "weights": (0.25, 0.5, 1.0),
        "name": "l1-binary",
    }
    assert other == {
        "regularizer": pq.regularizers.DistanceL1(pq.sets.Ternary()),
        "weights": (2.0,),
        "name": "L1 distance to ternary",
    }
    asked.clear()
    run("plot", "trajectory", "--steps", "7")
    run(
        "plot",
        "trajectory",
        "--method",
        "lazyprox",
        "--step-size",
        "0.5",
        "--seed",
        "3",
        "--dim",
        "2",
    )
    first, second = asked[1][1], asked[3][1]
    assert (first["problem"], first["steps"]) == (None, 7)
    assert list(first["methods"]) == ["BinaryConnect", "ProxQuant"]
    assert [m.eta(0, np.zeros(1)) for m in first["methods"].values()] == [0.1, 0.1]
    assert (list(second["methods"]), second["steps"]) == (["LazyProx"], 100)
    assert second["methods"]["LazyProx"].eta(0, np.zeros(1)) == 0.5
    expected = pq.problems.Quadratic.random(dim=2, seed=3)
    at = np.array([0.25, -0.5])
    assert second["problem"].value(at) == expected.value(at)
    asked.clear()
    run("plot", "basins")
    run(
        "plot",
        "basins",
        "--convex",
        "--seed",
        "4",
        "--resolution",
        "9",
        "--steps",
        "8",
        "--rate",
        "0.5",
    )
    for (_, given), seed, convex, size, rate in (
        (asked[1], 10, False, (121, 400), 0.01),
        (asked[3], 4, True, (9, 8), 0.5),
    ):
        expected = pq.problems.Quadratic.random(
            dim=2, condition=4.0, seed=seed, indefinite=not convex
        )
        assert given["problem"].value(at) == expected.value(at)
        assert (given["resolution"], given["steps"]) == size
        assert list(given["methods"]) == ["BinaryConnect", "ProxQuant"]
        start = np.array([0.3, -0.2])
        W = pq.regularizers.DistanceL1(pq.sets.Binary())
        made = {
            "BinaryConnect": pq.methods.BinaryConnect(0.1),
            "ProxQuant": pq.methods.ProxQuant(W, 0.1, pq.schedules.Linear(rate)),
        }
        for name, method in given["methods"].items():
            runs = [pq.simulate(m, expected, start, 5).latent for m in (method, made[name])]
            np.testing.assert_array_equal(*runs)


def test_what_plot_refuses_in_full(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert one_line(
        run("plot", "regularizer", "--set", "binary", "--regularizer", "l1-binary")
    ) == ("pqtheory: --set: expected either --regularizer or --set, got both\n")
    assert one_line(run("plot", "trajectory", "--dim", "2")) == (
        "pqtheory: --dim: the fixed quadratic has 3 coordinates; give --seed for others\n"
    )


@pytest.mark.parametrize(("budget", "size"), [("quick", 1000), ("full", 100_000)])
def test_the_template_of_a_sample(budget, size):
    rng = np.random.default_rng(0)
    theta, weight = rng.uniform(-3, 3, size), rng.uniform(0, 2, size)
    found = sample._check(Budget(budget), 1.0)
    moved = sample.W.prox(theta, weight)
    margins = abs(theta - np.sign(theta)) - abs(moved - np.sign(theta))
    assert (found.kind, found.cases, found.margin) == ("sampled", size, margins.min())
    assert (found.measured, found.predicted) == (
        *({"share closer or equal": 1.0}, {"share closer or equal": 1.0}),
    )
    assert found.tolerance == 1e-12
    wrong = sample._check(Budget(budget), -1.0)
    assert wrong.kind == "refuted"
    moved = sample.W.prox(-theta, weight)
    margins = abs(theta - np.sign(theta)) - abs(moved - np.sign(theta))
    assert wrong.measured == {"share closer or equal": float((margins >= -1e-12).mean())}
    case = wrong.counterexample
    moved = sample.W.prox(-case["theta"], case["weight"])
    margin = abs(case["theta"] - np.sign(case["theta"])) - abs(moved - np.sign(case["theta"]))
    assert case["margin"] == pytest.approx(margin)
    assert set(case) == {"theta", "weight", "margin"}


def test_the_template_of_a_proof():
    pytest.importorskip("z3")
    assert proof.never_farther(1)(Budget("quick")).kind == "proved"
    assert proof.never_farther(-1)(Budget("quick")).kind == "refuted"
    for number in (1, Fraction(-1, 2), 3):
        case = {"theta": number, "weight": Fraction(1, 4)}
        assert proof.never_farther(1).replay(case).kind == "sampled"
        assert proof.never_farther(-1).replay(case).kind == "refuted"


def test_blocks_of_a_help():
    assert block("Styles:", "a", "b") == "\b\nStyles:\n  a\n  b"
    assert example("pqtheory") == "\b\nExample:\n  pqtheory"


@pytest.fixture
def bars(monkeypatch):
    """What bars are called, and what they are moved to."""
    said = []

    @contextmanager
    def progress(label, **options):
        said.append((label, options))
        yield lambda *given: said.append(given)

    for module in (verify, signs, falsify, replay, plot):
        monkeypatch.setattr(module, "progress", progress)
    return said


def test_bars_of_claims(bars, monkeypatch):
    results = [result(of=claim(name), seconds=0.5) for name in ("a", "b")]
    asked, seen = [], []

    def check_claims(found, budget, jobs, **options):
        asked.append((found, budget, jobs, options))
        yield from enumerate(results)

    found = [r.claim for r in results]
    monkeypatch.setattr(verify, "found_within", lambda *given, **options: found)
    monkeypatch.setattr(verify, "check_claims", check_claims)
    report = verify.run_claims(("a", "b"), "full", timeout=3.0, on_result=seen.append)
    assert (list(report.results), report.budget, seen) == (results, "full", results)
    options = {"book": pq.theory.BOOK, "timeout": 3.0, "files_apart": True}
    assert asked == [(found, Budget("full"), 1, options)]
    assert bars == [("claims", {}), (0, 2, "a"), (1, 2, "b"), (2, 2, "b")]
    bars.clear()
    verify.run_claims(("a", "b"), "quick", 2)
    assert asked[1][1:3] == (Budget("quick"), 2)
    assert asked[1][3]["timeout"] is None
    assert bars == [("claims", {}), (0, 2, "claims"), (1, 2, "claims"), (2, 2, "claims")]
    bars.clear()
    given = []
    monkeypatch.setattr(verify.second, "require", lambda: given.append("required"))
    monkeypatch.setattr(verify, "rechecked", lambda *a, **k: given.append((a, k)) or "again")
    assert verify.run_claims(("a", "b"), "quick", 2, recheck=True) == "again"
    assert given[0] == "required"
    (asked_report,), more = given[1]
    assert (list(asked_report.results), more["jobs"], list(more)) == (
        results,
        2,
        ["jobs", "on_answer"],
    )
    assert bars[-1] == (f"questions to {verify.second.PACKAGE}", {})


def test_bars_of_tensors_and_searches(bars, checkpoints, tmp_path):
    assert run("signs", *checkpoints).exit_code == 0
    assert bars[0] == ("tensors", {})
    bars.clear()
    source = (
        "from pqtheory.claims import *\n"
        "CLAIM = Claim('c', 's', 's', 'f', (Part('p', 'q', forall(x=real)(lambda x: x * x >= 0)),),"
        " (Control('k', 'l', forall(x=real)(lambda x: x > 3)),))\n"
    )
    Path("c.py").write_text(source)
    assert run("falsify", "c.py", "--examples", "5", "--out", "o").exit_code == 0
    labels = [said for said in bars if isinstance(said[1], dict)]
    assert labels == [("p", {}), ("k", {})]
    moved = [said for said in bars if not isinstance(said[1], dict)]
    assert moved
    assert all(0 < done <= 5 == total and what in "pk" for done, total, what in moved)
    bars.clear()
    assert run("replay", "o/c.control.k.json").exit_code == 0
    assert bars == [("counterexamples", {}), (0, 1, "c")]


def test_kinds_of_a_file_of_results(tmp_path):
    file = tmp_path / "r.json"
    rows = [
        {"name": "a", "kind": "proved", "prose": 2},
        {"name": "b", "kind": "sampled", "prose": 0},
    ]
    file.write_text(json.dumps({"claims": rows}))
    plot_map = importlib.import_module("pqtheory.cli.plot_map")
    assert plot_map._kinds(file) == {
        "a": ("proved", "proved, 2 steps of prose"),
        "b": ("sampled", "sampled"),
    }


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


def test_training_on_the_digits_moves_its_bar(bars, asked, monkeypatch):
    trained = []
    monkeypatch.setattr(
        "pqtheory.digits.run_digits", lambda *given, **more: trained.append((given, more)) or "it"
    )
    assert (
        run("plot", "sign-flips", "--seeds", "2", "--epochs", "3", "--rate", "0.5").exit_code == 0
    )
    ((settings,), more) = trained[0]
    assert settings == pq.digits.DigitsSettings(seeds=2, epochs=3, seed=0, rate=0.5)
    assert bars == [("training on the digits", {})]
    more["on_epoch"](1, 2, "x")
    assert bars[1:] == [(1, 2, "x")]
    assert asked[1] == ("sign-flips", {"result": "it"})
