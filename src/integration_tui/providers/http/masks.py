"""Secrets found in a text in whatever dress they came: as they are, percent-encoded, in Base64."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote, quote_plus

from integration_tui.domain.redaction import MASK, scrub

_SHORTEST: Final = 6
"""Characters of Base64 that are looked for: fewer are found everywhere."""


def hidden(text: str, secrets: Iterable[str]) -> str:
    """Return `text` without the given secrets, and without what looks like one."""
    dresses = {dress for secret in secrets if secret for dress in _dresses(secret)}
    for dress in sorted(dresses, key=len, reverse=True):
        text = text.replace(dress, MASK)
    return scrub(text)


def _dresses(secret: str) -> Iterator[str]:
    yield secret
    yield quote_plus(secret)
    yield quote(secret, safe="")
    yield secret.lower()  # as part of a host name
    for plain in {secret, quote_plus(secret)}:
        for shift in range(3):
            yield from _in_base64(plain.encode(), shift)


def _in_base64(plain: bytes, shift: int) -> Iterator[str]:
    """Yield how bytes look in Base64 behind `shift` others, without what neighbours change."""
    coded = base64.b64encode(bytes(shift) + plain).decode().rstrip("=")
    start = (0, 2, 3)[shift]
    end = len(coded) - (1 if (shift + len(plain)) % 3 else 0)
    for text in (coded, coded.translate({ord("+"): "-", ord("/"): "_"})):
        if end - start >= _SHORTEST:
            yield text[start:end]
            yield quote(text[start:end], safe="")
