"""The pictures of an incident, as data: lanes, pace, process tree, fan-in."""

from collections import defaultdict
from datetime import timedelta
from typing import Final

from stashlight.incidents.document import Command, Incident
from stashlight.reports.blocks import Block, Section, Text
from stashlight.reports.pictures import FanIn, Lane, Lanes, Link, Minutes, Node, Stretch, Tree
from stashlight.reports.wording import clock, many, moment, place_of, seconds_between, window
from stashlight.terminal import shorten

__all__ = ["glance"]

_LADDER: Final = ("prepare", "collect", "stage", "pack", "exfiltrate", "clean_up")
_MOST_HOSTS: Final = 8
_MOST_BARS: Final = 60
_MOST_LINKS: Final = 16
_LONGEST: Final = 1000
_MOST_PROCESSES: Final = 60  # also keeps the tree's depth within what a recursion may be
_STEPS: Final = (60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 172800, 604800, 2592000)


def glance(incident: Incident) -> Section:
    """Give the pictures that there is data for."""
    pictures: list[Block] = [*_lanes(incident), *_pace(incident), *_tree(incident), *_fan_in(incident)]
    return Section("At a glance", tuple(pictures or [Text("The result holds no times or commands to draw.")]))


def _lanes(incident: Incident) -> tuple[Lanes, ...]:
    """Rungs lie on the host that the pile is on; commands say which of them were stood on elsewhere."""
    found: defaultdict[tuple[str, str], list[Stretch]] = defaultdict(list)
    first_host = incident.hosts[0] if incident.hosts else "unknown host"
    for command in incident.commands:
        if command.rung and moment(command.time):
            said = f"{clock(command.time)} {command.process or 'a process'}"
            found[command.host or first_host, command.rung].append(Stretch(command.time, command.time, said))
    for rung in incident.rungs:
        if moment(rung.first_seen) and moment(rung.last_seen):
            span = window(rung.first_seen, rung.last_seen)
            found[first_host, rung.name].insert(
                0, Stretch(rung.first_seen, rung.last_seen, f"{rung.summary or rung.name}, {span}")
            )
    if not found:
        return ()
    hosts = list(dict.fromkeys([first_host, *incident.hosts, *(host for host, _ in found)]))
    shown = hosts[:_MOST_HOSTS]
    ranked = sorted((key for key in found if key[0] in shown), key=lambda key: (shown.index(key[0]), _rank(key[1])))
    lanes = tuple(Lane(host, rung, tuple(found[host, rung])) for host, rung in ranked)
    times = sorted(
        (s for lane in lanes for span in lane.spans for s in (span.start, span.end)), key=lambda t: str(moment(t))
    )
    rungs = ", ".join(dict.fromkeys(rung.replace("_", " ") for _, rung in ranked))
    left_off = {host for host, _ in found} - set(shown)
    more = f" {many(len(left_off), 'more host')} not drawn." if left_off else ""
    said = f"{rungs} on {many(len({host for host, _ in ranked}), 'host')}, {window(times[0], times[-1])}.{more}"
    return (Lanes("Which step, where and when", said, times[0], times[-1], lanes),)


def _rank(rung: str) -> int:
    return _LADDER.index(rung) if rung in _LADDER else len(_LADDER)


def _pace(incident: Incident) -> tuple[Minutes, ...]:
    """Bin the files by minute into at most `_MOST_BARS` intervals, empty ones included."""
    counted = [(time, count) for time, count in sorted(incident.files.minutes.items()) if moment(time)]
    if not counted:
        return ()
    start = moment(counted[0][0])
    whole = (seconds_between(counted[0][0], counted[-1][0]) or 0) + 60
    step = next((each for each in _STEPS if whole <= each * _MOST_BARS), whole // _MOST_BARS + 1)
    assert start is not None
    bars = [0] * min(_MOST_BARS, max(1, -(-whole // step)))
    for time, count in counted:
        at = min(len(bars) - 1, (seconds_between(counted[0][0], time) or 0) // step)
        bars[at] += count
    counts = tuple((f"{start + timedelta(seconds=step * n):%Y-%m-%dT%H:%M:%SZ}", bar) for n, bar in enumerate(bars))
    busiest = max(counts, key=lambda pair: pair[1])
    said = (
        f"{many(sum(bars), 'file')} from {clock(counts[0][0])} UTC; most, {busiest[1]:,}, from {clock(busiest[0])} UTC."
    )
    return (Minutes(f"Files per {_interval(step)}", said, step, counts),)


def _interval(seconds: int) -> str:
    for unit, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= unit:
            return name if seconds == unit else f"{seconds / unit:g} {name}s"
    return f"{seconds} s"


def _tree(incident: Incident) -> tuple[Tree, ...]:
    """Hang each command under the program that its event names as parent; the document tells parents by path only."""
    if not incident.commands:
        return ()
    commands = sorted(incident.commands, key=lambda each: (each.host, each.time))[:_MOST_PROCESSES]
    children: defaultdict[int | tuple[str, str], list[int]] = defaultdict(list)
    for number, command in enumerate(commands):
        above = [
            n for n, each in enumerate(commands[:number]) if each.host == command.host and _is_parent(each, command)
        ]
        children[above[-1] if above else (command.host, command.parent or "unknown parent")].append(number)

    def node(number: int) -> Node:
        command = commands[number]
        pid = f", pid {command.process_id}" if command.process_id is not None else ""
        name = f"{_short(command.process or 'unknown process')}{pid}"
        told = shorten(command.command or "command line not recorded", _LONGEST)
        return Node(
            name, f"{clock(command.time)}  {told}", command.rung, True, tuple(node(n) for n in children.get(number, ()))
        )

    roots = tuple(
        Node(_short(key[1]), key[0], None, False, tuple(node(n) for n in numbers))
        for key, numbers in children.items()
        if isinstance(key, tuple)
    )
    said = f"{many(len(commands), 'recorded process', 'recorded processes')} below {many(len(roots), 'parent')}."
    if len(incident.commands) > _MOST_PROCESSES:
        said += f" {len(incident.commands) - _MOST_PROCESSES:,} more not drawn."
    return (Tree("What started what", said, roots),)


def _is_parent(parent: Command, child: Command) -> bool:
    return bool(child.parent and parent.process) and (child.parent or "").lower() == (parent.process or "").lower()


def _short(path: str) -> str:
    return path.replace("/", "\\").rpartition("\\")[2] or path


def _fan_in(incident: Incident) -> tuple[FanIn, ...]:
    if not incident.sources:
        return ()
    links = [Link(_source_name(each.path, each.host, each.basis), each.basis, each.files) for each in incident.sources]
    links.sort(key=lambda link: -(link.weight or 0))
    machines = len({each.host or each.path for each in incident.sources if each.basis == "requester"})
    more = f" {many(len(links) - _MOST_LINKS, 'more source')} not drawn." if len(links) > _MOST_LINKS else ""
    said = f"{many(len(links), 'source')}{f' on {machines} machines' if machines > 1 else ''} into one place.{more}"
    return (FanIn("From where to where", said, place_of(incident) or "unknown place", tuple(links[:_MOST_LINKS])),)


def _source_name(path: str, host: str | None, basis: str) -> str:
    return f"{host} ({path})" if basis == "requester" and host and host != path else path
