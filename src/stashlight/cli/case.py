"""
Keep incidents as cases: status, assignee, verdict, notes and closure, every change with author and time.

Cases stand in one SQLite file, or in PostgreSQL by URL (--db, or STASHLIGHT_CASES). Nothing in them is ever changed or
removed, only added; `verify` checks the chain of hashes that seals them.
"""

import argparse
import getpass
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from stashlight.cases.case import STATUSES, VERDICTS, Case, fold
from stashlight.cases.entry import FIRST, Entry, broken
from stashlight.cases.recording import add, assign, case_of, close, give_verdict, note, seal, set_status
from stashlight.cases.store import DEFAULT, Store, opened, where_cases_are
from stashlight.cli import Exit, tell
from stashlight.errors import InputError, SettingError
from stashlight.incidents.document import SEVERITIES
from stashlight.incidents.document_json import from_json, to_json
from stashlight.outputs import check_target, deliver, output, output_names, output_of
from stashlight.terminal import PIPE, Page, labelled, page_of, paint, printable, wrap


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for name, verb, summary in (
        ("add", _add, "open or update cases from a result; the same result again changes nothing"),
        ("list", _list, "name the cases, newest change first"),
        ("show", _show, "show a case and its history"),
        ("set", _set, "set status, assignee or verdict"),
        ("note", _note, "write a note"),
        ("close", _close, "close a case with a verdict and the reason for it"),
        ("verify", _verify, "check the chain of hashes, and name the first link that is broken"),
        ("export", _export, "give a case with its history as JSON, or its incident in any other form"),
        ("reveal", _reveal, "turn the pseudonyms of an export back"),
    ):
        each = verbs.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        each.set_defaults(verb=verb)
        if name != "reveal":
            each.add_argument("--db", metavar="WHERE", help=f"SQLite file or postgresql://… (default: {DEFAULT})")
        if name in {"add", "set", "note", "close"}:
            each.add_argument("--author", metavar="NAME", help="who does it (default: the user's name)")
        if name in {"show", "set", "note", "close", "export"}:
            each.add_argument("case", metavar="CASE", help="id of a case, such as C-1")
        _own(name, each)


def _own(name: str, parser: argparse.ArgumentParser) -> None:
    """Declare what only one verb takes."""
    add_ = parser.add_argument
    if name == "add":
        add_(
            "--from",
            dest="result",
            metavar="RESULT",
            required=True,
            help="what `scan --as json` wrote; - for standard input",
        )
        add_("--incident", action="append", default=[], metavar="ID", help="only this incident; may be given again")
        add_("--min-severity", metavar="LEVEL", choices=SEVERITIES, default="low", help="leave out what is less (low)")
        add_(
            "--seal", action="store_true", help="write the SHA-256 of the log files behind each incident into its case"
        )
    elif name == "list":
        add_("--status", metavar="STATUS", choices=STATUSES, help=f"only these: {', '.join(STATUSES)}")
    elif name == "set":
        add_("--status", metavar="STATUS", help=f"one of {', '.join(STATUSES[:-1])}")
        add_("--assignee", metavar="NAME", help="who works on it; empty for nobody")
        add_("--verdict", metavar="VERDICT", help=f"one of {', '.join(VERDICTS)}")
    elif name == "note":
        add_("text", metavar="TEXT", help="the note; - for standard input")
    elif name == "close":
        add_("--verdict", metavar="VERDICT", required=True, help=f"one of {', '.join(VERDICTS[1:])}")
        add_("--rationale", metavar="TEXT", required=True, help="why it is over")
    elif name == "verify":
        add_("--expect", metavar="HASH", help="the head that was written down earlier; it must still be in the chain")
        add_("--files", action="store_true", help="hash the sealed log files again and compare")
    elif name == "export":
        add_(
            "--as",
            dest="form",
            metavar="FORM",
            choices=("case", *output_names()),
            help=f"form: case (default), {', '.join(output_names())}",
        )
        add_("--to", metavar="FILE", help="write the export there; a suffix such as .html or .md chooses the form")
        add_("--pseudonymise", action="store_true", help="accounts, hosts, domains and profiles by pseudonym")
        add_("--key", metavar="FILE", help="key of the pseudonyms; made if there is none")
        add_("--names", metavar="FILE", help="where to write, encrypted, what stands for what (default: KEY.names)")
    elif name == "reveal":
        add_("file", metavar="EXPORT", help="a text with pseudonyms; - for standard input")
        add_("--key", metavar="FILE", required=True, help="the key of the export")
        add_("--names", metavar="FILE", help="the encrypted names (default: KEY.names)")


def run(options: argparse.Namespace) -> Exit:
    return options.verb(options)


def _where(options: argparse.Namespace) -> str:
    return where_cases_are(options.db)


def _author(options: argparse.Namespace) -> str:
    return options.author or getpass.getuser()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _add(options: argparse.Namespace) -> Exit:
    document = from_json(_read(options.result), options.result)
    least = SEVERITIES.index(options.min_severity)
    chosen = [each for each in document.incidents if SEVERITIES.index(each.severity) >= least]
    if options.incident:
        chosen = [each for each in document.incidents if each.id in options.incident]
        if missing := set(options.incident) - {each.id for each in chosen}:
            message = f"no incident {min(missing)!r} in {options.result}"
            raise SettingError(message)
    with opened(_where(options), create=True) as store:
        done = add(store, chosen, _author(options), _now())
        deliver(printable(f"{each.case} {each.action} {each.incident}") + "\n" for each in done)
        if options.seal:
            files = {each.id: dict.fromkeys(e.file.partition("!")[0] for e in each.evidence) for each in chosen}
            for each in done:
                for file, found in seal(store, each.case, files[each.incident], _author(options), _now()):
                    if found is None:
                        tell(f"{each.case}: {file} cannot be read, so it is not sealed")
    return Exit.DONE


def _list(options: argparse.Namespace) -> Exit:
    with opened(_where(options)) as store:
        cases = [each for each in fold(store.entries()).values() if options.status in {None, each.status}]
    cases.sort(key=lambda each: each.changed, reverse=True)
    deliver(f"{_line(each)}\n" for each in cases)
    return Exit.DONE


def _line(case: Case) -> str:
    incident = case.incident
    about = f"{incident.severity:<8} {incident.score:>3}  {incident.title}" if incident else ""
    return printable(f"{case.id:<6} {case.status:<11} {case.assignee or '-':<12} {case.verdict:<14} {about}")


def _show(options: argparse.Namespace) -> Exit:
    with opened(_where(options)) as store:
        case, entries = case_of(store, options.case), list(store.entries(options.case))
    deliver(line + "\n" for line in _shown(case, entries, page_of(sys.stdout)))
    return Exit.DONE


def _shown(case: Case, entries: list[Entry], page: Page) -> Iterator[str]:
    title = case.incident.title if case.incident else ""
    for line in wrap(printable(f"{case.id}  {title}"), page.width):
        yield paint(line, "strong", page)
    for name, value in (
        ("status", case.status + (f": {case.rationale}" if case.rationale else "")),
        ("assignee", case.assignee or "nobody"),
        ("verdict", case.verdict),
        ("severity", f"{case.incident.severity}, {case.incident.score}" if case.incident else "unknown"),
        ("incidents", ", ".join(case.incidents)),
        ("related", ", ".join(case.related)),
        *(("sealed", each) for each in case.evidence),
    ):
        if value:
            yield from labelled(name, value, page, 12)
    for entry in entries:
        body = entry.body if entry.kind != "incident" else case_line(entry)
        yield from labelled("", f"{entry.number} {entry.time} {entry.author} {entry.kind}: {body}", page, 2)


def case_line(entry: Entry) -> str:
    """Say in a line which state of an incident an entry keeps."""
    (case,) = fold([entry]).values()
    incident = case.incident
    return f"{incident.id} {incident.severity} {incident.score}, {incident.files.count:,} files" if incident else ""


def _set(options: argparse.Namespace) -> Exit:
    changes = [
        (verb, value)
        for verb, value in (
            (set_status, options.status),
            (assign, options.assignee),
            (give_verdict, options.verdict),
        )
        if value is not None
    ]
    if not changes:
        message = "nothing to set: give --status, --assignee or --verdict"
        raise SettingError(message)
    with opened(_where(options)) as store:
        for verb, value in changes:
            verb(store, options.case, value, _author(options), _now())
    return Exit.DONE


def _note(options: argparse.Namespace) -> Exit:
    text = _read("-").decode("utf-8", "replace") if options.text == "-" else options.text
    with opened(_where(options)) as store:
        note(store, options.case, text, _author(options), _now())
    return Exit.DONE


def _close(options: argparse.Namespace) -> Exit:
    with opened(_where(options)) as store:
        close(store, options.case, options.verdict, options.rationale, _author(options), _now())
    return Exit.DONE


def _verify(options: argparse.Namespace) -> Exit:
    with opened(_where(options)) as store:
        entries = list(store.entries())
        wrong = [f"entry {e.number} of {e.case}: {e.reason}" for e in broken(entries)][:1]
        if options.expect and options.expect not in {each.hash for each in entries}:
            wrong.append(f"the head {options.expect} is not in the chain: entries were cut off or replaced")
        wrong += _changed_files(store) if options.files else []
    head = entries[-1].hash if entries else FIRST
    deliver(printable(f"broken: {each}") + "\n" for each in wrong)
    if not wrong:
        deliver([f"{len(entries)} entries hold; head {head}\n"])
    return Exit.FOUND if wrong else Exit.DONE


def _changed_files(store: Store) -> Iterator[str]:
    from stashlight.cases.recording import sha256

    for case in fold(store.entries()).values():
        for sealed in case.evidence:
            told, _, file = sealed.partition(" ")
            found = sha256(file)
            if found != told:
                yield f"{case.id}: {file} " + ("cannot be read" if found is None else "is not what was sealed")


def _export(options: argparse.Namespace) -> Exit:
    from stashlight import __version__
    from stashlight.cases.exporting import document_of, exported
    from stashlight.cases.pseudonyms import Names, key_from, locked

    check_target(options.to)
    if options.pseudonymise and not options.key:
        message = "--pseudonymise needs --key FILE: whoever has it can turn the pseudonyms back"
        raise SettingError(message)
    key = key_from(options.key, create=True) if options.pseudonymise else b""
    names = Names(key) if options.pseudonymise else None
    with opened(_where(options)) as store:
        case_of(store, options.case)
        last, entries = store.last(), list(store.entries(options.case))
    form: str = options.form or _form_of(options.to or "")
    if form == "case":
        pieces = [to_json(exported(entries, last.hash if last else FIRST, names), indent=True) + "\n"]
    else:
        page = PIPE if options.to else page_of(sys.stdout)
        pieces = output(form).render(document_of(entries, __version__, names), page)
    if names:
        target = options.names or f"{options.key}.names"
        try:
            Path(target).write_bytes(locked(names, key))
        except OSError as error:
            message = f"cannot write {target}: {error.strerror}"
            raise SettingError(message) from error
    deliver(pieces, options.to)
    return Exit.DONE


def _form_of(path: str) -> str:
    """Name the form that the suffix asks for: the case itself for plain JSON, and where the suffix says nothing."""
    form = output_of(path)
    if form == "json" or not path.lower().endswith(output(form).SUFFIX):
        return "case"
    return form


def _reveal(options: argparse.Namespace) -> Exit:
    from stashlight.cases.pseudonyms import key_from, revealed

    text = _read(options.file).decode("utf-8", "replace")
    secret = _read(options.names or f"{options.key}.names")
    deliver([revealed(text, secret, key_from(options.key))])
    return Exit.DONE


def _read(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}"
        raise InputError(message) from error
