"""Text around a query: JSON, YAML and comments that hold a rule's words and cannot be broken out of by them."""

import json
from typing import Any as Anything
from typing import cast

import yaml

from stashlight.exports.detection import Detection
from stashlight.exports.severities import confidence
from stashlight.exports.target import Query
from stashlight.terminal import printable

__all__ = ["as_json", "as_yaml", "described", "header", "toml_text"]


def as_json(value: object) -> str:
    """Give JSON for people to read; keys in the order given."""
    return json.dumps(value, indent=2, ensure_ascii=True) + "\n"


class _Writer(yaml.SafeDumper):
    """Writes texts of several lines as blocks, never an anchor."""

    def ignore_aliases(self, _: object) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride]
        return True


def _text(writer: _Writer, value: str) -> yaml.Node:
    style = "|" if "\n" in value and value == printable(value, keep="\n") else None
    return cast("Anything", writer).represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Writer.add_representer(str, cast("Anything", _text))


def as_yaml(value: object) -> str:
    """Give YAML in the order given; in ASCII, so that nothing in it can turn text round or hide."""
    return yaml.dump(value, Dumper=_Writer, sort_keys=False, allow_unicode=False, width=110)


def described(detection: Detection, query: Query) -> str:
    """Give the description with what this product does differently, as one text."""
    words = printable(detection.description, keep="\n").strip() or detection.title
    said = [*detection.unsaid, *query.notes]
    return words + ("\nIn this export:\n" + "\n".join(f"- {note}" for note in map(printable, said)) if said else "")


def header(detection: Detection, query: Query, comment: str) -> str:
    """Give comment lines: title, origin, severity, confidence, and every note."""
    tags = ", ".join(detection.tags)
    lines = [
        detection.title,
        f"id {detection.id}; {detection.kind}; level {detection.level or 'none'}; confidence {confidence(detection)[0]}; {tags}",
        *detection.description.splitlines(),
        *(f"Benign look-alike: {each}" for each in detection.falsepositives),
        *(f"NOTE: {note}" for note in (*detection.unsaid, *query.notes)),
    ]
    return "".join(f"{comment} {printable(line)}".rstrip() + "\n" for line in lines if line.strip())


def toml_text(value: str) -> str:
    """Give a TOML string; JSON's escapes are TOML's."""
    return json.dumps(value, ensure_ascii=True)
