"""Flat records of Windows → documents of ECS, as Elastic's own integrations write them."""

from datetime import UTC, datetime

from telemetry import Row

__all__ = ["document"]

_PROCESS = {
    "executable": "Image", "command_line": "CommandLine", "entity_id": "ProcessGuid", "working_directory": "CurrentDirectory"
}  # fmt: skip
_VERSION = {
    "original_file_name": "OriginalFileName", "description": "Description", "company": "Company", "product": "Product",
    "file_version": "FileVersion",
}  # fmt: skip
_CATEGORIES = {1: ("process", "start"), 11: ("file", "creation")}


def document(record: Row, number: int, time_us: int) -> dict[str, object]:
    """Give the document; `number` is found again under `labels.number`, times count from 1601 as the engine's do."""
    event = int(str(record["EventID"]))
    category, kind = _CATEGORIES.get(event, ("", ""))
    made: dict[str, object] = {
        "@timestamp": datetime.fromtimestamp(time_us / 1e6, UTC).isoformat(),
        "timestamp": (time_us + 11_644_473_600_000_000) * 10,
        "event_type": category or "generic",
        "event": {"code": str(event)} | ({"category": category, "type": kind} if category else {}),
        "host": {"name": record["Hostname"], "os": {"type": "windows"}},
        "labels": {"number": number},
        "winlog": {
            "computer_name": record["Hostname"],
            "event_data": {k: v for k, v in record.items() if isinstance(v, str)},
        },
        "message": record.get("Data") or record.get("Message"),
    }
    process = {name: record[field] for name, field in _PROCESS.items() if record.get(field)}
    version = {name: record[field] for name, field in _VERSION.items() if record.get(field)}
    parent = {name: record[f"Parent{field}"] for name, field in _PROCESS.items() if record.get(f"Parent{field}")}
    if process:
        made["process"] = process | ({"pe": version} if version else {}) | ({"parent": parent} if parent else {})
    if record.get("User"):
        made["user"] = {"name": str(record["User"]).rpartition("\\")[2]}
    if record.get("TargetFilename"):
        path = str(record["TargetFilename"])
        made["file"] = {"path": path, "directory": path.rpartition("\\")[0], "name": path.rpartition("\\")[2]}
    if record.get("ScriptBlockText"):
        made["powershell"] = {"file": {"script_block_text": record["ScriptBlockText"]}}
    return made
