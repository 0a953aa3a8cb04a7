"""A support bundle as a zip."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec


class BundlePart(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a bundle, with its text as it will be in it; `about` says what it is."""

    name: str
    about: str
    text: str

    @property
    def size(self) -> int:
        """In bytes, before it is packed."""
        return len(self.text.encode())


def packed(parts: Sequence[BundlePart], *, at: datetime) -> bytes:
    """Return the zip; the same parts at the same moment are the same bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            moment = at.astimezone(UTC)
            entry = zipfile.ZipInfo(part.name, moment.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = 0o100600 << 16
            archive.writestr(entry, part.text.encode())
    return content.getvalue()
