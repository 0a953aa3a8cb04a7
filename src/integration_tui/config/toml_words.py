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


def unquoted(key: str) -> str:
    """Return what a key is called. Raises `StrayError` for one that is none."""
    if key[0] not in "\"'":
        return key
    try:
        return next(iter(tomllib.loads(f"{key} = 0")))
    except tomllib.TOMLDecodeError:
        raise StrayError from None
