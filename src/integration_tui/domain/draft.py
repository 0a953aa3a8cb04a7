"""A document as somebody wrote it: not judged yet, not stored."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from integration_tui.domain.config import DocumentFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A text, and how it is written. `file` only names it in messages."""

    text: str
    format: DocumentFormat
    file: str = ""

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return checksum(self.text)


def checksum(text: str) -> str:
    """Return the SHA-256 of `text`, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
