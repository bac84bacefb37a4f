"""
Microsoft Sentinel: scheduled analytic rules as KQL, YAML, ARM template or Terraform.

Files and processes are read from the Defender tables that its connector copies, PowerShell from WindowsEvent, shares
from SecurityEvent. Rules: https://learn.microsoft.com/azure/templates/microsoft.securityinsights/alertrules; YAML as in
the Azure-Sentinel repository; entity identifiers: https://learn.microsoft.com/azure/sentinel/entities-reference.
"""

import re
from collections.abc import Mapping
from datetime import timedelta

from stashlight.exports import kql
from stashlight.exports.attack import tactics, techniques
from stashlight.exports.deployment import as_json, as_yaml, described
from stashlight.exports.detection import Detection
from stashlight.exports.severities import confidence, severity
from stashlight.exports.target import Query
from stashlight.exports.targets import defender
from stashlight.exports.writing import SHARE_FIELDS, Table, Tables

__all__ = ["COMMENT", "FORMS", "TABLES", "query", "write"]

FORMS: Mapping[str, str] = {"kql": ".kql", "yaml": ".yaml", "arm": ".json", "terraform": ".tf.json"}
COMMENT: str = "//"

_EVERY = timedelta(hours=1)
_POWERSHELL = {"host": "Computer", "account": "tostring(EventData.UserId)"}
_SCRIPT = 'WindowsEvent | where Provider == "Microsoft-Windows-PowerShell" and EventID == {}'

_SHARE = Table(
    "SecurityEvent",
    {name: name for name in ("EventID", *SHARE_FIELDS)},
    {"host": "Computer", "account": "SubjectUserName", "client": "IpAddress", "share": "ShareName"},
)
TABLES: Tables = {
    **defender.TABLES,
    "windows/ps_script": Table(
        _SCRIPT.format(4104),
        {"ScriptBlockText": "tostring(EventData.ScriptBlockText)", "Path": "tostring(EventData.Path)"},
        _POWERSHELL,
    ),
    "windows/ps_module": Table(
        _SCRIPT.format(4103),
        {"Payload": "tostring(EventData.Payload)", "ContextInfo": "tostring(EventData.ContextInfo)"},
        _POWERSHELL,
    ),
    "windows/share_write": _SHARE,
    "windows/security/5145": _SHARE,
}


def query(detection: Detection) -> Query:
    return kql.query(detection, TABLES, "TimeGenerated", _EVERY)


def write(detection: Detection, query: Query, form: str) -> Mapping[str, str]:
    match form:
        case "yaml":
            return {".yaml": as_yaml(_yaml(detection, query))}
        case "arm":
            return {".json": as_json(_arm(detection, query))}
        case "terraform":
            return {".tf.json": as_json(_terraform(detection, query))}
        case _:
            return {".kql": query.text + "\n"}


def _schedule(detection: Detection) -> tuple[timedelta, timedelta]:
    """Give how often a rule runs, and how far it looks: a window that ends in this run began one span before it."""
    return _EVERY, _EVERY + detection.span


def _iso(span: timedelta) -> str:
    minutes = span // timedelta(minutes=1)
    return f"PT{minutes // 60}H" if minutes % 60 == 0 else f"PT{minutes}M"


def _short(span: timedelta) -> str:
    minutes = span // timedelta(minutes=1)
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"


_ENTITIES = {
    "host": ("Host", "HostName"),
    "account": ("Account", "Name"),
    "client": ("IP", "Address"),
    "place": ("File", "Directory"),
}


def _mappings(query: Query) -> list[dict[str, object]]:
    """Give the entity mappings; Sentinel takes at most ten."""
    return [
        {"entityType": kind, "fieldMappings": [{"identifier": identifier, "columnName": query.entities[role]}]}
        for role, (kind, identifier) in _ENTITIES.items()
        # `Which` holds the clients of a fan-in, many in one cell: no entity.
        if role in query.entities
    ]


def _details(detection: Detection) -> dict[str, str]:
    """Give what an alert shows beside its severity."""
    return {"StashlightRule": detection.id, "Kind": detection.kind, "Confidence": confidence(detection)[0]}


def _yaml(detection: Detection, query: Query) -> dict[str, object]:
    every, period = _schedule(detection)
    return {
        "id": detection.id,
        "name": detection.title,
        "version": "1.0.0",
        "kind": "Scheduled",
        "description": described(detection, query),
        "severity": severity(detection).sentinel,
        "status": "Available",
        "requiredDataConnectors": _connectors(query),
        "queryFrequency": _short(every),
        "queryPeriod": _short(period),
        "triggerOperator": "gt",
        "triggerThreshold": 0,
        "tactics": tactics(detection),
        "relevantTechniques": techniques(detection),
        "query": query.text,
        "entityMappings": _mappings(query),
        "tags": [f"{name}: {value}" for name, value in _details(detection).items()],
    }


# Which connector brings which table.
_CONNECTORS = {
    "MicrosoftThreatProtection": ("DeviceFileEvents", "DeviceNetworkEvents", "DeviceProcessEvents"),
    "SecurityEvents": ("SecurityEvent",),
    "WindowsForwardedEvents": ("WindowsEvent",),
}


def _connectors(query: Query) -> list[dict[str, object]]:
    words = set(re.findall(r"\w+", query.text))
    found = {name: [table for table in tables if table in words] for name, tables in _CONNECTORS.items()}
    return [{"connectorId": name, "dataTypes": tables} for name, tables in found.items() if tables]


def _properties(detection: Detection, query: Query) -> dict[str, object]:
    every, period = _schedule(detection)
    found = techniques(detection)
    return {
        "displayName": detection.title,
        "description": described(detection, query)[:5000],
        "severity": severity(detection).sentinel,
        "enabled": False,
        "query": query.text,
        "queryFrequency": _iso(every),
        "queryPeriod": _iso(period),
        "triggerOperator": "GreaterThan",
        "triggerThreshold": 0,
        "suppressionDuration": "PT5H",
        "suppressionEnabled": False,
        "tactics": tactics(detection),
        "techniques": techniques(detection, whole=True),
        "subTechniques": [each for each in found if "." in each],
        "eventGroupingSettings": {"aggregationKind": "AlertPerResult"},
        "incidentConfiguration": {
            "createIncident": detection.level in ("medium", "high", "critical"),
            "groupingConfiguration": {
                "enabled": True, "reopenClosedIncident": False, "lookbackDuration": "PT5H",
                "matchingMethod": "AllEntities", "groupByEntities": [], "groupByAlertDetails": [], "groupByCustomDetails": [],
            },
        },
        "alertDetailsOverride": None,
        "customDetails": None,
        "entityMappings": _mappings(query) or None,
        "templateVersion": "1.0.0",
    }  # fmt: skip


def _arm(detection: Detection, query: Query) -> dict[str, object]:
    properties = {k: _literal(v) for k, v in _properties(detection, query).items() if v is not None}
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"workspace": {"type": "String"}},
        "resources": [
            {
                "id": "[concat(resourceId('Microsoft.OperationalInsights/workspaces/providers', parameters('workspace'),"
                f" 'Microsoft.SecurityInsights'),'/alertRules/{_plain(detection.id)}')]",
                "name": f"[concat(parameters('workspace'),'/Microsoft.SecurityInsights/{_plain(detection.id)}')]",
                "type": "Microsoft.OperationalInsights/workspaces/providers/alertRules",
                "kind": "Scheduled",
                "apiVersion": "2023-12-01-preview",
                "properties": properties,
            }
        ],
    }


def _literal(value: object) -> object:
    """A text that starts with `[` would be run as an expression of the template language: `[[` says it is none."""
    return "[" + value if isinstance(value, str) and value.startswith("[") else value


def _plain(name: str) -> str:
    """Keep an id to what may stand inside the quotes of a template expression."""
    return "".join(c for c in name if c.isascii() and (c.isalnum() or c in "-_"))


def _terraform(detection: Detection, query: Query) -> dict[str, object]:
    every, period = _schedule(detection)
    rule: dict[str, object] = {
        "name": detection.id,
        "display_name": _interpolated(detection.title),
        "description": _interpolated(described(detection, query)[:5000]),
        "log_analytics_workspace_id": "${var.log_analytics_workspace_id}",
        "severity": severity(detection).sentinel,
        "enabled": False,
        "query": _interpolated(query.text),
        "query_frequency": _iso(every),
        "query_period": _iso(period),
        "trigger_operator": "GreaterThan",
        "trigger_threshold": 0,
        "tactics": tactics(detection),
        "techniques": techniques(detection, whole=True),
        "event_grouping": {"aggregation_method": "AlertPerResult"},
        "entity_mapping": [
            {"entity_type": kind, "field_mapping": {"identifier": identifier, "column_name": query.entities[role]}}
            for role, (kind, identifier) in _ENTITIES.items()
            if role in query.entities
        ],
    }
    name = "stashlight_" + _plain(detection.id).replace("-", "_")
    return {"resource": {"azurerm_sentinel_alert_rule_scheduled": {name: rule}}}


def _interpolated(text: str) -> str:
    """Keep Terraform from running what stands in a text: `$${` and `%%{` are its escapes."""
    return text.replace("${", "$${").replace("%{", "%%{")
