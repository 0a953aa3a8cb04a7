"""Whether JSON may hold damaged texts: asked of whole pages first, since nearly all are sound.

No is certain for what `damage_of` and `reading` would report, but for the words of
`fields.NOTHING` and for what is too long, which are looked at where they are read. A search for a
single byte takes ten microseconds a megabyte, one for two bytes eighty times as long.
"""

from __future__ import annotations

import re
from typing import Final

_ESCAPE: Final = re.compile(
    rb"\\u(?:00(?:[01]|7[fF]|[aA][dD]|(?:[cC][2-5]|[dD][01]|[eE]2|[eE][fF])\\u)"
    rb"|034|061|18|20(?:0[b-fB-F]|2[a-eA-E]|6)|[dD][89a-fA-F]|[fF][eEfF])"
)
"""Control characters, half characters, what nobody sees, and what was decoded twice."""
_SIGNS: Final = tuple(
    (expression[:1], re.compile(expression, re.DOTALL))
    for expression in (
        b"\xc2.",
        b"\xe2(?:\x80[\x8b-\x8f\xaa-\xae]|\x81[\xa0-\xaf])",
        b"\xef(?:\xbb\xbf|\xbf[\xb9-\xbd])",
        b"\xcd\x8f",
        b"\xd8\x9c",
        b"\xe1\xa0\x8e",
        b"\xf3\xa0",
    )
)
"""What nobody sees, U+FFFD, and most of what was decoded twice, by their first byte."""
_TWICE: Final = re.compile(b"\xc3[\x82\x83][\xc5\xc6\xcb]")


def may_be_damaged(text: bytes) -> bool:
    """Return whether a page or a record deserves a closer look."""
    if b"\\" in text and _ESCAPE.search(text):
        return True
    if b"#" in text and b'"#' in text:
        return True
    if b"+" in text and (b"E+" in text or b"e+" in text):
        return True
    return not text.isascii() and _has_odd_sign(text)


def _has_odd_sign(text: bytes) -> bool:
    if any(lead in text and sign.search(text) for lead, sign in _SIGNS):
        return True
    return (b"\x82" in text or b"\x83" in text) and _TWICE.search(text) is not None
