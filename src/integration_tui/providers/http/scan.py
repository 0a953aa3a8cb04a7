"""The parts of damaged JSON: what stands between brackets and commas, whatever it is.

A parser gives up at the first wrong byte. To lose one record and not a page, the page is cut at
its commas first. Nothing is called recursively, so that no depth is too deep.
"""

from __future__ import annotations

import json
import re
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["\[\]{},]', re.DOTALL)
_MEMBER: Final = re.compile(rb'\s*("[^"\\]*+(?:\\.[^"\\]*+)*+")\s*:\s*(.*)', re.DOTALL)
_OPEN: Final = {ord("["): ord("]"), ord("{"): ord("}")}
_CLOSE: Final = frozenset(_OPEN.values())
_QUOTE: Final = ord('"')
_COMMA: Final = ord(",")


class DamageError(ValueError):
    """The text is not even cut by brackets and commas; `at` is the byte."""

    def __init__(self, at: int, *, is_cut_off: bool = False) -> None:
        super().__init__(f"damaged at byte {at:,}")
        self.at = at
        self.is_cut_off = is_cut_off


class Parts(NamedTuple):
    """What stands in an array or object. `end` is behind its bracket, `depth` its deepest level."""

    parts: list[bytes]
    end: int
    depth: int
    is_object: bool


def parts_of(text: bytes) -> Parts:
    """Return the elements of an array, or the members of an object. Raises `DamageError`."""
    scan = _Scan(text)
    for token in _TOKEN.finditer(text):
        if scan.take(token.start(), token.end()):
            return scan.parts(token.start())
    raise DamageError(len(text), is_cut_off=True)


class _Scan:
    """How far one text was looked at: which brackets are open, and where a part began."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._open = bytearray()
        self._found: list[bytes] = []
        self._first = self._begin = self._depth = 0

    def take(self, at: int, end: int) -> bool:
        """Go on behind a token; return whether it closed the whole."""
        sign = self._text[at]
        if sign in _CLOSE:
            if not self._open or self._open.pop() != sign:
                raise DamageError(at)
            return not self._open
        if sign in _OPEN:
            self._enter(at, end, _OPEN[sign])
        elif not self._open:
            raise DamageError(at)
        elif sign == _QUOTE and end - at == 1:
            raise DamageError(len(self._text), is_cut_off=True)
        elif sign == _COMMA and len(self._open) == 1:
            self._found.append(self._text[self._begin : at])
            self._begin = end
        return False

    def parts(self, at: int) -> Parts:
        """Return what was found, where `at` is the last bracket."""
        if self._text[: self._first].strip():
            raise DamageError(0)
        last = self._text[self._begin : at]
        # A comma behind the last part is harmless, and nothing stands behind it.
        parts = [*self._found, last] if last.strip() else self._found
        return Parts(parts, at + 1, self._depth, self._text[self._first] == ord("{"))

    def _enter(self, at: int, end: int, closing: int) -> None:
        if not self._open:
            self._first, self._begin = at, end
        self._open.append(closing)
        self._depth = max(self._depth, len(self._open))


def member_of(part: bytes) -> tuple[str, bytes]:
    """Return the name and the text of a member of an object. Raises `DamageError`."""
    found = _MEMBER.fullmatch(part)
    if found is None:
        raise DamageError(0)
    try:
        name: str = json.loads(found[1].decode(errors="replace"), strict=False)
    except ValueError:
        raise DamageError(0) from None
    return name, found[2].rstrip()
