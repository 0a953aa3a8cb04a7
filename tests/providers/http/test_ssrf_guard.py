"""A name that leads into our own network is refused, whatever form its address has."""

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.errors import IncompatibleError
from integration_tui.providers.http.ssrf_guard import AddressGuard, require_allowed

PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10"]


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "100.100.100.200",
        "0.0.0.0",  # noqa: S104 - an example of what must not be called
        "::",
        "224.0.0.1",
    ],
)
@pytest.mark.parametrize("allow_private", [True, False])
def test_metadata_and_link_local_addresses_are_never_called(
    address: str, allow_private: bool
) -> None:
    with pytest.raises(IncompatibleError, match=", which is not a server address"):
        require_allowed("sis.example.org", [address], allow_private=allow_private)


@given(st.sampled_from(PRIVATE).flatmap(lambda net: st.ip_addresses(v=4, network=net)))
def test_a_private_address_is_called_only_where_the_config_allows_it(address: IPv4Address) -> None:
    if str(address) == "100.100.100.200":
        return

    require_allowed("sis.example.org", [str(address)], allow_private=True)

    with pytest.raises(IncompatibleError, match="private network") as caught:
        require_allowed("sis.example.org", [str(address)], allow_private=False)
    assert "allow_private_network: true" in caught.value.advice


@pytest.mark.parametrize("address", ["::1", "fd12:3456::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"])
def test_private_addresses_of_ipv6_are_known(address: str) -> None:
    with pytest.raises(IncompatibleError):
        require_allowed("sis.example.org", [address], allow_private=False)


def test_one_bad_address_among_good_ones_is_enough() -> None:
    with pytest.raises(IncompatibleError):
        require_allowed("sis.example.org", ["93.184.216.34", "10.0.0.1"], allow_private=False)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8"])
def test_public_addresses_are_called(address: str) -> None:
    require_allowed("sis.example.org", [address], allow_private=False)


@pytest.mark.parametrize(
    ("host", "address"), [("localhost", "::1"), ("127.0.0.1", "127.0.0.1"), ("[::1]", "::1")]
)
def test_this_machine_is_called_where_it_is_meant(host: str, address: str) -> None:
    require_allowed(host.strip("[]"), [address], allow_private=False)


def test_localhost_that_leads_elsewhere_is_judged_like_any_other() -> None:
    with pytest.raises(IncompatibleError):
        require_allowed("localhost", ["10.0.0.1"], allow_private=False)


async def test_a_name_is_looked_up_again_after_a_minute() -> None:
    now = [0.0]
    addresses = AddressGuard(monotonic=lambda: now[0], allow_private=False)

    first = await addresses.of("http://localhost:80")
    now[0] = 61.0
    second = await addresses.of("http://localhost:80")

    assert first == second
    assert any(literal in first for literal in ("127.0.0.1", "::1"))


def test_the_table_of_private_networks_is_one() -> None:
    assert all(not IPv4Network(net).is_global for net in PRIVATE)
