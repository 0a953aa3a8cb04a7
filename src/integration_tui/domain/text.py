"""Outside text made harmless: nothing that a provider says may steer a terminal.

Terminals act on control characters, and reorder text by bidirectional ones. They are shown as
visible signs instead: U+2400 pictures for C0 and DEL, U+FFFD for the rest.
"""

from __future__ import annotations

_C0 = {code: 0x2400 + code for code in range(32)} | {0x7F: 0x2421}
_C1 = dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
_BIDI = dict.fromkeys(
    (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C), 0xFFFD
)
_SEPARATORS = dict.fromkeys((0x2028, 0x2029), 0xFFFD)
_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)
_VISIBLE = _C0 | _C1 | _BIDI | _SEPARATORS | _SURROGATES
MADE_VISIBLE = frozenset(_VISIBLE)
"""The characters that never stay as they are, by their numbers."""
_VISIBLE_LINES = {code: sign for code, sign in _VISIBLE.items() if code != ord("\n")}


def visible(text: object, *, limit: int = 512) -> str:
    """Return `text` on one line, every control character shown, `limit` characters at most."""
    return _bounded(str(text), limit).translate(_VISIBLE)


def visible_lines(text: object, *, limit: int = 100_000) -> str:
    """Return `text` with its line breaks, every other control character shown."""
    return _bounded(str(text), limit).translate(_VISIBLE_LINES)


def _bounded(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
