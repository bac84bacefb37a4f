"""The matrix for a person: procedures down, signals across, then gaps, ATT&CK's analytics, and what is missing."""

from collections.abc import Iterator

from stashlight.terminal import printable
from stashlight.validation.coverage import Coverage
from stashlight.validation.matrix import Table, gap_lines, tables, traces
from stashlight.validation.validation import Validation

_PREFIXES = ("Security ", "Sysmon ", "PowerShell ", "Linux Sysmon ", "Device", "auditd ")


def render(validation: Validation) -> Iterator[str]:
    for line in _lines(validation):
        yield printable(line) + "\n"


def _lines(validation: Validation) -> Iterator[str]:
    for table in tables(validation):
        yield from _drawn(table)
        yield ""
    told = list(traces(validation))
    yield from (f"  {procedure:<22} {about:<10} {says}" for procedure, about, says in told)
    yield from [""] if told else []
    yield validation.verdict
    yield from (f"  missing  {gap}" for gap in gap_lines(validation))
    yield from (f"  error    {error}" for error in validation.errors)
    yield from (f"  untold   {title}: no procedure expects this rule" for title in validation.untold)
    if validation.untried:
        yield f"  untried  left no trace: {', '.join(validation.untried)}"
    yield from _analytics(validation.coverage)
    if validation.readiness:
        yield ""
        yield "What these logs show and lack"
        for state in validation.readiness:
            blind = f" (blind: {', '.join(state.blind)})" if state.blind else ""
            yield f"  {state.status:<8} {state.message}{blind}"


def _drawn(table: Table) -> Iterator[str]:
    """Draw a table; what every head of a group begins with stands in a line of its own above."""
    groups = [next((p for p in _PREFIXES if head.startswith(p)), "") for head in table.columns]
    heads = [head[len(group) :].removesuffix("Events") for head, group in zip(table.columns, groups, strict=True)]
    widths = [
        max(
            len(head),
            *(len(row[n]) for row in table.rows),
            len(groups[n].strip()) if groups[n] not in groups[:n] else 0,
        )
        for n, head in enumerate(heads)
    ]
    yield f"{table.heading}: {', '.join(table.shapes)}"
    above = [group.strip() if group not in groups[:n] else "" for n, group in enumerate(groups)]
    if any(above):
        yield "  ".join(text.ljust(width) for text, width in zip(above, widths, strict=True)).rstrip()
    for row in (heads, *table.rows):
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def _analytics(covered: tuple[Coverage, ...]) -> Iterator[str]:
    if not covered:
        return
    yield ""
    yield "ATT&CK analytics"
    for each in covered:
        known = each.analytic
        told = f"{len(each.rules)} rules, shown by {len(each.procedures)} procedures"
        said = told if each.rules else f"not covered: {known.unread or 'no rule carries it'}"
        yield f"  {known.id} {known.technique:<9} {known.platform:<7} {said}"
