"""
Bring incidents into a ticket system, a chat, a mailbox or a webhook; without --send it only shows what it would send.

It looks for the incident first, then creates a ticket, or updates and comments: a second time changes nothing.
Secrets come from STASHLIGHT_<TARGET>_<NAME> or from the file that STASHLIGHT_<TARGET>_<NAME>_FILE names.
"""

import argparse
import sys
from pathlib import Path

from stashlight.cases.store import DEFAULT, where_cases_are
from stashlight.cli import Exit, tell
from stashlight.errors import InputError, SettingError, TicketError
from stashlight.incidents.document import SEVERITIES, Document, Incident
from stashlight.incidents.document_json import from_json, to_json
from stashlight.outputs import deliver
from stashlight.plugins import plugin, plugin_names
from stashlight.terminal import printable
from stashlight.tickets.target import Closure, Target

TARGETS = "stashlight.tickets.targets"


def arguments(parser: argparse.ArgumentParser) -> None:
    names = plugin_names(TARGETS)
    add = parser.add_argument
    add("target", metavar="TARGET", choices=names, help=f"where to: {', '.join(names)}")
    add(
        "--from",
        dest="result",
        metavar="RESULT",
        help="what `scan --as json` wrote; - for standard input",
    )
    add(
        "--case",
        action="append",
        default=[],
        metavar="CASE",
        dest="cases",
        help="a kept case instead, such as C-1; may be given again. If it is closed, its ticket is closed too",
    )
    add("--db", metavar="WHERE", help=f"where cases are kept (default: STASHLIGHT_CASES, or {DEFAULT})")
    add("--incident", action="append", default=[], metavar="ID", help="only this incident; may be given again")
    add("--min-severity", metavar="LEVEL", choices=SEVERITIES, default="medium", help="leave out what is less (medium)")
    add("--set", action="append", default=[], metavar="NAME=VALUE", dest="given", help="a setting of the target")
    add("--settings", metavar="FILE", help="TOML with a table a target, for what is no secret")
    add("--send", action="store_true", help="send it, instead of showing what would be sent")
    add("--again", action="store_true", help="send also what may have arrived already")
    add("--ledger", metavar="FILE", help="where to keep what was sent (default: the user's state folder)")


def run(options: argparse.Namespace) -> Exit:
    from stashlight.tickets.settings import read_settings

    target = plugin(TARGETS, options.target, Target)
    settings = read_settings(options.target, target.SETTINGS, options.given, options.settings, secrets=options.send)
    if bool(options.result) == bool(options.cases):
        message = "give either --from RESULT or --case CASE"
        raise SettingError(message)
    closures: dict[str, Closure] = {}
    incidents = _of_cases(options, closures) if options.cases else _chosen(_document(options.result), options)
    if not options.send:
        payloads = [target.payload(each, settings) for each in incidents]
        deliver([to_json(payloads, indent=True) + "\n"])
        for incident, closure in closures.items():
            tell(
                f"{closure.case} is closed as {closure.verdict}: the ticket of {incident} would be closed, where it can be"
            )
        tell(f"nothing was sent; --send would bring {len(incidents):,} incidents to {options.target}")
        return Exit.DONE
    from stashlight.tickets.ledger import default_ledger, ledger_at
    from stashlight.tickets.sending import close, send

    failed = 0
    with ledger_at(options.ledger or default_ledger()) as ledger:
        for incident in incidents:
            try:
                done = send(options.target, target, incident, settings, ledger, again=options.again)
                more = f"; also there: {', '.join(done.others)}" if done.others else ""
                deliver([printable(f"{incident.id} {done.action} {done.ticket}{more}") + "\n"])
                if closure := closures.get(incident.id):
                    ended = close(options.target, target, done.ticket, closure, settings)
                    how = "closed" if ended.action == "closed" else "was closed already"
                    deliver([printable(f"{incident.id} {how} {done.ticket}") + "\n"])
                    if ended.said:
                        tell(f"{incident.id}: {settings.hidden(ended.said)}")
            except TicketError as error:  # one that fails must not keep the others from being sent
                failed += 1
                tell(f"{incident.id}: {settings.hidden(str(error))}")
    if failed:
        tell(f"{failed:,} of {len(incidents):,} incidents were not sent, or their tickets not closed")
    return Exit.INCOMPLETE if failed else Exit.DONE


def _of_cases(options: argparse.Namespace, closures: dict[str, Closure]) -> list[Incident]:
    """Give the newest incident of each case; how those ended that are closed goes into `closures`."""
    from stashlight.cases.recording import case_of
    from stashlight.cases.store import opened

    incidents: list[Incident] = []
    with opened(where_cases_are(options.db)) as store:
        for name in dict.fromkeys(options.cases):
            case = case_of(store, name)
            if case.incident is None:
                message = f"{name} holds no incident to send"
                raise SettingError(message)
            incidents.append(case.incident)
            if case.status == "closed":
                closures[case.incident.id] = Closure(name, case.verdict, case.rationale)
    return incidents


def _document(path: str) -> Document:
    try:
        return from_json(sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes(), path)
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}"
        raise InputError(message) from error


def _chosen(document: Document, options: argparse.Namespace) -> list[Incident]:
    """Give the incidents asked for by id, or all that are severe enough."""
    if not options.incident:
        least = SEVERITIES.index(options.min_severity)
        return [each for each in document.incidents if SEVERITIES.index(each.severity) >= least]
    known = {each.id: each for each in document.incidents}
    if missing := [each for each in options.incident if each not in known]:
        message = f"no incident {missing[0]!r} in {options.result}"
        raise SettingError(message)
    return [known[each] for each in dict.fromkeys(options.incident)]
