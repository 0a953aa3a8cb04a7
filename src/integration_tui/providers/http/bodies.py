"""Bodies of answers: unpacked within bounds, or passed on as they are."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from typing import Final

from integration_tui.domain.errors import IncompatibleError
from integration_tui.providers.http.models import Sink

ACCEPT_ENCODING: Final = "gzip, identity"
MAX_BYTES: Final = 32 * 2**20
"""The largest body that is read, unpacked."""
_KNOWN: Final = frozenset({"br", "zstd", "compress"})
_MAX_GROWTH: Final = 100
_GROWTH_FROM: Final = 2**20
"""Smaller bodies may unpack to as much as they like."""

_GZIP_OR_ZLIB: Final = 47  # zlib's window size that recognises both headers


async def read_body(chunks: AsyncIterator[bytes], *, encoding: str, host: str) -> bytes:
    """Return the whole body. Raises `IncompatibleError` where it is too large or not as said."""
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return await _read_plain(chunks, host)
    if encoding in {"gzip", "x-gzip", "deflate"}:
        return await _read_packed(chunks, host)
    named = encoding if encoding in _KNOWN else "unknown"
    raise IncompatibleError(
        f"{host} answered with an unexpected encoding ({named})",
        advice="check the proxy in front of the server",
    )


async def save_body(chunks: AsyncIterator[bytes], sink: Sink, *, encoding: str, host: str) -> None:
    """Pass a body on as it is. Raises `IncompatibleError` where it is packed, and as `sink`."""
    if encoding.strip().lower() not in {"", "identity"}:
        raise IncompatibleError(
            f"{host} answered with an unexpected encoding",
            advice="check the proxy in front of the server",
        )
    sink.begin()
    async for chunk in chunks:
        sink.write(chunk)


async def _read_plain(chunks: AsyncIterator[bytes], host: str) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        _require_bounded(len(body), MAX_BYTES, host)
    return bytes(body)


async def _read_packed(chunks: AsyncIterator[bytes], host: str) -> bytes:
    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
    body = bytearray()
    received = 0
    try:
        async for chunk in chunks:
            received += len(chunk)
            bound = max(_GROWTH_FROM, min(MAX_BYTES, received * _MAX_GROWTH))
            body += unpacker.decompress(chunk, bound + 1 - len(body))
            _require_bounded(len(body) + bool(unpacker.unconsumed_tail), bound, host)
    except zlib.error as error:
        raise IncompatibleError(
            f"{host} returned a damaged compressed response",
            advice="check the proxy in front of the server",
        ) from error
    if received and not unpacker.eof:
        raise IncompatibleError(f"{host} returned an incomplete response", advice="try again")
    return bytes(body)


def _require_bounded(size: int, bound: int, host: str) -> None:
    if size > bound and bound < MAX_BYTES:
        raise IncompatibleError(
            f"{host} returned a response that expands more than {_MAX_GROWTH} times",
            advice="check the URL and the proxy in front of the server",
        )
    if size > bound:
        raise IncompatibleError(
            f"{host} answered with more than {MAX_BYTES // 2**20} MB in one response",
            advice="reduce the page size, or check the URL",
        )
