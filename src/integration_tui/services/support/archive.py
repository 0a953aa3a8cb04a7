"""A support bundle as a file: a zip, its owner's alone, that is there whole or not at all."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from integration_tui.domain.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class BundlePart:
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


class BundleFile:
    """Written beside its place, then put there. Raises `UsageError`s."""

    def __init__(self, path: Path, content: bytes) -> None:
        self.path = path
        self._temporary = Path()
        try:
            if path.exists() or path.is_symlink():
                raise self._is_there()
            self._write(content)
        except OSError as error:
            self.leave()  # what a full disk took of it
            raise self._cannot(error) from error

    def put(self) -> None:
        """Have it appear in its place, where nothing may have come meanwhile."""
        try:
            try:
                os.link(self._temporary, self.path)
            except FileExistsError:
                raise
            except OSError:  # a file system without links, such as a memory stick's
                self.path.touch(mode=0o600, exist_ok=False)
                self._temporary.replace(self.path)
        except FileExistsError as error:
            raise self._is_there() from error
        except OSError as error:
            raise self._cannot(error) from error

    def leave(self) -> None:
        """Take away what was written beside."""
        with suppress(OSError):
            if self._temporary.name:
                self._temporary.unlink(missing_ok=True)

    def _write(self, content: bytes) -> None:
        number, name = tempfile.mkstemp(prefix=".support-", dir=self.path.parent)  # mode 0600
        self._temporary = Path(name)
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def _is_there(self) -> UsageError:
        return UsageError(f"{self.path} is there already", advice="name a file that is not there")

    def _cannot(self, error: OSError) -> UsageError:
        reason = (error.strerror or "unknown reason").lower()
        return UsageError(
            f"{self.path} cannot be written: {reason}",
            advice="name another place",
        )
