"""
The investigation guide for this incident: seven steps, each with what to check, where, and what the answer would mean.

The steps are those of a SOC case of mass copying (validate, process, interview, contain, files, account, close), in the
order that leaves evidence whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from stashlight.incidents.document import Incident
from stashlight.reports.blocks import Blank, Block, Code, Facts, Inline, Section, Text, Value
from stashlight.reports.queries import ask
from stashlight.reports.subject import Subject, subject_of
from stashlight.reports.wording import many, window

__all__ = ["guide"]


@dataclass(frozen=True, slots=True)
class Step:
    """A step: what to check, the questions that queries answer, what either answer means, what to write down."""

    title: str
    check: str
    questions: tuple[str, ...]
    bad: str
    good: str
    record: str


_STEPS: Final = (
    Step(
        "Alert validation",
        "Are the files really there, in this number and time, and does a second source agree?",
        ("pile",),
        "The pile is real: go on, and keep the list as evidence.",
        "No such events in the store: the log was incomplete or forged, or clocks differ. Compare the raw records by "
        "event id.",
        "result of the validation, and by which second source",
    ),
    Step(
        "Process investigation",
        "Which programs filled the place, who started them, and what else did they do?",
        ("processes", "network"),
        "A shell, script or renamed archiver without a job behind it, or connections out after the pile was complete: "
        "treat it as theft in progress.",
        "A signed backup, deployment or sync program, started by its service or by a scheduled task with a ticket: "
        "likely benign.",
        "program, signature, parent, and whether other tools were dropped",
    ),
    Step(
        "User interview",
        "Did the account's holder do this? Ask over another channel than the account itself, and ask openly: what "
        "did you do then?",
        ("logons",),
        "“Not me”, or a logon from an address or at an hour that is not theirs: the account is compromised; steps 4 "
        "and 6 at once.",
        "They did it for a reason that their manager and a ticket confirm: close as benign, and see whether the way "
        "is allowed.",
        "who was asked, by whom, when, over which channel, and the answer",
    ),
    Step(
        "Immediate action: stop the way out",
        "Has anything left yet, and does the host still do it? Isolating costs the user their work: weigh it, and do "
        "not wait.",
        ("network",),
        "Transfers after staging, remote access tools, or a live remote session: isolate now (response step 3).",
        "No connection beyond the usual: isolation can wait until files are listed and hashed, minutes at most.",
        "decision on isolation, who approved it, and when",
    ),
    Step(
        "Staged files: preserve, then remove",
        "Which files are they, how sensitive, and were they read, renamed or deleted since? Hash before anything is "
        "touched.",
        ("touched",),
        "Deleted or renamed after packing: somebody cleaned up; recover from shadow copies, the recycle bin and the "
        "MFT.",
        "Untouched since: the pile is whole; preserve it (response steps 1 and 2) before it is deleted.",
        "data owner, classification of the content, and hash list",
    ),
    Step(
        "Account remediation",
        "Where else was the account used, before and after?",
        ("account_elsewhere",),
        "Logons on other hosts around that time: they belong to this incident; look for piles there.",
        "Only this host: disable, revoke and reset still hold until the cause is known.",
        "how the account was taken, second factor yes or no, and what was reset",
    ),
    Step(
        "Scope and closure",
        "Does the same place, program or pattern occur on other hosts? Did the data leave?",
        ("place_elsewhere",),
        "The same place on other hosts: a tool or an intruder at work; scan their logs and join the incidents.",
        "Nowhere else, nothing sent: close with rationale, and tune or keep the rules by what this case taught.",
        "verdict (true positive, benign true positive, false positive) and closure rationale",
    ),
)


def guide(incident: Incident) -> Section:
    """Give the seven steps with queries for this host, account, place and time."""
    subject = subject_of(incident)
    parts = tuple(_part(number, step, incident, subject) for number, step in enumerate(_STEPS, 1))
    intro = Text(
        "Seven steps, in order. Queries carry this incident's host, account, place and time; index and table names "
        "are yours to adapt."
    )
    return Section("Investigation guide", (intro,), parts, folded=True)


def _part(number: int, step: Step, incident: Incident, subject: Subject) -> Section:
    rows: list[tuple[str, Inline]] = [
        ("Check", step.check),
        *_known(step, incident),
        ("If it is bad", step.bad),
        ("If it is not", step.good),
        ("Result", Blank(step.record)),
    ]
    blocks: list[Block] = [Facts(tuple(rows)), *_queries(step, subject)]
    if number == 1:
        blocks.insert(
            1, Code("Raw records, rules and SQL behind it", f"stashlight explain {incident.id} PATH…", "shell")
        )
    return Section(f"{number}. {step.title}", tuple(blocks))


def _known(step: Step, incident: Incident) -> Iterator[tuple[str, Inline]]:
    """What the telemetry already says to this step."""
    match step.title.split(":")[0]:
        case "Alert validation":
            yield "Known", f"{many(incident.files.count, 'file')}, {window(incident.first_seen, incident.last_seen)}"
        case "Process investigation":
            names = [each.process for each in incident.commands if each.rung and each.process]
            if names:
                yield "Known", tuple(span for name in dict.fromkeys(names) for span in (Value(name), " "))
        case "User interview":
            logon = next((each.reason for each in incident.factors if each.name == "actor"), None)
            if logon:
                yield "Known", logon
        case "Immediate action":
            yield "Known", _way_out(incident)
        case "Staged files":
            gone = next((each.summary for each in incident.rungs if each.name == "clean_up"), None)
            yield "Known", f"clean-up was seen: {gone}" if gone else "no clean-up was seen in these logs"
        case _:
            return


def _way_out(incident: Incident) -> str:
    sent = next((each for each in incident.rungs if each.name == "exfiltrate"), None)
    return (
        f"a way out was seen: {sent.summary}"
        if sent
        else "no transfer was seen in these logs; that is not proof that there was none"
    )


def _queries(step: Step, subject: Subject) -> Iterator[Code]:
    for question in step.questions:
        for label, language, text in ask(question, subject):
            yield Code(f"{question.replace('_', ' ').capitalize()} · {label}", text, language, folded=True)
