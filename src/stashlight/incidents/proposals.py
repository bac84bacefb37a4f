"""
Cases that a person calls benign → Sigma filters that would silence them, and what cannot be silenced safely.

A filter ties to more than a name: the full path of the program, the place, and account and parent where the log tells
them. Where that is not to be had, nothing is proposed and the reason is said: a baseline is then the better answer.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import yaml

from stashlight.incidents.cases import Case
from stashlight.incidents.deeds import Deed
from stashlight.incidents.describe import case_id
from stashlight.incidents.piles import Pile
from stashlight.incidents.places import common, kind_of, parents
from stashlight.incidents.tuned import Proposal, Unproposed
from stashlight.incidents.writers import SHELLS, Writer, image_name, is_protected

__all__ = ["propose"]

_ELSEWHERE: Final = {"windows": r"C:\Elsewhere\plan.docx", "linux": "/elsewhere/plan.docx"}
_STRANGER: Final = {"windows": r"C:\Users\Public\stranger.exe", "linux": "/tmp/stranger"}  # noqa: S108 - a path in a test case


class _Dumper(yaml.SafeDumper):
    """YAML as people write it: text of several lines stands as such."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style)  # pyright: ignore[reportUnknownMemberType]


_Dumper.add_representer(str, _text)


def propose(benign: Sequence[Case], date: str) -> tuple[list[Proposal], list[Unproposed]]:
    """Give the filters for these cases, each once, and what they leave; `date` (YYYY-MM-DD) goes into the filters."""
    wanted: defaultdict[tuple[str, ...], list[tuple[str, Pile | Deed]]] = defaultdict(list)
    left: dict[tuple[str, str, str], Unproposed] = {}
    for case in benign:
        incident = case_id(case)
        staged = set(map(id, case.staged))
        parts: list[tuple[Pile | Deed, str | None]] = [
            (p, _file_reason(p, w)) for p, w in case.written if id(p) in staged
        ]
        parts += [(deed, _deed_reason(deed)) for deed in case.acts("collect", "stage", "pack") if deed.place]
        for part, reason in parts:
            if reason is None:
                wanted[_key(part)].append((incident, part))
            else:
                what = f"{image_name(part.process_path) or 'a program unknown'} in {part.place}"
                left.setdefault((incident, what, reason), Unproposed(incident, what, reason))
    return [_proposal(key, some, date) for key, some in sorted(wanted.items())], list(left.values())


def _key(part: Pile | Deed) -> tuple[str, ...]:
    """Give what a filter ties to: parts with the same key share one."""
    path, place, account = part.process_path or "", part.place or "", part.account or ""
    if isinstance(part, Pile):
        return "file_event", path, place, account
    return "process_creation", path, place, account, part.parent_path or "", _words(part)


def _words(deed: Deed) -> str:
    """Give the words of the command that name the place, the whole command if they do not stand there literally."""
    at = deed.text.lower().find(deed.place or "\0")
    return deed.text[at : at + len(deed.place or "")] if at >= 0 else deed.text


def _file_reason(pile: Pile, writer: Writer) -> str | None:
    if pile.is_remote:
        return "written over the network: the server's file log does not name who did it; learn it as a baseline"
    if writer.kind in ("masked", "nameless"):
        return f"{writer.reason}: find out what it is first"
    return _reason(pile.process_path, pile.place) or (
        "a shell does what it is told, and the log does not say for whom; learn it as a baseline"
        if image_name(pile.process_path) in SHELLS and not pile.account
        else None
    )


def _deed_reason(deed: Deed) -> str | None:
    if deed.is_script:
        return "a script block names no program; learn it as a baseline"
    if deed.act.traits & {"renamed", "odd_name", "password"}:
        return "a renamed archiver, an odd name or a password: no filter may hide that"
    if not deed.account or not deed.parent_path:
        return "the log does not name account and parent of the command; learn it as a baseline"
    return _reason(deed.process_path, deed.place)


def _reason(path: str | None, place: str | None) -> str | None:
    if not path or not re.search(r"[\\/]", path):
        return "the log does not give the program's full path"
    if not is_protected(path):
        return f"{path} lies where users can write: anybody could put another program there"
    if not place or common(place) or len(parents(place)) < 2 or "%" in place or "*" in place:
        return f"{place} is everybody's: a filter on it would hide others, too"
    kind = kind_of(place)
    return f"{place}: {kind.reason}; no filter may hide what is put there" if kind.points >= 12 else None


def _proposal(key: tuple[str, ...], parts: Iterable[tuple[str, Pile | Deed]], date: str) -> Proposal:
    category, path, place, account, *more = key
    found = list(parts)
    incidents = tuple(dict.fromkeys(incident for incident, _ in found))
    product = "linux" if path.startswith("/") else "windows"
    mark = "/" if product == "linux" else "\\"
    tie: dict[str, object] = {"Image": path}
    if category == "file_event":
        tie["TargetFilename|startswith"] = place.rstrip(mark) + mark
        event: dict[str, object] = {"Image": path, "TargetFilename": f"{place.rstrip(mark)}{mark}plan.docx"}
        stranger = event | {"Image": _STRANGER[product]}
        elsewhere = event | {"TargetFilename": _ELSEWHERE[product]}
        rules: object = ["linux_file_written" if product == "linux" else "file_written"]
        limit = "whatever else this program is made to put there"
    else:
        parent, words = more
        deed = next(part for _, part in found if isinstance(part, Deed))
        tie |= {"ParentImage": parent, "CommandLine|contains": words}
        event = {"Image": path, "CommandLine": deed.text, "ParentImage": parent}
        stranger = event | {"ParentImage": _STRANGER[product]}
        elsewhere = event | {"CommandLine": f"{path} {_ELSEWHERE[product]}"}
        rules = "any"
        limit = "the same command by the same account with other sources"
    ties = [tie | {"User|endswith": f"\\{account}"}, tie | {"User": account}] if account else [tie]
    if account:
        named = f"EXAMPLE\\{account}" if product == "windows" else account
        event, stranger, elsewhere = event | {"User": named}, stranger | {"User": named}, elsewhere | {"User": named}
    seen = sum(part.files if isinstance(part, Pile) else 1 for _, part in found)
    whose = f" by {account}" if account else ", by any account (the log names none)"
    identity = str(uuid5(NAMESPACE_URL, "stashlight:" + "|".join(key)))
    program = image_name(path)
    what = f"{seen:,} files" if category == "file_event" else f"{seen:,} commands"
    document: dict[str, object] = {
        "title": f"{program} {'fills' if category == 'file_event' else 'is told to fill'} {place}"[:200],
        "id": identity,
        "status": "experimental",
        "description": f"Proposed from {', '.join(incidents[:5])}: {what} put there by {path}{whose}.\n"
        f"Limit: hides {limit}.\n",
        "references": ["https://attack.mitre.org/techniques/T1074/"],
        "author": "stashlight tune",
        "date": date,
        "logsource": {"category": category, "product": product},
        "filter": {"rules": rules, "selection": ties if len(ties) > 1 else tie, "condition": "not selection"},
        "tests": {"match": [stranger, elsewhere], "ignore": [event, event | {"Hostname": "ANOTHER-HOST"}]},
    }
    text = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000)
    slug = re.sub(r"[^a-z0-9]+", "_", program).strip("_") or "program"
    return Proposal(identity, str(document["title"]), f"{category}_{slug}_{identity[:8]}.yml", text, incidents)
