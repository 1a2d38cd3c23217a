"""A claim's statements as text for Lean, read back by Python, as no Lean is at hand."""

import random
from dataclasses import replace
from fractions import Fraction

import pytest

import pqtheory as pq
from pqtheory.claims import Claim, Control, Part, all_of, forall, invariant, one_of, positive, real
from pqtheory.evidence import Evidence, smt
from pqtheory.evidence.smt.lean import lean_name, lean_statement
from pqtheory.report import lean

pytest.importorskip("z3")

SIGNS = {"∧": "and", "∨": "or", "≤": "<=", "≥": ">=", "≠": "!=", "¬": "not", "^": "**", "ℝ": ""}


def python(text):
    """A formula of Lean as Python reads it."""
    text = text.replace(" : ℝ)", ")")
    for sign, word in SIGNS.items():
        text = text.replace(sign, word)
    text = text.replace(" = ", " == ").replace("«", "").replace("»", "_")
    for word, start in (
        ("(if ", "IF(lambda: "),
        (" then ", ", lambda: "),
        (" else ", ", lambda: "),
    ):
        text = text.replace(word, start)
    return text


def read_back(said, values):
    """Assumptions and conclusion at these numbers."""
    known = {"IF": lambda test, yes, no: yes() if test() else no(), "True": True, "False": False}
    known |= {lean_name(n).replace("«", "").replace("»", "_"): v for n, v in values.items()}
    for each in said.lets:
        name, text = each.split(" := ")
        known[name.split(" : ")[0]] = eval(python(text), known)
    return [eval(python(t), known) for t in (*said.assumptions, said.conclusion)]


CLAIMS = ("w-prox", "squared-prox", "ste-floor", "bop-fixed-points", "aprox-last-iterate")


@pytest.mark.parametrize("name", CLAIMS)
def test_the_text_says_what_the_statement_does(name):
    rng, looked = random.Random(0), 0
    for part in pq.theory.BOOK.load(name).parts:
        for statement in getattr(part.check, "checks", (part.check,)):
            if not isinstance(statement, pq.claims.ForAll):
                continue
            said = lean_statement(statement.read_for_search, tuple(statement.variables))
            # operators refuse weights and step sizes that the assumptions rule out
            for _ in range(60):
                values = {n: Fraction(rng.randint(-4, 12), 4) for n in statement.variables}
                try:
                    assumed, concluded = statement.read_for_search(*values.values())
                    found = read_back(said, values)
                except (ZeroDivisionError, ValueError):
                    continue
                assert [bool(v) for v in found] == [bool(v) for v in (*assumed, concluded)]
                looked += 1
    assert looked > 10


@forall(theta=real, at=positive, given=lambda theta: [theta != 0])
def with_a_word_of_lean(theta, at):
    return abs(theta) * at > 0


@forall(s1=one_of(-1, 1))
def with_the_name_of_a_part(s1):
    return (s1 + 1) * (s1 + 1) == 2 * (s1 + 1)


def negative(budget):
    return Evidence("refuted", 1, -1.0, counterexample={"x": 1})


def run(budget):
    return Evidence("sampled", 1, 0.0)


@invariant(state="k", begins=lambda: {"k": 0}, becomes=lambda k: {"k": k + 1})
def counted(k):
    return k >= 0


@forall(x=real)
def no_number(x):
    return "a text"


CLAIM = Claim(
    "small-one",
    "none",
    "s",
    "f",
    (
        Part(
            "words",
            "a part\nof two lines",
            all_of(with_a_word_of_lean, with_the_name_of_a_part, counted),
        ),
        Part("runs", "another", run),
        Part("+1/x", "no number", no_number),
    ),
    (Control("c", "c", negative),),
)


HEAD = """\
-- small-one: statements for Lean 4, unchecked: no Lean has read them, and none has a proof here.
-- Words of Mathlib and of optlib (github.com/optsuite/optlib): prox_prop, HasGradientAt, ConvexOn, LipschitzWith.
import Mathlib
import Optlib.Function.Proximal

open Classical

noncomputable section

-- small-one: no statement as a whole is written by hand

"""
# the name of a variable, s1, is not that of a piece
WHOLE = """\
-- part words: a part of two lines
theorem small_one_words_1 (theta «at» : ℝ) :
    (0 < «at») →
    (¬ (0 = theta)) →
    (0 < ((if (0 ≤ theta) then theta else (-theta)) * «at»)) := by
  sorry

-- part words: a part of two lines
theorem small_one_words_2 (s1 : ℝ) :
    let s2 : ℝ := (s1 + 1)
    (((-1) = s1) ∨ (1 = s1)) →
    ((s2 * s2) = (s2 * 2)) := by
  sorry

-- part words: a part of two lines; at the start of a run
theorem small_one_words_3 (k : ℝ) :
    (0 ≥ 0) := by
  sorry

-- part words: a part of two lines; from one step to the next
theorem small_one_words_4 (k : ℝ) :
    (0 ≤ k) →
    (0 ≤ (k + 1)) := by
  sorry

-- part runs: another
-- no statement over numbers alone, but of runs, arrays or instances: no text

-- part +1/x: no number
-- no text: holds: expected a comparison, or several joined by & and |, got 'a text'
"""


def test_the_text_in_full():
    assert lean(CLAIM) == HEAD + WHOLE


def test_what_is_written_by_hand_comes_first():
    text = lean(pq.theory.BOOK.load("w-prox"))
    assert text.index("prox_prop (fun x") < text.index("theorem w_prox_closed_form_1")


def test_without_the_solver_it_says_so(monkeypatch):
    monkeypatch.setattr(smt, "available", lambda: False)
    assert lean(CLAIM) == (
        f"{HEAD}-- with z3-solver installed its statements over numbers would follow\n"
    )
    by_hand = lean(replace(CLAIM, lean="\ntheorem by_hand : True := trivial\n\n"))
    assert by_hand == HEAD.replace(
        "-- small-one: no statement as a whole is written by hand",
        "-- the claim, written by hand\ntheorem by_hand : True := trivial",
    ) + ("-- with z3-solver installed its statements over numbers would follow\n")


def test_numbers_alone_are_real_ones_and_words_of_lean_are_quoted():
    said = lean_statement(
        lambda theorem: ([], theorem / 3 <= theorem * Fraction(-1, 2)), ["theorem"]
    )
    assert said.conclusion == "((«theorem» / 3) ≤ («theorem» * (-1 / 2 : ℝ)))"
    for word in ("example", "end", "axiom", "calc", "section", "Type"):
        assert lean_name(word) == f"«{word}»"
