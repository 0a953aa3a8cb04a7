"""The words by which audit entries are found: without case, accents and signs."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from integration_tui.domain.audit import Act

_WORD: Final = re.compile(r"[0-9a-z\u0080-\U0010ffff]+")


def searchable(act: Act) -> str:
    """Return everything in `act` that a search finds it by, ready for the index of words."""
    values = (part for pair in (*act.before.items(), *act.after.items()) for part in pair)
    who = (act.actor.name, act.actor.host, act.actor.identity)
    return _folded(" ".join((act.action, *who, act.object, act.outcome, act.detail, *values)))


def words_in(text: str) -> tuple[str, ...]:
    """Return the words of a text as the index knows them: without case, accents and signs."""
    return tuple(dict.fromkeys(_WORD.findall(_folded(text).lower())))


def _folded(text: str) -> str:
    """Leave only what the index takes for letters: ASCII's, and all that is not ASCII."""
    if text.isascii():
        return text
    encodable = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    apart = unicodedata.normalize("NFKD", encodable.casefold())
    return "".join(sign if sign.isalnum() else " " for sign in apart if not _is_accent(sign))


def _is_accent(sign: str) -> bool:
    return unicodedata.category(sign) == "Mn"
