"""Outside text made harmless: nothing that a provider says may steer a terminal.

Terminals act on control characters, and reorder text by bidirectional ones. They are shown as
visible signs instead: U+2400 pictures for C0 and DEL, U+FFFD for the rest.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

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


_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400


def duration(seconds: float) -> str:
    """Return `12 s`, `3 min 20 s`, `2 h 5 min` or `3 d 4 h`; parts of a second are left out."""
    whole = int(seconds)
    for large_s, large, small_s, small in (
        (_DAY_S, "d", _HOUR_S, "h"),
        (_HOUR_S, "h", _MINUTE_S, "min"),
        (_MINUTE_S, "min", 1, "s"),
    ):
        if whole >= large_s:
            rest = whole % large_s // small_s
            return f"{whole // large_s} {large}" + (f" {rest} {small}" if rest else "")
    return f"{whole} s"


NON_JOINER: Final = "\u200c"
JOINER: Final = "\u200d"
SOFT_HYPHEN: Final = "\u00ad"
PASSED_OVER: Final = (NON_JOINER, JOINER, SOFT_HYPHEN)
"""What a search takes no notice of, wherever it stands."""
_VIRAMA: Final = 9
"""The combining class of the signs behind which a joiner has a meaning of its own (RFC 5892)."""
_ARROWS: Final = "\u2194\u2195"
"""Parts of emoji, though Unicode files them under mathematics."""
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
_JOINERS: Final = re.compile(f"[{NON_JOINER}{JOINER}]")
_PARTING: Final = "\u034f"
"""Has no width, and letters join through it."""
_LONE_JOINER: Final = re.compile(f"{JOINER}(?!{_PARTING})")
_NONE: Final = str.maketrans(dict.fromkeys(PASSED_OVER))


def hide_loose_joiners(text: str, sign: str = "\ufffd") -> str:
    """Return `text` with `sign` for each joiner that joins nothing; the others stay."""
    if text.isascii() or (NON_JOINER not in text and JOINER not in text):
        return text
    return _JOINERS.sub(lambda found: found[0] if _joins(text, found.start()) else sign, text)


def keep_widths(text: str) -> str:
    """Return `text` so that Rich and terminals agree how wide it is.

    Rich takes whatever follows a joiner for a part of what is before it. That holds for emoji and
    for conjuncts behind a virama; elsewhere a sign without width goes between them.
    """
    return _LONE_JOINER.sub(_part, text) if JOINER in text else text


def without_joiners(text: str) -> str:
    """Return `text` as it is searched: without joiners and soft hyphens."""
    return text if text.isascii() else text.translate(_NONE)


def _part(found: re.Match[str]) -> str:
    text, place = found.string, found.start()
    after = text[place + 1 : place + 2]
    is_conjunct = place > 0 and unicodedata.combining(text[place - 1]) == _VIRAMA
    if after and (_is_emoji(after) or (is_conjunct and after.isalpha())):
        return JOINER
    return JOINER if after and unicodedata.category(after)[0] == "M" else JOINER + _PARTING


def _joins(text: str, place: int) -> bool:
    before = text[place - 1] if place else ""
    if not before or not _may_be_joined(before):
        return False
    if unicodedata.combining(before) == _VIRAMA:
        return True  # also at the end: so older texts write the last letter of many names
    if text[place] == NON_JOINER and unicodedata.bidirectional(before) == "AL":
        return True  # also at the end: so Kurdish is often written
    return place + 1 < len(text) and _may_be_joined(text[place + 1])


def _may_be_joined(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM" or _is_emoji(character)


def _is_emoji(character: str) -> bool:
    is_part = ord(character) in _SKIN_TONES or character in _ARROWS
    return is_part or unicodedata.category(character) == "So"


_PICTURE: Final = "\ufe0f"
"""Makes a picture, two cells wide, of the sign before it."""


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
