"""Mutants: the changes that mutmut's operators make in a file, each as a piece of its text and what takes its place."""

import ast
import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from experiments.mutating.parts import ROOT, WORK
from pqtheory._files import write_whole


@dataclass(frozen=True)
class Mutant:
    """One change in one function.

    ``lines`` are the first and the last line of what is changed, from the start of its statement; ``text`` takes the
    place of the characters from ``start`` to ``stop`` of the file ``path``.
    """

    name: str
    path: str
    lines: tuple[int, int]
    start: int
    stop: int
    text: str

    def source(self) -> str:
        """The file with the change."""
        code = (ROOT / self.path).read_text()
        return code[: self.start] + self.text + code[self.stop :]

    def change(self) -> str:
        """The lines that change, as a diff without its header."""
        old = (ROOT / self.path).read_text()
        first, last = old.rfind("\n", 0, self.start) + 1, old.find("\n", self.stop)
        before = old[first:last].splitlines()
        after = (old[first : self.start] + self.text + old[self.stop : last]).splitlines()
        while before and after and before[0] == after[0]:
            del before[0], after[0]
        while before and after and before[-1] == after[-1]:
            del before[-1], after[-1]
        return "\n".join([*(f"-{line}" for line in before), *(f"+{line}" for line in after)])


def mutants_of(path: str) -> list[Mutant]:
    """The mutants of a file; those of a file that did not change are kept."""
    code = (ROOT / path).read_text()
    kept = WORK / "made" / f"{hashlib.sha256(f'{path}:{code}'.encode()).hexdigest()[:16]}.json"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_whole(kept, json.dumps([asdict(mutant) for mutant in _made(path, code)]).encode())
    return [
        Mutant(**{**made, "lines": tuple(made["lines"])}) for made in json.loads(kept.read_text())
    ]


def drawn(mutants: Sequence[Mutant], sample: int | None, seed: int) -> list[Mutant]:
    """``sample`` of the mutants, or all.

    Those of a smaller sample are among those of a larger one, and a change elsewhere in the code leaves them.
    """

    def luck(mutant: Mutant) -> bytes:
        return hashlib.sha256(f"{seed}:{mutant.name}".encode()).digest()

    return sorted(mutants, key=luck)[:sample]


def _made(path: str, code: str) -> list[Mutant]:
    """What mutmut's operators make of all functions, decorated ones too: a mutant is a file of its own here."""
    # slow to load, and not needed where the mutants of a file are kept
    import libcst as cst
    from libcst._nodes.internal import CodegenState
    from libcst.metadata import (
        MetadataWrapper,
        WhitespaceInclusivePositionProvider,
    )
    from mutmut.mutation.file_mutation import MutationVisitor
    from mutmut.mutation.mutators import mutation_operators
    from mutmut.mutation.pragma_handling import IgnoredCode
    from mutmut.mutation.trampoline_templates import mangle_function_name

    class Visitor(MutationVisitor):
        """One that decorators of a function do not keep out."""

        def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
            bare = node.with_changes(decorators=()) if isinstance(node, cst.FunctionDef) else node
            return bool(super()._skip_node_and_children(bare))

    wrapper = MetadataWrapper(cst.parse_module(code))
    visitor = Visitor(mutation_operators, IgnoredCode(set(), set(), set()))
    module = wrapper.visit(visitor)
    places = wrapper.resolve(WhitespaceInclusivePositionProvider)
    functions: dict[cst.CSTNode, str] = {}
    for outer in wrapper.module.body:
        inner = outer.body.body if isinstance(outer, cst.ClassDef) else (outer,)
        owner = outer.name.value if isinstance(outer, cst.ClassDef) else None
        for node in inner:
            if isinstance(node, cst.FunctionDef):
                functions[node] = mangle_function_name(name=node.name.value, class_name=owner)
    ends = [0, *(m.end() for m in re.finditer("\n", code))]
    starts = _statements(code)
    place = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    count, made = Counter[str](), []
    for mutation in visitor.mutations:
        if mutation.contained_by_top_level_function not in functions:
            continue
        name = functions[mutation.contained_by_top_level_function]
        count[name] += 1
        where = places[mutation.original_node]
        start, stop = (ends[at.line - 1] + at.column for at in (where.start, where.end))
        first = max(line for line in starts if line <= where.start.line)
        state = CodegenState(module.default_indent, module.default_newline)
        line = code.splitlines()[first - 1]
        state.increase_indent(line[: len(line) - len(line.lstrip())])
        mutation.mutated_node._codegen(state)
        made.append(
            Mutant(
                name=f"{place}.{name}__mutmut_{count[name]}",
                path=path,
                lines=(first, where.end.line),
                start=start,
                stop=stop,
                text="".join(state.tokens),
            )
        )
    return made


def _statements(code: str) -> list[int]:
    """The lines on which statements begin."""
    nodes = ast.walk(ast.parse(code))
    return [node.lineno for node in nodes if isinstance(node, ast.stmt | ast.ExceptHandler)]
