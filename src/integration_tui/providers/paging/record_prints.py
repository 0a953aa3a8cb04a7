"""The prints of a page and of its records: by them it is seen what came as it was before."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from struct import unpack
from typing import Final

_PAGE: Final = 16
_RECORD: Final = 8
"""Bytes: two of a hundred million records share a print once in 3,600 listings."""


def page_digest(listed: bytes) -> bytes:
    """Return what tells a page from others, by the text of its list."""
    return sha256(listed).digest()[:_PAGE]


def prints_of(texts: Sequence[bytes]) -> tuple[int, ...]:
    """Return a print of each record, by its text as it came."""
    prints = b"".join([sha256(text).digest()[:_RECORD] for text in texts])
    return unpack(f"<{len(texts)}Q", prints)
