"""What a file is worth by its name."""

import time

import pytest

from stashlight.incidents.content import CLASSES, DATA, archive_family, class_of, extension_rows, sensitive


def test_one_extension_has_one_class() -> None:
    rows = extension_rows()
    assert len(rows) == len({extension for extension, _ in rows}) == sum(map(len, CLASSES.values()))
    assert set(CLASSES) >= DATA


@pytest.mark.parametrize(
    ("extension", "name"),
    [
        ("docx", "document"),
        ("pst", "mail"),
        ("kdbx", "secret"),
        ("001", "archive"),
        ("r00", "archive"),
        ("z01", "archive"),
        ("dll", "program"),
        ("dat", "opaque"),
        ("qqq", "other"),
        ("", "none"),
        (None, "none"),
        ("0012", "other"),
    ],
)
def test_extension_has_its_class(extension: str | None, name: str) -> None:
    assert class_of(extension) == name


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("ntds.dit", "Active Directory database"),
        ("copy_ntds.dit", "Active Directory database"),
        ("ntds.dit.bak", "Active Directory database"),
        ("copy_ntds.dit.bak", "Active Directory database"),
        ("ntds.dit.1", "Active Directory database"),
        ("ntds.dit.md", None),
        ("sam", "registry hive"),
        ("sam.old", "registry hive"),
        ("system.1", "registry hive"),
        ("system.log.1", None),
        ("ws1_system.hiv", "registry hive"),
        ("vault.kdbx", "password vault"),
        ("id_rsa", "SSH private key"),
        ("ines.pst", "mail store"),
        ("lsass_624.dmp", "credential memory dump"),
        ("login data", "browser credential store"),
        ("shadow", "password hashes"),
        ("example.docx", None),
        ("system.dll", None),
        ("samples.txt", None),
        ("shadowcopy.txt", None),
        ("ntdsutil.exe", None),
        ("id_rsa.pub", "SSH private key"),
    ],
)
def test_name_that_is_decisive_alone(name: str, meaning: str | None) -> None:
    assert sensitive(name) == meaning


@pytest.mark.parametrize(
    ("name", "family"),
    [("x.part01.rar", "x"), ("x.7z.003", "x"), ("x.zip", "x"), ("x.tar.gz", "x.tar"), ("x", "x"), (".zip", ".zip")],
)
def test_volumes_of_one_archive_share_a_family(name: str, family: str) -> None:
    assert archive_family(name) == family


@pytest.mark.parametrize("bit", ["lsass", "_ntds", "mimi", ".sam", "w", "."])
def test_endless_name_costs_nothing(bit: str) -> None:
    start = time.process_time()
    assert sensitive(bit * 20_000) is None
    archive_family(bit * 20_000)
    assert time.process_time() - start < 1
