"""A range holds an address however it is written."""

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stashlight.engines.pattern import is_portable
from stashlight.findings.addresses import cidr


def _holds(network: str, address: str) -> bool:
    pattern = re.sub(r"\\x\{([0-9A-F]+)\}", lambda m: re.escape(chr(int(m[1], 16))), cidr(network))
    return re.search(pattern.replace(r"\z", r"\Z"), address) is not None


@given(st.ip_addresses(v=4), st.integers(0, 32), st.ip_addresses(v=4))
def test_version_4(base: ipaddress.IPv4Address, prefix: int, address: ipaddress.IPv4Address) -> None:
    network = ipaddress.ip_network((base, prefix), strict=False)
    assert _holds(str(network), str(address)) is (address in network)
    assert _holds(str(network), str(network.broadcast_address))


@given(st.ip_addresses(v=6), st.integers(0, 128), st.ip_addresses(v=6), st.booleans())
def test_version_6(base: ipaddress.IPv6Address, prefix: int, other: ipaddress.IPv6Address, inside: bool) -> None:
    network = ipaddress.ip_network((base, prefix), strict=False)
    mask = int(network.hostmask)
    address = ipaddress.IPv6Address(int(network.network_address) | (int(other) & mask)) if inside else other
    plain = ":".join(f"{int(g, 16):x}" for g in address.exploded.split(":"))
    for written in (address.compressed, address.exploded, plain):
        assert _holds(str(network), written) is (address in network), written
    assert is_portable(cidr(str(network)))


@pytest.mark.parametrize(
    ("network", "text"),
    [("10.0.0.0/8", "10.evil"), ("10.0.0.0/8", "10.0.0.256"), ("::/0", "g::1"), ("::1/128", "::11")],
)
def test_what_is_no_address_is_in_no_range(network: str, text: str) -> None:
    assert not _holds(network, text)
