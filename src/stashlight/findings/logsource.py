"""
Sigma logsource → the kinds of events it means.

Source of the names: https://sigmahq.io/docs/basics/log-sources.html and the taxonomy appendix of the
Sigma specification 2.1. A logsource that Stashlight has no events for is an error, never a silent nothing.
"""

from stashlight.events.schema import Kind
from stashlight.findings.rule import Logsource
from stashlight.frozen import frozen

__all__ = ["CATEGORIES", "SERVICES", "LogsourceError", "Scope", "scope"]


class LogsourceError(ValueError):
    """No event of ours comes from this logsource."""


@frozen
class Scope:
    """Event kinds, providers and, for services, event ids; empty means any. `without` are providers left out."""

    kinds: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    event_ids: tuple[int, ...] = ()


CATEGORIES: dict[str, Scope] = {
    "process_creation": Scope((Kind.PROCESS_START,)),
    "file_event": Scope((Kind.FILE_CREATE,)),
    "file_rename": Scope((Kind.FILE_RENAME,)),
    "file_delete": Scope((Kind.FILE_DELETE,)),
    "file_delete_detected": Scope((Kind.FILE_DELETE,), event_ids=(26,)),
    "file_access": Scope((Kind.FILE_ACCESS,)),
    "create_stream_hash": Scope((Kind.FILE_STREAM,)),
    "network_connection": Scope((Kind.NETWORK_CONNECT,)),
    "ps_script": Scope((Kind.SCRIPT_BLOCK,), ("powershell",), event_ids=(4104,)),
    "ps_module": Scope((Kind.SCRIPT_BLOCK,), ("powershell",), event_ids=(4103,)),
    "ps_classic_script": Scope((Kind.SCRIPT_BLOCK,), ("powershell",), event_ids=(800,)),
}

SERVICES: dict[str, Scope] = {
    "sysmon": Scope(providers=("sysmon", "sysmon_linux")),
    "security": Scope(providers=("security",)),
    "powershell": Scope(providers=("powershell",), event_ids=(4103, 4104)),
    "powershell-classic": Scope(providers=("powershell",), event_ids=(800,)),
    "auditd": Scope(providers=("auditd",)),
    "esent": Scope(providers=("esent",)),
    "application": Scope(providers=("esent",)),
}

_LINUX = ("sysmon_linux", "auditd")
_NOT_LINUX = ("sysmon", "security", "powershell", "esent")


def scope(source: Logsource) -> Scope:
    """
    Give the events that a logsource means.

    Raises:
        LogsourceError: Stashlight has no such events; says which it has.
    """
    found = Scope()
    if source.category:
        if source.category not in CATEGORIES:
            raise LogsourceError(_unsupported("category", source.category, CATEGORIES))
        found = CATEGORIES[source.category]
    if source.service:
        if source.service not in SERVICES:
            raise LogsourceError(_unsupported("service", source.service, SERVICES))
        service = SERVICES[source.service]
        found = Scope(
            found.kinds,
            found.providers or service.providers,
            event_ids=found.event_ids or service.event_ids,
        )
    match source.product:
        case "windows":
            return Scope(found.kinds, found.providers, _LINUX, found.event_ids)
        case "linux":
            return Scope(found.kinds, found.providers, _NOT_LINUX, found.event_ids)
        case "macos":
            # Of what is read, Defender alone tells of Macs.
            return Scope(found.kinds, found.providers or ("defender",), event_ids=found.event_ids)
        case "":
            return found
        case other:
            message = f"unsupported logsource product '{other}': Stashlight reads windows, linux, macos"
            raise LogsourceError(message)


def _unsupported(part: str, given: str, known: dict[str, Scope]) -> str:
    return f"unsupported logsource {part} '{given}': Stashlight has events for {', '.join(sorted(known))}"
