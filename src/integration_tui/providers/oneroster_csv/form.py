"""How a file separates its cells: with commas, as it should, or as Excel of many countries does.

The first line decides, which names the columns; a line `sep=;` above it is Excel's own.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from integration_tui.providers.oneroster_csv.findings import Remark, warning

if TYPE_CHECKING:
    from _csv import Reader

_SEPARATORS: Final = {
    ";": "semicolons, as Excel writes them in many countries",
    "\t": "tabs",
    "|": "vertical bars",
}
_SAVE: Final = "save the file with commas"
_OTHER: Final = {
    sign: warning(f"the cells are separated by {name}", _SAVE) for sign, name in _SEPARATORS.items()
}
_OWN_LINE: Final = re.compile(r'\ufeff?"?sep=([,;\t|])"?[,;\t|]*\s*', re.IGNORECASE)
_HAS_OWN_LINE: Final = warning("the first line is Excel's sep=; it was passed over", "remove it")
_SPACED: Final = warning("a blank follows each separator; it was taken off", "remove the blanks")


class Form(NamedTuple):
    """How the cells of a file are told apart; `remarks` say where that is unusual."""

    separator: str = ","
    is_spaced: bool = False
    has_own_line: bool = False
    remarks: tuple[Remark, ...] = ()

    def reader(self, lines: Iterable[str]) -> Reader:
        """Return what reads rows of cells; it raises `csv.Error` at a quote out of place."""
        return csv.reader(
            lines, delimiter=self.separator, skipinitialspace=self.is_spaced, strict=True
        )

    def cells(self, line: str) -> list[str]:
        """Return the cells of one line; none where it is no row of its own."""
        try:
            return next(self.reader([line]), list[str]())
        except csv.Error:
            return []


def form_of(first: str) -> Form:
    """Return the form of a file by its first line."""
    if told := _OWN_LINE.fullmatch(first):
        separator = told[1]
        remarks = (*([_OTHER[separator]] if separator in _OTHER else []), _HAS_OWN_LINE)
        return Form(separator=separator, has_own_line=True, remarks=remarks)
    separator = max(",", *_SEPARATORS, key=lambda sign: len(Form(sign).cells(first)))
    cells = Form(separator).cells(first)
    is_spaced = len(cells) > 1 and all(cell.startswith(" ") for cell in cells[1:])
    remarks = (_OTHER[separator],) if separator in _OTHER else ()
    return Form(separator, is_spaced, remarks=(*remarks, *([_SPACED] if is_spaced else [])))
