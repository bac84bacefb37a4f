"""CIDR range → portable pattern that matches every way to write an address in it."""

import ipaddress

from stashlight.engines import pattern

__all__ = ["cidr"]

_OCTET = "(?:[0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])"
_ANY_GROUP = "[0-9a-f]{1,4}"
_GROUPS = 8


def cidr(text: str) -> str:
    """
    Give a pattern over folded address text.

    IPv6 may be written with or without leading zeros and `::` anywhere it may stand; the dotted tail of
    an IPv4-mapped address is not covered.

    Raises:
        ValueError: not a range.
    """
    network = ipaddress.ip_network(text)
    inner = _version4(network) if isinstance(network, ipaddress.IPv4Network) else _version6(network)
    return pattern.portable(rf"\A(?:{inner})\Z")


def _version4(network: ipaddress.IPv4Network) -> str:
    low, high = network.network_address.packed, network.broadcast_address.packed
    return r"\.".join(
        str(a) if a == b else _OCTET if (a, b) == (0, 255) else "(?:" + "|".join(map(str, range(a, b + 1))) + ")"
        for a, b in zip(low, high, strict=True)
    )


def _version6(network: ipaddress.IPv6Network) -> str:
    low, high = network.network_address.packed, network.broadcast_address.packed
    ranges = [(int.from_bytes(low[i : i + 2], "big"), int.from_bytes(high[i : i + 2], "big")) for i in range(0, 16, 2)]
    groups = [_group(a, b) for a, b in ranges]
    shortened = [
        ":".join(groups[:left]) + "::" + ":".join(groups[_GROUPS - right :])
        for left in range(_GROUPS)
        for right in range(_GROUPS - left)
        # `::` stands for the groups between, which must be able to be zero.
        if all(low == 0 for low, _ in ranges[left : _GROUPS - right])
    ]
    return "|".join([":".join(groups), *shortened])


def _group(low: int, high: int) -> str:
    """Give the pattern of one group of 16 bits between two ends that share their leading bits."""
    if (low, high) == (0, 0xFFFF):
        return _ANY_GROUP
    nibbles = [(int(a, 16), int(b, 16)) for a, b in zip(f"{low:04x}", f"{high:04x}", strict=True)]
    written = (
        "".join(_nibble(a, b) for a, b in nibbles[start:])
        for start in range(len(nibbles))
        if all(a == 0 for a, _ in nibbles[:start])  # leading zeros may be left out
    )
    return "(?:" + "|".join(written) + ")"


def _nibble(low: int, high: int) -> str:
    return f"{low:x}" if low == high else "[" + "".join(f"{n:x}" for n in range(low, high + 1)) + "]"
