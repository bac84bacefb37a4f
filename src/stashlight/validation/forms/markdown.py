"""The matrix as Markdown, for a job summary or a wiki."""

from collections.abc import Iterator, Sequence

from stashlight.terminal import printable
from stashlight.validation.matrix import gap_lines, tables, traces
from stashlight.validation.validation import Validation


def render(validation: Validation) -> Iterator[str]:
    for line in _lines(validation):
        yield printable(line) + "\n"


def _lines(validation: Validation) -> Iterator[str]:
    yield "# Validation"
    yield ""
    yield f"{validation.verdict if validation.passed else f'**{validation.verdict}**'}."
    for title, lines in (
        ("Missing", list(gap_lines(validation))),
        ("Errors", list(validation.errors)),
        ("Rules that no procedure expects", list(validation.untold)),
        ("Procedures without a trace", list(validation.untried)),
        ("What these logs show and lack", [f"{s.status}: {s.message}" for s in validation.readiness]),
    ):
        if lines:
            yield from ("", f"## {title}", "")
            yield from (f"- {_escaped(line)}" for line in lines)
    for table in tables(validation):
        yield from ("", f"## {table.heading}", "", f"Shapes: {', '.join(table.shapes)}.", "")
        yield from _table(table.columns, table.rows)
    if told := list(traces(validation)):
        yield from ("", "## What was found", "")
        yield from _table(("procedure", "signal", "found"), told)
    if validation.coverage:
        yield from ("", "## ATT&CK analytics", "")
        rows = [
            (
                each.analytic.id,
                each.analytic.technique,
                each.analytic.platform,
                each.analytic.sees,
                str(len(each.rules)) if each.rules else each.analytic.unread or "no rule carries it",
                str(len(each.procedures)) if each.rules else "",
            )
            for each in validation.coverage
        ]
        yield from _table(("analytic", "technique", "platform", "sees", "rules", "procedures"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(_escaped(cell) for cell in row)} |"


def _escaped(text: str) -> str:
    """Keep what a log or rule says from being read as markup."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|" else c for c in text)
