"""A secret in every spelling that a text may have it in: quoted, escaped, encoded, line by line."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Final
from urllib.parse import quote, quote_plus

_PERCENT: Final = re.compile(r"%[0-9A-F]{2}")
_URL_SAFE: Final = str.maketrans("+/", "-_")
_LINE: Final = 16
"""A shorter line of a secret of several lines is not looked for by itself."""
SHORT: Final = 6
"""A shorter text is only taken out where it stands alone: it may be part of any word."""


def spellings(secret: str) -> Iterator[str]:
    """Yield a secret as it may stand in a text, in no order and with repetitions."""
    if not secret.strip():
        return
    lines = [line for line in secret.splitlines() if len(line) >= _LINE]
    for text in {secret, secret.strip(), *lines}:
        yield from _in_addresses(text)
        yield from (text, escape(text), escape(text, quote=False))
        yield from (repr(text)[1:-1], repr(text.encode(errors="replace"))[2:-1])
        yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
        raw = text.encode(errors="replace")
        if len(raw) >= SHORT:
            yield from (raw.hex(), raw.hex().upper())
        for encoded in _in_base64(raw):
            yield from (encoded, *_in_addresses(encoded))


def any_of(texts: Iterable[str], *, least: int) -> re.Pattern[str]:
    """Return what finds any of these, the longest first; shorter ones only as whole words."""
    ordered = sorted({text for text in texts if text}, key=lambda text: (-len(text), text))
    patterns = [
        _literal(text) if len(text) >= least else rf"(?<!\w){_literal(text)}(?!\w)"
        for text in ordered
    ]
    return re.compile("|".join(patterns) or r"(?!)")


def _literal(text: str) -> str:
    """Return what finds just this text; the digits of a percent sign may be of either case."""
    return _PERCENT.sub(lambda found: f"(?i:{found[0]})", re.escape(text))


def _in_addresses(text: str) -> Iterator[str]:
    safe = text.encode(errors="replace").decode()  # a lone surrogate stands in no address
    yield from (quote(safe), quote(safe, safe=""), quote_plus(safe))


def _in_base64(secret: bytes) -> Iterator[str]:
    """Yield what a secret is in base64, behind whatever else, such as a name and a colon."""
    whole = base64.b64encode(secret).decode().rstrip("=")
    yield from (whole, whole.translate(_URL_SAFE))
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + secret).decode().rstrip("=")
        mixed = (before * 8 + 5) // 6  # letters that what stands before has a part in
        inner = encoded[mixed:] if (before + len(secret)) % 3 == 0 else encoded[mixed:-1]
        if len(inner) >= SHORT:
            yield from (inner, inner.translate(_URL_SAFE))
