"""
A page for each rule: its logic in words and in four query languages, what it rests on, misses and takes for an attack.

The queries are those that `stashlight rules export` writes; the SQL is what a scan runs.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import sqlglot
import yaml
from logic import logic
from pieces import block, code, indented, table, technique

from stashlight.events.schema import Kind
from stashlight.events.vocabularies import VOCABULARIES
from stashlight.exports.export import export
from stashlight.exports.exported import Exported
from stashlight.findings.load import SHIPPED, load
from stashlight.findings.rule import Case, Rule, RuleSet
from stashlight.incidents.tuning import DEFAULT
from stashlight.simulation.procedure import procedure_names, read_procedure
from stashlight.validation.expectation import expectation, named

__all__ = ["address", "heading", "pages", "pattern_page", "rule_index", "rules", "sources_of"]

# Target → the name of its tab and the language of its block.
_TARGETS: Final = {
    "sentinel": ("KQL (Sentinel)", "kusto"),
    "defender": ("KQL (Defender)", "kusto"),
    "splunk": ("SPL", "text"),
    "sumologic": ("Sumo Logic", "text"),
}
_SOURCES: Final = {"sysmon": "Sysmon", "sysmon_linux": "Sysmon for Linux", "security": "Security", "powershell": "PowerShell",
                   "defender": "", "esent": "ESENT", "auditd": "auditd"}  # fmt: skip


@cache
def rules() -> RuleSet:
    """Give the shipped rules."""
    return load([SHIPPED])


def address(rule: Rule) -> str:
    """Give the page of a rule below rules/: its folder and the name of its file."""
    path = Path(rule.file).relative_to(SHIPPED).with_suffix("")
    several = sum(other.file == rule.file for other in (*rules().rules, *rules().filters)) > 1
    return f"{path.as_posix()}{'-' + rule.name if several and rule.name else ''}.md"


def heading(address: str) -> str:
    """Give the heading under which a page stands."""
    folder = address.split("/", maxsplit=1)[0]
    return {"macos": "macOS"}.get(folder, folder.capitalize())


def pages() -> Iterator[tuple[str, str]]:
    """Give (address, Markdown) of every rule and filter."""
    for rule in (*rules().rules, *rules().filters):
        yield address(rule), _page(rule)


def rule_index() -> str:
    """Give the page that lists them all."""
    parts = ["# Rules\n", "What a scan looks for, a page each; [the matrix](coverage.md) shows what they cover."]
    parts.append("Patterns over many rules, as other products run them, stand in [patterns](patterns.md).\n")
    by_folder: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in (*rules().rules, *rules().filters):
        by_folder[heading(address(rule))].append(rule)
    for folder, held in sorted(by_folder.items()):
        rows = [
            (
                f"[{r.title}]({address(r)})",
                r.note.rung or r.form,
                r.level or "–",
                ", ".join(map(technique, r.techniques)),
            )
            for r in sorted(held, key=lambda r: r.title)
        ]
        parts.append(f"\n## {folder}\n\n{table(('rule', 'rung', 'level', 'technique'), rows)}")
    return "\n".join(parts)


def pattern_page() -> str:
    """Give the patterns that are no rule of their own: fan-in, ladder and score, as other products run them."""
    text = "# Patterns over many rules\n\nA scan weighs these itself; a SIEM needs them as queries. Windows slide.\n"
    known = {rule.id for rule in (*rules().rules, *rules().filters)}
    found: defaultdict[str, list[tuple[str, Exported]]] = defaultdict(list)
    for target, exported in _exports().items():
        for each in exported.values():
            if each.id not in known:
                found[each.title].append((target, each))
    for title, held in found.items():
        text += f"\n## {title} {{ data-search-exclude }}\n\n" + "".join(_tab(target, each) for target, each in held)
    return text


def sources_of(kinds: Sequence[str]) -> str:
    """Name the records that are events of these kinds."""
    found: list[str] = []
    for vocabulary in VOCABULARIES:
        ids = [k for k, meaning in vocabulary.events.items() if meaning.kind in kinds]
        numbers = ", ".join(str(k) for k in ids if isinstance(k, int))
        tables = dict.fromkeys(k[0] for k in ids if not isinstance(k, int) and k[0].startswith("Device"))
        name = _SOURCES.get(vocabulary.name, vocabulary.name)
        if tables:
            found.append("Defender " + ", ".join(tables))
        elif ids:
            found.append(f"{name} {numbers}".strip())
    return "; ".join(found)


@cache
def _exports() -> dict[str, dict[str, Exported]]:
    return {target: {each.id: each for each in export(rules(), target, DEFAULT)} for target in _TARGETS}


@cache
def _procedures() -> Mapping[str, tuple[str, ...]]:
    """Give for each rule's id the simulated procedures in which it must speak."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in procedure_names():
        wanted = {word for words in expectation(read_procedure(name)).rules.values() for word in words}
        for word in sorted(wanted):
            if rule := named(rules(), word):
                found[rule.id].append(name)
    return {key: tuple(names) for key, names in found.items()}


def _page(rule: Rule) -> str:
    return "\n".join(
        part for part in (_head(rule), _logic(rule), _queries(rule), _judgement(rule), _tests(rule)) if part
    )


def _head(rule: Rule) -> str:
    facts = [
        ("level", rule.level or "–"),
        ("rung of the ladder", rule.note.rung or "–"),
        ("weight", str(rule.note.weight or "–")),
        ("techniques", ", ".join(map(technique, rule.techniques)) or "–"),
        ("analytics", ", ".join(rule.note.analytics) or "–"),
        ("looks at", sources_of(rule.kinds or [*Kind]) if rule.correlation is None else "what its rules match"),
        ("id", code(rule.id)),
    ]
    return f"# {rule.title}\n\n{rule.description.strip()}\n\n{table(('', ''), facts)}"


def _logic(rule: Rule) -> str:
    filters = [rules()[each] for each in rule.filters]
    text = f"## Logic\n\n{logic(rule)}"
    if filters:
        names = ", ".join(f"[{f.title}]({_up(rule)}{address(f)})" for f in filters)
        text += f"\nWhat these filters describe is left out: {names}.\n"
    return text


def _up(rule: Rule) -> str:
    return "../" * address(rule).count("/")


def _queries(rule: Rule) -> str:
    sql = _sql(rule)
    text = "## Queries { data-search-exclude }\n\n" + (f'=== "SQL"\n\n{indented(block("sql", sql))}\n' if sql else "")
    tabs = [_tab(target, found[rule.id]) for target, found in _exports().items() if rule.id in found]
    if not sql and not tabs:
        return ""
    return text + "".join(tabs)


def _sql(rule: Rule) -> str:
    if not rule.condition:
        return ""
    kinds = ", ".join(f"'{kind}'" for kind in rule.kinds)
    where = f"kind IN ({kinds}) AND " if kinds else ""
    return sqlglot.parse_one(f"SELECT event_key FROM events WHERE {where}({rule.condition})", read="duckdb").sql(
        "duckdb", pretty=True
    )


def _tab(target: str, exported: Exported) -> str:
    title, language = _TARGETS[target]
    if exported.status == "cannot":
        body = f"Not for this product: {exported.reason}.\n"
    else:
        first = next(iter(exported.files.values()))
        notes = "".join(f"- {note}\n" for note in exported.notes)
        body = block(language, first) + (f"\nWhat differs there:\n\n{notes}" if notes else "")
    return f'=== "{title}"\n\n{indented(body)}\n'


def _judgement(rule: Rule) -> str:
    procedures = _procedures().get(rule.id, ())
    proof = ", ".join(map(code, procedures))
    evidence = "A finding names its event by file and record; `stashlight explain` shows the raw record."
    parts = [
        f"## Evidence\n\n{evidence}" + (f"\nSimulated procedures in which it must speak: {proof}." if proof else ""),
        f"## Misses\n\n{rule.note.misses.strip().capitalize().rstrip('.')}." if rule.note.misses else "",
        "## False positives\n\n" + "\n".join(f"- {each}" for each in rule.falsepositives)
        if rule.falsepositives
        else "",
        "## References\n\n" + "\n".join(f"- <{each}>" for each in rule.references) if rule.references else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _tests(rule: Rule) -> str:
    if not rule.match and not rule.ignore:
        return ""
    where = Path(rule.file).relative_to(SHIPPED.parents[2]).as_posix()
    return (
        f"## Tests\n\nThey stand in {code(where)}; `stashlight rules test` runs them.\n\n"
        + _cases("Must match", rule.match)
        + _cases("Must be ignored", rule.ignore)
    )


def _cases(title: str, cases: Sequence[Case]) -> str:
    if not cases:
        return ""
    text = yaml.safe_dump(list(cases), allow_unicode=True, sort_keys=False, width=110)
    return f'??? example "{title}: {len(cases)}"\n\n{indented(block("yaml", text))}\n'
