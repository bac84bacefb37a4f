"""Paths: one spelling for one place."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stashlight.events import paths

CASES = [
    ("C:\\Users\\Ann\\a.TXT", "c:\\users\\ann\\a.txt"),
    ("C:/Windows/system32", "c:\\windows\\system32"),
    ("C:\\\\programdata\\\\x", "c:\\programdata\\x"),
    ("C:\\temp\\", "c:\\temp"),
    ("C:\\", "c:\\"),
    ("C:", "c:\\"),
    ("\\\\?\\C:\\x", "c:\\x"),
    ("\\??\\C:\\", "c:\\"),
    ("\\\\.\\C:\\x", "c:\\x"),
    ("\\\\?\\UNC\\files\\share\\x", "\\\\files\\share\\x"),
    ("\\??\\UNC\\files\\share", "\\\\files\\share"),
    ("\\\\files\\\\share\\\\x", "\\\\files\\share\\x"),
    ("\\\\\\\\files\\\\share", "\\\\files\\share"),
    ("\\\\host@SSL\\DavWWWRoot\\x", "\\\\host@ssl\\davwwwroot\\x"),
    ("\\SystemRoot\\System32\\cmd.exe", "c:\\windows\\system32\\cmd.exe"),
    ("\\Device\\HarddiskVolume2\\a\\b", "\\device\\harddiskvolume2\\a\\b"),
    ("\\\\Device\\\\HarddiskVolume2\\\\a", "\\device\\harddiskvolume2\\a"),
    ("\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy1\\x", "\\device\\harddiskvolumeshadowcopy1\\x"),
    ("\\Device\\Mup\\files\\share\\x", "\\\\files\\share\\x"),
    ("\\DosDevices\\D:\\x", "d:\\x"),
    ("C:\\a\\x.zip:Zone.Identifier", "c:\\a\\x.zip"),
    ("C:\\a\\x.zip:Zone.Identifier:$DATA", "c:\\a\\x.zip"),
    ("\\\\.\\pipe\\lsass", "\\\\.\\pipe\\lsass"),
    ("C:\\PROGRA~1\\COMMON~1", "c:\\progra~1\\common~1"),
    ("/var/Tmp//x/", "/var/Tmp/x"),
    ("/", "/"),
    ("//srv/x", "/srv/x"),
    ("", ""),
]


@pytest.mark.parametrize(("written", "meant"), CASES, ids=[c[0] for c in CASES])
def test_one_spelling(written: str, meant: str) -> None:
    assert paths.normalise(written) == meant


@pytest.mark.parametrize(
    ("path", "directory", "name", "extension"),
    [
        ("C:\\Temp\\Stage\\a.TAR.gz", "c:\\temp\\stage", "a.tar.gz", "gz"),
        ("C:\\a.txt", "c:\\", "a.txt", "txt"),
        ("C:\\Temp\\", "c:\\", "temp", None),
        ("C:\\", "c:\\", None, None),
        ("\\\\files\\share\\a.txt", "\\\\files\\share", "a.txt", "txt"),
        ("C:\\x\\.gitignore", "c:\\x", ".gitignore", None),
        ("C:\\x\\a.", "c:\\x", "a.", None),
        ("C:\\x\\a.zip:Zone.Identifier", "c:\\x", "a.zip", "zip"),
        ("/var/Tmp/A.Zip", "/var/Tmp", "a.zip", "zip"),
        ("/a", "/", "a", None),
        ("System", None, "system", None),
        ("", None, None, None),
    ],
)
def test_split(path: str, directory: str | None, name: str | None, extension: str | None) -> None:
    assert paths.split(path) == (directory, name, extension)


def test_unc_is_another_machine_only() -> None:
    assert paths.is_unc("\\\\files\\share")
    assert paths.is_unc("\\\\?\\UNC\\files\\share\\x")
    assert paths.share_root("\\\\Files\\C$\\x\\y") == "\\\\files\\c$"
    for local in ("C:\\\\x", "\\\\?\\C:\\x", "\\\\.\\pipe\\x", "\\Device\\HarddiskVolume1\\x", "/srv//x", "x"):
        assert not paths.is_unc(local)
        assert paths.share_root(local) is None


def test_parents_end_at_the_root() -> None:
    assert list(paths.parents("C:\\a\\b\\c.txt")) == ["c:\\a\\b", "c:\\a", "c:\\"]
    assert list(paths.parents("\\\\f\\s\\a\\b")) == ["\\\\f\\s\\a", "\\\\f\\s"]
    assert list(paths.parents("/a/b")) == ["/a", "/"]
    assert not list(paths.parents("a"))


def test_stream_is_apart_from_the_file() -> None:
    assert paths.stream("C:\\x.zip:Zone.Identifier") == "zone.identifier"
    assert paths.stream("C:\\x.zip") is None
    assert paths.stream("/a:b") is None


PIECES = st.sampled_from(
    [*"\\/:.?ac*C ", "\\\\", "\\??\\", "\\\\?\\", "\\\\.\\", "UNC\\", "GLOBALROOT\\", "Device\\", "Mup\\",
     "SystemRoot\\", "DosDevices\\", "HarddiskVolume1", "C:\\", "c:", "İ", "Σ", "x.zip:Zone", ";LanmanRedirector\\"]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=12).map("".join))


@given(TEXTS)
@example("\\\\?\\\\\\?\\C:")
@example("c:\\:")
@example("\\:")
def test_normalising_twice_changes_nothing(path: str) -> None:
    once = paths.normalise(path)
    assert paths.normalise(once) == once


@given(TEXTS)
def test_split_never_raises_and_fits_normalise(path: str) -> None:
    """The short way for plain paths gives what the long way gives."""
    place = paths.split(path)
    assert place == paths.split(paths.normalise(path))
    if place.directory is not None:
        assert paths.normalise(place.directory) == place.directory
    assert len(list(paths.parents(path))) <= len(path) + 1
    paths.is_unc(path)
    paths.stream(path)
    paths.base(path)
