"""Files made, renamed and deleted, as Defender's DeviceFileEvents shows them: Sysmon 11, 23, 26 and Defender's own."""

from stashlight.answers.defender import INITIATING, ROW, hashes
from stashlight.answers.tables import Table
from stashlight.events.schema import Kind

__all__ = ["TABLE"]

_REQUESTER = "CASE WHEN e.provider = 'defender' AND e.is_remote THEN e.account END"

TABLE = Table(
    "DeviceFileEvents",
    "files made, renamed and deleted",
    (Kind.FILE_CREATE, Kind.FILE_RENAME, Kind.FILE_DELETE),
    {
        **ROW,
        "ActionType": "COALESCE(e.action, CASE e.kind WHEN 'file_create' THEN 'FileCreated' "
        "WHEN 'file_rename' THEN 'FileRenamed' ELSE 'FileDeleted' END)",
        "FileName": "name_of(e.file_path)",
        # The full path with the name, as Defender writes it in practice.
        "FolderPath": "e.file_path",
        **hashes("", "e.hashes"),
        "FileOriginUrl": "",
        "FileOriginReferrerUrl": "",
        "FileOriginIP": "",
        "PreviousFolderPath": "e.previous_path",
        "PreviousFileName": "name_of(e.previous_path)",
        "FileSize": "e.file_size",
        **INITIATING,
        # Sysmon sees a write over the network as an act of the kernel, and not who asked for it.
        "RequestProtocol": "CASE WHEN e.provider = 'defender' THEN e.protocol WHEN e.is_remote THEN 'SMB' "
        "WHEN NOT e.is_remote THEN 'Local' END",
        "RequestSourceIP": "e.client_ip",
        "RequestSourcePort": "e.source_port",
        "RequestAccountName": f"user_of({_REQUESTER})",
        "RequestAccountDomain": f"domain_of({_REQUESTER})",
        "RequestAccountSid": "CASE WHEN e.provider = 'defender' AND e.is_remote THEN e.account_sid END",
        "ShareName": "e.share_name",
        "SensitivityLabel": "",
        "SensitivitySubLabel": "",
        "IsAzureInfoProtectionApplied": "",
        "ReportId": "e.record",
        "AppGuardContainerId": "",
        "AdditionalFields": "CASE WHEN e.weight > 1 THEN to_json({'uniqueEventsAggregated': e.weight})::VARCHAR END",
        "IsInitiatingProcessRemoteSession": "",
        "InitiatingProcessRemoteSessionDeviceName": "",
        "InitiatingProcessRemoteSessionIP": "",
    },
)
