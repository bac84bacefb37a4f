"""
The generated parts of README and reference: each function gives Markdown made from the code itself.

`just docs` puts them in place (cog), a test fails if one is stale. Run as a program, it prints the JSON Schema of
the result document.
"""

import argparse
import contextlib
import io
import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import cast

from stashlight.answers.library import hunt_names, named
from stashlight.cli import command_line, main
from stashlight.events.schema import COLUMNS
from stashlight.exports.exported import Exported
from stashlight.incidents.baseline import TABLES
from stashlight.incidents.document_json import json_schema
from stashlight.incidents.scoring import SEVERITIES as CUTS
from stashlight.incidents.scoring import Weigher
from stashlight.incidents.tuning import DEFAULT, name_of
from stashlight.outputs import output, output_names
from stashlight.plugins import plugin_names, plugins
from stashlight.simulation.commands import commands as commands_of
from stashlight.simulation.procedure import procedure_names, read_procedure
from stashlight.validation.signals import FAMILIES, SIGNALS

ROOT = Path(__file__).parents[1]


def shown(command: str) -> str:
    """Give what a command prints, run in the repository, as a block."""
    printed = io.BytesIO()
    with contextlib.redirect_stdout(io.TextIOWrapper(printed, encoding="utf-8", write_through=True)):
        with contextlib.chdir(ROOT):
            main(command.split()[1:])
        text = printed.getvalue().decode()
    return _block("console", f"$ {command}\n{text}")


def commands() -> str:
    """Give a section for every command: what it does, its arguments and options."""
    whole = command_line()
    sections = [_command("stashlight", whole)]
    sections += [_command(f"stashlight {name}", each) for name, each in _subcommands(whole)]
    return "\n".join(sections)


def columns() -> str:
    """Give the table of every event column."""
    rows = [
        (
            f"`{c.name}`",
            f"{c.type}{', folded twin `' + c.name + '_lc`' if c.folded else ''}",
            c.unit,
            c.meaning,
            _code(c.sigma),
        )
        for c in COLUMNS
    ]
    return _table(("column", "type", "unit", "meaning", "Sigma fields"), rows)


def input_formats() -> str:
    """Give a line for every format that is read."""
    package = "stashlight.decoders.formats"
    return _table(("`--format`", "what it is"), [(f"`{n}`", _summary(f"{package}.{n}")) for n in plugin_names(package)])


def listing_formats() -> str:
    """Give a line for every form of listing that is read."""
    package = "stashlight.listings.formats"
    return _table(("form", "what it is"), [(f"`{n}`", _summary(f"{package}.{n}")) for n in plugin_names(package)])


def shapes() -> str:
    """Give a line for every shape that telemetry is simulated in."""
    package = "stashlight.simulation.shapes"
    return _table(("`--shape`", "what it is"), [(f"`{n}`", _summary(f"{package}.{n}")) for n in plugin_names(package)])


def procedures(*, attacks: bool) -> str:
    """Give a line for every procedure, of attacks or of what only looks like one."""
    rows = [
        (f"`{each.name}`", each.system, each.title, "" if commands_of(each) is None else "yes")
        for each in map(read_procedure, procedure_names())
        if each.attack is attacks
    ]
    head = ("procedure", "system", "what happens", "commands")
    return _table(head, rows) if attacks else _table(head[:3], [row[:3] for row in rows])


def signals() -> str:
    """Give a line for every signal that is checked, by the families that expectations may name."""
    rows = [
        (
            signal.name,
            ", ".join(f"`{name}`" for name, members in FAMILIES.items() if signal.name in members),
            signal.switch,
        )
        for signal in SIGNALS
    ]
    return _table(("signal", "family", "how to have it logged"), rows)


def speed() -> str:
    """Give how long the benchmark's scans took, and how many times as long each program beside them."""
    page = (ROOT / "docs" / "performance.md").read_text("utf-8")
    lines: list[tuple[str, str, str, str]] = []
    for title in ("NDJSON", "EVTX"):
        for size, table in re.findall(
            rf"^\*\*{title}\*\*, ([\d,]+ MB)(.*?)^(?:\*\*|Median)", page, re.DOTALL | re.MULTILINE
        ):
            rows = [[cell.strip() for cell in line.split("|")] for line in table.splitlines() if line.startswith("| ")]
            (scan,) = (row for row in rows if row[1] == "stashlight scan")
            peers = [f"{row[1]}: {row[5]}" for row in rows if row[5] != "–" and row[1].startswith(_PEERS)]
            lines.append((title, size, f"{scan[2].split()[0]} s, {scan[4]} MB of memory", ", ".join(peers)))
    machine = re.findall(r"^Median .*; (.*)\.$", page, re.MULTILINE)
    return f"On {', '.join(machine)}, start included:\n\n{_table(['', 'size', 'scan', 'times as long'], lines)}"


_PEERS = ("Zircolite", "Tenzir", "Chainsaw", "Hayabusa")


def output_formats() -> str:
    """Give a line for every form of a result."""
    rows = [
        (f"`{name}`", f"`{output(name).SUFFIX}`", _summary(f"stashlight.outputs.{name}")) for name in output_names()
    ]
    return _table(("`--as`", "`--to` suffix", "what it is"), rows)


def severities() -> str:
    """Give the least score of each severity."""
    return _table(("severity", "from"), [(name, str(least)) for name, least in CUTS])


def settings() -> str:
    """Give a line for every setting of a site: its name, default and meaning."""
    rows = [
        (f"`{name_of(f.name)}`", f"`{_setting(getattr(DEFAULT, f.name))}`", str(f.metadata["meaning"]))
        for f in fields(DEFAULT)
    ]
    return _table(("setting", "default", "what it is"), rows)


def hunts() -> str:
    """Give a section for every shipped hunt: what it finds, what else looks so, what it cannot see."""
    return "\n".join(_hunt(name) for name in hunt_names())


def _hunt(name: str) -> str:
    query = named(name)
    said = query.header
    return (
        f"## {name}\n\n{query.title}: {', '.join(_technique(t) for t in query.techniques)}.\n\n"
        f"- **Finds** {said['finds']}.\n- **Looks the same:** {said['benign']}.\n- **Does not see** {said['blind']}.\n\n"
        + _block("sql" if query.language == "sql" else "kusto", query.body)
    )


def _technique(technique: str) -> str:
    return f"[{technique}](https://attack.mitre.org/techniques/{technique.replace('.', '/')}/)"


def _setting(value: object) -> str:
    """Write a value as a settings file would."""
    if isinstance(value, timedelta):
        return f'"{value // timedelta(hours=1)}h"'
    if value == DEFAULT.severity_cuts:
        return "{" + ", ".join(f"{name} = {least}" for name, least in DEFAULT.severity_cuts) + "}"
    return "[]" if value == () else str(value)


def baseline_tables() -> str:
    """Give a line for every table of a baseline."""
    rows = [(f"`{name}.parquet`", _code([*key, "day"]), f"`hours`: {counts}") for name, (key, counts) in TABLES.items()]
    return _table(("file", "key", "counts"), rows)


def factors() -> str:
    """Give a line for every factor of the score."""
    package = "stashlight.incidents.factors"
    rows = [(each.NAME, _summary(f"{package}.{name}")) for name, each in plugins(package, Weigher).items()]
    return _table(("factor", "what it weighs"), sorted(rows))


def result_objects() -> str:
    """Give a section for every object of the result document, the whole first."""
    whole = json_schema()
    parts = cast("dict[str, dict[str, object]]", whole["$defs"])
    return "\n".join(_object(name, part) for name, part in [("Document", whole), *parts.items()])


def exports() -> str:
    """Give the table target × kind of rule: how each cell is proved, or why the target cannot have it."""
    from stashlight.exports.export import export
    from stashlight.exports.target import target_names
    from stashlight.findings.load import SHIPPED, load

    rules = load([SHIPPED])
    rows = [(f"`{to}`", *_export_cells(to, list(export(rules, to, DEFAULT)))) for to in target_names()]
    head = ("`--to`", "single events", "burst", "fan-in", "ladder", "score", "seeds' query")
    return _table(head, rows)


def export_forms() -> str:
    """Give a line for every target: what it is, and its forms."""
    from stashlight.exports.target import target, target_names

    rows = [
        (
            f"`{name}`",
            _code(list(target(name).FORMS)),
            (target(name).__doc__ or "").strip().split("\n\n", 1)[0].replace("\n", " "),
        )
        for name in target_names()
    ]
    return _table(("`--to`", "`--form`, the first if none is asked for", "what it is"), rows)


def _export_cells(to: str, lines: Sequence[Exported]) -> Iterator[str]:
    proofs = cast(
        "list[dict[str, object]]", tomllib.loads((ROOT / "tests/exports/proofs.toml").read_text("utf-8"))["proof"]
    )
    for kind in ("event", "burst", "fan-in", "ladder", "score", "seed"):
        chosen = [line for line in lines if line.kind == kind]
        reasons = dict.fromkeys(line.reason for line in chosen if line.status == "cannot")
        reasons |= dict.fromkeys(
            note.partition(": ")[0].removeprefix("left out, ")
            for line in chosen
            for note in line.notes
            if note.startswith("left out, ")
        )
        said = f"cannot: {'; '.join(reasons)}" if reasons else ""
        mine = [p for p in proofs if to in cast("list[str]", p["targets"]) and kind in cast("list[str]", p["kinds"])]
        told = ", ".join(f"{p['how']} ({p['by']})" for p in mine) or "rendered only"
        if not chosen:
            yield "–"
        elif all(line.status == "cannot" for line in chosen):
            yield said
        else:
            yield f"{told}; some {said}" if said else told


def _object(name: str, schema: dict[str, object]) -> str:
    properties = cast("dict[str, dict[str, object]]", schema["properties"])
    rows = [(f"`{field}`", _type(each)) for field, each in properties.items()]
    return f"## {name}\n\n{schema['description']}\n\n{_table(('field', 'type'), rows)}"


def _type(schema: dict[str, object]) -> str:
    """Say the type of a JSON value in words."""
    inner = schema.get("items") or schema.get("additionalProperties")
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return _code(cast("list[str]", schema["enum"]))
    if "anyOf" in schema:
        return f"{_type(cast('list[dict[str, object]]', schema['anyOf'])[0])} or null"
    if inner:
        return f"{schema['type']} of {_type(cast('dict[str, object]', inner))}"
    return str(schema["type"])


def _command(name: str, parser: argparse.ArgumentParser) -> str:
    about = "\n".join(line.strip() for line in (parser.description or "").strip().splitlines())
    options = [(_code(_forms(action)), _help(action)) for action in _actions(parser)]
    nested = [_command(f"{name} {word}", each) for word, each in _subcommands(parser)] if name != "stashlight" else []
    return "\n".join([f"## {name}\n\n{about}\n\n{_table(('argument', 'meaning'), options)}", *nested])


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    # argparse has no public way to list what was declared.
    declared = parser._actions  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    return [a for a in declared if a.help != argparse.SUPPRESS and not isinstance(a.choices, dict)]


def _subcommands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        choices = cast("object", action.choices)
        if isinstance(choices, dict):
            yield from cast("dict[str, argparse.ArgumentParser]", choices).items()


def _forms(action: argparse.Action) -> list[str]:
    words = cast("Iterable[object]", getattr(action, "choices", None) or ())
    choices = "|".join(map(str, words))
    value = "" if action.nargs == 0 else str(action.metavar or choices)
    if not action.option_strings:
        return [f"{value}{'…' if action.nargs in {'+', '*'} else ''}"]
    return [f"{option} {value}".strip() for option in action.option_strings]


def _help(action: argparse.Action) -> str:
    required = "; required" if action.required and action.option_strings else ""
    return f"{action.help or ''}{required}"


def _summary(module: str) -> str:
    return (import_module(module).__doc__ or "").strip().split("\n\n", 1)[0].replace("\n", " ")


def _code(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```\n"


if __name__ == "__main__":
    os.environ.setdefault("PYTHONIOENCODING", "utf-8")
    print(json.dumps(json_schema(), indent=2))
