"""TLS: what is trusted, and a handshake by itself, for whoever wants to look at a certificate."""

from __future__ import annotations

import asyncio
import os
import re
import ssl
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final, TypeGuard

import msgspec

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.text import visible
from integration_tui.providers.http.client_library import httpx

FILE: Final = "SSL_CERT_FILE"
FOLDER: Final = "SSL_CERT_DIR"
_PEM: Final = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----")
_KEY: Final = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_HASHED: Final = re.compile(r"[0-9a-f]{8}\.\d+")
_LARGEST: Final = 32 * 2**20
_DER: Final = b"\x30\x82"


def require_file(environ: Mapping[str, str]) -> str | None:
    """Return the file that `SSL_CERT_FILE` names, `None` where it names none.

    Raises `IncompatibleError` where it is no file of certificates.
    """
    if not (path := environ.get(FILE, "")):
        return None
    content = _content(path)
    if not _PEM.search(content):
        raise _unusable(FILE, path, _what_instead(content))
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except OSError:
        raise _unusable(FILE, path, "whose certificate is damaged") from None
    return path


def require_folder(environ: Mapping[str, str]) -> str | None:
    """Return the folders that `SSL_CERT_DIR` names, `None` where it names none.

    Raises `IncompatibleError` where none of them holds a certificate as OpenSSL looks for it.
    """
    if not (paths := environ.get(FOLDER, "")):
        return None
    troubles = [_trouble_of(path) for path in paths.split(os.pathsep) if path]
    if troubles and all(troubles):
        raise _unusable(FOLDER, paths, troubles[0])
    return paths


def _content(path: str) -> bytes:
    try:
        # O_NONBLOCK: a pipe must not stop us.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_ISDIR(mode):
                raise _unusable(FILE, path, f"which is a folder ({FOLDER} is for folders)")
            if not stat.S_ISREG(mode):
                raise _unusable(FILE, path, "which is not a file")
            return file.read(_LARGEST)
    except IsADirectoryError:
        raise _unusable(FILE, path, f"which is a folder ({FOLDER} is for folders)") from None
    except (OSError, ValueError) as error:
        raise _unusable(FILE, path, _why_not(error)) from None


def _why_not(error: Exception) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError | ValueError):
        return "which does not exist"
    if isinstance(error, PermissionError):
        return "which is not readable: permission denied"
    return "which is unreadable"


def _what_instead(content: bytes) -> str:
    if not content.strip():
        return "which is empty"
    if content.startswith(_DER):
        return "which is DER, not PEM (convert with openssl x509 -inform der)"
    if _KEY.search(content):
        return "which contains a key, not a certificate"
    return "which contains no PEM certificate"


def _trouble_of(path: str) -> str:
    try:
        names = [entry.name for entry in Path(path).iterdir()]
    except NotADirectoryError:
        is_there = Path(path).exists()
        return (
            f"which is not a folder ({FILE} is for files)" if is_there else "which does not exist"
        )
    except (OSError, ValueError) as error:
        return _why_not(error)
    if not any(_HASHED.fullmatch(name) for name in names):
        return "which contains no certificate by hash (run openssl rehash)"
    return ""


def _unusable(variable: str, path: str, what: str) -> IncompatibleError:
    return IncompatibleError(
        f"{variable} names {visible(path, limit=200)}, {what}",
        advice=f"correct {variable}, or unset it to use the built-in and system authorities",
    )


_NAMES: Final = ("DNS", "IP Address")
_ALERT_S: Final = 2.0
_ASK: Final = b"OPTIONS * HTTP/1.0\r\n\r\n"
_HTTP: Final = b"HTTP/"


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


class Handshake(msgspec.Struct, frozen=True, kw_only=True):
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


async def speaks_plain_http(address: str, port: int) -> bool:
    """Return whether a server answers in HTTP without TLS. Nothing of ours is sent."""
    try:
        async with asyncio.timeout(_ALERT_S):
            reader, writer = await asyncio.open_connection(address, port)
            try:
                writer.write(_ASK)
                return (await reader.read(len(_HTTP))).startswith(_HTTP)
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError):
        return False


def _handshake(channel: ssl.SSLObject, host: str) -> Handshake:
    shown = channel.getpeercert() or {}
    try:
        until = ssl.cert_time_to_seconds(str(shown["notAfter"]))
    except (KeyError, ValueError):
        raise IncompatibleError(
            f"{host} has a certificate without a valid date",
            advice="ask the server's administrator for a new certificate",
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
