"""
The response playbook for this incident, in the order that saves evidence.

List and hash, preserve, isolate, disable and revoke, quarantine, delete last. Each step has its command or API call, its undo, and who must approve.

Nothing here is run by Stashlight. API calls as their vendors document them:
https://learn.microsoft.com/defender-endpoint/api/isolate-machine, https://learn.microsoft.com/graph/api/user-update,
https://falconpy.io
"""

from collections.abc import Sequence
from dataclasses import dataclass

from stashlight.incidents.document import Incident
from stashlight.reports.blocks import Blank, Block, Code, Facts, Section, Text
from stashlight.reports.quoting import json_text, odata, posix, powershell
from stashlight.reports.sections.alert import alert_id
from stashlight.reports.subject import Subject, subject_of

__all__ = ["playbook"]

_MDE = "https://api.securitycenter.microsoft.com/api"
_GRAPH = "https://graph.microsoft.com/v1.0"


@dataclass(frozen=True, slots=True)
class Act:
    """One way to do a step: a command or call with its label and language."""

    label: str
    text: str
    language: str


def playbook(incident: Incident) -> Section:
    """Give the six steps with commands for this host, account and place."""
    subject, note = subject_of(incident), alert_id(incident)
    host = subject.host or "HOST"
    intro = Text(
        "In this order: deleting first destroys the evidence. Stashlight runs none of it; values in CAPITALS are "
        "yours to fill in."
    )
    account = subject.account
    parts = (
        _step("1. List and hash", "Know what is there before anything changes.", _list(subject),
              "nothing to undo: it only reads (access times may change)", "analyst on duty"),
        _step("2. Preserve", "Keep the pile and the logs where the intruder cannot reach "
                             "them.", _preserve(subject, note),
              "remove the copy as the evidence policy "
              "says", "incident lead; data owner if the content is personal or secret"),
        _step("3. Isolate the host", "Cut the way out while memory and disk stay as they are; do not switch it off.",
              _isolate(host, note), "", "incident lead; for a server, its service owner"),
        _step("4. Disable the account and revoke its "
              "sessions", "A session outlives a password: revoke as well as reset.",
              _disable(account or "ACCOUNT"), "", "identity team with incident lead; the holder's manager is told"),
        _step("5. Quarantine the "
              "pile", "Nobody can take it, nothing is lost.", _quarantine(subject), "", "incident lead"),
        _step("6. Delete last", "Only once the hashes of the preserved copy agree and legal hold is "
                                "settled.", _delete(subject),
              "none: restore from the preserved copy of step 2", "incident lead, data owner and legal, in writing"),
    )  # fmt: skip
    return Section("Response playbook", (intro,), parts, folded=True)


def _step(title: str, why: str, acts: Sequence[Act], undo: str, approves: str) -> Section:
    rows = [("Why", why), ("Approves", approves)] + ([("Undo", undo)] if undo else [])
    blocks: list[Block] = [Facts((*rows, ("Done", Blank("by whom, when, result"))))]
    blocks += [Code(each.label, each.text, each.language) for each in acts]
    return Section(title, tuple(blocks))


def _list(subject: Subject) -> list[Act]:
    if subject.place is None:
        return [Act("The place is unknown", "# find it first: step 1 of the guide", "text")]
    if subject.is_windows:
        place = powershell(_bare(subject.place))
        return [
            Act(
                "PowerShell on the host, or through live response",
                f"Get-ChildItem -LiteralPath {place} -Recurse -Force -File |\n"
                "  Select-Object FullName, Length, CreationTimeUtc, LastWriteTimeUtc,\n"
                "    @{n='SHA256'; e={(Get-FileHash -LiteralPath $_.FullName -Algorithm SHA256).Hash}} |\n"
                "  Export-Csv -NoTypeInformation -Encoding UTF8 -Path EVIDENCE\\staged-files.csv",
                "powershell",
            ),
            *_live_response(_bare(subject.place)),
        ]
    place = posix(_bare(subject.place))
    listing = "find " + place + r" -xdev -type f -printf '%T+ %s %u %p\n'"
    return [
        Act(
            "Shell on the host",
            f"{listing} > EVIDENCE/staged-files.txt\nfind {place} -xdev -type f -exec sha256sum {{}} + > "
            f"EVIDENCE/staged-files.sha256",
            "sh",
        )
    ]


def _live_response(place: str) -> list[Act]:
    """Live response has quotes but no escape: a place that holds one cannot be said there."""
    if '"' in place or not place.isprintable():
        return []
    command = json_text(f'ls "{place}"')
    text = (
        "session = rtr.init_session(device_id=DEVICE_ID)  # rtr = falconpy.RealTimeResponse(…)\n"
        f'rtr.execute_command(session_id=SESSION_ID, base_command="ls", command_string={command})'
    )
    return [Act("CrowdStrike Real Time Response (falconpy), read-only", text, "python")]


def _preserve(subject: Subject, note: str) -> list[Act]:
    found: list[Act] = []
    if subject.place and subject.is_windows:
        found.append(
            Act(
                "PowerShell on the host: copy with times and permissions, then the logs",
                f"robocopy {powershell(_bare(subject.place))} EVIDENCE\\pile /E /COPY:DATSO /DCOPY:DAT /R:1 /W:1 "
                f"/LOG:EVIDENCE\\copy.log\n"
                "wevtutil export-log Microsoft-Windows-Sysmon/Operational EVIDENCE\\sysmon.evtx\n"
                "wevtutil export-log Security EVIDENCE\\security.evtx",
                "powershell",
            )
        )
    elif subject.place:
        found.append(
            Act(
                "Shell on the host",
                f"tar --xattrs --acls -cpf EVIDENCE/pile.tar -- {posix(_bare(subject.place))}\nsha256sum "
                f"EVIDENCE/pile.tar",
                "sh",
            )
        )
    comment = json_text(f"{note}: preserve evidence")
    found.append(
        Act(
            "Defender for Endpoint: investigation package",
            f'POST {_MDE}/machines/MACHINE_ID/collectInvestigationPackage\n{{"Comment": {comment}}}',
            "http",
        )
    )
    return found


def _isolate(host: str, note: str) -> list[Act]:
    find = f"GET {_MDE}/machines?$filter=startswith(computerDnsName,{odata(host.lower())})"
    isolate = json_text(f"{note}: data staged")
    return [
        Act("Defender for Endpoint (permission Machine.Isolate)",
            f'{find}\nPOST '
            f'{_MDE}/machines/MACHINE_ID/isolate\n{{"Comment": {isolate}, "IsolationType": "Full"}}', "http"),
        Act("Undo", f'POST {_MDE}/machines/MACHINE_ID/unisolate\n{{"Comment": {json_text(f"{note}: cleared")}}}', "http"),
        Act("CrowdStrike Falcon (falconpy)",
            f"ids = hosts.query_devices_by_filter(filter={json_text('hostname:' + _fql(host))})\n"
            f'hosts.perform_action(action_name="contain", ids=[DEVICE_ID], note={isolate})', "python"),
        Act("Undo", 'hosts.perform_action(action_name="lift_containment", ids=[DEVICE_ID])', "python"),
    ]  # fmt: skip


def _fql(value: str) -> str:
    """Quote a value of Falcon's filter language."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _disable(account: str) -> list[Act]:
    name = powershell(account)
    return [
        Act("Microsoft Graph: find, disable, revoke (User.EnableDisableAccount.All)",
            f"GET {_GRAPH}/users?$count=true&$filter=onPremisesSamAccountName%20eq%20{odata(account)}   "
            f"(ConsistencyLevel: eventual)\n"
            f'PATCH {_GRAPH}/users/USER_ID\n{{"accountEnabled": false}}\n'
            f"POST {_GRAPH}/users/USER_ID/revokeSignInSessions", "http"),
        Act("Microsoft Graph: new password (unattended; resetPassword is delegated only)",
            f"PATCH {_GRAPH}/users/USER_ID\n"
            '{"passwordProfile": {"password": "NEW_PASSWORD", "forceChangePasswordNextSignIn": true}}', "http"),
        Act("Active Directory "
            "(PowerShell)", f"Disable-ADAccount -Identity {name}\nklist purge  # on the host, tickets of its "
                            f"sessions", "powershell"),
        Act("Undo", f'PATCH {_GRAPH}/users/USER_ID\n{{"accountEnabled": true}}\n# Active Directory: Enable-ADAccount '
                    f'-Identity {name}', "http"),
    ]  # fmt: skip


def _quarantine(subject: Subject) -> list[Act]:
    if subject.place is None:
        return []
    place = _bare(subject.place)
    if subject.is_windows:
        named = powershell(place)
        return [
            Act("PowerShell on the host: nobody but administrators may "
                "read it", f"icacls {named} /save EVIDENCE\\acl.txt /t\nicacls {named} /inheritance:r /grant:r "
                           f"*S-1-5-32-544:F /t", "powershell"),
            Act("Undo", f"icacls (Split-Path {named}) /restore EVIDENCE\\acl.txt", "powershell"),
        ]  # fmt: skip
    named = posix(place)
    return [
        Act(
            "Shell on the host",
            f"getfacl -R -p -- {named} > EVIDENCE/acl.txt\nchmod -R go-rwx -- {named} && chown -R root: -- {named}",
            "sh",
        ),
        Act("Undo", "setfacl --restore=EVIDENCE/acl.txt", "sh"),
    ]


def _delete(subject: Subject) -> list[Act]:
    if subject.place is None:
        return []
    place = _bare(subject.place)
    if subject.is_windows:
        return [
            Act(
                "PowerShell on the host, after the hashes were compared",
                f"Remove-Item -LiteralPath {powershell(place)} -Recurse -Force -Confirm",
                "powershell",
            )
        ]
    return [Act("Shell on the host, after the hashes were compared", f"rm -rI -- {posix(place)}", "sh")]


def _bare(place: str) -> str:
    """Leave off the closing separator, except of a root."""
    return place.rstrip("\\/") + ("\\" if place.rstrip("\\/").endswith(":") else "") or place
