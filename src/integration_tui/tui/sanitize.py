"""The one door for outside text: nothing that a provider says may steer the terminal.

Textual passes escape sequences and C1 controls on to the terminal, and reads `[...]` as markup;
`Content` is literal, and its text has been made visible before.
"""

from __future__ import annotations

import re

from textual.content import Content

from integration_tui.domain.text import (
    JOINER,
    MADE_VISIBLE,
    NON_JOINER,
    hide_loose_joiners,
    keep_widths,
    visible,
    visible_lines,
)

_INVISIBLE = dict.fromkeys(
    (
        0x00AD,  # soft hyphen
        0x180E,
        0x200B,  # zero width space; joiners are looked at one by one
        *range(0x2060, 0x2066),
        *range(0x206A, 0x2070),
        0xFEFF,
        *range(0xFFF9, 0xFFFC),
        *range(0x1BCA0, 0x1BCA4),
        *range(0x1D173, 0x1D17B),
        *range(0xE0000, 0xE0080),  # tags: letters that no one sees
    ),
    0xFFFD,
)


def plain(text: object, *, limit: int = 512) -> str:
    """Return `text` on one line, with everything that cannot be seen made visible."""
    return hide_loose_joiners(visible(text, limit=limit).translate(_INVISIBLE))


def plain_lines(text: object, *, limit: int = 20_000) -> str:
    """Return `text` with its line breaks, everything else that cannot be seen made visible."""
    return hide_loose_joiners(visible_lines(text, limit=limit).translate(_INVISIBLE))


def typed(text: str) -> str:
    """Return what somebody types, made visible; a joiner at its end waits for what it joins."""
    if text[-1:] in {JOINER, NON_JOINER}:
        whole = plain(f"{text}\N{ARABIC LETTER ALEF}", limit=len(text) + 1)
        return whole[:-1]
    return plain(text, limit=len(text))


def only_plain() -> str:
    """Return a pattern for what `plain` would leave as it is, wherever it stood."""
    hidden = {*MADE_VISIBLE, *_INVISIBLE, ord(JOINER), ord(NON_JOINER)}
    return f"[^{''.join(re.escape(chr(code)) for code in sorted(hidden))}]*"


def safe(text: object, *, limit: int = 512) -> Content:
    """Return `text` as literal content on one line."""
    return Content(keep_widths(plain(text, limit=limit)))


def safe_lines(text: object, *, limit: int = 20_000) -> Content:
    """Return `text` as literal content with its line breaks."""
    return Content(keep_widths(plain_lines(text, limit=limit)))


def same_length(line: str) -> str:
    """Return one line of a document made visible, each character still at its place."""
    return "\t".join(plain(part, limit=len(part)) for part in line.split("\t"))
