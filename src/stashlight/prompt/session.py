"""
What a statement at the prompt gives: rows in the form that is set, or what a command with a dot says.

A session holds the last answer, so that it can be saved; it reads no line and writes to no terminal.
"""

import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa

from stashlight.answers.ask import Answer, ask
from stashlight.answers.bounds import Bounds
from stashlight.answers.library import hunt_names, named
from stashlight.answers.logs import Logs
from stashlight.answers.query import Query
from stashlight.errors import SettingError
from stashlight.grid import grid
from stashlight.outputs import check_target, deliver
from stashlight.prompt.statements import language_of
from stashlight.rows import rows
from stashlight.settings import duration
from stashlight.terminal import PIPE, Page, printable

__all__ = ["COMMANDS", "MODES", "Leave", "Session"]

MODES: Final = ("csv", "json", "jsonl", "table")


class Leave(Exception):  # noqa: N818 - a wish, no error
    """The person wants to go."""


@dataclass(slots=True)
class Session:
    """
    Logs, how answers are shown, and the last one.

    `say` tells what is no answer; remarks on a table stand below it, those on rows for programs are said.
    """

    logs: Logs
    say: Callable[[str], None]
    page: Page
    bounds: Bounds
    mode: str = "table"
    last: pa.Table | None = None

    def run(self, text: str) -> Iterator[str]:
        """
        Give what a statement shows, line ends included.

        Raises:
            StashlightError: it is refused; the session goes on.
            Leave: `.quit`.
        """
        plain = text.strip()
        if plain.startswith("."):
            yield from self._command(plain)
        elif plain:
            yield from self.asked(Query(language_of(plain), plain.rstrip().removesuffix(";")))

    def asked(self, query: Query) -> Iterator[str]:
        """Give what a query shows, and keep its rows."""
        answer = ask(self.logs, query, self.bounds)
        self.last = answer.table
        yield from _shown(answer.table, self.mode, self.page)
        for line in self._said(answer):
            yield from self.remark(line)

    def remark(self, line: str) -> Iterator[str]:
        """Give a line beside an answer; where rows are for programs it is said and not shown."""
        if self.mode == "table":
            yield f"-- {printable(line)}\n"
        else:
            self.say(line)

    def _said(self, answer: Answer) -> Iterator[str]:
        count = answer.table.num_rows
        if answer.more:
            yield f"the first {count:,} rows; .limit N gives more"
        elif count and self.mode == "table":
            yield f"{count:,} {'row' if count == 1 else 'rows'}"
        elif not count:
            yield f"no rows; searched {self.logs.searched()}"
        yield from answer.notes

    def _command(self, text: str) -> Iterator[str]:
        try:
            word, *rest = shlex.split(text, posix=True)
        except ValueError as error:
            message = f"{text}: {error}"
            raise SettingError(message) from error
        command = COMMANDS.get(word)
        if command is None:
            message = f"no command {word}; .help names them"
            raise SettingError(message)
        yield from command.run(self, rest)


@dataclass(frozen=True, slots=True)
class _Command:
    usage: str
    meaning: str
    run: Callable[[Session, list[str]], Iterable[str]]


def _help(_: Session, __: list[str]) -> Iterator[str]:
    yield "A query is KQL or SQL (by its first word) and ends with ; or an empty line.\n\n"
    for word, command in COMMANDS.items():
        yield f"  {word + ' ' + command.usage:<22} {command.meaning}\n"
    yield "\nTab completes, arrows and Ctrl-R look back, Ctrl-C stops a query, Ctrl-D leaves.\n"


def _tables(session: Session, _: list[str]) -> Iterator[str]:
    yield from (f"  {name:<22} {meaning}\n" for name, meaning in session.logs.meanings.items())
    yield from session.remark(session.logs.searched())


def _schema(session: Session, rest: list[str]) -> Iterator[str]:
    known = {name.lower(): (name, columns) for name, columns in session.logs.columns.items()}
    for word in rest or ["events"]:
        if word.lower() not in known:
            message = f"no table {word!r}; .tables names them"
            raise SettingError(message)
        name, columns = known[word.lower()]
        found, _ = session.logs.engine.first(f'SELECT * FROM "{name}"', 1)
        kinds = dict(zip(found.column_names, map(str, found.schema.types), strict=True))
        yield f"{name}\n"
        yield from (f"  {column:<42} {kinds.get(column, '')}\n" for column in columns)


def _mode(session: Session, rest: list[str]) -> Iterator[str]:
    if rest:
        if rest[0] not in MODES:
            message = f"no mode {rest[0]!r}; there are: {', '.join(MODES)}"
            raise SettingError(message)
        session.mode = rest[0]
    yield from session.remark(f"mode {session.mode}")


def _save(session: Session, rest: list[str]) -> Iterator[str]:
    if len(rest) != 1 or session.last is None:
        message = "nothing to save yet: ask first" if rest else "say where to: .save found.csv"
        raise SettingError(message)
    check_target(rest[0])
    form = next((mode for mode in MODES if rest[0].lower().endswith(f".{mode}")), "table")
    deliver(_shown(session.last, form, PIPE), rest[0])
    yield from session.remark(f"{session.last.num_rows:,} rows written to {rest[0]}")


def _limit(session: Session, rest: list[str]) -> Iterator[str]:
    if rest:
        if not rest[0].isdecimal():
            message = f"{rest[0]!r} is no number of rows; 0 gives all"
            raise SettingError(message)
        session.bounds = replace(session.bounds, rows=int(rest[0]))
    yield from session.remark(f"{session.bounds.rows:,} rows at most" if session.bounds.rows else "all rows")


def _timeout(session: Session, rest: list[str]) -> Iterator[str]:
    if rest:
        session.bounds = replace(session.bounds, seconds=duration(rest[0]).total_seconds())
    yield from session.remark(f"{session.bounds.seconds:g} seconds at most")


def _hunt(session: Session, rest: list[str]) -> Iterator[str]:
    if not rest:
        yield from (f"  {name:<28} {named(name).title}\n" for name in hunt_names())
        return
    query = named(rest[0])
    if query.language == "sigma":
        message = "a Sigma rule needs its rules matched: stashlight hunt RULE.yml PATH"
        raise SettingError(message)
    yield from session.asked(query)


def _quit(_: Session, __: list[str]) -> Iterable[str]:
    raise Leave


COMMANDS: Final[dict[str, _Command]] = {
    ".help": _Command("", "what can be typed", _help),
    ".tables": _Command("", "the tables, and what each holds", _tables),
    ".schema": _Command("[TABLE]", "its columns and their types", _schema),
    ".hunt": _Command("[NAME|FILE]", "run a shipped hunt or a file; alone, name them", _hunt),
    ".mode": _Command("[MODE]", f"how rows are shown: {', '.join(MODES)}", _mode),
    ".limit": _Command("[N]", "how many rows are shown at most; 0 shows all", _limit),
    ".timeout": _Command("[TIME]", "how long a query may take, such as 30s", _timeout),
    ".save": _Command("FILE", "write the last rows; the suffix chooses the form", _save),
    ".quit": _Command("", "leave", _quit),
    ".exit": _Command("", "leave", _quit),
}


def _shown(table: pa.Table, mode: str, page: Page) -> Iterable[str]:
    if mode == "table":
        return grid(table.column_names, [list(row.values()) for row in table.to_pylist()], page)
    return rows(table, mode, page)
