"""Both sides of every judgement of a writer: what makes it suspicious, and the ordinary program that looks alike."""

import pytest

from stashlight.incidents.lineage import Lineage, Process
from stashlight.incidents.piles import Pile
from stashlight.incidents.writers import is_protected, renamed, writer_of

Version = tuple[str | None, str | None, str | None]

_NO_VERSION: Version = (None, None, None)
_VENDOR: Version = ("sync.exe", "vendor sync", "vendor inc")
_PLACE = "c:\\perflogs\\k"


def _judged(path: str | None, place: str, version: Version = _VENDOR, provider: str = "sysmon") -> tuple[str, bool]:
    """Give (kind, owns) of a program that wrote two documents; `version` is its original name, description, maker."""
    process = Process("p", "ws1", 0, path, None, None, 1, *version, None, None, None, None, provider, "e0")
    pile = Pile(
        host="ws1",
        actor="p",
        directory=place,
        place=place,
        session=1,
        is_remote=False,
        client=None,
        process_key="p",
        process_path=path,
        account="ines",
        share=None,
        share_path=None,
        first_us=0,
        last_us=1,
        events=2,
        files=2,
        bytes=None,
        sized=0,
        is_lower_bound=False,
        classes={"document": 2},
        event="e1",
    )
    writer = writer_of(pile, Lineage([process] if path else []))
    assert writer.reason
    return writer.kind, writer.owns


@pytest.mark.parametrize(
    ("path", "version", "kind"),
    [
        ("c:\\windows\\system32\\cmd.exe", _VENDOR, "shell"),
        ("/usr/bin/cp", _NO_VERSION, "shell"),
        ("c:\\windows\\explorer.exe", _VENDOR, "explorer"),
        ("c:\\windows\\syswow64\\explorer.exe", _VENDOR, "masked"),
        ("c:\\programdata\\svchost.exe", _VENDOR, "masked"),
        ("c:\\windows\\system32\\svchost.exe", _VENDOR, "installed"),
        ("c:\\programdata\\upd.exe", ("rar.exe", "rar", "x"), "masked"),
        ("c:\\programdata\\rar.exe", ("rar.exe", "rar", "x"), "foreign"),
        ("c:\\programdata\\upd.exe", ("electron.exe", "upd", "x"), "foreign"),
        ("c:\\programdata\\upd.exe", _NO_VERSION, "nameless"),
        ("c:\\windows\\system32\\upd.exe", _NO_VERSION, "nameless"),
        ("c:\\program files\\vendor\\upd.exe", _NO_VERSION, "installed"),
        ("c:\\windows\\temp\\upd.exe", _VENDOR, "foreign"),
        (None, _NO_VERSION, "unknown"),
    ],
)
def test_writer_is_of_its_kind(path: str | None, version: Version, kind: str) -> None:
    assert _judged(path, _PLACE, version)[0] == kind


def test_a_source_without_version_resources_proves_nothing_by_their_absence() -> None:
    """4688 never tells an original name."""
    assert _judged("c:\\programdata\\upd.exe", _PLACE, _NO_VERSION, "security")[0] == "foreign"


@pytest.mark.parametrize(
    ("path", "place", "owns"),
    [
        ("c:\\program files\\vendor\\sync.exe", "c:\\program files\\vendor\\cache", True),
        ("c:\\program files\\x\\tool.exe", "c:\\programdata\\vendor\\a", True),
        ("c:\\programdata\\tool.exe", "c:\\programdata\\vendor\\a", False),
        ("c:\\program files\\x\\tool.exe", _PLACE, False),
        ("c:\\programdata\\x\\tool.exe", "c:\\programdata\\x", False),
    ],
)
def test_a_place_is_owned_by_home_name_product_or_maker(path: str, place: str, *, owns: bool) -> None:
    """What a program that users can replace says of its maker counts for nothing."""
    assert _judged(path, place)[1] is owns


@pytest.mark.parametrize(
    ("path", "protected"),
    [
        ("C:\\Windows\\System32\\cmd.exe", True),
        ("c:\\windows\\temp\\a.exe", False),
        ("c:\\windows\\tasks\\a.exe", False),
        ("c:\\program filesx\\a.exe", False),
        ("/usr/bin/tar", True),
        ("/tmp/tar", False),
        (None, False),
    ],
)
def test_only_administrators_write_to_protected_homes(path: str | None, *, protected: bool) -> None:
    assert is_protected(path) is protected


@pytest.mark.parametrize(
    ("path", "original", "hidden"),
    [
        ("c:\\k\\dsa.exe", "winrar.exe", True),
        ("c:\\k\\7za.exe", "7z.exe", False),
        ("c:\\k\\7za.exe", "7za.exe", False),
        ("c:\\k\\psexec64.exe", "psexec.exe", False),
        ("c:\\program files\\x\\dsa.exe", "winrar.exe", False),
        ("c:\\k\\dsa.exe", None, False),
    ],
)
def test_a_tool_under_another_name_is_seen(path: str, original: str | None, *, hidden: bool) -> None:
    assert renamed(path, original) is hidden
