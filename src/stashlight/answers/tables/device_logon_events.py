"""Logons, as Defender's DeviceLogonEvents shows them: Security 4624 and Defender's own. Failed ones are not read."""

from stashlight.answers.defender import INITIATING, ROW
from stashlight.answers.tables import Table
from stashlight.events.schema import Kind

__all__ = ["TABLE"]

# https://learn.microsoft.com/defender-xdr/advanced-hunting-devicelogonevents-table beside Windows' own numbers.
_TYPES = {
    2: "Interactive", 3: "Network", 4: "Batch", 5: "Service", 7: "Unlock", 8: "NetworkCleartext", 9: "NewCredentials",
    10: "RemoteInteractive", 11: "CachedInteractive", 12: "CachedRemoteInteractive", 13: "CachedUnlock",
}  # fmt: skip

TABLE = Table(
    "DeviceLogonEvents",
    "successful logons",
    (Kind.LOGON,),
    {
        **ROW,
        "ActionType": "COALESCE(e.action, 'LogonSuccess')",
        "LogonType": f"CASE e.logon_type {' '.join(f'WHEN {n} THEN {name!r}' for n, name in _TYPES.items())} "
        "ELSE CAST(e.logon_type AS VARCHAR) END",
        "AccountDomain": "domain_of(e.account)",
        "AccountName": "user_of(e.account)",
        "AccountSid": "e.account_sid",
        "Protocol": "e.protocol",
        "FailureReason": "",
        "IsLocalAdmin": "",
        "LogonId": "e.logon_id",
        "RemoteDeviceName": "e.client_host",
        "RemoteIP": "e.client_ip",
        "RemoteIPType": "reach_of(e.client_ip)",
        "RemotePort": "e.source_port",
        # The account of a logon is the one that logged on; who asked for it is not kept.
        **{name: "" if "Account" in name else sql for name, sql in INITIATING.items()},
        "ReportId": "e.record",
        "AppGuardContainerId": "",
        "AdditionalFields": "",
    },
)
