"""
Script → what PowerShell logs of it: 4104 (script block), 4103 (module), 800 (pipeline, in the classic log).

4103 and 800 come once for each pipeline that runs, if module logging is on; the text of both is that of Windows
PowerShell 5.1 (https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_logging_windows).
"""

import hashlib
import re
from collections.abc import Iterator

from stashlight.simulation.acts import Script

__all__ = ["CLASSIC", "POWERSHELL", "script_records"]

POWERSHELL = "Microsoft-Windows-PowerShell"
CLASSIC = "PowerShell"
_CMDLET = re.compile(r"\b[A-Z][a-z]+-[A-Z]\w+\b")

Fields = dict[str, str]


def script_records(act: Script) -> Iterator[tuple[str, int, Fields, tuple[str, ...]]]:
    """Give provider, event id, named and unnamed values of each record."""
    block = hashlib.blake2b(f"{act.process.guid}|{act.time}|{act.text}".encode(), digest_size=16).hexdigest()
    yield (
        POWERSHELL,
        4104,
        {
            "MessageNumber": "1",
            "MessageTotal": "1",
            "ScriptBlockText": act.text,
            "ScriptBlockId": f"{block[:8]}-{block[8:12]}-{block[12:16]}-{block[16:20]}-{block[20:]}",
            "Path": act.path,
        },
        (),
    )
    if not act.process.host.audits:
        return
    for line in act.text.splitlines():
        details = "".join(f'CommandInvocation({name}): "{name}"\n' for name in _CMDLET.findall(line))
        yield POWERSHELL, 4103, {"ContextInfo": _context(act), "UserData": "", "Payload": f"{details}{line}\n"}, ()
        yield CLASSIC, 800, {}, (line, _pipeline_context(act, line), details)


def _context(act: Script) -> str:
    pairs = {
        "Severity": "Informational",
        "Host Name": "ConsoleHost",
        "Host Version": "5.1.19041.4780",
        "Host Application": act.process.command,
        "Engine Version": "5.1.19041.4780",
        "Command Type": "Cmdlet",
        "Script Name": act.path,
        "User": act.process.account,
        "Shell ID": "Microsoft.PowerShell",
    }
    return "".join(f"        {name} = {value}\n" for name, value in pairs.items())


def _pipeline_context(act: Script, line: str) -> str:
    return (
        f"\tDetailSequence=1\r\n\tDetailTotal=1\r\n\r\n\tSequenceNumber=17\r\n\r\n\tUserId={act.process.account}\r\n"
        f"\tHostName=ConsoleHost\r\n\tHostVersion=5.1.19041.4780\r\n\tHostApplication={act.process.command}\r\n"
        f"\tEngineVersion=5.1.19041.4780\r\n\tScriptName={act.path}\r\n\tCommandLine={line}"
    )
