"""A zip of a roster. All that makes a zip dangerous is refused before a member is opened.

Members are named by their last part only and never written anywhere, so that no name can lead
out of a folder; a zip that tries is refused all the same.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Final

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.text import visible
from integration_tui.providers.oneroster_csv.archive import (
    MAX_FILES,
    FileStamp,
    is_clutter,
    os_error,
)
from integration_tui.providers.oneroster_csv.findings import Remark, warning

MAX_BYTES: Final = 4 * 1024**3
"""Of all members together, unpacked. A million enrollments have 0.2 of that."""
MAX_RATIO: Final = 250
"""Rosters shrink to a tenth; only zeros shrink to a thousandth."""
_RATIO_MATTERS_FROM: Final = 16 * 1024**2
_MAX_DIRECTORY_BYTES: Final = 1024**2
_METHODS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_BUFFER: Final = 1 << 16
_END: Final = b"PK\x05\x06"
_END_64_LOCATOR: Final = b"PK\x06\x07"
_END_BYTES: Final = 22 + 65_535
_UNSAFE: Final = re.compile(r"^/|^[A-Za-z]:|\0|(?:^|/)\.\.(?:/|$)")
_BACKSLASHES: Final = warning(
    "the names in the zip have backslashes, as older Windows programs write them; they were read"
    " as folders",
    "have it zipped again with another program",
)


class SafeZip:
    """The members of a zip that end in `.csv`, at its top or in its only folder."""

    refused: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()

    def __init__(self, path: Path) -> None:
        self._path = path
        with os_error(path), _explained(path):
            _raise_if_endless(path)
            self._zip = zipfile.ZipFile(path)
            try:
                members = self._zip.infolist()
                self._members = _checked(members)
            except BaseException:
                self._zip.close()
                raise
        self.names: Mapping[str, str] = {name.lower(): name for name in self._members}
        if any("\\" in member.orig_filename for member in members):
            self.remarks = (_BACKSLASHES,)

    def open(self, name: str) -> io.BufferedReader:
        with os_error(self._path), _explained(self._path):
            return io.BufferedReader(
                _Member(self._zip.open(self._members[name]), self._path), _BUFFER
            )

    def stamp(self, name: str) -> FileStamp:  # noqa: ARG002 - the zip changes as a whole
        with os_error(self._path):
            state = self._path.stat()
        return FileStamp(size=state.st_size, modified_ns=state.st_mtime_ns, serial=state.st_ino)

    def close(self) -> None:
        self._zip.close()


class _Member(io.RawIOBase):
    """A member's bytes, whose damage is told in words."""

    def __init__(self, raw: IO[bytes], path: Path) -> None:
        self._raw = raw
        self._path = path

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer is one
        with os_error(self._path), _explained(self._path):
            found = self._raw.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        self._raw.close()
        super().close()


@contextmanager
def _explained(path: Path) -> Generator[None]:
    """Turn what the zip reader says into words."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error) as error:
        raise IncompatibleError(
            f"{visible(path, limit=300)} is no zip, or a damaged one",
            advice="have it made or sent again; name a folder or a .zip",
        ) from error
    except (NotImplementedError, RuntimeError, UnicodeError) as error:
        raise IncompatibleError(
            f"{visible(path, limit=300)} is packed in a way that is not read here",
            advice="have it zipped as usual, without a password",
        ) from error


def _raise_if_endless(path: Path) -> None:
    """Refuse a list of members too long to be read, before it is read."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END_BYTES - 20))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        raise zipfile.BadZipFile
    (size,) = struct.unpack_from("<L", tail, at + 12)
    is_64 = at >= 20 and tail[at - 20 : at - 16] == _END_64_LOCATOR
    if size > _MAX_DIRECTORY_BYTES or is_64:
        raise IncompatibleError(
            f"{visible(path, limit=300)} lists too many files",
            advice=f"a roster has twenty at most, and less than {MAX_BYTES // 1024**3} GB",
        )


def _checked(members: list[zipfile.ZipInfo]) -> Mapping[str, zipfile.ZipInfo]:
    """Return the CSV files by name. Raises `IncompatibleError` for a zip that is not safe."""
    if len(members) > MAX_FILES:
        raise IncompatibleError(
            f"the zip holds more than {MAX_FILES} files", advice="zip the roster's files alone"
        )
    for member in members:
        _raise_if_unsafe(member)
    if sum(member.file_size for member in members) > MAX_BYTES:
        raise IncompatibleError(
            f"the zip unpacks to more than {MAX_BYTES // 1024**3} GB",
            advice="unpack it yourself if you trust it, and name the folder",
        )
    return _by_name([member for member in members if _is_csv(member)])


def _raise_if_unsafe(member: zipfile.ZipInfo) -> None:
    refusals = {
        "leads out of its folder": bool(_UNSAFE.search(_name(member))),
        "is a link": stat.S_ISLNK(member.external_attr >> 16),
        "is encrypted": bool(member.flag_bits & 1),
        "is packed in an unusual way": member.compress_type not in _METHODS,
        f"unpacks to more than {MAX_RATIO} times its size": _is_bomb(member),
    }
    for refusal, is_so in refusals.items():
        if is_so:
            raise IncompatibleError(
                f"{visible(member.orig_filename, limit=80)} in the zip {refusal}",
                advice="have it zipped again: plain files, no password, no links",
            )


def _is_bomb(member: zipfile.ZipInfo) -> bool:
    is_large = member.file_size > _RATIO_MATTERS_FROM
    return is_large and member.file_size > MAX_RATIO * max(member.compress_size, 1)


def _is_csv(member: zipfile.ZipInfo) -> bool:
    name = _name(member)
    return name.lower().endswith(".csv") and not any(map(is_clutter, PurePosixPath(name).parts))


def _name(member: zipfile.ZipInfo) -> str:
    """Return a member's name as it was written, with the slashes of a zip."""
    return member.orig_filename.replace("\\", "/")


def _by_name(members: list[zipfile.ZipInfo]) -> Mapping[str, zipfile.ZipInfo]:
    folders = {str(PurePosixPath(_name(member)).parent) for member in members}
    if len(folders) > 1:
        raise IncompatibleError(
            "the zip holds CSV files in several folders",
            advice="zip one roster at a time, its files at the top",
        )
    found = {PurePosixPath(_name(member)).name: member for member in members}
    if len({name.lower() for name in found}) < len(members):
        raise IncompatibleError(
            "the zip holds a file twice", advice="zip the files again, each once"
        )
    return found
