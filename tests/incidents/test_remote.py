"""Which host and directory a UNC path means, from what the telemetry tells and nothing more."""

import pytest

from stashlight.incidents.remote import Network

_NETWORK = Network({"10.0.0.9": "fs1"}, {("fs1", "hr"): "d:\\data\\hr"})


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("C:\\a\\", ("ws1", "c:\\a")),
        ("\\\\fs1\\hr\\k", ("fs1", "d:\\data\\hr\\k")),
        ("\\\\FS1.corp.example\\HR\\k", ("fs1", "d:\\data\\hr\\k")),
        ("\\\\10.0.0.9\\hr", ("fs1", "d:\\data\\hr")),
        ("\\\\fs1@SSL\\hr\\k", ("fs1", "d:\\data\\hr\\k")),
        ("\\\\ws7\\c$\\k", ("ws7", "c:\\k")),
        ("\\\\ws7\\c$", ("ws7", "c:\\")),
        ("\\\\ws7\\ADMIN$\\temp", ("ws7", "c:\\windows\\temp")),
        ("\\\\localhost\\c$\\k", ("ws1", "c:\\k")),
        ("\\\\127.0.0.1\\c$\\k", ("ws1", "c:\\k")),
        ("\\\\fs2\\hr\\k", ("fs2", "\\\\fs2\\hr\\k")),
        ("\\\\10.9.9.9\\hr\\k", ("10.9.9.9", "\\\\10.9.9.9\\hr\\k")),
        ("\\\\fs1", ("ws1", "\\\\fs1")),
        ("", ("ws1", "")),
    ],
)
def test_last_spelling_is_what_the_server_calls_it(path: str, meant: tuple[str, str]) -> None:
    spelled = _NETWORK.spellings("ws1", path)
    assert spelled[-1] == meant
    assert spelled[0][0] == "ws1"


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("10.0.0.9", "fs1"),
        ("10.9.9.9", "10.9.9.9"),
        ("ws7.corp.example", "ws7"),
        ("ws7", "ws7"),
        ("", None),
        (None, None),
        ("fe80::1", "fe80::1"),
    ],
)
def test_requester_is_named_if_it_is_known(name: str | None, host: str | None) -> None:
    assert _NETWORK.client(name) == host
