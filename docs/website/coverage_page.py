"""The matrix: ATT&CK's analytics and techniques × rules × data sources × hunts."""

from collections import defaultdict

from pieces import code, table, technique
from rule_pages import address, rules, sources_of

from stashlight.answers.library import hunt_names, named
from stashlight.findings.rule import Rule
from stashlight.validation.coverage import ANALYTICS

__all__ = ["coverage_page"]


def coverage_page() -> str:
    """Give the page."""
    return f"# What is covered\n\n{_analytics()}\n{_techniques()}\n{_sources()}"


def _analytics() -> str:
    rows = [
        (
            f"[{each.id}](#{each.id.lower()})" if _carrying(each.id) else each.id,
            technique(each.technique),
            each.platform,
            str(len(_carrying(each.id))) if _carrying(each.id) else "–",
            each.sees + (f" ({each.unread})" if each.unread else ""),
        )
        for each in ANALYTICS
    ]
    told = (
        "## Analytics of T1074\n\nATT&CK's detection strategies DET0014, DET0261 and DET0071, with how many rules carry each. "
        "`stashlight validate` proves them by simulated procedures.\n\n"
        + table(("analytic", "technique", "platform", "rules", "what it sees"), rows)
    )
    return told + "".join(_analytic(each.id, each.sees) for each in ANALYTICS if _carrying(each.id))


def _analytic(name: str, sees: str) -> str:
    """Give the rules of one analytic by what they look at."""
    by_source: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in _carrying(name):
        by_source[sources_of(rule.kinds) if rule.correlation is None else "several events"].append(rule)
    rows = [(source, _named(found)) for source, found in sorted(by_source.items())]
    return f"\n### {name}\n\n{sees[0].upper()}{sees[1:]}.\n\n{table(('data source', 'rules'), rows)}"


def _carrying(analytic: str) -> list[Rule]:
    return [rule for rule in rules().rules if analytic in rule.note.analytics]


def _named(found: list[Rule]) -> str:
    return ", ".join(f"[{rule.title}]({address(rule)})" for rule in sorted(found, key=lambda r: r.title))


def _techniques() -> str:
    by_technique: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in rules().rules:
        for each in rule.techniques:
            by_technique[each].append(rule)
    hunts: defaultdict[str, list[str]] = defaultdict(list)
    for name in hunt_names():
        for each in named(name).techniques:
            hunts[each].append(f"[{name}](../reference/hunts.md#{name})")
    rows = [
        (technique(each), _named(by_technique.get(each, [])) or "–", ", ".join(hunts.get(each, [])) or "–")
        for each in sorted({*by_technique, *hunts})
    ]
    return "## Techniques\n\n" + table(("technique", "rules", "hunts"), rows)


def _sources() -> str:
    by_kind: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in rules().rules:
        for kind in rule.kinds:
            by_kind[kind].append(rule)
    rows = [(code(kind), sources_of([kind]), str(len(found)), _named(found)) for kind, found in sorted(by_kind.items())]
    return "## Data sources\n\n" + table(("event", "records", "rules", "which"), rows)
