"""Which alphabet a file is written in. OneRoster's is UTF-8; Excel likes to save another.

Bytes that are no UTF-8 are read as Windows-1252 only where nothing speaks against it: all of
the file's other letters are ASCII, or were read so as well.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from integration_tui.providers.oneroster_csv.findings import Remark, error, info, warning

WIDE: Final = ("utf-16", "utf-32")
_ESCAPED: Final = re.compile("[\udc80-\udcff]")
_TO_UTF_8: Final = "save it as CSV UTF-8"


class UndecidedError(Exception):
    """A line whose bytes cannot be read with certainty; `remark` says why."""

    def __init__(self, remark: Remark) -> None:
        super().__init__(remark.message)
        self.remark = remark


def sniffed(head: bytes) -> tuple[str, Remark | None]:
    """Return the encoding by a file's first four bytes, and what is to be said of it."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig", info("the file begins with a byte order mark")
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32", warning("the file is UTF-32 and was read as such", _TO_UTF_8)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", warning("the file is UTF-16 and was read as such", _TO_UTF_8)
    if len(head) == 4 and head[1] == head[3] == 0 and head[0] and head[2]:
        return "utf-16-le", warning("the file seems to be UTF-16 and was read as such", _TO_UTF_8)
    if len(head) == 4 and head[0] == head[2] == 0 and head[1] and head[3]:
        return "utf-16-be", warning("the file seems to be UTF-16 and was read as such", _TO_UTF_8)
    return "utf-8", None


class Alphabet:
    """Reads the lines of one file that are not ASCII, in their order."""

    def __init__(self, encoding: str) -> None:
        self._is_wide = encoding.startswith(WIDE)
        self._has_utf_8 = False
        self._has_1252 = False

    def read(self, line: str) -> tuple[str, Remark | None]:
        """Return a line as it is meant, and what is to be said of the file, once.

        Bytes that are no UTF-8 come as surrogates. Raises `UndecidedError`.
        """
        if self._is_wide:
            return self._whole(line), None
        if not _ESCAPED.search(line):
            self._has_utf_8 = True
            return line, None
        if self._has_utf_8 or not _ESCAPED.sub("", line).isascii():
            raise UndecidedError(
                error("the row has bytes that are no UTF-8, though others are", _TO_UTF_8)
            )
        return self._western(line)

    def _western(self, line: str) -> tuple[str, Remark | None]:
        try:
            read = line.encode("utf-8", "surrogateescape").decode("cp1252")
        except UnicodeDecodeError:
            raise UndecidedError(
                error("the row has bytes that are neither UTF-8 nor Windows-1252", _TO_UTF_8)
            ) from None
        is_first, self._has_1252 = not self._has_1252, True
        remark = warning("the file is Latin-1 (Windows-1252) and was read as such", _TO_UTF_8)
        return read, remark if is_first else None

    def _whole(self, line: str) -> str:
        if "\N{REPLACEMENT CHARACTER}" in line:
            raise UndecidedError(error("the row has bytes that are no UTF-16 or UTF-32", _TO_UTF_8))
        return line
