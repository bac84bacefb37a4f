"""Identity: one key for one host, account, process, whoever tells of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stashlight.events.identity import account_key, guid, host_key, join_account, process_key


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("ENG-WS-045.company.com", "eng-ws-045"),
        ("eng-ws-045", "eng-ws-045"),
        ("\\\\FILES01", "files01"),
        ("10.1.2.3", "10.1.2.3"),
        ("fe80::1", "fe80::1"),
        ("-", None),
        ("", None),
        (None, None),
    ],
)
def test_host(host: str | None, key: str | None) -> None:
    assert host_key(host) == key


@pytest.mark.parametrize(
    ("account", "sid", "key"),
    [
        ("COMPANY\\alexchen", None, "alexchen"),
        ("alexchen@company.com", None, "alexchen"),
        ("AlexChen", "S-1-5-21-1-2-3-1001", "alexchen"),
        (None, "S-1-5-21-1-2-3-1001", "s-1-5-21-1-2-3-1001"),
        ("NT AUTHORITY\\SYSTEM", None, "system"),
        ("AUTORITE NT\\Système", "S-1-5-18", "system"),
        ("EXAMPLE\\PC01$", "S-1-5-18", "system"),
        ("EXAMPLE\\FILES01$", "S-1-5-21-1-2-3-1104", "files01$"),
        ("-", "S-1-0-0", None),
        ("(null)", None, None),
        (None, None, None),
    ],
)
def test_account(account: str | None, sid: str | None, key: str | None) -> None:
    assert account_key(account, sid) == key


def test_account_is_joined_once() -> None:
    assert join_account("CORP", "ann") == "CORP\\ann"
    assert join_account("-", "ann") == "ann"
    assert join_account("CORP", "CORP\\ann") == "CORP\\ann"
    assert join_account("CORP", "ann@corp.com") == "ann@corp.com"
    assert join_account("CORP", "-") is None


def test_guid_has_one_spelling() -> None:
    """EVTX leaves braces off, and Sysmon writes zeros for a process it did not see start."""
    assert guid("{365ABB72-7C01-5CC4-0000-00102B3E0C00}") == guid("365abb72-7c01-5cc4-0000-00102b3e0c00")
    assert guid("{00000000-0000-0000-0000-000000000000}") is None


def test_process_key_takes_the_best_that_is_known() -> None:
    assert process_key("g", "h", 4, 1, "a.exe") == "g"
    assert process_key(None, "h", 4, 1, "a.exe") == "h|4|1"
    assert process_key(None, "h", 4, None, "a.exe") == "h|4|a.exe"
    assert process_key(None, "h", None, 1, "a.exe") is None


@given(st.text(), st.text())
def test_keys_are_stable_and_never_raise(name: str, sid: str) -> None:
    host = host_key(name)
    assert host is None or host_key(host) == host
    key = account_key(name, sid)
    assert key is None or key
    g = guid(name)
    assert g is None or guid(g) == g
