"""
One place, many spellings: which host and local directory a UNC path means.

What the telemetry itself says is used: share paths of 5145 and Defender, addresses of hosts from their own connections,
administrative shares by definition. Nothing is guessed beyond that.
"""

import re
from collections.abc import Iterable
from typing import Final, cast

from stashlight.engines.duckdb import Engine
from stashlight.events.identity import host_key
from stashlight.events.paths import normalise
from stashlight.incidents.piles import Pile

__all__ = ["Network", "read_network", "share_names", "shares_of"]

_LOCAL: Final = frozenset({"127.0.0.1", "localhost", "::1", ".", "--1.ipv6-literal"})

_ADDRESSES: Final = """
SELECT DISTINCT source_ip_lc AS ip, host_key AS host FROM events
WHERE kind = 'network_connect' AND COALESCE(initiated, TRUE) AND NOT source_ip_lc IS NULL AND NOT host_key IS NULL
"""
_SHARES: Final = """
SELECT DISTINCT host_key AS host, share_name_lc AS share, share_path_lc AS path FROM events
WHERE kind IN ('share_access', 'file_create', 'file_rename') AND NOT share_name_lc IS NULL AND NOT share_path_lc IS NULL AND NOT host_key IS NULL
ORDER BY host_key NULLS FIRST, share_name_lc NULLS FIRST, share_path_lc NULLS FIRST
"""


class Network:
    """Addresses and shares that the telemetry told of."""

    def __init__(self, addresses: dict[str, str], shares: dict[tuple[str, str], str]) -> None:
        self._addresses = addresses
        self._shares = shares

    def host(self, name: str, seen_from: str) -> str:
        """Give the host key of a server name or address as `seen_from` uses it."""
        name = name.lower().partition("@")[0]
        if name in _LOCAL:
            return seen_from
        return self._addresses.get(name) or host_key(name) or name

    def spellings(self, host: str, path: str) -> list[tuple[str, str]]:
        """Give (host, normalised directory or file) pairs that a path means: itself, and its local form on the server."""
        path = normalise(path.strip("\"' ")).rstrip("\\") if path else path
        found = [(host, path)]
        match = re.match(r"\\\\([^\\]+)\\([^\\]+)\\?(.*)\Z", path, re.DOTALL)
        if match is None:
            return found
        server, share, rest = match.groups()
        server = self.host(server, host)
        root = self._shares.get((server, share))
        if root is None and re.fullmatch(r"[a-z]\$", share):
            root = share[0] + ":"
        if root is None and share == "admin$":
            root = "c:\\windows"
        if root is not None:
            local = root.rstrip("\\") + ("\\" + rest if rest else "")
            found.append((server, local if len(local) > 2 else local + "\\"))
        else:
            found.append((server, path))
        return found

    def same_share(self, place: str, pile: Pile) -> bool:
        """True if a UNC place and a pile seen on its server name the same share."""
        return not share_names(place).isdisjoint(shares_of(pile))

    def client(self, name: str | None) -> str | None:
        """Give the host key of a requester's address or name."""
        if not name:
            return None
        return (
            self._addresses.get(name) or name.partition(".")[0]
            if not re.fullmatch(r"[\d.:a-f%]+", name)
            else self._addresses.get(name, name)
        )


def share_names(place: str) -> frozenset[tuple[str, str]]:
    """
    Give what a UNC place may be called on its server: the share's name, or the name of a folder.

    It meets a pile there if one of `shares_of` the pile is among them.
    """
    parts = [p for p in place.lower().split("\\") if p]
    if len(parts) < 2:
        return frozenset()
    folders = {parts[1].rstrip("$")} | ({parts[-1]} if len(parts) > 2 else set[str]())
    return frozenset({("share", parts[1])} | {("folder", name) for name in folders})


def shares_of(pile: Pile) -> frozenset[tuple[str, str]]:
    """Give the name of the share that a pile came through; if its source does not tell, the folders that it lies in."""
    if pile.share:
        return frozenset({("share", pile.share.rpartition("\\")[2])})
    return frozenset(("folder", name) for name in pile.place.split("\\"))


def read_network(engine: Engine) -> Network:
    """Give what the events say of addresses and shares."""
    by_ip: dict[str, set[str]] = {}
    for ip, host in cast("Iterable[tuple[str, str]]", engine.rows(_ADDRESSES)):
        by_ip.setdefault(ip, set()).add(host)
    # An address that several hosts used (DHCP, NAT) names none of them.
    addresses = {ip: next(iter(hosts)) for ip, hosts in by_ip.items() if len(hosts) == 1 and ip not in _LOCAL}
    shares: dict[tuple[str, str], str] = {}
    for host, share, path in cast("Iterable[tuple[str, str, str]]", engine.rows(_SHARES)):
        shares[host, share.rpartition("\\")[2]] = normalise(path).rstrip("\\")
    return Network(addresses, shares)
