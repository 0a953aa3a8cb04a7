"""What a server says about its own refusal, out of the shapes in which servers say it.

For decisions only: it may name a person or echo a secret, and is never shown, logged or stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeGuard

import msgspec

from integration_tui.providers.http.messages import Answer

MAX_ERROR_BODY: Final = 64 * 1024
_WORDS: Final = (
    "imsx_description",  # OneRoster 1.1 and 1.2
    "error_description",  # OAuth2, RFC 6749 section 5.2
    "message",  # Google, Canvas
    "detail",  # RFC 9457
    "title",
    "error",
)
_WRAPPERS: Final = ("imsx_StatusInfo", "imsx_statusInfo", "statusInfoSet", "error", "errors")
_MAX_DEPTH: Final = 4


def server_text(answer: Answer) -> str:
    """Return the server's own words, raw and of any length; empty where it has none."""
    body = answer.body[:MAX_ERROR_BODY]
    if "html" in answer.media_type or body.lstrip()[:1] == b"<":
        return ""
    if answer.media_type == "text/plain":
        return body.decode(errors="replace").strip()
    try:
        return _said(msgspec.json.decode(body), _MAX_DEPTH).strip()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _said(value: object, depth: int) -> str:
    if isinstance(value, str):
        return value
    if depth == 0:
        return ""
    if is_list(value):
        return _said(value[0], depth - 1) if value else ""
    return _said_in(value, depth) if is_object(value) else ""


def _said_in(value: Mapping[str, object], depth: int) -> str:
    for key in _WORDS:
        if isinstance(words := value.get(key), str) and words:
            return words
    for key in _WRAPPERS:
        if words := _said(value.get(key), depth - 1):
            return words
    return ""


def is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    """Say whether a decoded JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[object]]:
    """Say whether a decoded JSON value is a list."""
    return isinstance(value, list)
