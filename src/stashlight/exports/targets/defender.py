"""
Microsoft Defender XDR: Advanced Hunting, and custom detections of the Graph API.

Tables: https://learn.microsoft.com/defender-xdr/advanced-hunting-schema-tables. `FolderPath` holds the whole path.
Custom detections: https://learn.microsoft.com/graph/api/resources/security-detectionrule.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from stashlight.exports import kql
from stashlight.exports.attack import tactics, techniques
from stashlight.exports.deployment import as_json, described
from stashlight.exports.detection import Detection
from stashlight.exports.reading import CannotError
from stashlight.exports.severities import severity
from stashlight.exports.target import Query
from stashlight.exports.writing import Table, Tables

__all__ = ["COMMENT", "FORMS", "TABLES", "query", "write"]

FORMS: Mapping[str, str] = {"kql": ".kql", "json": ".json"}
COMMENT: str = "//"

_PLACE = r'extract(@"^(.*)[\\/][^\\/]*$", 1, FolderPath)'
_WEIGHT = "coalesce(toint(tostring(parse_json(AdditionalFields).uniqueEventsAggregated)), 1)"

_USER = r'strcat(InitiatingProcessAccountDomain, @"\", InitiatingProcessAccountName)'

_PROCESS = Table(
    "DeviceProcessEvents",
    {
        "Image": "FolderPath", "CommandLine": "ProcessCommandLine", "OriginalFileName": "ProcessVersionInfoOriginalFileName",
        "Description": "ProcessVersionInfoFileDescription", "Company": "ProcessVersionInfoCompanyName",
        "Product": "ProcessVersionInfoProductName", "FileVersion": "ProcessVersionInfoProductVersion",
        "ProcessId": "ProcessId", "IntegrityLevel": "ProcessIntegrityLevel", "User": r'strcat(AccountDomain, @"\", AccountName)',
        "ParentImage": "InitiatingProcessFolderPath", "ParentCommandLine": "InitiatingProcessCommandLine",
        "ParentProcessId": "InitiatingProcessId", "sha256": "SHA256", "md5": "MD5", "sha1": "SHA1",
    },
    {"host": "DeviceName", "account": "AccountName", "process": 'strcat(ProcessId, "@", ProcessCreationTime)'},
)  # fmt: skip
_FILE = Table(
    "DeviceFileEvents",
    {
        "TargetFilename": "FolderPath", "Image": "InitiatingProcessFolderPath", "CommandLine": "InitiatingProcessCommandLine",
        "User": _USER,
        "ProcessId": "InitiatingProcessId",
        "sha256": "SHA256", "md5": "MD5", "sha1": "SHA1",
    },
    {
        "host": "DeviceName", "account": "InitiatingProcessAccountName", "place": _PLACE, "weight": _WEIGHT,
        "process": 'strcat(InitiatingProcessId, "@", InitiatingProcessCreationTime)',
    },
)  # fmt: skip


def _of(product: str, table: Table, action: str = "") -> Table:
    """Keep a rule to its own system: the tables hold Windows, Linux and macOS, which only paths tell apart."""
    unix = 'InitiatingProcessFolderPath startswith "/"' if action else 'FolderPath startswith "/"'
    kept = f"not({unix})" if product == "windows" else unix
    acted = f'ActionType startswith "{action}" and ' if action else ""
    return replace(table, source=f"{table.source} | where {acted}{kept}")


_SYSTEMS = ("windows", "linux", "macos")
TABLES: Tables = {
    **{f"{product}/process_creation": _of(product, _PROCESS) for product in _SYSTEMS},
    **{f"{product}/file_event": _of(product, _FILE, "FileCreated") for product in _SYSTEMS},
    **{f"{product}/file_rename": _of(product, _FILE, "FileRenamed") for product in _SYSTEMS},
    **{f"{product}/file_delete": _of(product, _FILE, "FileDeleted") for product in _SYSTEMS},
    "process_creation": _PROCESS,
    "network_connection": Table(
        'DeviceNetworkEvents | where ActionType startswith "Connection"',
        {
            "Image": "InitiatingProcessFolderPath", "CommandLine": "InitiatingProcessCommandLine",
            "User": _USER, "DestinationIp": "RemoteIP",
            "DestinationPort": "RemotePort",
            "DestinationHostname": "RemoteUrl", "SourceIp": "LocalIP", "SourcePort": "LocalPort", "Protocol": "Protocol",
        },
        {"host": "DeviceName", "account": "InitiatingProcessAccountName"},
    ),
    "windows/share_write": Table(
        'DeviceFileEvents | where ActionType startswith "FileCreated"',
        {},
        {"host": "DeviceName", "account": "RequestAccountName", "client": "RequestSourceIP", "share": "ShareName"},
        instead='RequestProtocol =~ "Smb" and not(RequestAccountName endswith "$")',
        note="writes over SMB are read from DeviceFileEvents of the file server, which must be onboarded",
    ),
}  # fmt: skip


def query(detection: Detection) -> Query:
    return kql.query(detection, TABLES, "Timestamp", timedelta(hours=1))


def write(detection: Detection, query: Query, form: str) -> Mapping[str, str]:
    if form == "kql":
        return {".kql": query.text + "\n"}
    if detection.kind != "event":
        reason = (
            "a custom detection wants Timestamp, DeviceId and ReportId of one event, which a pattern over many does not"
            " have: hunt with the query, or schedule it in Sentinel"
        )
        raise CannotError(reason)
    entities = {
        "host": {"@odata.type": "#microsoft.graph.security.impactedDeviceAsset", "identifier": "deviceName"},
        "account": {"@odata.type": "#microsoft.graph.security.impactedUserAsset", "identifier": "accountUpn"},
    }
    assets = [asset for role, asset in entities.items() if role in query.entities]
    alert = {
        "title": detection.title,
        "description": described(detection, query),
        "severity": severity(detection).sentinel.lower(),
        "category": (tactics(detection) or ["Collection"])[0],
        "mitreTechniques": techniques(detection),
        "impactedAssets": assets,
    }
    rule: dict[str, object] = {
        "displayName": detection.title,
        "isEnabled": False,
        "queryCondition": {"queryText": query.text},
        "schedule": {"period": "1H"},
        "detectionAction": {"alertTemplate": alert, "responseActions": list[str]()},
    }
    return {".json": as_json(rule)}
