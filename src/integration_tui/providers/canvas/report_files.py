"""The CSV files of a provisioning report, read as the objects that Canvas' REST API lists.

Facts (Canvas REST API, Account Reports; canvas-lms#1385, #2388): there is one row for each login
of a user, and so several for each of this user's enrollments. A cross-listed section stands
below its own course, and `xlist.csv` says where it is. Who waits to be created reads invited.
The root account is in no file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from integration_tui.domain.errors import IncompatibleError
from integration_tui.domain.text_damage import LONGEST_TEXT
from integration_tui.providers.oneroster_csv.safe_zip import SafeZip

Row = Mapping[str, str]
_REQUIRED: Final = ("users", "accounts", "terms", "courses", "sections", "enrollments")
_IDS: Final = {
    "users": "canvas_user_id",
    "accounts": "canvas_account_id",
    "terms": "canvas_term_id",
    "courses": "canvas_course_id",
    "sections": "canvas_section_id",
    "enrollments": "canvas_enrollment_id",
}


class ReportFiles:
    """The files of one report. All methods block."""

    def __init__(self, path: Path) -> None:
        """Open a zip. Raises `IncompatibleError` for one that is not safe or not whole."""
        self._zip = SafeZip(path)
        missing = [name for name in _REQUIRED if f"{name}.csv" not in self._zip.names]
        if missing:
            self._zip.close()
            raise IncompatibleError(
                f"the report has no {missing[0]}.csv", advice="have sync.way: listing"
            )

    def close(self) -> None:
        self._zip.close()

    def has(self, name: str) -> bool:
        """Return whether a file is there that not every Canvas makes."""
        return f"{name}.csv" in self._zip.names

    def rows(self, name: str) -> Iterator[Row]:
        """Yield the rows of a file. Raises `IncompatibleError` where it is damaged."""
        if not self.has(name):
            return
        with closing(self._zip.open(self._zip.names[f"{name}.csv"])) as raw:
            text = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="")
            reader = csv.DictReader(text, strict=False)
            self._raise_if_foreign(name, [*(reader.fieldnames or ())])
            try:
                for row in reader:
                    yield _filled(row)
            except csv.Error:
                raise IncompatibleError(
                    f"{name}.csv of the report is damaged", advice="have sync.way: listing"
                ) from None

    def _raise_if_foreign(self, name: str, columns: Sequence[str]) -> None:
        wanted = _IDS.get(name)
        if wanted is not None and wanted not in columns:
            raise IncompatibleError(
                f"{name}.csv of the report has no column {wanted}",
                advice="have sync.way: listing",
            )


def _filled(row: Mapping[str, object]) -> Row:
    """Return the cells that hold something; a row may have more cells than columns."""
    return {
        name: cell[:LONGEST_TEXT]
        for name, cell in row.items()
        if name and isinstance(cell, str) and cell
    }
