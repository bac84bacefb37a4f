"""Each rule that joins piles and deeds, where it joins and where it must not; and how far a burst is rolled up."""

from dataclasses import replace

import pytest

from stashlight.incidents.acts import Act
from stashlight.incidents.deeds import Deed
from stashlight.incidents.grouping import group
from stashlight.incidents.lineage import Lineage
from stashlight.incidents.piles import Pile, roll_up
from stashlight.incidents.remote import Network
from stashlight.incidents.settling import Targets
from stashlight.incidents.tuning import Tuning

_HOUR = 3_600_000_000
_PILE = Pile(
    host="ws1",
    actor="p1",
    directory="c:\\k",
    place="c:\\k",
    session=1,
    is_remote=False,
    client=None,
    process_key=None,
    process_path=None,
    account=None,
    share=None,
    share_path=None,
    first_us=0,
    last_us=0,
    events=1,
    files=1,
    bytes=None,
    sized=0,
    is_lower_bound=False,
    classes={},
    event="e",
)
_NETWORK = Network({}, {("fs1", "hr"): "d:\\hr"})
_PUBLIC = "c:\\users\\public"


def _pile(place: str, hours: float = 0, host: str = "ws1", account: str | None = None, key: str | None = None) -> Pile:
    at = int(hours * _HOUR)
    where = replace(_PILE, host=host, directory=place, place=place, first_us=at, last_us=at)
    return replace(where, account=account, process_key=key)


def _deed(place: str | None, hours: float = 0, sources: tuple[str, ...] = (), target: str | None = None) -> Deed:
    act, at = Act("stage", "copy", sources, place), int(hours * _HOUR)
    return Deed(
        act, "ws1", at, None, None, None, None, None, "", is_script=False, place=place, target=target, events=("d",)
    )


def _count(piles: list[Pile], deeds: list[Deed], targets: Targets | None = None) -> int:
    return len(group(piles, deeds, Lineage([]), _NETWORK, targets or {}, Tuning()))


@pytest.mark.parametrize(
    ("what", "piles", "deeds", "groups"),
    [
        ("one place", [_pile("c:\\k"), _pile("c:\\k", 20)], [], 1),
        ("one place, too long after", [_pile("c:\\k"), _pile("c:\\k", 80)], [], 2),
        ("one place on two hosts", [_pile("c:\\k"), _pile("c:\\k", host="ws2")], [], 2),
        ("below", [_pile("c:\\k"), _pile("c:\\k\\a", 1)], [], 1),
        ("beside", [_pile("c:\\k"), _pile("c:\\kk", 1)], [], 2),
        ("everybody's, one account", [_pile(_PUBLIC, account="i"), _pile(_PUBLIC, 1, account="i")], [], 1),
        ("everybody's, two accounts", [_pile(_PUBLIC, account="i"), _pile(_PUBLIC, 1, account="o")], [], 2),
        ("everybody's, next day", [_pile(_PUBLIC, account="i"), _pile(_PUBLIC, 20, account="i")], [], 2),
        ("one process", [_pile("c:\\a", key="p"), _pile("d:\\b", 1, key="p")], [], 1),
        ("two processes", [_pile("c:\\a", key="p"), _pile("d:\\b", 1, key="q")], [], 2),
        ("one process, next day", [_pile("c:\\a", key="p"), _pile("d:\\b", 20, key="p")], [], 2),
        ("takes the pile", [_pile("c:\\k")], [_deed("d:\\o", 1, ("c:\\k\\*",))], 1),
        ("takes something else", [_pile("c:\\k")], [_deed("d:\\o", 1, ("c:\\q\\*",))], 2),
        ("takes it over an administrative share", [_pile("c:\\k")], [_deed("d:\\o", 1, ("\\\\ws1\\c$\\k",))], 1),
        ("fills the share", [_pile("d:\\hr\\k", 0.1, "fs1")], [_deed("\\\\fs1\\hr\\k")], 1),
        ("fills another host's share", [_pile("d:\\hr\\k", 0.1, "fs2")], [_deed("\\\\fs1\\hr\\k")], 2),
        ("fills the share much later", [_pile("d:\\hr\\k", 9, "fs1")], [_deed("\\\\fs1\\hr\\k")], 2),
    ],
)
def test_what_belongs_together(what: str, piles: list[Pile], deeds: list[Deed], groups: int) -> None:
    assert _count(piles, deeds) == groups, what


@pytest.mark.parametrize(("written", "groups"), [(0.5, 1), (9.0, 2)])
def test_a_deed_joins_who_wrote_the_file_that_it_names(written: float, groups: int) -> None:
    targets = {("ws1", "d:\\x\\a.zip"): [("p1", "d:\\x\\y", int(written * _HOUR))]}
    assert _count([_pile("d:\\x\\y", written)], [_deed(None, target="d:\\x\\a.zip")], targets) == groups


def test_groups_hold_everything_once() -> None:
    piles = [_pile(f"c:\\k{n % 3}", n) for n in range(9)]
    deeds = [_deed(f"c:\\k{n % 2}", n) for n in range(6)]
    groups = group(piles, deeds, Lineage([]), _NETWORK, {}, Tuning())
    assert (sum(len(g.piles) for g in groups), sum(len(g.deeds) for g in groups)) == (len(piles), len(deeds))


@pytest.mark.parametrize(
    ("held", "places"),
    [
        ({"c:\\k\\a": 5, "c:\\k\\b": 5}, {"c:\\k"}),
        ({"c:\\k": 9}, {"c:\\k"}),
        ({"c:\\a": 5, "c:\\b": 5}, {"c:\\a", "c:\\b"}),
        ({"c:\\users\\a\\x": 5, "c:\\users\\b\\x": 5}, {"c:\\users\\a\\x", "c:\\users\\b\\x"}),
        ({"\\\\fs1\\hr\\a": 5, "\\\\fs1\\it\\a": 5}, {"\\\\fs1\\hr\\a", "\\\\fs1\\it\\a"}),
        ({"/srv/k/a": 5, "/srv/k/b": 5}, {"/srv/k"}),
    ],
)
def test_a_burst_is_rolled_up_but_never_to_what_holds_everything(held: dict[str, int], places: set[str]) -> None:
    piles = [replace(_PILE, directory=d, place=d, files=n) for d, n in held.items()]
    assert {p.place for p in roll_up(piles)} == places


def test_bursts_of_two_programs_are_rolled_up_apart() -> None:
    piles = [replace(_PILE, actor=a, directory=d, place=d, files=5) for a, d in (("p", "c:\\k\\a"), ("q", "c:\\k\\b"))]
    assert {p.place for p in roll_up(piles)} == {"c:\\k\\a", "c:\\k\\b"}
