"""Pages by a token that says nothing to anybody else, and holds `+`, `/` and `=`.

A token belongs to its request: with any other parameter it is refused. A page may be empty and
have a token nevertheless. A token of the Directory is good for three days.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeVar
from zlib import crc32

from integration_tui.sandbox.google_classroom.refusals import invalid

T = TypeVar("T")
_FORMAT: Final = ">4sIQI?I"
_MAGIC: Final = b"\xfb\xff\xbf\x00"
"""Four bytes that become `+/+/` and something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPage:
    """Which page is asked for. `digest` stands for everything else that was asked.

    With `hollow` a page without rows comes before each further one. `now` and `life_s` are
    seconds; a token without an end has none.
    """

    token: str
    size: int
    digest: int
    now: int
    life_s: float | None = None
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class _Position:
    """The page behind a key; `is_hollow` for a page without rows."""

    key: int
    is_hollow: bool = False


_START: Final = _Position(0)
Rows = Callable[[int], Iterator[tuple[int, T]]]
"""Yields, in their order, the rows whose key is above the one given, with their keys (from 1)."""


def page(asked: TokenPage, rows: Rows[T]) -> tuple[list[T], Mapping[str, str]]:
    """Return the rows of a page, and `nextPageToken` where there is one.

    Raises `GoogleRefusedError` for a token that does not belong to the request.
    """
    position = _START if not asked.token else _read(asked)
    if position.is_hollow:
        return [], _next(asked, _Position(position.key))
    found = [*islice(rows(position.key), asked.size + 1)]
    if len(found) <= asked.size:
        return [row for _, row in found], {}
    shown = found[: asked.size]
    last, _ = shown[-1]
    return [row for _, row in shown], _next(asked, _Position(last, is_hollow=asked.hollow))


def _next(asked: TokenPage, position: _Position) -> Mapping[str, str]:
    check = _check(asked.digest, position, asked.now)
    packed = struct.pack(
        _FORMAT, _MAGIC, asked.digest, position.key, asked.now, position.is_hollow, check
    )
    return {"nextPageToken": base64.b64encode(packed).decode()}


def _read(asked: TokenPage) -> _Position:
    try:
        packed = base64.b64decode(asked.token, validate=True)
        magic, digest, key, issued, is_hollow, check = struct.unpack(_FORMAT, packed)
    except (binascii.Error, struct.error, ValueError):
        raise invalid("Invalid page token") from None
    position = _Position(key, is_hollow)
    if magic != _MAGIC or check != _check(digest, position, issued):
        raise invalid("Invalid page token")
    if digest != asked.digest:
        raise invalid()
    if asked.life_s is not None and asked.now - issued > asked.life_s:
        raise invalid("Invalid Input: pageToken")
    return position


def _check(digest: int, position: _Position, issued: int) -> int:
    return crc32(f"{digest}/{position.key}/{issued}/{position.is_hollow}".encode())
