"""Detections → files of one target, and a line about each, also about those that the target cannot have."""

from collections.abc import Iterator, Sequence

from stashlight.errors import SettingError
from stashlight.exports.deployment import header
from stashlight.exports.detection import Detection, detections
from stashlight.exports.exported import Exported
from stashlight.exports.reading import CannotError
from stashlight.exports.target import Target, target
from stashlight.findings.rule import Rule, RuleSet
from stashlight.incidents.tuning import Tuning

__all__ = ["export", "form_of"]


def form_of(to: Target, name: str, form: str | None) -> str:
    """Give the form asked for, the first if none is, or a SettingError that names those that there are."""
    if form is None:
        return next(iter(to.FORMS))
    if form not in to.FORMS:
        message = f"no form {form!r} for {name}; there are: {', '.join(to.FORMS)}"
        raise SettingError(message)
    return form


def export(
    rules: RuleSet, to: str, tuning: Tuning, *, form: str | None = None, only: Sequence[str] = ()
) -> Iterator[Exported]:
    """
    Give every detection as `to` takes it, in the order of the rules; `only` names some by id, name or title.

    Raises:
        SettingError: no such target, form or rule.
    """
    chosen = target(to)
    form = form_of(chosen, to, form)
    made, refused = detections(rules, tuning)
    known = {name for each in made for name in _names(each)} | {n for rule, _ in refused for n in _rule_names(rule)}
    if missing := [name for name in only if name not in known]:
        message = f"no rule with id, name or title {missing[0]!r} to export; `stashlight rules list` names them"
        raise SettingError(message)
    wanted = set(only)
    for each in made:
        if (not wanted or wanted & _names(each)) and (not each.only or to in each.only):
            yield _exported(each, chosen, form)
    for rule, reason in refused:
        if not wanted or wanted & _rule_names(rule):
            yield Exported(rule.id, rule.name or rule.id, rule.title, rule.form, rule.level, "cannot", reason)


def _names(detection: Detection) -> set[str]:
    sources = {name for rule in detection.sources for name in (rule.id, rule.name) if name}
    return {detection.id, detection.name, detection.title} | sources


def _rule_names(rule: Rule) -> set[str]:
    return {name for name in (rule.id, rule.name, rule.title) if name}


def _exported(detection: Detection, to: Target, form: str) -> Exported:
    told = (detection.id, detection.name, detection.title, detection.kind, detection.level)
    try:
        query = to.query(detection)
        head = header(detection, query, to.COMMENT) if to.COMMENT and form == next(iter(to.FORMS)) else ""
        files = {detection.name + end: head + text for end, text in to.write(detection, query, form).items()}
    except CannotError as error:
        return Exported(*told, "cannot", str(error))
    notes = (*detection.unsaid, *query.notes)
    partly = any(note.startswith("left out, ") for note in notes)
    return Exported(*told, "partly" if partly else "exported", "", notes, files)
