"""
What must be seen of a procedure: `expect` of its file, as data.

    expect:
      incident: {severity: medium, technique: T1074.002, needs: [PowerShell 4104]}    of an attack, at least this
      quiet: true                                                                    of what only looks like one
      rules: {process: [windows/process_creation_copy], Sysmon 1: [..]}               which rules speak, on which signals
      seen: [connection, share]                                                       read, though no rule of its own

Signals are named one by one or by family (`signals.py`). A rule is named by id, name, title or the end of its path. A
filter speaks where it takes a write off. Without one of the signals that it `needs`, no incident is expected.
"""

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import cast

from stashlight.errors import RuleError, SettingError
from stashlight.findings.rule import Rule, RuleSet
from stashlight.incidents.document import SEVERITIES
from stashlight.simulation.procedure import Procedure
from stashlight.validation.signals import FAMILIES, SENSORS, SIGNALS

__all__ = ["Expectation", "expectation", "named"]

_SENSOR_OF = {signal.name: signal.sensor for signal in SIGNALS}
_KEYS = frozenset({"incident", "quiet", "rules", "seen"})


@dataclass(frozen=True, slots=True)
class Expectation:
    """
    What one procedure must show; `severity` and `technique` of an incident, "" for one that must stay quiet.

    `signals` are all that must be read, `rules` which must speak on each of them.
    """

    severity: str = ""
    technique: str = ""
    needs: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    rules: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @property
    def quiet(self) -> bool:
        return not self.severity


def expectation(procedure: Procedure) -> Expectation:
    """
    Give what a procedure expects.

    Raises:
        SettingError: it expects nothing, or it is not written as above; names file and line.
    """
    try:
        return _expectation(procedure)
    except RuleError as error:
        raise SettingError(str(error)) from error


def _expectation(procedure: Procedure) -> Expectation:
    document = procedure.document
    written = document.content.get("expect")
    fields = _mapping(written)
    asked = _mapping(fields.get("incident"))
    severity = str(asked.get("severity", ""))
    if fields.keys() - _KEYS or (severity not in SEVERITIES) is not (fields.get("quiet") is True):
        reason = f"'expect' must say quiet: true, or incident: {{severity: {' | '.join(SEVERITIES)}, technique}}"
        raise document.error(reason, "expect")
    rules: dict[str, tuple[str, ...]] = {}
    for key, names in _mapping(fields.get("rules")).items():
        for signal in _signals(procedure, key, "rules"):
            rules[signal] = (*rules.get(signal, ()), *_texts(names))
    seen = [s for key in _texts(fields.get("seen")) for s in _signals(procedure, key, "seen")]
    needs = [s for key in _texts(asked.get("needs")) for s in _signals(procedure, key, "incident")]
    signals = tuple(signal.name for signal in SIGNALS if signal.name in {*rules, *seen})
    return Expectation(severity, str(asked.get("technique", "")), tuple(needs), signals, rules)


def _mapping(written: object) -> dict[str, object]:
    return cast("dict[str, object]", written) if isinstance(written, dict) else {}


def _texts(written: object) -> list[str]:
    return [str(text) for text in cast("list[object]", written)] if isinstance(written, list) else []


def _signals(procedure: Procedure, key: str, part: str) -> tuple[str, ...]:
    if key in FAMILIES:
        return tuple(name for name in FAMILIES[key] if _SENSOR_OF[name] in SENSORS[procedure.system])
    if key not in _SENSOR_OF:
        reason = f"no signal '{key}'; there are {', '.join((*FAMILIES, *sorted(_SENSOR_OF)))}"
        raise procedure.document.error(reason, "expect", part)
    return (key,)


def named(rules: RuleSet, name: str) -> Rule | None:
    """Give the rule or filter of that id, name, title or end of path, None if there is none."""
    for rule in (*rules.rules, *rules.filters):
        path = PurePath(rule.file).with_suffix("").parts
        if name in {rule.id, rule.name, rule.title} or path[-name.count("/") - 1 :] == tuple(name.split("/")):
            return rule
    return None
