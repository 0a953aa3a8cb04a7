"""The versions of a document beside it, newest first, with what is not saved on top."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from integration_tui.domain.quantity import counted
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.widgets.formats import moment
from integration_tui.tui.widgets.pane import Pane
from integration_tui.tui.widgets.roles import keys
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow
from integration_tui.tui.widgets.table.table import RowTable

if TYPE_CHECKING:
    from integration_tui.domain.config.version import ConfigVersion

_COLUMNS = (
    Column(title="", width=3, right=True),
    Column(title="Saved", width=9),
    Column(title="By", width=10, middle=True),
    Column(title="Reason"),
)


class VersionList(RowTable):
    """Choosing one opens the window in which versions are compared."""

    def __init__(self, shared: ScreenContext) -> None:
        super().__init__(_COLUMNS, id="version-list", empty="No versions yet.")
        self._shared = shared

    def show_versions(self, versions: Sequence[ConfigVersion], unsaved: int, now: datetime) -> None:
        """Show these; `unsaved` lines are changed since."""
        rows = [_row(version, now) for version in versions]
        if unsaved:
            newest = max((version.number for version in versions), default=0) + 1
            rows.insert(0, _unsaved_row(newest, unsaved))
        self.show(rows)
        pane = self.query_ancestor(Pane)
        pane.title("Versions", f"{len(versions):,} saved")
        pane.hint(keys([("v", "compare · roll back")]))


def _unsaved_row(number: int, lines: int) -> TableRow:
    changes = counted(lines, "change")
    cells = (
        Cell(str(number)),
        Cell("unsaved", CellStyle.WEAK),
        Cell("you"),
        Cell(changes, CellStyle.WEAK),
    )
    return TableRow(key="unsaved", cells=cells)


def _row(version: ConfigVersion, now: datetime) -> TableRow:
    number = f"● {version.number}" if version.active else str(version.number)
    return TableRow(
        key=str(version.number),
        cells=(
            Cell(number, CellStyle.GOOD if version.active else CellStyle.PLAIN),
            Cell(moment(version.created_at, now), CellStyle.QUIET),
            Cell(version.created_by),
            Cell(version.reason, CellStyle.QUIET),
        ),
    )
