"""How many cells of a terminal a text takes, as Rich and most terminals count."""

from __future__ import annotations

import unicodedata
from typing import Final

from integration_tui.domain.joiners import JOINER

_PICTURE: Final = "\ufe0f"
"""Makes a picture, two cells wide, of the sign before it."""
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)


def cell_widths(text: str) -> list[int]:
    """Return how many cells each character takes: none where it is a part of the one before."""
    widths: list[int] = []
    is_joined = False
    for character in text:
        if character == _PICTURE and widths and widths[-1] == 1:
            widths[-1] = 2
        widths.append(0 if is_joined else _width(character, begins=not widths))
        is_joined = character == JOINER
    return widths


def cell_width(text: str) -> int:
    """Return how many cells a text takes."""
    return len(text) if text.isascii() else sum(cell_widths(text))


def _width(character: str, *, begins: bool) -> int:
    if unicodedata.category(character) in {"Mn", "Mc", "Me", "Cf"}:
        return 0
    if ord(character) in _SKIN_TONES and not begins:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
