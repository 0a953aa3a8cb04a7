"""What all screens with a list have in common: it is narrowed, sorted, marked and copied alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from integration_tui.domain.ids import IntegrationId
from integration_tui.tui.keymap import LIST_GROUP
from integration_tui.tui.sanitize import plain
from integration_tui.tui.screens.base import ConsoleScreen
from integration_tui.tui.widgets.header import ScreenHeader
from integration_tui.tui.widgets.table.cells import TableRow
from integration_tui.tui.widgets.table.filter import column_named, parse_list_filter
from integration_tui.tui.widgets.table.model import SortOrder
from integration_tui.tui.widgets.table.table import RowTable

if TYPE_CHECKING:
    from integration_tui.tui.widgets.filter_input import FilterLine


class ListScreen(ConsoleScreen):
    """`LIST` selects the table that the keys are about: the first one, if nothing is said.

    A screen adds a key for each column worth it, such as
    `Binding("S", "sort('status')", "Sort by status", show=False, id="integrations.sort-status")`:
    the action takes the name of the column, which is its title, or the first word of that.
    """

    LIST: ClassVar[str] = "RowTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "narrow", "Filter", id="list.filter", group=LIST_GROUP),
        Binding("space", "mark", "Mark", show=False, id="list.mark"),
        Binding("ctrl+a", "mark_all", "Mark all shown, or none", show=False, id="list.mark-all"),
        Binding("escape", "widen", "Show all, unmark", show=False, id="list.widen"),
    ]

    @property
    def listed(self) -> RowTable:
        """The table that is narrowed, sorted and marked."""
        return self.query(self.LIST).first(RowTable)

    @property
    def marked(self) -> list[str]:
        """The keys of the rows that are marked."""
        return self.listed.marked

    def on_mount(self) -> None:
        self.listed.can_mark = True

    def show_integration(self, integration_id: IntegrationId) -> None:
        if type(self).selected_integration is not ConsoleScreen.selected_integration:
            self.listed.select(integration_id)

    # Narrowing

    @property
    def narrowed(self) -> str:
        """What the list is narrowed to, as it was typed."""
        return self.listed.filter.text

    def narrow(self, text: str) -> None:
        """Show only the rows that fit, as if this had been typed."""
        text = plain(text, limit=len(text))
        line = self._filter_line()
        line.show(text)
        line.display = bool(text) or line.has_focus_within
        self._narrow(text)

    def _narrow(self, text: str) -> None:
        table = self.listed
        wanted = parse_list_filter(text, table.columns)
        table.arrange_rows(wanted, order=table.order)
        self._filter_line().show_problem(wanted.problem)
        self.refresh_bindings()

    @work(group="narrow", exclusive=True, exit_on_error=False)
    async def action_narrow(self) -> None:
        """Go to the filter line; what is typed next goes there, and is no key."""
        with self.shared.expecting_dialog():
            line = self._filter_line()
            line.display = True
            await line.enter()

    def _filter_line(self) -> FilterLine:
        """Return the line; it is made when it is needed for the first time."""
        from integration_tui.tui.widgets.filter_input import FilterLine

        for line in self.query(FilterLine):
            return line
        line = FilterLine(self.narrowed)
        self.mount(line, after=self.query_one(ScreenHeader))
        return line

    def on_filter_line_typed(self, event: FilterLine.Typed) -> None:
        self._narrow(event.text)  # the line is not told: it may have gone on meanwhile

    def on_filter_line_left(self) -> None:
        self._filter_line().display = bool(self.narrowed)
        self.listed.focus()

    def action_widen(self) -> None:
        """Show all rows again; where all are shown, take the marks away."""
        if self.maximized is not None:
            self.minimize()
        elif self.narrowed:
            self.narrow("")
        elif self.marked:
            self.listed.mark(self.marked, is_marked=False)
        else:
            self.listed.focus()
        self.refresh_bindings()

    # Sorting

    def action_sort(self, name: str) -> None:
        """Sort by a column; once more, the other way round; then as the rows came."""
        table = self.listed
        place = column_named(name, table.columns)
        if place is not None:
            table.arrange_rows(table.filter, order=SortOrder.after(table.order, place))

    @property
    def sorted_by(self) -> str:
        """The name of the column that the list is sorted by, with a minus where reversed."""
        order = self.listed.order
        if order is None:
            return ""
        name = self.listed.columns[order.column].names[0]
        return f"-{name}" if order.is_reversed else name

    def sort(self, name: str) -> None:
        """Sort as `sorted_by` says it; by no column, where there is none of this name."""
        table = self.listed
        place = column_named(name.removeprefix("-"), table.columns)
        is_reversed = name.startswith("-")
        order = None if place is None else SortOrder(column=place, is_reversed=is_reversed)
        table.arrange_rows(table.filter, order=order)

    # Marking and copying

    def action_mark(self) -> None:
        """Mark the row of the cursor, or take its mark away; go to the next."""
        table = self.listed
        if (key := table.selected) is not None:
            table.mark([key], is_marked=not table.is_marked(key))
            table.action_move(1)
            self.refresh_bindings()

    def action_mark_all(self) -> None:
        """Mark all rows that are shown; where they all are, none."""
        table = self.listed
        shown = table.shown_keys
        table.mark(shown, is_marked=not all(map(table.is_marked, shown)))
        self.refresh_bindings()

    @on(RowTable.Arranged)
    def _arranged(self) -> None:
        self.refresh_bindings()

    def copied(self) -> str:
        """Return the marked rows, or the one of the cursor, as they stand there, in tabs."""
        table = self.listed
        keys = table.marked or [key for key in [table.selected] if key is not None]
        return "\n".join(_in_tabs(row, table.shown_columns) for row in table.rows_of(keys))

    # From one start to the next

    def remember(self) -> Mapping[str, str]:
        """Return how the list is narrowed and sorted."""
        return {"filter": self.narrowed, "sort": self.sorted_by}

    def restore(self, remembered: Mapping[str, str]) -> None:
        if (order := remembered.get("sort")) is not None:
            self.sort(order)
        if wanted := remembered.get("filter", ""):
            self.narrow(wanted)


def _in_tabs(row: TableRow, columns: Sequence[int]) -> str:
    return "\t".join(plain(row.cells[place].text).strip() for place in columns)
