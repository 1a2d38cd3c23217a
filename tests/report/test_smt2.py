"""The questions of a claim as a script that any solver runs."""

from dataclasses import replace

import pytest

import pqtheory as pq
from pqtheory.claims import Claim, Control, Part, forall, real
from pqtheory.claims.results import ClaimResult, ItemResult
from pqtheory.evidence import Evidence, Step
from pqtheory.report import smt2

z3 = pytest.importorskip("z3")


@forall(x=real, y=real)
def square(x, y):
    return x**2 + y**2 >= 2 * x * y


@forall(x=real, y=real, given=lambda y: [y != 0])
def divided(x, y):
    return x / y * y == x


@forall(x=real)
def control(x):
    return x**2 >= x


CLAIM = Claim(
    "squares",
    "none",
    "x^2 + y^2 >= 2 x y",
    "x^2 + y^2 >= 2 x y",
    (
        Part("square", "no difference has a square below 0", square),
        Part("quotient", "times y", divided),
    ),
    (Control("above the line", "x^2 >= x", control),),
)


def answers(script):
    """What z3 says to each question of a script."""
    found = []
    for question in script.split("(reset)\n"):
        solver = z3.Solver()
        solver.from_string(question)
        found.append(str(solver.check()))
    return found


def test_each_question_has_the_answer_that_it_says():
    script = smt2(pq.verify(CLAIM)["squares"])
    said = [line.split()[2][:-1] for line in script.split("\n") if line.startswith("(set-info")]
    assert answers(script) == said
    assert said[-1] == "sat"
    assert set(said[:-1]) == {"unsat"}
    # square, quotient and its divisor, control: each once
    assert len(said) == script.count("(check-sat)") == script.count("(set-logic QF_NRA)") == 4
    assert "; squares, part square: z3: no real x, y" in script
    assert "; squares, control above the line: z3: x that deny" in script


def test_a_claim_without_questions_says_so():
    def always(budget):
        return pq.evidence.Evidence("sampled", 1, 0.0)

    def never(budget):
        return pq.evidence.Evidence("refuted", 1, -1.0, counterexample={"x": 1})

    plain = Claim("plain", "none", "s", "f", (Part("p", "p", always),), (Control("c", "c", never),))
    assert smt2(pq.verify(plain)["plain"]) == "; plain: no question for a solver\n"


def test_the_script_in_full():
    question = Step("no x\nbelow", machine="(q 1)\n(check-sat)\n", answer="unsat")
    written = (
        "; benchmark generated from python API\n(set-info :status unknown)\n(q 2)\n(check-sat)\n"
    )
    second = Step("why", machine=written, answer="sat")
    # what is no question, and what was asked before
    proof = (Step("read", machine="(nothing)"), question, second, replace(question, text="later"))
    refuted = Evidence("refuted", counterexample={"x": 1}, proof=(replace(second, text="again"),))
    result = ClaimResult(
        CLAIM,
        (ItemResult("p", "s", Evidence("proved", proof=proof)),),
        (ItemResult("c", "s", refuted),),
        0.0,
    )
    assert smt2(result) == (
        "; squares, part p: no x below, answered unsat\n(set-info :status unsat)\n(set-logic QF_NRA)\n"
        "(q 1)\n(check-sat)\n(reset)\n"
        "; squares, part p: why, answered sat\n(set-info :status sat)\n(set-logic QF_NRA)\n(q 2)\n(check-sat)\n"
    )
