"""Connections, as Defender's DeviceNetworkEvents shows them: Sysmon 3, Security 5156 and Defender's own."""

from stashlight.answers.defender import INITIATING, ROW
from stashlight.answers.tables import Table
from stashlight.events.schema import Kind

__all__ = ["TABLE"]


def _side(local: str, remote: str) -> str:
    """Events tell source and destination; which of them is this host depends on who opened the connection."""
    return f"CASE WHEN e.initiated IS FALSE THEN {remote} ELSE {local} END"


_LOCAL = _side("e.source_ip", "e.destination_ip")
_REMOTE = _side("e.destination_ip", "e.source_ip")

TABLE = Table(
    "DeviceNetworkEvents",
    "connections opened and accepted",
    (Kind.NETWORK_CONNECT,),
    {
        **ROW,
        "ActionType": "COALESCE(e.action, CASE WHEN e.initiated IS FALSE THEN 'InboundConnectionAccepted' "
        "ELSE 'ConnectionSuccess' END)",
        "RemoteIP": _REMOTE,
        "RemotePort": _side("e.destination_port", "e.source_port"),
        "RemoteUrl": "e.destination_host",
        "LocalIP": _LOCAL,
        "LocalPort": _side("e.source_port", "e.destination_port"),
        "Protocol": "e.protocol",
        "LocalIPType": f"reach_of({_LOCAL})",
        "RemoteIPType": f"reach_of({_REMOTE})",
        **INITIATING,
        "ReportId": "e.record",
        "AppGuardContainerId": "",
        "AdditionalFields": "",
    },
)
