"""Rows of a Sumo Logic search as CSV that its user interface exports: the same columns in every file."""

import csv
import io
from collections.abc import Sequence

from stashlight.simulation.acts import Act
from stashlight.simulation.sumo_rows import sumo_rows

SENSOR: str = "windows"

# In a search one names the fields; these are what Sysmon, Security and PowerShell rules look at.
_COLUMNS = (
    "_messageTime _sourceHost _sourceCategory _collector EventCode Computer UtcTime ProcessGuid ProcessId Image User"
    " OriginalFileName Description Product Company FileVersion CommandLine CurrentDirectory LogonId IntegrityLevel Hashes"
    " ParentProcessGuid ParentProcessId ParentImage ParentCommandLine ParentUser TargetFilename CreationUtcTime Protocol"
    " Initiated SourceIp SourcePort DestinationIp DestinationHostname DestinationPort SubjectUserSid SubjectUserName"
    " SubjectDomainName SubjectLogonId NewProcessId NewProcessName ParentProcessName MandatoryLabel TargetUserSid"
    " TargetUserName TargetDomainName TargetLogonId LogonType IpAddress IpPort WorkstationName ObjectType ObjectName"
    " ProcessName AccessMask ShareName ShareLocalPath RelativeTargetName MessageNumber MessageTotal ScriptBlockText"
    " ScriptBlockId Path ContextInfo Payload _raw"
).split()


def render(acts: Sequence[Act]) -> dict[str, bytes]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    writer.writerows([row.get(column, "") for column in _COLUMNS] for row in sumo_rows(acts))
    return {".sumo.csv": text.getvalue().encode()}
