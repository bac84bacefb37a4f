"""What lies below a path: everything is given once, in order, and what cannot be read says why."""

import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from stashlight.decoders import Source, read, sources
from stashlight.errors import InputError

LINE = b'{"n":1}\n'


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(members: dict[str, bytes], mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with cast("tarfile.TarFile", tarfile.open(fileobj=buffer, mode=mode)) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def found(path: Path) -> list[tuple[str, str]]:
    """Give names relative to `path`, and refusals."""
    return [(source.name.removeprefix(str(path)).lstrip("/"), source.refusal) for source in sources([str(path)])]


def records(source: Source) -> int:
    return sum(len(batch.records) for batch in read(source))


def test_a_folder_is_walked_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b/2.json", "b/10.json", "a.json", "c.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(LINE)
    assert [name for name, _ in found(tmp_path)] == ["a.json", "b/10.json", "b/2.json", "c.json"]


def test_globs_and_names_that_look_like_globs(tmp_path: Path) -> None:
    for name in ("1.json", "2.json", "[x].json"):
        (tmp_path / name).write_bytes(LINE)
    assert len(list(sources([str(tmp_path / "?.json")]))) == 2
    assert len(list(sources([str(tmp_path / "[x].json")]))) == 1
    assert len(list(sources([str(tmp_path / "**" / "*.json")]))) == 3


@pytest.mark.parametrize("missing", ["nothing.json", "*.nothing"])
def test_a_missing_path_is_an_error_before_anything_is_read(missing: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        sources([str(tmp_path), str(tmp_path / missing)])


def test_links_that_lead_back_or_nowhere_are_told(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "log").write_bytes(LINE)
    (inner / "loop").symlink_to(tmp_path)
    (inner / "self").symlink_to(inner / "self")
    (inner / "nothing").symlink_to(tmp_path / "gone")
    reasons = dict(found(tmp_path))
    assert reasons["inner/log"] == ""
    assert reasons["inner/loop"].startswith("a link back to ")
    assert reasons["inner/nothing"] == "a link to nothing"
    assert "symbolic link" in reasons["inner/self"]


def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (tmp_path / "log").write_bytes(LINE)
    (tmp_path / "log").chmod(0)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder").chmod(0)
    assert found(tmp_path) == [("folder", "Permission denied"), ("log", "Permission denied")]


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root nothing is forbidden, so the system's answer is put in its place."""

    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert found(tmp_path) == [("", "Permission denied")]


def test_pipes_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert found(tmp_path) == [("pipe", "not a file: a pipe, socket or device is not read")]


ARCHIVES: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "zip": zipped,
    "tar": tarred,
    "tar.gz": lambda members: tarred(members, "w:gz"),
    "tar.bz2": lambda members: tarred(members, "w:bz2"),
    "tar.xz": lambda members: tarred(members, "w:xz"),
    "zip in tar": lambda members: tarred({"in.zip": zipped(members)}),
    "tar.gz in zip": lambda members: zipped({"in.tgz": tarred(members, "w:gz")}),
    "zip in gzip": lambda members: gzip.compress(zipped(members)),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_members_of_archives_are_sources(kind: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(ARCHIVES[kind]({"x/1.json": LINE * 2, "2.json.gz": gzip.compress(LINE * 3)}))
    listed = list(sources([str(tmp_path)]))
    inside = {"zip in tar": "in.zip!", "tar.gz in zip": "in.tgz!"}.get(kind, "")
    assert [source.name for source in listed] == [f"{tmp_path}/a!{inside}{name}" for name in ("x/1.json", "2.json.gz")]
    assert [records(source) for source in listed] == [2, 3]


def test_members_names_lead_nowhere(tmp_path: Path) -> None:
    """Nothing is written under a member's own name."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.zip").write_bytes(zipped({"../../evil": LINE, "/etc/evil": LINE}))
    assert [records(source) for source in sources([str(folder)])] == [1, 1]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.zip", "in"]


def test_resource_forks_of_a_mac_are_left_out_but_not_logs_beside_them(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(
        zipped({"1.json": LINE, "__MACOSX/._1.json": b"\0\5\x16\7", "__MACOSX/2.json": LINE})
    )
    assert [name for name, _ in found(tmp_path)] == ["a.zip!1.json", "a.zip!__MACOSX/2.json"]


def test_archives_nested_too_deeply_are_told(tmp_path: Path) -> None:
    content = LINE
    for _ in range(6):
        content = zipped({"in": content})
    (tmp_path / "a").write_bytes(content)
    assert [reason for _, reason in found(tmp_path)] == ["archives nested deeper than 3"]


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """Like 42.zip: what its directory declares is out of proportion."""
    (tmp_path / "a.zip").write_bytes(zipped({"a": bytes(100 << 20)}).replace(b"", b""))
    ((_, reason),) = found(tmp_path)
    assert "look like a bomb" in reason


def test_an_encrypted_member_is_told(tmp_path: Path) -> None:
    content = bytearray(zipped({"1.json": LINE}))
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    assert found(tmp_path) == [("a.zip!1.json", "encrypted; unpack it first")]


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_damaged_archives_are_told(kind: str, tmp_path: Path) -> None:
    content = ARCHIVES[kind]({str(n): LINE * 500 + str(n).encode() for n in range(5)})
    (tmp_path / "a").write_bytes(content[: len(content) // 2])
    said = [source.refusal for source in sources([str(tmp_path)])]
    said += [p.reason for source in sources([str(tmp_path)]) for batch in read(source) for p in batch.problems]
    assert any(said)


def test_links_and_devices_in_a_tar_are_told(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        entry = tarfile.TarInfo("link")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(entry)
    assert found(tmp_path)[0][1].startswith("not a plain file")


def test_a_damaged_member_is_told_when_it_is_read(tmp_path: Path) -> None:
    content = bytearray(zipped({"1.json": LINE * 1000}))
    content[60] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(content)
    (source,) = sources([str(tmp_path)])
    assert source.refusal or any(batch.problems for batch in read(source))
