"""Characters that join or part their neighbours and have no shape: U+200C, U+200D, U+00AD.

Persian, Indic scripts and emoji need the joiners between letters; elsewhere nobody sees them.
People leave all three out when they search.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

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
