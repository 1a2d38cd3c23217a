"""cvc5 as a process of its own: a question in SMT-LIB on a line of JSON in, one word on a line out.

It stands alone, so that it starts at once and knows nothing of the first solver. A line is ``[question, attempt,
seconds]``; the attempts differ in their options. Seconds are those of the processor, so that a busy machine answers as
an idle one does; a process that has used them up ends. A quotient a / b is a number q with q b = a wherever b is not 0.
"""

import json
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import cvc5
from cvc5 import Kind

#: options of each attempt: coverings, linearisation, coverings with another order of cases, cvc5's own choice
ATTEMPTS: tuple[dict[str, str], ...] = (
    {"nl-cov": "true", "nl-ext": "none"},
    {"nl-cov": "false", "nl-ext": "full"},
    {"nl-cov": "true", "nl-ext": "none", "decision": "justification"},
    {},
)


def parsed(manager: Any, text: str) -> list[Any]:
    """The assertions of a question."""
    reader = cvc5.Solver(manager)
    reader.setLogic("QF_NRA")
    parser = cvc5.InputParser(reader)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "question")
    while not (command := parser.nextCommand()).isNull():
        if command.getCommandName() != "check-sat":
            command.invoke(reader, parser.getSymbolManager())
    return list(reader.getAssertions())


def without_quotients(manager: Any, formulas: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """The same question with a variable for each quotient, and what is divided by."""
    seen: dict[int, Any] = {}
    equations: list[Any] = []
    divisors: list[Any] = []
    zero = manager.mkReal(0)

    def rebuilt(node: Any) -> Any:
        for inner in _bottom_up(node, seen):
            children = [seen[child.getId()] for child in inner]
            if inner.getKind() == Kind.DIVISION and not children[1].isRealValue():
                a, b = children
                quotient = manager.mkConst(manager.getRealSort(), f"quotient {len(divisors)}")
                product = manager.mkTerm(Kind.MULT, quotient, b)
                no_divisor = manager.mkTerm(Kind.EQUAL, b, zero)
                equal = manager.mkTerm(Kind.EQUAL, product, a)
                equations.append(manager.mkTerm(Kind.OR, no_divisor, equal))
                divisors.append(b)
                seen[inner.getId()] = quotient
            elif not children:
                seen[inner.getId()] = inner
            else:
                what = inner.getOp() if inner.hasOp() else inner.getKind()
                seen[inner.getId()] = manager.mkTerm(what, *children)
        return seen[node.getId()]

    return [rebuilt(formula) for formula in formulas] + equations, divisors


def _bottom_up(node: Any, seen: dict[int, Any]) -> Iterator[Any]:
    """Each node below that is not seen yet, after its children."""
    stack = [(node, False)]
    while stack:
        node, done = stack.pop()
        if node.getId() in seen:
            continue
        if done:
            yield node
        else:
            stack.append((node, True))
            stack.extend((child, False) for child in node)


def answer(text: str, attempt: int) -> str:
    """``sat``, ``unsat`` or ``unknown``."""
    manager = cvc5.TermManager()
    formulas, divisors = without_quotients(manager, parsed(manager, text))
    found = _checked(manager, formulas, attempt)
    if found != "sat" or not divisors:
        return found
    # where something is divided by 0 the two solvers may make of it what they like: no such case counts
    equal = [manager.mkTerm(Kind.EQUAL, b, manager.mkReal(0)) for b in divisors]
    apart = [manager.mkTerm(Kind.NOT, e) for e in equal]
    found = _checked(manager, formulas + apart, attempt)
    return found if found == "sat" else "unknown"


def _checked(manager: Any, formulas: Sequence[Any], attempt: int) -> str:
    solver = cvc5.Solver(manager)
    solver.setLogic("QF_NRA")
    for name, value in ATTEMPTS[attempt].items():
        solver.setOption(name, value)
    for formula in formulas:
        solver.assertFormula(formula)
    found = solver.checkSat()
    return "unsat" if found.isUnsat() else "sat" if found.isSat() else "unknown"


def main() -> None:
    """Answer line by line."""
    for line in sys.stdin:
        question, attempt, seconds = json.loads(line)
        _end_after(seconds)
        try:
            print(answer(question, attempt), flush=True)
        except RuntimeError:
            # cvc5's own errors: what it cannot read
            print("unknown", flush=True)
        _end_after(0.0)


def _end_after(seconds: float) -> None:
    """End the process once it has used the processor for so long; never for 0."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, seconds)


if __name__ == "__main__":
    main()
