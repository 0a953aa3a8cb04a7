"""What a folder and a zip of a roster have in common. Files are read in place, not unpacked."""

from __future__ import annotations

import io
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

import msgspec

from integration_tui.domain.errors import ForbiddenError, RemoteNotFoundError, RetryableError
from integration_tui.domain.text import visible
from integration_tui.providers.oneroster_csv.findings import Remark

MAX_FILES: Final = 1000
"""A roster has twenty at most; a folder or zip with more is something else."""


class FileStamp(msgspec.Struct, frozen=True, kw_only=True):
    """Tells two states of a file apart, without reading it."""

    size: int
    modified_ns: int
    serial: int


class RosterArchive(Protocol):
    """The CSV files of one roster. Raises only `ProviderError`s."""

    @property
    def names(self) -> Mapping[str, str]:
        """Each file's name as it is written, by its name in small letters."""
        ...

    @property
    def refused(self) -> tuple[str, ...]:
        """Files that are passed over because they are links or no plain files."""
        ...

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What is to be said of the whole."""
        ...

    def open(self, name: str) -> io.BufferedReader:
        """Open a file by its name as it is written."""
        ...

    def stamp(self, name: str) -> FileStamp:
        """Return the present state of a file."""
        ...

    def close(self) -> None:
        """Let go of everything. May be called twice."""
        ...


def is_clutter(name: str) -> bool:
    """Return whether a file or folder is what desktops leave behind."""
    return name.startswith(".") or name == "__MACOSX"


@contextmanager
def os_error(path: Path) -> Generator[None]:
    """Turn what the operating system says about `path` into words."""
    shown = visible(path, limit=300)
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise RemoteNotFoundError(
            f"{shown} is not there", advice="check the path, and that its disk is mounted"
        ) from None
    except PermissionError:
        raise ForbiddenError(
            f"{shown} may not be read", advice="give the user of this program the right to"
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = (error.strerror if isinstance(error, OSError) else "") or "no usable path"
        raise RetryableError(
            f"{shown} cannot be read: {reason}", advice="check the disk and the path"
        ) from None
