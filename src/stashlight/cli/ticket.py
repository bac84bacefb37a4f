"""
Bring incidents into a ticket system, a chat, a mailbox or a webhook; without --send it only shows what it would send.

It looks for the incident first, then creates a ticket, or updates and comments: a second time changes nothing.
Secrets come from STASHLIGHT_<TARGET>_<NAME> or from the file that STASHLIGHT_<TARGET>_<NAME>_FILE names.
"""

import argparse
import sys
from pathlib import Path

from stashlight.cli import Exit, tell
from stashlight.errors import InputError, SettingError, TicketError
from stashlight.incidents.document import SEVERITIES, Document, Incident
from stashlight.incidents.document_json import from_json, to_json
from stashlight.outputs import deliver
from stashlight.plugins import plugin, plugin_names
from stashlight.terminal import printable

TARGETS = "stashlight.tickets.targets"


def arguments(parser: argparse.ArgumentParser) -> None:
    names = plugin_names(TARGETS)
    add = parser.add_argument
    add("target", metavar="TARGET", choices=names, help=f"where to: {', '.join(names)}")
    add(
        "--from",
        dest="result",
        metavar="RESULT",
        required=True,
        help="what `scan --as json` wrote; - for standard input",
    )
    add("--incident", action="append", default=[], metavar="ID", help="only this incident; may be given again")
    add("--min-severity", metavar="LEVEL", choices=SEVERITIES, default="medium", help="leave out what is less (medium)")
    add("--set", action="append", default=[], metavar="NAME=VALUE", dest="given", help="a setting of the target")
    add("--settings", metavar="FILE", help="TOML with a table a target, for what is no secret")
    add("--send", action="store_true", help="send it, instead of showing what would be sent")
    add("--again", action="store_true", help="send also what may have arrived already")
    add("--ledger", metavar="FILE", help="where to keep what was sent (default: the user's state folder)")


def run(options: argparse.Namespace) -> Exit:
    from stashlight.tickets.settings import read_settings
    from stashlight.tickets.target import Target

    target = plugin(TARGETS, options.target, Target)
    settings = read_settings(options.target, target.SETTINGS, options.given, options.settings, secrets=options.send)
    incidents = _chosen(_document(options.result), options)
    if not options.send:
        payloads = [target.payload(each, settings) for each in incidents]
        deliver([to_json(payloads, indent=True) + "\n"])
        tell(f"nothing was sent; --send would bring {len(incidents):,} incidents to {options.target}")
        return Exit.DONE
    from stashlight.tickets.ledger import default_ledger, ledger_at
    from stashlight.tickets.sending import send

    failed = 0
    with ledger_at(options.ledger or default_ledger()) as ledger:
        for incident in incidents:
            try:
                done = send(options.target, target, incident, settings, ledger, again=options.again)
            except TicketError as error:  # one that fails must not keep the others from being sent
                failed += 1
                tell(f"{incident.id}: {settings.hidden(str(error))}")
                continue
            more = f"; also there: {', '.join(done.others)}" if done.others else ""
            deliver([printable(f"{incident.id} {done.action} {done.ticket}{more}") + "\n"])
    if failed:
        tell(f"{failed:,} of {len(incidents):,} incidents were not sent")
    return Exit.INCOMPLETE if failed else Exit.DONE


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
