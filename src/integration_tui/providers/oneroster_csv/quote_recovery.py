"""Rows whose quotes are not where CSV wants them, read as far as that is certain.

A quote belongs around a cell, and is doubled within. What people and databases write instead is
read in each way that makes sense; only where one of them, and no other, gives the row as many
cells as the header has, the row is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from integration_tui.providers.oneroster_csv.findings import Remark, error, warning

STRAY: Final = warning(
    "a quote stands inside a cell; the text was kept as it is",
    "double the quote, and put the cell into quotes",
    rule="stray-quote",
)
ESCAPED: Final = warning(
    "a quote is escaped by a backslash; it was read as a quote",
    "double the quote instead",
    rule="escaped-quote",
)
UNCLEAR: Final = error(
    "quotes are not closed or not doubled, so that the cells are ambiguous",
    "put cells into quotes, and double each quote inside",
)
_BACKSLASHED: Final = re.compile(r"\\(.)", re.DOTALL)


def repaired(text: str, separator: str, width: int) -> tuple[list[str], Remark] | None:
    """Return the cells of a row whose quotes are out of place; `None` where that is unclear.

    `width` is how many cells there should be; 0 takes what there is.
    """
    if (cells := escaped(text, separator, width)) is not None:
        return cells, ESCAPED
    text = text.rstrip("\r\n")
    readings: list[list[str]] = []
    for pattern in (_as_it_stands, _inside):
        cells = _split(text, separator, pattern, _undoubled)
        if cells is not None and len(cells) == (width or len(cells)) and cells not in readings:
            readings.append(cells)
    return (readings[0], STRAY) if len(readings) == 1 or (readings and not width) else None


def escaped(text: str, separator: str, width: int) -> list[str] | None:
    """Return the cells of a row whose quotes have backslashes; `None` where it is no such row."""
    text = text.rstrip("\r\n")
    if '\\"' not in text:
        return None
    cells = _split(text, separator, _escaped, lambda cell: _BACKSLASHED.sub(r"\1", cell))
    return cells if cells is not None and len(cells) == (width or len(cells)) else None


def has_stray(text: str, separator: str) -> bool:
    """Return whether a cell without quotes around it has one inside."""
    found = _split(text.rstrip("\r\n"), separator, _proper, lambda cell: cell)
    return found is None


def _split(
    text: str,
    separator: str,
    pattern: Callable[[str], re.Pattern[str]],
    plain: Callable[[str], str],
) -> list[str] | None:
    """Return the cells that a pattern finds one behind the other, to the end of the text."""
    cell = pattern(separator)
    cells: list[str] = []
    at = 0
    while (found := cell.match(text, at)) is not None:
        quoted = found[1]
        cells.append(plain(quoted) if quoted is not None else _bare(found[2]))
        at = found.end()
        if at == len(text):
            return cells
        if text[at] != separator:
            return None
        at += 1
    return None


def _bare(cell: str) -> str:
    is_wrapped = len(cell) > 1 and cell[0] == cell[-1] == '"'
    return cell[1:-1] if is_wrapped else cell


def _undoubled(cell: str) -> str:
    return cell.replace('""', '"')


@lru_cache(maxsize=8)
def _proper(separator: str) -> re.Pattern[str]:
    """Cells as CSV wants them."""
    end = _end(separator)
    return re.compile(rf'[ ]*"((?:[^"]|"")*+)"{end}|([^"{re.escape(separator)}]*+){end}')


@lru_cache(maxsize=8)
def _as_it_stands(separator: str) -> re.Pattern[str]:
    """A cell that is no proper one goes to the next separator."""
    end = _end(separator)
    return re.compile(rf'"((?:[^"]|"")*+)"{end}|([^{re.escape(separator)}]*+)')


@lru_cache(maxsize=8)
def _inside(separator: str) -> re.Pattern[str]:
    """A quote that no separator follows is a part of the text."""
    end = _end(separator)
    return re.compile(rf'"((?:[^"]|"(?!{end}))*+)"{end}|([^"{re.escape(separator)}]*+){end}')


@lru_cache(maxsize=8)
def _escaped(separator: str) -> re.Pattern[str]:
    """A backslash takes away what the next character means."""
    end = _end(separator)
    return re.compile(
        rf'"((?:[^"\\]|\\.|"")*+)"{end}|((?:[^"\\{re.escape(separator)}]|\\.)*+){end}', re.DOTALL
    )


def _end(separator: str) -> str:
    return rf"(?=[{re.escape(separator)}]|\Z)"
