"""TLS: what is trusted, and a handshake by itself, for whoever wants to look at a certificate."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Final, TypeGuard

import httpx

from integration_tui.domain.text import visible

_NAMES: Final = ("DNS", "IP Address")


@cache
def shared_tls() -> ssl.SSLContext:
    """Return the process's TLS settings: making one takes 20 ms.

    Trusts httpx's roots or those of SSL_CERT_FILE and SSL_CERT_DIR, and the system's.
    """
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """What a server shows when a connection is secured. `version` is e.g. "TLS 1.3"."""

    version: str
    name: str
    good_until: datetime


async def shake_hands(host: str, address: str, port: int, tls: ssl.SSLContext) -> Handshake:
    """Secure a connection and close it again. Raises `OSError`, `ssl.SSLError` among them."""
    _, writer = await asyncio.open_connection(address, port, ssl=tls, server_hostname=host)
    try:
        channel: ssl.SSLObject = writer.get_extra_info("ssl_object")
        return _handshake(channel, host)
    finally:
        writer.transport.abort()


def _handshake(channel: ssl.SSLObject, host: str) -> Handshake:
    shown = channel.getpeercert() or {}
    until = ssl.cert_time_to_seconds(str(shown["notAfter"]))
    return Handshake(
        version=(channel.version() or "").replace("TLSv", "TLS "),
        name=visible(_name(shown.get("subjectAltName"), host), limit=100),
        good_until=datetime.fromtimestamp(until, UTC),
    )


def _name(alternatives: object, host: str) -> str:
    """Return the name that the certificate is for: ours where it is listed, else the first."""
    entries = alternatives if _are_names(alternatives) else ()
    names = [name for kind, name in entries if kind in _NAMES]
    return host if host in names or not names else names[0]


def _are_names(value: object) -> TypeGuard[tuple[tuple[str, str], ...]]:
    return isinstance(value, tuple)
