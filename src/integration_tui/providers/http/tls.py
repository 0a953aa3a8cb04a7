"""TLS: what is trusted, and a handshake by itself, for whoever wants to look at a certificate."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Final, TypeGuard

import httpx

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.text import visible
from integration_tui.providers.http.trust import require_file, require_folder

_NAMES: Final = ("DNS", "IP Address")
_ALERT_S: Final = 2.0


@cache
def shared_tls() -> ssl.SSLContext:
    """Return the process's TLS settings: making one takes 20 ms. Raises as `trusting`."""
    return trusting(os.environ)


def trusting(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Return TLS settings that trust what SSL_CERT_FILE, else SSL_CERT_DIR, name, or our roots.

    The system's authorities are trusted, too. Raises `IncompatibleError` where the variable
    leads to no certificate; SSL_CERT_DIR is not looked at where SSL_CERT_FILE is set.
    """
    file = require_file(environ)
    folder = require_folder(environ) if file is None else None
    if file is None and folder is None:
        context = httpx.create_ssl_context(trust_env=False)
    else:
        context = ssl.create_default_context(cafile=file, capath=folder)
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


async def alert_of(host: str, address: str, port: int, tls: ssl.SSLContext) -> ssl.SSLError | None:
    """Return the alert with which a server ends a secured connection on which nothing is sent.

    A server of TLS 1.3 refuses a client only when that believes the connection secured; what the
    client has sent meanwhile makes the system throw the alert away.
    """
    try:
        reader, writer = await asyncio.open_connection(address, port, ssl=tls, server_hostname=host)
        try:
            async with asyncio.timeout(_ALERT_S):
                await reader.read(1)
        finally:
            writer.transport.abort()
    except ssl.SSLError as error:
        return error
    except (OSError, TimeoutError):
        return None
    return None


def _handshake(channel: ssl.SSLObject, host: str) -> Handshake:
    shown = channel.getpeercert() or {}
    try:
        until = ssl.cert_time_to_seconds(str(shown["notAfter"]))
    except (KeyError, ValueError):
        raise IncompatibleError(
            f"{host} has a certificate without a date that can be read",
            advice="ask who runs the server for another one",
        ) from None
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
