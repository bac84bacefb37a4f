"""
Syslog lines of Sysmon for Linux, as rsyslog writes them (RFC 3164), with events 1, 3, 11 and 23.

https://github.com/microsoft/SysmonForLinux
"""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from stashlight.simulation.acts import Act, Connect, Delete, Process, Start, Write, draw

SENSOR: str = "sysmon_linux"

_VERSIONS = {1: 5, 3: 5, 11: 2, 23: 5}
Fields = dict[str, str]


def render(acts: Sequence[Act]) -> dict[str, bytes]:
    lines: list[str] = []
    for act in acts:
        for number, process, data in _events(act):
            record = 172_112 + len(lines)
            stamp = f"{act.time:%b} {act.time.day:>2} {act.time:%H:%M:%S}"
            lines.append(f"{stamp} {process.host.name} sysmon: {_xml(act, number, process, data, record)}\n")
    return {".syslog": "".join(lines).encode()} if lines else {}


def _events(act: Act) -> Iterator[tuple[int, Process, Fields]]:
    if not isinstance(act, Start | Write | Delete | Connect) or act.process.host.system != "linux":
        return
    process = act.process
    own = {
        "RuleName": "-",
        "UtcTime": f"{act.time:%Y-%m-%d %H:%M:%S}.{act.time.microsecond // 1000:03d}",
        "ProcessGuid": f"{{{process.guid}}}",
        "ProcessId": str(process.pid),
        "Image": process.image,
    }
    match act:
        case Start():
            yield 1, process, own | _start(process)
        case Write():
            yield (
                11,
                process,
                own | {"TargetFilename": act.path, "CreationUtcTime": own["UtcTime"], "User": process.account},
            )
        case Delete():
            gone = {"User": process.account, "TargetFilename": act.path, "Hashes": "-", "IsExecutable": "-"}
            yield 23, process, own | gone | {"Archived": "-"}
        case Connect():
            yield 3, process, own | _connect(act)


def _start(process: Process) -> Fields:
    parent = process.parent
    return {
        "FileVersion": "-",
        "Description": "-",
        "Product": "-",
        "Company": "-",
        "OriginalFileName": "-",
        "CommandLine": process.command,
        "CurrentDirectory": "/root" if process.account == "root" else f"/home/{process.account}",
        "User": process.account,
        "LogonGuid": "{00000000-0000-0000-0000-000000000000}",
        "LogonId": "0",
        "TerminalSessionId": "4294967295",
        "IntegrityLevel": "no level",
        "Hashes": "-",
        "ParentProcessGuid": f"{{{parent.guid}}}" if parent else "{00000000-0000-0000-0000-000000000000}",
        "ParentProcessId": str(parent.pid) if parent else "1",
        "ParentImage": parent.image if parent else "-",
        "ParentCommandLine": parent.command if parent else "-",
        "ParentUser": parent.account if parent else "-",
    }


def _connect(act: Connect) -> Fields:
    return {
        "User": act.process.account,
        "Protocol": "tcp",
        "Initiated": "true",
        "SourceIsIpv6": "false",
        "SourceIp": act.process.host.address,
        "SourceHostname": "-",
        "SourcePort": str(49152 + draw(16000, act.time, "port")),
        "SourcePortName": "-",
        "DestinationIsIpv6": "false",
        "DestinationIp": act.address,
        "DestinationHostname": "-",
        "DestinationPort": str(act.port),
        "DestinationPortName": "-",
    }


def _xml(act: Act, number: int, process: Process, data: Fields, record: int) -> str:
    values = "".join(f'<Data Name="{name}">{escape(value)}</Data>' for name, value in data.items())
    return (
        '<Event><System><Provider Name="Linux-Sysmon" Guid="{ff032593-a8d3-4f13-b0d6-01fc615a0f97}"/>'
        f"<EventID>{number}</EventID><Version>{_VERSIONS[number]}</Version><Level>4</Level><Task>{number}</Task>"
        "<Opcode>0</Opcode><Keywords>0x8000000000000000</Keywords>"
        f'<TimeCreated SystemTime="{act.time:%Y-%m-%dT%H:%M:%S}.{act.time.microsecond * 1000:09d}Z"/>'
        f'<EventRecordID>{record}</EventRecordID><Correlation/><Execution ProcessID="1590" ThreadID="1590"/>'
        f"<Channel>Linux-Sysmon/Operational</Channel><Computer>{process.host.name}</Computer>"
        f'<Security UserId="0"/></System><EventData>{values}</EventData></Event>'
    )
