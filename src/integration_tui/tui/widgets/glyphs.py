"""The signs of the console, and what stands for each where a terminal has ASCII only.

Every one is a cell wide, and so is its twin: a filter on the lines that go out exchanges them, and
nothing else has to know. See docs/decisions/0026.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Mapping
from typing import Final

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

OK: Final = "▮"
SLOW: Final = "▴"
FAILED: Final = "✗"
NO_DATA: Final = "·"
"""Intervals of a status strip."""

_STATES = {"●": "*", "▲": "!", "✗": "x", "◌": "~", "○": "o", "⊘": "-", "◆": "#", "✓": "+"}
_STRIP = {"▮": "|", "▴": "^", "·": ".", "▆": "#", "─": "-", "━": "=", "╌": "-", "▎": "|"}
_SIGNS = {"\N{MINUS SIGN}": "-", "…": "~", "→": ">", "←": "<", "↑": "^", "↓": "v", "⏎": "="}
_MORE = {
    "✎": "*",
    "⊕": "+",
    "•": "*",
    "■": "#",
    "▼": "v",
    "│": "|",
    "┤": "|",
    "├": "|",
} | dict.fromkeys("┴┬┼", "+")
_FRAME = dict.fromkeys("╭╮╰╯┌┐└┘╔╗╚╝┏┓┗┛╴╵╶╷", "+") | dict.fromkeys("━═▔▁▀▄", "-")
_SIDES = dict.fromkeys("┃║▏▕▌▐", "|") | {"█": "#", "▓": "#", "▒": "=", "░": "."}
_BLOCKS = dict(zip("▂▃▅▇", "_-=#", strict=True))
_BRAILLE = {chr(0x2800 + dots): " .:+#"[(dots.bit_count() + 1) // 2] for dots in range(256)}
ASCII: Final[Mapping[str, str]] = {
    **_FRAME, **_SIDES, **_BLOCKS, **_BRAILLE, **_MORE, **_SIGNS, **_STRIP, **_STATES
}  # fmt: skip
_TABLE: Final = str.maketrans(dict(ASCII))


def ascii_twin(text: str) -> str:
    """Return `text` with each of our signs exchanged for its twin."""
    return text.translate(_TABLE)


class AsciiFilter(LineFilter):
    """Exchanges our signs; the letters of a name stay as they are."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual calls it so
        """Return the segments with twins."""
        return [
            Segment(text.translate(_TABLE), style, control) for text, style, control in segments
        ]


def wants_ascii(environment: Mapping[str, str] = os.environ, encoding: str = "utf-8") -> bool:
    """Return whether a terminal is known to lack our signs: the Linux console, no UTF-8."""
    if environment.get("TERM") == "linux":
        return True
    try:
        return codecs.lookup(encoding).name != "utf-8"
    except LookupError:
        return True
