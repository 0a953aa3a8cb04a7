"""What is typed to narrow a list: read into terms, and matched with the cells of a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from operator import ge, gt, le, lt
from typing import Final

import msgspec

from integration_tui.domain.text import without_joiners
from integration_tui.tui.sanitize import plain
from integration_tui.tui.widgets.table.cells import Cell, Column

# Not compiled before somebody types: that would take a part of the time to the first frame.
_WORD: Final = r'(?:"[^"]*"?|[^\s"])+'
_TERM: Final = r"(?s)(?P<no>!?)(?:(?P<field>[^\W\d][\w/-]*):)?(?P<value>.*)"
_BOUND: Final = r"(?s)(?P<sign>[<>]=?)(?P<number>.*)"
_NUMBER: Final = r"-?\d[\d,]*(?:\.\d+)?"
_SIGNS: Final[Mapping[str, Callable[[float, float], bool]]] = {"<": lt, ">": gt, "<=": le, ">=": ge}
_EMPTY: Final = frozenset({"", "-", "·", "?"})


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """One condition. `place` is the column that it is about, `None` any of them.

    With a `sign`, a number is compared; without, `word` stands in the cell, or the cell is empty
    where there is no word.
    """

    word: str
    index: int | None = None
    is_not: bool = False
    sign: str = ""
    bound: float = 0.0

    def fits(self, cells: Sequence[Cell], texts: Sequence[str]) -> bool:
        """Return whether a row fits; `texts` are its cells as `folded` gives them."""
        return self._is_met(cells, texts) != self.is_not

    def _is_met(self, cells: Sequence[Cell], texts: Sequence[str]) -> bool:
        if self.index is None:
            return any(self.word in text for text in texts)
        if self.sign:
            number = number_of(cells[self.index])
            return number is not None and _SIGNS[self.sign](number, self.bound)
        if not self.word:
            return is_empty(cells[self.index])
        return self.word in texts[self.index]


class ListFilter(msgspec.Struct, frozen=True, kw_only=True):
    """All terms have to fit. `problem` says what could not be read; the rest counts anyhow."""

    text: str = ""
    terms: tuple[Term, ...] = ()
    problem: str = ""

    def fits(self, cells: Sequence[Cell], texts: Sequence[str]) -> bool:
        return all(term.fits(cells, texts) for term in self.terms)


def parse_list_filter(text: str, columns: Sequence[Column]) -> ListFilter:
    """Read words, `!word`, `column:word`, `column:` (empty) and `column:>number`.

    Quotes hold words together, and keep a colon from meaning anything.
    """
    terms: list[Term] = []
    problem = ""
    for word in re.findall(_WORD, text):
        try:
            terms += _terms(word, columns)
        except ValueError as error:
            problem = problem or f"{error}"
    return ListFilter(text=text, terms=tuple(terms), problem=problem)


def column_named(name: str, columns: Sequence[Column]) -> int | None:
    """Return the place of the column of this name: its title, or the first word of it."""
    for place, column in enumerate(columns):
        if name.lower() in column.names:
            return place
    return None


def folded(cell: Cell) -> str:
    """Return the text of a cell as it is compared."""
    return comparable(cell.text)


def comparable(text: str) -> str:
    """Return `text` as it is compared: without case, joiners and soft hyphens."""
    return plain(without_joiners(text)).casefold()


def is_empty(cell: Cell) -> bool:
    """Return whether a cell holds nothing, or a sign for that."""
    return cell.text.strip() in _EMPTY


def number_of(cell: Cell) -> float | None:
    """Return the number in a cell, if there is one."""
    if isinstance(cell.by, (int, float)):
        return cell.by
    found = re.search(_NUMBER, cell.text)
    return float(found.group().replace(",", "")) if found else None


def _terms(word: str, columns: Sequence[Column]) -> list[Term]:
    """Return what a word asks for: nothing, where it is only begun."""
    parts = re.fullmatch(_TERM, word)
    if parts is None:
        raise AssertionError("every word is a term")
    field, is_not = parts["field"], bool(parts["no"])
    value = without_joiners(parts["value"].replace('"', "")).casefold()
    if field is None:
        return [Term(word=value, is_not=is_not)] if value else []
    place = column_named(field, columns)
    if place is None:
        names = ", ".join(column.names[-1] for column in columns)
        raise ValueError(f"there is no column {field}; there are {names}")
    bound = re.fullmatch(_BOUND, value)
    if bound is None:
        return [Term(word=value, index=place, is_not=is_not)]
    return _bounded(bound, place, is_not)


def _bounded(bound: re.Match[str], place: int, is_not: bool) -> list[Term]:
    number = bound["number"].replace(",", "")
    if not number:
        return []
    if not re.fullmatch(_NUMBER, number):
        raise ValueError(f"{bound['sign']} compares numbers, and {number} is none")
    sign, value = bound["sign"], float(number)
    return [Term(word="", index=place, is_not=is_not, sign=sign, bound=value)]
