"""The table: the cursor stays on its row, and only what is seen is drawn."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip

from integration_tui.tui.themes import ThemedApp
from integration_tui.tui.widgets.table.cells import Cell, Column, TableRow, fit, widths
from integration_tui.tui.widgets.table.table import RowTable
from tests.tui.pilot import write

COLUMNS = (Column(title="Name", width=8), Column(title="What"))


def row(key: str, what: str = "") -> TableRow:
    return TableRow(key=key, cells=(Cell(key), Cell(what)))


class Counted(RowTable):
    """Knows which lines were drawn."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, empty="nothing here")
        self.drawn: set[int] = set()

    def render_line(self, y: int) -> Strip:
        self.drawn.add(y)
        return super().render_line(y)


class Host(ThemedApp):
    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.heard: list[str] = []

    def compose(self) -> ComposeResult:
        yield Counted()

    def on_mount(self) -> None:
        self.table.show([row(f"r{place}") for place in range(self.count)])

    @property
    def table(self) -> Counted:
        return self.query_one(Counted)

    def on_row_table_highlighted(self, event: RowTable.Highlighted) -> None:
        self.heard.append(f"at {event.key}")

    def on_row_table_chosen(self, event: RowTable.Chosen) -> None:
        self.heard.append(f"chose {event.key}")


def shown(pilot: Pilot[None]) -> list[str]:
    table = pilot.app.query_one(RowTable)
    return [table.render_line(y).text.rstrip() for y in range(table.size.height)]


async def test_the_cursor_stays_on_its_row_when_rows_come_in_above() -> None:
    host = Host(3)
    async with host.run_test() as pilot:
        await pilot.press("j")

        host.table.show([row("new"), row("r0"), row("r1"), row("r2")])

        assert host.table.selected == "r1"


async def test_a_row_with_a_cell_too_few_is_refused_at_any_width() -> None:
    host = Host(1)
    async with host.run_test():
        host.table.show([TableRow(key="short", cells=(Cell("short"),))])

        with pytest.raises(ValueError, match="1 cells in a table of 2 columns"):
            host.table.render_line(1)
        host.table.show([row("r0")])


async def test_the_cursor_stays_where_it_was_when_its_row_goes() -> None:
    host = Host(3)
    async with host.run_test() as pilot:
        await pilot.press("j")

        host.table.show([row("r0"), row("r2")])

        assert host.table.selected == "r2"


async def test_every_move_has_two_keys() -> None:
    host = Host(60)
    async with host.run_test(size=(40, 12)) as pilot:
        where = []
        keys = ("down", "j", "up", "k", "G", "home", "end", "g", "ctrl+d", "pageup", "pagedown")
        for key in (*keys, "ctrl+u"):
            await pilot.press(key)
            where.append(host.table.selected)

        assert where == ["r1", "r2", "r1", "r0", "r59", "r0", "r59", "r0", "r10", "r0", "r10", "r0"]


async def test_what_the_cursor_is_on_is_always_in_view() -> None:
    host = Host(60)
    async with host.run_test(size=(40, 12)) as pilot:
        await pilot.press("G")

        assert any(line.startswith(" r59") for line in shown(pilot))
        await write(pilot, *["k"] * 20)
        assert any(line.startswith(" r39") for line in shown(pilot))


async def test_choosing_a_row_is_a_message() -> None:
    host = Host(3)
    async with host.run_test() as pilot:
        await pilot.press("j", "enter", "l")

        assert host.heard[-3:] == ["at r1", "chose r1", "chose r1"]


async def test_a_click_moves_the_cursor_and_a_second_one_chooses() -> None:
    host = Host(3)
    async with host.run_test() as pilot:
        await pilot.click(Counted, offset=(2, 2))
        await pilot.click(Counted, offset=(2, 2))

        assert host.heard[-2:] == ["at r1", "chose r1"]


async def test_only_the_line_that_changed_is_drawn_again() -> None:
    host = Host(5)
    async with host.run_test() as pilot:
        await pilot.pause()
        host.table.drawn.clear()

        host.table.show([row("r0"), row("r1"), row("r2", "changed"), row("r3"), row("r4")])
        await pilot.pause()

        assert host.table.drawn == {3}


async def test_an_empty_table_says_why() -> None:
    host = Host(0)
    async with host.run_test() as pilot:
        await pilot.pause()

        said = [line for line in shown(pilot) if "nothing here" in line]
        assert len(said) == 1
        assert said[0].strip("·").strip() == "nothing here"


def test_a_column_is_left_out_where_there_is_no_room() -> None:
    columns = (
        Column(title="a", width=5),
        Column(title="b", width=9, from_width=60),
        Column(title="c"),
    )

    assert widths(columns, 40) == [5, -1, 31]
    assert widths(columns, 60) == [5, 9, 40]


def test_wide_characters_are_counted_as_they_are_drawn() -> None:
    assert fit("日本語", 8) == "日本語  "
    assert fit("日本語", 4) == "日 …"
    assert fit("12", 4, right=True) == "  12"
