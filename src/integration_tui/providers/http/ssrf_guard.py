"""Which addresses may be called: a name that leads into our own network is refused.

A name is resolved once, every address it has is judged, and the connection is made to a judged
one: a second look-up could answer differently (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from integration_tui.domain.clock import Monotonic
from integration_tui.domain.config.types import is_loopback
from integration_tui.domain.errors import IncompatibleError, RetryableError
from integration_tui.providers.http.proxy_environment import proxy_hint

_KEEP_S: Final = 60.0
_NAT64: Final = IPv6Network("64:ff9b::/96")
_METADATA: Final = {ip_address("fd00:ec2::254"), ip_address("100.100.100.200")}
"""Where clouds hand out credentials, besides link-local addresses."""


class AddressGuard:
    """Looks names up, and keeps the answer for a minute.

    With a `home`, it is the only host that may have a private address.
    """

    def __init__(self, *, monotonic: Monotonic, allow_private: bool, home: str = "") -> None:
        self._monotonic = monotonic
        self._allow_private = allow_private
        self._home = home
        self._known: dict[tuple[str, int], tuple[float, tuple[str, ...]]] = {}

    async def of(self, url: str, *, setting: str = "base_url") -> tuple[str, ...]:
        """Return the addresses to connect to for a URL, best first. `setting` is what it is from.

        Raises `RetryableError` where the name is not known, `IncompatibleError` where it leads
        to an address that must not be called.
        """
        (host, port), now = host_and_port(url), self._monotonic()
        until, known = self._known.get((host, port), (now, ()))
        if now < until:
            return known
        found = await _resolve(url, setting)
        allow_private = self._allow_private and self._home in {"", host}
        require_allowed(host, found, allow_private=allow_private, setting=setting)
        self._known[host, port] = (now + _KEEP_S, found)
        return found


def host_and_port(url: str) -> tuple[str, int]:
    """Return the host and the port of a URL."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def require_allowed(
    host: str, addresses: Iterable[str], *, allow_private: bool, setting: str = "base_url"
) -> None:
    """Raise `IncompatibleError` where any of a host's addresses must not be called."""
    for text in addresses:
        address = _plain(ip_address(text.partition("%")[0]))
        if is_loopback(host) and address.is_loopback:
            continue
        if _is_never_called(address):
            raise IncompatibleError(
                f"{host} resolves to {text}, which is not a server address",
                advice=f"check {setting} and the DNS entry",
            )
        if not address.is_global and not allow_private:
            raise IncompatibleError(
                f"{host} resolves to {text}, a private network address",
                advice="to allow it, set allow_private_network: true",
            )


def _is_never_called(address: IPv4Address | IPv6Address) -> bool:
    return (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address in _METADATA
    )


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


async def _resolve(url: str, setting: str) -> tuple[str, ...]:
    host, port = host_and_port(url)
    try:
        return (str(ip_address(host)),)
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise RetryableError(
            f"name not found: {host}",
            advice=f"check the host in {setting} and DNS{proxy_hint(url)}",
            unprocessed=True,
        ) from None
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
