"""The words of TOML 1.0, as far as they must be told apart to know where something stands."""

from __future__ import annotations

import re
import tomllib
from typing import Final

TEXT: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
KEY: Final = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
SPACE: Final = re.compile(r"[ \t]*")
SCALAR: Final = re.compile(r"[^,\]}#\n]+")


class StrayError(Exception):
    """The text is not TOML here; the reader proper will say so."""


class Walk:
    """Goes through a text, word by word. Raises `StrayError` where something else stands."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise StrayError
        self._at = match.end()
        return match

    def _take(self, sign: str) -> bool:
        found = self._text.startswith(sign, self._at)
        self._at += len(sign) if found else 0
        return found

    def _require(self, sign: str) -> None:
        if not self._take(sign):
            raise StrayError


def unquoted(key: str) -> str:
    """Return what a key is called. Raises `StrayError` for one that is none."""
    if key[0] not in "\"'":
        return key
    try:
        return next(iter(tomllib.loads(f"{key} = 0")))
    except tomllib.TOMLDecodeError:
        raise StrayError from None
