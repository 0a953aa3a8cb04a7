"""Damage that proves itself: texts that no person wrote, so that it can be told without a guess.

One judgement for every format: a spreadsheet's error and a database's NULL stand for nothing, an
identifier in scientific notation was shortened, letters were decoded twice or lost, and
characters that nobody sees make two ids of one. Messages name the kind, never the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

LONGEST_ID: Final = 1000
"""Characters of an id or a reference; a record with a longer one is not held."""
LONGEST_TEXT: Final = 10_000
"""Characters of any other text; what is behind them is cut off."""


class Damage(StrEnum):
    """What happened to a text. The values are the rules of findings."""

    SPREADSHEET_ERROR = "spreadsheet-error"
    NULL_WORD = "null-word"
    SHORTENED_NUMBER = "shortened-number"
    DECODED_TWICE = "decoded-twice"
    LETTERS_LOST = "letters-lost"
    INVISIBLE_CHARACTERS = "invisible-characters"
    TOO_LONG = "too-long"


class Advice(NamedTuple):
    """What is said of a damage, and what whoever keeps the source can do."""

    message: str
    remedy: str


ADVICE: Final[Mapping[Damage, Advice]] = {
    Damage.SPREADSHEET_ERROR: Advice(
        "is a spreadsheet formula error", "correct the formula, then export again"
    ),
    Damage.NULL_WORD: Advice("is a placeholder such as NULL", "leave missing values empty"),
    Damage.SHORTENED_NUMBER: Advice(
        "is a number in scientific notation, as spreadsheets shorten identifiers; several"
        " records may share it",
        "export again with the column formatted as text",
    ),
    Damage.DECODED_TWICE: Advice("was decoded with the wrong encoding", "export again as UTF-8"),
    Damage.LETTERS_LOST: Advice(
        "has replacement characters: letters were lost before the export",
        "correct the text in the source system and export as UTF-8",
    ),
    Damage.INVISIBLE_CHARACTERS: Advice(
        "had invisible characters, now removed", "remove the characters in the source system"
    ),
    Damage.TOO_LONG: Advice(
        f"has more than {LONGEST_TEXT:,} characters; the rest was dropped", "shorten the value"
    ),
}

_SPREADSHEET_ERROR: Final = re.compile(
    r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|BUSY!"
    r"|UNKNOWN!|GETTING_DATA|N/D|NV|BEZUG!|WERT!|##+)",
    re.IGNORECASE,
)
"""English, and the commonest of French, German and Spanish; a row of # is a column too narrow."""
_NULL_WORD: Final = re.compile(r"NULL|null|\(null\)|<null>|\[NULL\]|\\N|N/A|n/a")
_SHORTENED_NUMBER: Final = re.compile(r"\d(?:[.,]\d+)?[Ee]\+\d{1,3}", re.ASCII)
_CONTINUATION: Final = "\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc"
_PUNCTUATION: Final = (
    "\u2013\u2014\u2018-\u201a\u201c-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122"
)
_DECODED_TWICE: Final = re.compile(
    f"[\u00c2\u00c3][{_CONTINUATION}]"
    f"|\u00c3[{_PUNCTUATION}]"
    "|[\u00c4\u00c5\u00d0\u00d1][\u0080-\u00aa\u00ac-\u00ba\u00bc-\u00bf]"
    f"|\u00e2[\u0080\u20ac][{_CONTINUATION}{_PUNCTUATION}]"
    "|\u00ef\u00bf\u00bd|\u00ef\u00bb\u00bf"
)
"""UTF-8 read as Latin-1 or Windows-1252: Ã© for é, Å¡ for š."""
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_SEEN_ELSEWHERE: Final = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufffd"
    "\U000e0000-\U000e007f]"
    f"|{_DECODED_TWICE.pattern}"
)


def may_be_damaged(text: str) -> bool:
    """Return whether a text may hold damage; quick, for whole lines at once.

    False is certain but for texts that are too long.
    """
    if not text.isascii() and _SEEN_ELSEWHERE.search(text):
        return True
    # Written out, since it is asked of every line of every file.
    return (
        "#" in text or "\\" in text or "NULL" in text or "null" in text
        or "/A" in text or "/a" in text or "E+" in text or "e+" in text
    )  # fmt: skip


def damage_of(text: str) -> Damage | None:
    """Return what happened to a text, as far as it proves itself.

    Invisible characters are looked after by `without_invisible`: in names they may be right.
    """
    word = text.strip()
    if stands_for_nothing := _stand_in(word):
        return stands_for_nothing
    if _SHORTENED_NUMBER.fullmatch(word):
        return Damage.SHORTENED_NUMBER
    if text.isascii():
        return None
    if _REPLACEMENT in text:
        return Damage.LETTERS_LOST
    return Damage.DECODED_TWICE if _DECODED_TWICE.search(text) else None


def means_nothing(damage: Damage | None, *, is_name: bool = False) -> bool:
    """Return whether a text with this damage is to be read as an empty one.

    People are called Null, so that in a name the word stays.
    """
    if damage is Damage.NULL_WORD:
        return not is_name
    return damage is Damage.SPREADSHEET_ERROR


def without_invisible(text: str) -> str:
    """Return an id, reference or address without the characters that nobody sees.

    Not for names: joiners (U+200C, U+200D) belong to Persian and Indic ones.
    """
    if text.isascii():
        return text
    return "".join(sign for sign in text if not _is_invisible(sign))


def _is_invisible(sign: str) -> bool:
    return unicodedata.category(sign) == "Cf" or sign == "\u034f"


def _stand_in(word: str) -> Damage | None:
    if word.startswith("#") and _SPREADSHEET_ERROR.fullmatch(word):
        return Damage.SPREADSHEET_ERROR
    return Damage.NULL_WORD if _NULL_WORD.fullmatch(word) else None
