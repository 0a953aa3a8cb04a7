"""Grades as systems write them, normalised to the codes that OneRoster asks for.

What is not known stays as it was sent: a wrong grade is a finding, a guessed one is a wrong class.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, Literal, get_args

import msgspec

from integration_tui.domain.paging import Page
from integration_tui.domain.roster import Class, Course, Record, User
from integration_tui.domain.value import replace

GradeCode = Literal[
    "IT", "PR", "PK", "TK", "KG", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11",
    "12", "13", "PS", "UG", "Other",
]  # fmt: skip
"""Entry grade levels of the Common Education Data Standards, as OneRoster 1.2 lists them."""
GRADES: Final[tuple[GradeCode, ...]] = get_args(GradeCode)
_WORDS: Final[Mapping[GradeCode, str]] = {
    "IT": "infant, toddler, infant/toddler",
    "PR": "preschool, pre-school",
    # TimeBack counts from -1, its pre-kindergarten.
    "PK": "-1, p, pre-k, prek, p-k, prekindergarten, pre-kindergarten, pre kindergarten, prekinder",
    "TK": "transitional kindergarten, transitional-kindergarten, t-k",
    "KG": "0, 00, k, 0k, kinder, kindergarten",
    "01": "first",
    "02": "second",
    "03": "third",
    "04": "fourth",
    "05": "fifth",
    "06": "sixth",
    "07": "seventh",
    "08": "eighth",
    "09": "ninth, freshman",
    "10": "tenth, sophomore",
    "11": "eleventh, junior",
    "12": "twelfth, senior",
    "13": "thirteenth",
    "PS": "postsecondary, post-secondary",
    "UG": "ungraded, un-graded",
    "Other": "",
}
_KNOWN: Final[Mapping[str, GradeCode]] = {
    **{code.lower(): code for code in GRADES},
    **{word.strip(): code for code, words in _WORDS.items() for word in words.split(",") if word},
}
_DECORATION: Final = re.compile(r"^(?:grade|gr|g)\b[ .:#]*|[ .-]*\b(?:grade|gr|grader)$|\.$")
_NUMBER: Final = re.compile(r"0?(\d{1,2})(?:st|nd|rd|th|\.0+)?")
_GLUED: Final = re.compile(r"g(?:r|rade)?(\d{1,2})")
_LONGEST: Final = 40
_NUMBERS: Final[Mapping[str, str]] = {"PK": "-1", "KG": "0"}


@lru_cache(maxsize=4_096)
def grade_code(text: str) -> GradeCode | None:
    """Return the code of a grade such as "5", "K", "9th" or "Ninth grade"; `None` if unknown."""
    word = " ".join(text[: _LONGEST + 1].lower().split())
    if len(word) > _LONGEST:
        return None
    plain = _DECORATION.sub("", word).strip()
    if glued := _GLUED.fullmatch(word):
        plain = glued[1]
    if (code := _KNOWN.get(plain)) is not None:
        return code
    number = _NUMBER.fullmatch(plain)
    if number is None:
        return None
    return _KNOWN.get(f"{int(number[1]):02d}")


def grade_number(text: str) -> str | None:
    """Return a grade as TimeBack's clients take it, "-1" to "13"; `None` where it has none."""
    code = grade_code(text)
    if code is None:
        return None
    return _NUMBERS.get(code) or (f"{int(code)}" if code.isdigit() else None)


class GradeTable:
    """The known grades, and those that a configuration adds or overrides."""

    def __init__(self, own: Mapping[str, GradeCode] | None = None) -> None:
        self._own = {_folded(text): code for text, code in (own or {}).items()}

    def code(self, text: str) -> str:
        """Return the code of a grade; an unknown one as it is."""
        return self._own.get(_folded(text)) or grade_code(text) or text

    def page(self, page: Page[Record]) -> Page[Record]:
        """Return a page whose records have codes for grades, and beside them what was sent."""
        rows = tuple([self.record(record) for record in page.rows])
        fields = page.fields
        if fields is not None and "grades" in fields:
            # Both come from the one field of the system.
            fields |= {"grades_as_sent"}
        return _replaced(page, rows, fields)

    def record(self, record: Record) -> Record:
        """Return a record with codes for grades; itself where it has them already."""
        if isinstance(record, User | Class | Course):
            return self._normalised(record)
        return record

    def _normalised(self, record: User | Class | Course) -> Record:
        sent = record.grades
        if not sent:
            return record
        codes = self._codes(sent)
        if codes == sent:
            return record
        return msgspec.structs.replace(record, grades=codes, grades_as_sent=sent)

    def _codes(self, sent: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys([self.code(text) for text in sent]))


def _replaced(
    page: Page[Record], rows: tuple[Record, ...], fields: frozenset[str] | None
) -> Page[Record]:
    """Return a page with other rows; the page itself where nothing is different."""
    if fields == page.fields and all(new is old for new, old in zip(rows, page.rows, strict=True)):
        return page
    return replace(page, rows=rows, fields=fields)


def _folded(text: str) -> str:
    return " ".join(text.lower().split())
