"""What a statement says, as text for Lean 4: the formulas that the solver reads, over the real numbers.

What occurs in them more than once has a name, by ``let``, so that the text is no longer than what the solver reads.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, final

from pqtheory._messages import brief
from pqtheory.evidence.smt.backend import Z3
from pqtheory.evidence.terms import Expression, Statement, Term

#: words of Lean that a variable may be called as well
WORDS = frozenset(
    (
        "_",
        "abbrev",
        "at",
        "attribute",
        "axiom",
        "break",
        "by",
        "calc",
        "catch",
        "class",
        "continue",
        "def",
        "deriving",
        "do",
        "else",
        "end",
        "example",
        "exists",
        "export",
        "extends",
        "finally",
        "for",
        "forall",
        "from",
        "fun",
        "have",
        "if",
        "import",
        "in",
        "inductive",
        "infix",
        "infixl",
        "infixr",
        "instance",
        "lambda",
        "let",
        "local",
        "macro",
        "match",
        "mut",
        "mutual",
        "namespace",
        "nomatch",
        "noncomputable",
        "notation",
        "opaque",
        "open",
        "partial",
        "postfix",
        "prefix",
        "private",
        "protected",
        "return",
        "scoped",
        "section",
        "set_option",
        "show",
        "structure",
        "suffices",
        "syntax",
        "then",
        "theorem",
        "try",
        "universe",
        "unless",
        "unsafe",
        "using",
        "variable",
        "where",
        "with",
        "Prop",
        "Sort",
        "Type",
    )
)
_BETWEEN = {"and": "∧", "or": "∨", "=>": "→", "+": "+", "*": "*", "-": "-", "/": "/", "^": "^"}
_COMPARES = {"=": "=", "<=": "≤", ">=": "≥", "<": "<", ">": ">", "distinct": "≠"}


@final
@dataclass(frozen=True)
class LeanStatement:
    """A statement as formulas of Lean.

    Attributes
    ----------
    lets : tuple of str
        What has a name, in an order in which each uses those before it: "s1 : ℝ := ...".
    assumptions : tuple of str
        What is assumed.
    conclusion : str
        What follows.
    """

    lets: tuple[str, ...]
    assumptions: tuple[str, ...]
    conclusion: str


def lean_statement(statement: Statement, names: Sequence[str]) -> LeanStatement:
    """A statement in variables of these names.

    Raises
    ------
    TypeError
        If it has an operation that the text has no sign for.
    """
    import z3

    backend = Z3()
    assumptions, conclusion = statement(*(Term(z3.Real(name), backend) for name in names))
    formulas = [
        v.expression if isinstance(v, Term) else z3.BoolVal(bool(v))
        for v in (*assumptions, conclusion)
    ]
    writer = _Writer(_shared(formulas), (s for s in map("s{}".format, count(1)) if s not in names))
    *known, last = [writer.text(formula) for formula in formulas]
    return LeanStatement(tuple(writer.lets), tuple(known), last)


def lean_name(name: str) -> str:
    """A variable's name, in quotes of Lean where it is one of its words."""
    return f"«{name}»" if name in WORDS else name


def _shared(formulas: Sequence[Expression]) -> frozenset[int]:
    """The expressions that occur more than once and have parts."""
    seen: Counter[int] = Counter()
    ahead = list(formulas)
    while ahead:
        expression = ahead.pop()
        seen[expression.get_id()] += 1
        if seen[expression.get_id()] == 1:
            ahead += expression.children()
    return frozenset(identity for identity, times in seen.items() if times > 1)


@final
@dataclass
class _Writer:
    shared: frozenset[int]
    names: Iterator[str]
    lets: list[str] = field(default_factory=list)
    written: dict[int, str] = field(default_factory=dict)

    def text(self, expression: Expression) -> str:
        import z3

        identity = expression.get_id()
        if identity in self.written:
            return self.written[identity]
        if z3.is_rational_value(expression):
            text = _number(expression.as_fraction())
        elif not expression.num_args():
            is_truth = z3.is_true(expression) or z3.is_false(expression)
            text = f"{z3.is_true(expression)}" if is_truth else lean_name(expression.decl().name())
        else:
            parts = [self.text(child) for child in expression.children()]
            text = _joined(expression.decl().name(), parts)
            if identity in self.shared:
                name = next(self.names)
                kind = "Prop" if z3.is_bool(expression) else "ℝ"
                self.lets.append(f"{name} : {kind} := {text}")
                text = name
        self.written[identity] = text
        return text


def _number(value: Any) -> str:
    if value.denominator == 1:
        return f"{value.numerator}" if value >= 0 else f"({value.numerator})"
    # beside other numbers alone it would be one of integers
    return f"({value.numerator} / {value.denominator} : ℝ)"


def _joined(operation: str, parts: list[str]) -> str:
    if operation == "if":
        return f"(if {parts[0]} then {parts[1]} else {parts[2]})"
    if operation == "not":
        return f"(¬ {parts[0]})"
    if operation == "-" and len(parts) == 1:
        return f"(-{parts[0]})"
    sign = _BETWEEN.get(operation) or (_COMPARES.get(operation) if len(parts) == 2 else None)
    if sign is None:
        raise TypeError(f"formula: expected what Lean has a sign for, got {brief(operation)}")
    return f"({f' {sign} '.join(parts)})"
