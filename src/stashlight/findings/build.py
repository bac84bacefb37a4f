"""Texts of rule files → a rule set: parsed, compiled, filters applied, references resolved."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from sqlglot import exp

from stashlight.engines.profile import conjunction, render
from stashlight.errors import RuleError
from stashlight.findings.alternatives import folded
from stashlight.findings.compile import Detections, compile_condition, compile_scope
from stashlight.findings.correlation import correlation
from stashlight.findings.habits import habits_of
from stashlight.findings.logsource import LogsourceError, scope
from stashlight.findings.rule import RUNGS, Case, Form, Logsource, Note, Rule, RuleSet
from stashlight.findings.text import Document, documents

__all__ = ["build"]

_TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)", re.ASCII)
_T = TypeVar("_T")
_Placeholders = dict[str, tuple[str, ...]]


@dataclass(slots=True)
class _Draft:
    """A rule whose tree is still a tree, and the document it came from."""

    rule: Rule
    document: Document
    tree: exp.Expr | None = None


def build(texts: Mapping[str, str], errors: list[RuleError], placeholders: _Placeholders, digest: str) -> RuleSet:
    """Give the rule set of these files; `errors` are those found on the way here, and come first."""
    collected = list(errors)
    drafts = _drafts(texts, placeholders, collected)
    filters = [d for d in drafts if d.rule.form == "filter"]
    rules = [d for d in drafts if d.rule.form == "event"]
    for draft in filters:
        _collecting(collected, lambda d=draft: _apply(d, drafts))
    for draft in rules:
        if draft.tree is not None:
            draft.rule = replace(draft.rule, condition=render(draft.tree), asked=render(folded(draft.tree)))
    correlations = [
        r
        for d in drafts
        if d.rule.form == "correlation"
        if (r := _collecting(collected, lambda d=d: _linked(d, drafts)))
    ]
    used = {r: c for c in correlations if c.correlation for r in c.correlation.rules}
    loud = {r for c in correlations if c.correlation and c.correlation.generate for r in c.correlation.rules}
    events = [replace(d.rule, reports=d.rule.id not in used or d.rule.id in loud) for d in rules]
    return RuleSet(
        rules=(*events, *correlations),
        filters=tuple(d.rule for d in filters),
        errors=tuple(collected),
        digest=digest,
    )


def _collecting(errors: list[RuleError], make: Callable[[], _T]) -> _T | None:
    try:
        return make()
    except RuleError as error:
        errors.append(error)
        return None


def _drafts(texts: Mapping[str, str], placeholders: _Placeholders, errors: list[RuleError]) -> list[_Draft]:
    drafts: list[_Draft] = []
    taken: dict[str, str] = {}
    for file, text in texts.items():
        for document in _collecting(errors, lambda t=text, f=file: list(documents(t, f))) or ():
            draft = _collecting(errors, lambda d=document: _draft(d, placeholders))
            if draft is None:
                continue
            names = {n for n in (draft.rule.id, draft.rule.name) if n}
            if twice := names & taken.keys():
                name = min(twice)
                errors.append(document.error(f"'{name}' is already the id or name of a rule in {taken[name]}", "id"))
                continue
            taken |= dict.fromkeys(names, f"{file}:{document.first_line}")
            drafts.append(draft)
    return drafts


def _draft(document: Document, placeholders: _Placeholders) -> _Draft:
    content = document.content
    if "action" in content:
        reason = "'action' documents are not supported: they left Sigma with version 2"
        raise document.error(reason, "action")
    form: Form = "correlation" if "correlation" in content else "filter" if "filter" in content else "event"
    rule = _described(document, form)
    if form == "correlation":
        return _Draft(rule, document)
    try:
        seen = scope(rule.logsource)
    except LogsourceError as error:
        raise document.error(str(error), "logsource") from error
    tree = compile_condition(_detections(document, form, rule.logsource.category, placeholders))
    if form == "filter":
        compiled = replace(rule, condition=render(tree), habits=habits_of(tree))
        return _Draft(compiled, document, tree)
    whole = conjunction([compile_scope(seen), tree])
    kinds = tuple(str(kind) for kind in seen.kinds)
    scoped = replace(rule, kinds=kinds, providers=seen.providers, without=seen.without, event_ids=seen.event_ids)
    return _Draft(scoped, document, whole)


def _detections(document: Document, form: Form, category: str, placeholders: _Placeholders) -> Detections:
    under = "filter" if form == "filter" else "detection"
    content = _mapping(document, under)
    conditions = content.get("condition")
    listed = cast("list[object]", conditions) if isinstance(conditions, list) else [conditions]
    if not all(isinstance(c, str) for c in listed):
        msg = "a condition must be text"
        raise document.error(msg, under, "condition")
    named = {k: v for k, v in content.items() if k not in {"condition", "timeframe", "rules"}}
    if "timeframe" in content:
        msg = "'timeframe' is not supported: write a correlation"
        raise document.error(msg, under, "timeframe")
    return Detections(named, tuple(str(c) for c in listed), document.file, document.line, under, category, placeholders)


def _described(document: Document, form: Form) -> Rule:
    content = document.content
    title = content.get("title")
    if not isinstance(title, str) or not title.strip():
        msg = "no title"
        raise document.error(msg, "title")
    name = str(content.get("name") or "")
    tags = _texts(document, "tags")
    cases = _mapping(document, "tests") if "tests" in content else {}
    source = _mapping(document, "logsource") if form != "correlation" else {}
    return Rule(
        id=str(content.get("id") or name or f"{document.file}:{document.first_line}"),
        title=title,
        form=form,
        file=document.file,
        line=document.first_line,
        name=name,
        level=str(content.get("level") or ""),
        status=str(content.get("status") or ""),
        tags=tags,
        techniques=tuple(m.group(1).upper() for t in tags if (m := _TECHNIQUE.fullmatch(t.lower()))),
        description=str(content.get("description") or "").strip(),
        falsepositives=_texts(document, "falsepositives"),
        references=_texts(document, "references"),
        author=str(content.get("author") or ""),
        date=str(content.get("date") or ""),
        logsource=Logsource(*(str(source.get(k) or "") for k in ("category", "product", "service"))),
        note=_note(document),
        match=_cases(document, cases, "match"),
        ignore=_cases(document, cases, "ignore"),
        text=document.text,
    )


def _note(document: Document) -> Note:
    if "stashlight" not in document.content:
        return Note()
    content = _mapping(document, "stashlight")
    if unknown := content.keys() - {"rung", "weight", "analytics", "misses", "session"}:
        msg = f"unknown key '{min(unknown)}'"
        raise document.error(msg, "stashlight", min(unknown))
    rung, weight, analytics = content.get("rung", ""), content.get("weight", 0), content.get("analytics", [])
    if rung and rung not in RUNGS:
        msg = f"rung must be one of {', '.join(RUNGS)}"
        raise document.error(msg, "stashlight", "rung")
    if not isinstance(weight, int) or isinstance(weight, bool):
        msg = "weight must be a whole number"
        raise document.error(msg, "stashlight", "weight")
    if not isinstance(analytics, list):
        msg = "analytics must be a list"
        raise document.error(msg, "stashlight", "analytics")
    named = tuple(str(a) for a in cast("list[object]", analytics))
    session = content.get("session", False)
    if not isinstance(session, bool):
        msg = "session must be true or false"
        raise document.error(msg, "stashlight", "session")
    return Note(str(rung), weight, named, str(content.get("misses") or "").strip(), session)


def _cases(document: Document, cases: Mapping[str, object], key: str) -> tuple[Case, ...]:
    listed: object = cases.get(key) or []
    if not isinstance(listed, list) or not all(isinstance(c, dict) for c in cast("list[object]", listed)):
        msg = f"tests.{key} must be a list of events"
        raise document.error(msg, "tests", key)
    return tuple(cast("list[Case]", listed))


def _mapping(document: Document, key: str) -> dict[str, object]:
    content = document.content.get(key)
    if not isinstance(content, dict):
        msg = f"'{key}' must be a mapping"
        raise document.error(msg, key)
    return cast("dict[str, object]", content)


def _texts(document: Document, key: str) -> tuple[str, ...]:
    content: object = document.content.get(key)
    if content is None:
        return ()
    listed = cast("list[object]", content) if isinstance(content, list) else [content]
    return tuple(str(t) for t in listed)


def _apply(draft: _Draft, drafts: list[_Draft]) -> None:
    """Add a filter's condition to the rules it names, as `(rule) and (filter)`."""
    content = _mapping(draft.document, "filter")
    names = content.get("rules")
    if names is None:
        msg = "a filter needs 'rules': any, or ids or names"
        raise draft.document.error(msg, "filter")
    if names in ("any", []):
        chosen = [d for d in drafts if d.rule.form == "event" and _covers(draft.rule.logsource, d.rule.logsource)]
    else:
        listed = cast("list[object]", names) if isinstance(names, list) else [names]
        chosen = [_named(draft, str(n), drafts) for n in listed]
    for other in chosen:
        if other.tree is None or draft.tree is None:
            reason = f"filters apply to rules on events; '{other.rule.title}' is a {other.rule.form}"
            raise draft.document.error(reason, "filter", "rules")
        if not _covers(draft.rule.logsource, other.rule.logsource):
            reason = f"the filter's logsource differs from that of '{other.rule.title}'"
            raise draft.document.error(reason, "logsource")
    for other in chosen:
        if other.tree is not None and draft.tree is not None:
            other.tree = conjunction([other.tree, draft.tree.copy()])
            other.rule = replace(other.rule, filters=(*other.rule.filters, draft.rule.id))


def _named(draft: _Draft, name: str, drafts: list[_Draft]) -> _Draft:
    found = next((d for d in drafts if name in (d.rule.id, d.rule.name)), None)
    if found is None:
        msg = f"no rule '{name}'"
        raise draft.document.error(msg, "filter", "rules")
    return found


def _covers(wider: Logsource, narrower: Logsource) -> bool:
    return (
        wider.category in ("", narrower.category)
        and wider.product in ("", narrower.product)
        and wider.service in ("", narrower.service)
    )


def _linked(draft: _Draft, drafts: list[_Draft]) -> Rule:
    known = {n: d.rule for d in drafts for n in (d.rule.id, d.rule.name) if n}
    return replace(draft.rule, correlation=correlation(draft.document, known))
