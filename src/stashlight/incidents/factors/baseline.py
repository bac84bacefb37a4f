"""What is new or far more than on the days learned before; what is done every day by the same, in the same place."""

from collections import defaultdict
from collections.abc import Iterator

from stashlight.frozen import frozen
from stashlight.incidents.baseline import Baseline, Habit, covering, day_of, shape
from stashlight.incidents.cases import Case
from stashlight.incidents.document import Factor
from stashlight.incidents.piles import Pile

__all__ = ["NAME", "weigh"]

NAME: str = "baseline"

# Days from which "never seen" says something, and from which a repetition is a habit: a working week.
_KNOWN = 5
_HABIT = 5
_FEW = 20
_MOST = 10
_HOUR_US = 3_600_000_000

_Key = tuple[str, ...]


@frozen
class _Day:
    """
    What the case did under one key of a table on one day: how much, at which hours, and the events that show it.

    `strangers` are clients that never filled the place before, where others did.
    """

    table: str
    key: _Key
    day: int
    count: int
    hours: frozenset[int]
    events: tuple[str, ...]
    habit: Habit | None
    strangers: tuple[str, ...] = ()


def weigh(case: Case) -> Factor | None:
    """Raise for what was never seen, lower for a habit; without a baseline, or one that knows the host, say nothing."""
    baseline = case.context.baseline
    if baseline is None:
        return None
    done = list(_days(case, baseline))
    known = {d.key[0]: baseline.known_days("hosts", d.key[0], d.day) for d in done}
    done = [d for d in done if known[d.key[0]] >= _KNOWN]
    if not done:
        return None
    return _habitual(case, done) or _unusual(baseline, done, known)


def _days(case: Case, baseline: Baseline) -> Iterator[_Day]:
    """Give what the staged piles and the deeds with a place come to, by key and day."""
    piles: defaultdict[tuple[_Key, int], list[Pile]] = defaultdict(list)
    for pile in case.staged:
        image = shape(pile.process_path or "") if not pile.is_remote else "(network)"
        piles[(pile.host, pile.account or "", image, shape(pile.place)), day_of(pile.first_us)].append(pile)
    for (key, day), some in piles.items():
        hours = frozenset(h for p in some for h in (_hour(p.first_us), _hour(p.last_us)))
        count = sum(p.files for p in some)
        known = baseline.clients(key[0], key[-1], day)
        strangers = tuple(sorted({p.client for p in some if p.client} - known)) if known else ()
        events = tuple(p.event for p in some[:3])
        yield _Day("files", key, day, count, hours, events, _habit(baseline, "files", key, day), strangers)
    for deed in case.acts("collect", "stage", "pack"):
        if deed.place:
            key = (deed.host, deed.account or "", deed.act.tool, shape(deed.parent_path or ""), shape(deed.place))
            day = day_of(deed.ts_us)
            habit = _habit(baseline, "tools", key, day)
            yield _Day("tools", key, day, 1, frozenset({_hour(deed.ts_us)}), deed.events[:1], habit)


def _habit(baseline: Baseline, table: str, key: _Key, day: int) -> Habit | None:
    found = (baseline.habit(table, (*key[:-1], place), day) for place in covering(key[-1]))
    return next((habit for habit in found if habit), None)


def _hour(us: int) -> int:
    return us // _HOUR_US % 24


def _habitual(case: Case, done: list[_Day]) -> Factor | None:
    """Lower if all was done before: by the same program and account, in the same place, as much, at such hours."""
    if case.logons or any(w.kind in ("masked", "nameless") for _, w in case.written):
        return None
    if not all(_is_habit(d) for d in done):
        return None
    days = min(d.habit.days for d in done if d.habit)
    least = min(done, key=lambda d: (d.habit.days if d.habit else 0, d.key))
    reason = f"the same on {days} days before: {_what(least)}"
    if least.table == "files" and least.habit:
        usual = f"median of {least.habit.median:,.0f} (MAD {least.habit.mad:,.0f}, most {least.habit.most:,})"
        reason += f", {least.count:,} files against a {usual}"
    return Factor(NAME, -min(25, 5 + 2 * days), reason, _events(done))


def _is_habit(each: _Day) -> bool:
    """True if who did it is known, and did it often enough, as much and at such hours."""
    habit = each.habit
    named = "" not in each.key[:3] and not each.strangers
    return named and habit is not None and habit.days >= _HABIT and habit.usual(each.count, each.hours)


def _unusual(baseline: Baseline, done: list[_Day], known: dict[str, int]) -> Factor | None:
    """Raise for each kind of novelty once, with its counts."""
    found: dict[str, tuple[int, str, tuple[str, ...]]] = {}
    for each in sorted(done, key=lambda d: d.table, reverse=True):
        host, account = each.key[:2]
        days = known[host]
        if not baseline.place_days(host, each.key[-1], each.day):
            reason = f"nobody filled {each.key[-1]} on the {days} days known of {host}"
            found.setdefault("place", (5, reason, each.events))
        seen = baseline.known_days("accounts", account, each.day) if account else 0
        if each.table == "tools" and seen >= _KNOWN and not baseline.use_days(account, each.key[2], each.day):
            reason = f"{account} never used {each.key[2]} on the {seen} days known of the account"
            found.setdefault("first time", (3, reason, each.events))
        elif each.table == "files" and seen >= _KNOWN and each.habit is None:
            reason = f"first time, on {seen} days known of the account, for {_what(each)}"
            found.setdefault("first time", (3, reason, each.events))
        if each.strangers:
            reason = f"{each.strangers[0]} never filled {each.key[-1]} before, where others do"
            found.setdefault("client", (2, reason, each.events))
        habit = each.habit
        if habit is None or habit.days < _KNOWN:
            continue
        if (
            each.table == "files"
            and each.count >= _FEW
            and each.count > max(2 * habit.most, habit.median + 6 * 1.4826 * habit.mad)
        ):
            reason = (
                f"{each.count:,} files in a day against a median of {habit.median:,.0f} "
                f"(MAD {habit.mad:,.0f}, most {habit.most:,} on {habit.days} days)"
            )
            found.setdefault("rate", (4, reason, each.events))
        if not habit.usual(0, each.hours):
            reason = f"at an hour at which {_what(each)} was never seen on {habit.days} days"
            found.setdefault("hour", (2, reason, each.events))
    points = sum(p for p, _, _ in found.values())
    if not points:
        return None
    events = tuple(dict.fromkeys(e for _, _, some in found.values() for e in some))
    return Factor(NAME, min(points, _MOST), "; ".join(reason for _, reason, _ in found.values()), events[:8])


def _what(each: _Day) -> str:
    name = each.key[2].replace("/", "\\").rpartition("\\")[2] or "a program unknown"
    return f"{name} of {each.key[1] or 'an account unknown'} into {each.key[-1]}"


def _events(done: list[_Day]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(e for d in done for e in d.events))[:8]
