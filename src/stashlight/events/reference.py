"""
The field reference of the docs, made from the schema: `python -m stashlight.events.reference`.

Which vocabularies fill a column is looked up in their tables, so that it cannot be out of date.
"""

from collections.abc import Iterator

from stashlight.events.schema import COLUMNS, Column, Kind
from stashlight.events.vocabularies import VOCABULARIES
from stashlight.events.vocabulary import Meaning

__all__ = ["reference"]

_TYPES = {"VARCHAR": "text", "BIGINT": "integer", "BOOLEAN": "true or false"}
# Filled by the normaliser for every event, from other columns or from the wrapping.
_EVERYWHERE = frozenset(
    "event_key file record provider channel provider_name event_id kind ts_us time_basis host host_key account_key "
    "process_key weight is_lower_bound".split()
)
_FROM = {
    "process_name": "process_path",
    "parent_key": "parent_id",
    "file_dir": "file_path",
    "file_name": "file_path",
    "file_ext": "file_path",
}


def reference() -> str:
    """Write the columns of the event table and the events behind its kinds as Markdown."""
    return "\n".join([*_intro(), *_columns(), *_kinds()]) + "\n"


def _intro() -> Iterator[str]:
    yield "# Events"
    yield ""
    yield "Every record that means something becomes one row of the table `events`."
    yield "An unknown value is NULL, never an empty text."
    yield "A folded column has a twin `<name>_lc` in lower case, on which rules match."
    yield ""
    yield "## Columns"
    yield ""
    yield "| column | type | meaning | Sigma fields | filled by |"
    yield "|---|---|---|---|---|"


def _columns() -> Iterator[str]:
    for column in COLUMNS:
        name = f"`{column.name}`" + (", folded" if column.folded else "")
        kind = _TYPES[column.type] + (f", {column.unit}" if column.unit else "")
        sigma = ", ".join(f"`{field}`" for field in column.sigma)
        meaning = column.meaning.replace("|", "\\|")
        yield f"| {name} | {kind} | {meaning} | {sigma} | {', '.join(_filled_by(column))} |"


def _filled_by(column: Column) -> list[str]:
    if column.name in _EVERYWHERE:
        return ["all"]
    asked = _FROM.get(column.name, column.name)
    return [v.name for v in VOCABULARIES if any(asked in m.columns or asked in m.constants for m in v.events.values())]


def _kinds() -> Iterator[str]:
    yield ""
    yield "## Kinds"
    yield ""
    yield "| kind | events |"
    yield "|---|---|"
    for kind in Kind:
        told = [
            f"{v.name} {_key(key)}{_only(meaning)}"
            for v in VOCABULARIES
            for key, meaning in v.events.items()
            if meaning.kind is kind
        ]
        yield f"| `{kind}` | {', '.join(told)} |"


def _key(key: int | tuple[str, str]) -> str:
    return str(key) if isinstance(key, int) else key[1]


def _only(meaning: Meaning) -> str:
    said = [f"{field} is {' or '.join(sorted(values))}" for field, values in meaning.only.items()]
    return f" ({', '.join(said)})" if said else ""


if __name__ == "__main__":
    print(reference(), end="")  # noqa: T201 - what it is for
