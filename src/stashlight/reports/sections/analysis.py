"""
The incident analysis in eight sections, from context to conclusion.

What telemetry gives is filled in; what only people know is a blank to fill in.
"""

from stashlight.incidents.document import Document, Incident, Readiness
from stashlight.reports.attack import named, tactic_of
from stashlight.reports.blocks import Blank, Block, Cite, Facts, Inline, Items, Section, Table, Text, Value
from stashlight.reports.sections.indicators import indicators
from stashlight.reports.sections.staged import BASIS
from stashlight.reports.timeline import timeline
from stashlight.reports.wording import clock, joined, many, size_of, values, window

__all__ = ["analysis"]

_STEPS = {
    "prepare": "prepares the place",
    "collect": "collects data",
    "stage": "brings files together",
    "pack": "packs them",
    "exfiltrate": "sends them out",
    "clean_up": "removes traces",
}


def analysis(incident: Incident, document: Document) -> Section:
    """Give the eight sections."""
    parts = (
        Section("1. Initial context", _context(incident, document)),
        Section("2. Technical analysis", _technical(incident)),
        Section("3. Investigation findings", _findings(incident)),
        Section("4. Containment actions", _containment()),
        Section("5. Root cause analysis", _root_cause(incident)),
        Section("6. Business impact", _impact(incident)),
        Section("7. Remediation and prevention", _remediation(incident, document)),
        Section("8. Conclusion", _conclusion(incident)),
    )
    return Section("Incident analysis", (), parts)


def _context(incident: Incident, document: Document) -> tuple[Block, ...]:
    kinds = [f"{name.replace('_', ' ')} ({count:,})" for name, count in document.scanned.kinds.items()]
    return (
        Facts(
            (
                ("Detected by", f"Stashlight {document.version}, from {joined(kinds) or 'unknown sources'}"),
                ("Alert", incident.title),
                ("Host", values(incident.hosts, "host")),
                ("User", values(incident.accounts, "account")),
                ("Staging directory", values(incident.places, "place")),
                ("Files", f"{many(incident.files.count, 'file')}; size {size_of(incident)}"),
                ("Time", window(incident.first_seen, incident.last_seen)),
                ("Technique", joined([named(each) for each in incident.techniques]) or "none"),
                (
                    "Department and role of the user",
                    Blank("department, role, and whether this data is theirs to work with"),
                ),
            )
        ),
    )


def _technical(incident: Incident) -> tuple[Block, ...]:
    chain = [entry for entry in timeline(incident) if entry.rung]
    rows: tuple[tuple[Inline, ...], ...] = tuple(
        (
            clock(entry.time),
            _STEPS.get(entry.rung, entry.rung),
            (f"{entry.said} ", Value(entry.value)) if entry.value else entry.said,
            Cite(entry.events),
        )
        for entry in chain
    )
    before: Inline = (
        "Before the first event: ",
        Blank("how the account or host was taken; the logs that were read do not show it"),
    )
    blocks: list[Block] = [Text(before)]
    blocks.append(
        Table("Attack chain (times in UTC)", ("Time", "Step", "What happened", "Evidence"), rows)
        if rows
        else Text("No step of the ladder was seen.")
    )
    tactics = [f"{named(each)} ({tactic_of(each)})" for each in incident.techniques if tactic_of(each)]
    if tactics:
        blocks += [Text("Techniques:"), Items(tuple(tactics))]
    sent = next((rung for rung in incident.rungs if rung.name == "exfiltrate"), None)
    if sent:
        blocks.append(
            Text(
                (
                    f"Exfiltration: a way out was seen at {clock(sent.first_seen)} UTC ({sent.summary}). ",
                    Cite(sent.evidence),
                )
            )
        )
    else:
        blocks.append(
            Text(
                "Exfiltration: none was seen in these logs. That is not proof that nothing left; see what they "
                "cannot show."
            )
        )
    blocks.append(Text(("User status: ", Blank("compromised, acting on purpose, or authorised; from the interview"))))
    return tuple(blocks)


def _findings(incident: Incident) -> tuple[Block, ...]:
    rows: tuple[tuple[Inline, ...], ...] = tuple(
        (clock(entry.time), (f"{entry.said} ", Value(entry.value)) if entry.value else entry.said, Cite(entry.events))
        for entry in timeline(incident)
    )
    return (
        Table("Timeline (UTC)", ("Time", "What happened", "Evidence"), rows),
        indicators(incident),
        Facts(
            (
                ("File hashes", _hashes(incident)),
                ("Network indicators", Blank("addresses and names, from guide step 2")),
            )
        ),
    )


def _hashes(incident: Incident) -> Inline:
    asked = Blank("SHA-256 of the staged files, from response step 1")
    if not incident.files.hashed:
        return asked
    known = f"known for {incident.files.hashed:,} of {many(incident.files.count, 'file')}"
    return (f"{known}; ", asked) if incident.files.hashed < incident.files.count else known


def _containment() -> tuple[Block, ...]:
    return (
        Text("None of these was done by Stashlight. Fill in what was, in the order of the playbook:"),
        Facts(
            (
                ("Listed and hashed", Blank("when, by whom, where the list is")),
                ("Preserved", Blank("what, where to, hash of the copy")),
                ("Isolated", Blank("host, when, by whom")),
                ("Account disabled, sessions revoked", Blank("when, by whom")),
                ("Quarantined", Blank("when, by whom")),
                ("Deleted", Blank("when, by whom, approved by whom; after all of the above")),
            )
        ),
    )


def _root_cause(incident: Incident) -> tuple[Block, ...]:
    hints: list[Inline] = [
        (f"{each.reason} ", Cite(each.evidence))
        for each in incident.factors
        if each.name in {"actor", "writer", "next rung"}
    ]
    known = (Text("What the logs say about the actor:"), Items(tuple(hints))) if hints else ()
    asked = Facts(
        (
            ("Primary cause", Blank("what let the actor do this")),
            ("Contributing factors", Blank("second factor, exposed services, rights, missing monitoring")),
        )
    )
    return (*known, asked)


def _impact(incident: Incident) -> tuple[Block, ...]:
    files = incident.files
    sensitive = f"; sensitive by name: {joined(files.sensitive)}" if files.sensitive else ""
    return (
        Facts(
            (
                ("Data exposed", f"{many(files.count, 'file')}, size {size_of(incident)}{sensitive}"),
                ("Whose data, how secret", Blank("data owner and classification")),
                ("Operations", Blank("who could not work, for how long")),
                ("Duties to report", Blank("privacy authority, customers, insurer; by when")),
            )
        ),
    )


def _remediation(incident: Incident, document: Document) -> tuple[Block, ...]:
    gaps = [each for each in document.readiness if each.status != "present"]
    advice: list[Inline] = [_advice(each) for each in gaps]
    if any(source.basis == "command" for source in incident.sources):
        advice.append(
            f"Audit reads of the sources ({BASIS['read']}; Security 4663), so that a next case shows what was taken."
        )
    known: tuple[Block, ...] = (Text("From what these logs could not show:"), Items(tuple(advice))) if advice else ()
    asked = Facts(
        (("Done", Blank("actions completed")), ("Controls changed", Blank("what prevents or detects it next time")))
    )
    return (*known, asked)


def _advice(gap: Readiness) -> str:
    reason = gap.message.removeprefix("no ").removeprefix(f"{gap.source}: ")
    return f"{'Collect' if gap.status == 'absent' else 'Complete'} {gap.source}: {reason}"


def _conclusion(incident: Incident) -> tuple[Block, ...]:
    size = "" if incident.files.bytes is None else f" ({size_of(incident)})"
    who: Inline = Value(incident.accounts[0]) if incident.accounts else "an unknown account"
    where: Inline = Value(incident.places[0]) if incident.places else "an unknown place"
    host: Inline = Value(incident.hosts[0]) if incident.hosts else "an unknown host"
    later = [_STEPS[rung.name] for rung in incident.rungs if rung.name in {"pack", "exfiltrate", "clean_up"}]
    then = f"; afterwards the actor {', '.join(later)}" if later else ""
    said = (
        f"Stashlight rates with {incident.confidence} confidence that ",
        who,
        f" staged {many(incident.files.count, 'file')}{size} in ",
        where,
        " on ",
        host,
        f"{then}.",
    )
    asked = Facts(
        (
            ("Verdict", Blank("true positive, benign true positive or false positive")),
            ("Closure rationale", Blank("why the case can be closed")),
            ("Analyst, date", Blank("name and time")),
        )
    )
    return (Text(said), asked)
