"""The table of ``pqtheory verify``: a row for each claim, as many columns as the terminal has room for."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, final

from rich.table import Table

from pqtheory._messages import visible
from pqtheory.claims.results import ClaimResult, Report
from pqtheory.cli.output import as_it_is
from pqtheory.report import controls_refuted, headline, kind_in_words, rechecked

#: what a line of the statement needs to be read with ease
STATEMENT = 33
#: no other column is wider, unless a word is
WIDEST = 20


@final
@dataclass(frozen=True)
class Column:
    """A heading, what stands below it, and from the left or from the right."""

    head: str
    cell: Callable[[ClaimResult], str]
    justify: Literal["left", "right"] = "left"

    def width(self, results: Sequence[ClaimResult]) -> int:
        """Wide enough for each word, and for each line up to the widest that is allowed."""
        texts = [self.head, *(visible(self.cell(result)) for result in results)]
        longest_word = max(len(word) for text in texts for word in text.split())
        longest_line = max(len(line) for text in texts for line in text.split("\n"))
        return max(longest_word, min(longest_line, WIDEST))


CLAIM = Column("claim", lambda r: r.claim.name)
#: in the order in which they stand, with the claim before them
COLUMNS = {
    "statement": Column("statement", lambda r: r.claim.statement),
    "evidence": Column("evidence", lambda r: kind_in_words(r).replace(", ", ",\n")),
    "rechecked": Column("rechecked", rechecked, "right"),
    "controls": Column("controls\nrefuted", controls_refuted, "right"),
    "figure": Column("figure", lambda r: headline(r)[0]),
    "measured": Column("measured", lambda r: headline(r)[1]),
    "predicted": Column("predicted", lambda r: headline(r)[2]),
    "seconds": Column("seconds", lambda r: f"{r.seconds:.2f}", "right"),
    "source": Column("source", lambda r: r.claim.source),
}
#: which come first where not all have room; those of a group only together
IMPORTANCE = (
    ("evidence", "statement"),
    ("rechecked",),
    ("controls",),
    ("seconds",),
    ("figure", "measured", "predicted"),
    ("source",),
)


def claims_table(report: Report, width: int) -> Table:
    """The table of a report for a terminal of so many columns; below it what would strengthen the evidence."""
    results = tuple(report.values())
    shown = _columns(results, width)
    table = Table(title=f"claims, budget {report.budget}", title_justify="left", show_lines=True)
    for column in shown:
        fixed = None if column is COLUMNS["statement"] else column.width(results)
        table.add_column(column.head, width=fixed, justify=column.justify, overflow="fold")
    for result in results:
        cells = [as_it_is(column.cell(result)) for column in shown]
        table.add_row(*cells, style=None if result.ok else "bold red")
    remarks = "\n".join(_remarks(results))
    table.caption = as_it_is(remarks) if remarks else None
    table.caption_justify = "left"
    return table


def _columns(results: Sequence[ClaimResult], width: int) -> list[Column]:
    """Those that have room beside a statement that can be read."""
    chosen = {"statement"}
    # a column has a space on both sides and a line to its right; one line stands at the left
    used = 1 + STATEMENT + 3 + CLAIM.width(results) + 3
    for group in IMPORTANCE:
        if "rechecked" in group and all(r.rechecked is None for r in results):
            continue
        new = [name for name in group if name not in chosen]
        wider = used + sum(COLUMNS[name].width(results) + 3 for name in new)
        if wider > width and "evidence" not in group:
            break
        chosen, used = chosen | set(group), wider
    return [CLAIM, *(column for name, column in COLUMNS.items() if name in chosen)]


def _remarks(results: Sequence[ClaimResult]) -> list[str]:
    """Notes of the evidence, and where two solvers do not agree."""
    lines = [f"{r.claim.name}: {note}" for r in results for note in r.notes]
    for result in results:
        found = result.rechecked
        if found is not None:
            name = result.claim.name
            lines += [f"{name}: SOLVERS DISAGREE: {what}" for what in found.disagreed]
            lines += [f"{name}: {what}" for what in _counted(found.only_one)]
            lines += [f"{name}: {what}: decided by no solver" for what in _counted(found.neither)]
    return lines


def _counted(lines: Sequence[str]) -> list[str]:
    """Each line once, with how often it stands there."""
    return [
        line if count == 1 else f"{line} ({count} questions)"
        for line, count in Counter(lines).items()
    ]
