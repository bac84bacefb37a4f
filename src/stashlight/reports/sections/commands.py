"""The command lines, as they ran, in order."""

from stashlight.incidents.document import Command, Incident
from stashlight.reports.blocks import Block, Code, Facts, Section, Text, Value
from stashlight.reports.wording import clock
from stashlight.terminal import shorten

__all__ = ["commands"]

_MOST = 25
_LONGEST = 4000  # more than any console takes; longer ones are scripts, and said to be cut


def commands(incident: Incident) -> Section:
    """Give one block of code a command, headed by when, where, who and which step."""
    if not incident.commands:
        return Section("Command lines", (Text("No command line was recorded for this incident."),))
    blocks: list[Block] = [_command(each) for each in sorted(incident.commands, key=lambda each: each.time)[:_MOST]]
    if len(incident.commands) > _MOST:
        blocks.append(Text(f"And {len(incident.commands) - _MOST:,} more; the result document has them all."))
    return Section("Command lines", tuple(blocks))


def _command(command: Command) -> Code | Facts:
    who = command.account or "unknown account"
    rung = f" · {command.rung.replace('_', ' ')}" if command.rung else ""
    pid = f", pid {command.process_id}" if command.process_id is not None else ""
    parent = f" · parent {command.parent}" if command.parent else ""
    head = (
        f"{clock(command.time)} UTC · {command.host} · {who}{rung} · "
        f"{command.process or 'unknown process'}{pid}{parent}"
    )
    if command.command is None:
        return Facts(((head, Value("command line not recorded")),))
    return Code(head, shorten(command.command, _LONGEST), "command line")
