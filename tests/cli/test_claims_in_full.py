"""Claims as ``show``, ``claims``, ``verify``, ``falsify`` and ``replay`` print them, whole."""

import importlib
from dataclasses import replace
from types import SimpleNamespace

import pytest

import pqtheory as pq
from pqtheory.claims import Control, Part, Report
from pqtheory.claims.results import Failure, Rechecked
from pqtheory.cli import claims_table
from pqtheory.evidence import Evidence

from .at_hand import REFUTED, STATED, claim, printed, result
from .running import one_line, run

# the package has the commands under the names of their modules
claims, falsify, replay = (
    importlib.import_module(f"pqtheory.cli.{name}") for name in ("claims", "falsify", "replay")
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
        "pqtheory: claim 'mine': no part or control has a check that looks at single cases: nothing to search\n"
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
