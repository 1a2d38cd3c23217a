"""The questions that a claim's proofs put to the solver, as one script of SMT-LIB 2.6 that another solver can run."""

from pqtheory.claims.results import ClaimResult
from pqtheory.evidence.base import Step

#: what z3 writes in front of a question, in place of which stand logic and answer
_PREAMBLE = ("; benchmark generated from python API", "(set-info :status unknown)")


def smt2(result: ClaimResult) -> str:
    """Each question once, in the order of the page: what it is for, the answer that the proof had, the problem.

    Between two questions stands ``(reset)``; each ends in ``(check-sat)``, so that a solver answers each.
    Without a question the script is a comment that says so.
    """
    questions = {
        step.machine: (what, item.name, step)
        for what, items in (("control", result.controls), ("part", result.parts))
        for item in reversed(items)
        for step in reversed(item.evidence.proof)
        if step.answer
    }
    scripts = [_script(result.claim.name, *found) for found in reversed(questions.values())]
    return "(reset)\n".join(scripts) or f"; {result.claim.name}: no question for a solver\n"


def _script(claim: str, what: str, item: str, step: Step) -> str:
    lines = [line for line in step.machine.strip().split("\n") if line not in _PREAMBLE]
    head = f"{claim}, {what} {item}: {step.text}, answered {step.answer}".replace("\n", " ")
    status = f"(set-info :status {step.answer})"
    return "\n".join([f"; {head}", status, "(set-logic QF_NRA)", *lines]) + "\n"
