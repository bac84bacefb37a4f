"""What kind of place a directory is, and how directories lie to each other."""

import itertools
from pathlib import Path
from typing import NotRequired, TypedDict, cast

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from stashlight.events.paths import normalise
from stashlight.incidents.places import KINDS, above, boundary, common, expanded, kind_of, parents, within


class Case(TypedDict):
    """A directory and what is said of it."""

    path: str
    kind: str
    boundary: NotRequired[bool]
    common: NotRequired[bool]


_CASES = cast("list[Case]", yaml.safe_load((Path(__file__).parent / "cases" / "places.yml").read_text("utf-8")))


@pytest.mark.parametrize("case", _CASES, ids=[case["path"] for case in _CASES])
def test_place_is_of_its_kind(case: Case) -> None:
    path = case["path"]
    assert kind_of(path).name == case["kind"]
    assert (boundary(path), common(path)) == (case.get("boundary", False), case.get("common", False))


def test_every_kind_gives_points_and_a_reason_once() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert all(0 <= kind.points <= 20 and kind.reason for kind in KINDS)


@pytest.mark.parametrize(
    ("path", "chain"),
    [
        ("c:\\a\\b", ["c:\\a\\b", "c:\\a", "c:\\"]),
        ("c:\\", ["c:\\"]),
        ("\\\\fs1\\hr\\k", ["\\\\fs1\\hr\\k", "\\\\fs1\\hr", "\\\\fs1"]),
        ("/srv/hr", ["/srv/hr", "/srv", "/"]),
        ("/", ["/"]),
        ("", []),
        ("%temp%\\k", ["%temp%\\k", "%temp%"]),
    ],
)
def test_parents_go_up_to_the_root(path: str, chain: list[str]) -> None:
    assert parents(path) == chain


@pytest.mark.parametrize(
    ("directory", "root", "is_within"),
    [
        ("c:\\a\\b", "c:\\a", True),
        ("c:\\a", "c:\\a", True),
        ("c:\\ab", "c:\\a", False),
        ("c:\\a", "c:\\", True),
        ("c:\\a", "c:\\a\\b", False),
        ("/srv/hr", "/", True),
        ("/srv2", "/srv", False),
        ("\\\\fs1\\hr\\k", "\\\\fs1\\hr", True),
        ("\\\\fs1\\hr2", "\\\\fs1\\hr", False),
    ],
)
def test_within_keeps_names_whole(directory: str, root: str, *, is_within: bool) -> None:
    assert within(directory, root) is is_within


@given(st.text(max_size=60).map(normalise).filter(bool))
def test_each_directory_lies_within_all_its_parents(directory: str) -> None:
    chain = parents(directory)
    assert all(within(directory, root) for root in chain[1:])
    assert all(len(upper) < len(lower) for lower, upper in itertools.pairwise(chain))
    assert not chain or above(chain[-1]) == ""
    kind_of(directory)


@pytest.mark.parametrize(
    ("place", "account", "meant"),
    [
        ("%temp%\\k", "ines", ["c:\\users\\ines\\appdata\\local\\temp\\k", "c:\\windows\\temp\\k"]),
        ("%temp%", "system", ["c:\\windows\\temp"]),
        ("%appdata%\\k", None, ["*\\appdata\\roaming\\k"]),
        ("$env:programdata\\k", "ines", ["c:\\programdata\\k"]),
        ("%unknown%\\k", "ines", []),
        ("c:\\k", "ines", []),
    ],
)
def test_variable_means_candidates_only(place: str, account: str | None, meant: list[str]) -> None:
    assert expanded(place, account) == meant


def test_a_path_of_a_thousand_levels_has_few_parents() -> None:
    found = parents("c:\\" + "\\".join(["k"] * 10_000))
    assert len(found) == 130
    assert parents("c:\\a\\b") == ["c:\\a\\b", "c:\\a", "c:\\"]
