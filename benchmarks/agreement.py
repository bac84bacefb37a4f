"""
Whether public Sigma rules find the same events here and in Zircolite, rule by rule, on somebody's recordings.

    python -m benchmarks.agreement --rules SIGMA/rules/windows --logs DIR --zircolite "python /path/to/zircolite.py"

Of the logs (NXLog's flat NDJSON) the process starts and file creations of Sysmon and the script blocks are taken, as that
is what both map alike. Prints Markdown: how many rules agree, and every one that does not.
"""

import argparse
import json
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stashlight.engines.duckdb import Engine
from stashlight.events.loading import load as read
from stashlight.findings.load import load
from stashlight.findings.match import match

__all__ = ["compared", "main"]

_ID = re.compile(rb'"EventID":(\d+)[,}]')
_SYSMON, _SCRIPTS = frozenset({b"1", b"11"}), b"4104"
_CATEGORIES = ("process_creation", "file_event", "powershell_script")

Hits = dict[str, tuple[str, int]]
"""Rule id → title, events found."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.agreement")
    parser.add_argument("--rules", required=True, type=Path, help="folder of Sigma rules; three categories are taken")
    parser.add_argument("--logs", required=True, type=Path, help="folder of NDJSON")
    parser.add_argument("--zircolite", required=True, help="how to run it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "events.json"
        with log.open("wb") as file:
            file.writelines(_taken(options.logs))
        rules = [each for name in _CATEGORIES for each in options.rules.rglob(name) if each.is_dir()]
        print("\n".join(compared(_ours(rules, log), _theirs(shlex.split(options.zircolite), rules, log, Path(folder)))))


def compared(ours: Hits, theirs: Hits) -> Iterator[str]:
    """Give the lines of the table: every rule that found another number of events."""
    both = sorted(set(ours) | set(theirs))
    titles = {**{k: t for k, (t, _) in ours.items()}, **{k: t for k, (t, _) in theirs.items()}}
    differing = [(titles[k], _count(ours, k), _count(theirs, k)) for k in both if _count(ours, k) != _count(theirs, k)]
    yield f"{len(both) - len(differing)} of {len(both)} rules that found anything found the same number of events."
    if differing:
        yield from ("", "| rule | stashlight | Zircolite |", "| --- | --- | --- |")
        yield from (f"| {title} | {here} | {there} |" for title, here, there in sorted(differing))


def _count(hits: Hits, rule: str) -> int:
    return hits.get(rule, ("", 0))[1]


def _taken(logs: Path) -> Iterator[bytes]:
    for path in sorted(logs.rglob("*.json")):
        for line in path.read_bytes().splitlines():
            found = _ID.search(line)
            if found and (found[1] == _SCRIPTS or (found[1] in _SYSMON and b"Sysmon" in line)):
                yield line + b"\n"


def _ours(rules: list[Path], log: Path) -> Hits:
    ruleset = load(rules)
    for error in ruleset.errors:
        print(f"refused: {error}\n")
    titles = {rule.id: rule.title for rule in ruleset.events}
    with Engine() as engine:
        read([str(log)], engine)
        match(engine, ruleset)
        rows = engine.rows("SELECT rule_id, COUNT(DISTINCT event_key) FROM findings GROUP BY rule_id")
    return {str(rule): (titles[str(rule)], int(str(count))) for rule, count in rows}


def _theirs(command: list[str], rules: list[Path], log: Path, folder: Path) -> Hits:
    out = folder / "zircolite.json"
    asked = ["-e", str(log), "-j", "-r", *map(str, rules), "-p", "sysmon", "windows-logsources", "-o", str(out)]
    # Its early filter asks for a channel, which not every recording has, and its times for a field that none has.
    more = ["--no-event-filter", "--timefield", "UtcTime", "-q"]
    where = next((Path(word).parent for word in command if word.endswith(".py")), None)
    subprocess.run([*command, *asked, *more], check=True, cwd=where, stdout=subprocess.DEVNULL)
    found: list[dict[str, Any]] = json.loads(out.read_bytes())
    return {each["id"]: (each["title"], each["count"]) for each in found}


if __name__ == "__main__":
    main()
