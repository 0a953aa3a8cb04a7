"""A list of entries of several lines each."""

from __future__ import annotations

from functools import partial

import pytest
from textual.app import App, ComposeResult
from textual.content import Content
from textual.pilot import Pilot

from integration_tui.tui.widgets.block_list import Block, BlockList


class Shown(App[None]):
    """An app with one list."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[str] = []

    def compose(self) -> ComposeResult:
        yield BlockList()

    def on_block_list_chosen(self, event: BlockList.Chosen) -> None:
        self.chosen.append(event.key)


def blocks(count: int, *, keyed: bool = True) -> list[Block]:
    """Return entries of three lines."""
    return [
        Block(
            (Content(f"entry {number}"), Content("  more"), Content("")),
            key=f"k{number}" if keyed else "",
        )
        for number in range(count)
    ]


def full_lines(count: int, width: int) -> list[Block]:
    """Return entries of one line each, as wide as there is room."""
    return [Block((Content("x" * width),))] * count


async def shown(pilot: Pilot[None], count: int, *, keyed: bool = True) -> BlockList:
    found = pilot.app.query_one(BlockList)
    found.show(lambda _width: blocks(count, keyed=keyed))
    await pilot.pause()
    return found


async def test_the_cursor_goes_by_entries_and_is_kept_in_view() -> None:
    app = Shown()
    async with app.run_test(size=(30, 9)) as pilot:
        found = await shown(pilot, 10)
        await pilot.press("j", "j", "j")

        assert found.selected == "k3"
        assert found.scroll_offset.y == 3
        await pilot.press("G", "enter")
        assert app.chosen == ["k9"]
        await pilot.press("g", "pagedown")
        assert found.selected == "k3"
        await pilot.press("k", "k", "k", "k")
        assert (found.selected, found.scroll_offset.y) == ("k0", 0)


async def test_without_keys_lines_are_scrolled_and_nothing_is_chosen() -> None:
    app = Shown()
    async with app.run_test(size=(30, 9)) as pilot:
        found = await shown(pilot, 10, keyed=False)
        await pilot.press("j", "j", "enter")

        assert found.scroll_offset.y == 2
        assert (found.selected, app.chosen) == ("", [])
        await pilot.press("G")
        assert found.scroll_offset.y == 21


async def test_a_new_subject_begins_at_its_top_and_the_same_one_stays() -> None:
    app = Shown()
    async with app.run_test(size=(30, 9)) as pilot:
        found = await shown(pilot, 10)
        await pilot.press("G")
        found.show(lambda _width: blocks(8), stays=True)
        assert found.selected == "k7"
        found.show(lambda _width: blocks(8))

        assert (found.selected, found.scroll_offset.y) == ("k0", 0)


async def test_entries_are_drawn_anew_for_another_width() -> None:
    widths: list[int] = []

    def draw(width: int) -> list[Block]:
        widths.append(width)
        return [Block((Content("x" * width),))]

    app = Shown()
    async with app.run_test(size=(30, 9)) as pilot:
        app.query_one(BlockList).show(draw)
        await pilot.resize_terminal(50, 9)
        await pilot.pause()

        assert widths[-1] == 49
        assert app.query_one(BlockList).selected_text == "x" * 49


async def test_nothing_is_cut_when_the_list_comes_to_be_scrolled() -> None:
    app = Shown()
    async with app.run_test(size=(30, 9)) as pilot:
        found = app.query_one(BlockList)
        for count in (3, 30):
            found.show(partial(full_lines, count))
            await pilot.pause()
            lines = [
                "".join(part.text for part in strip)
                for strip in app.screen._compositor.render_strips()
            ]

            assert lines[0].startswith("x" * 29)
            assert "…" not in "".join(lines)


async def test_a_click_selects_and_a_double_click_opens() -> None:
    app = Shown()
    async with app.run_test(size=(30, 9)) as pilot:
        found = await shown(pilot, 3)
        await pilot.click(BlockList, offset=(2, 4))
        assert (found.selected, app.chosen) == ("k1", [])
        await pilot.double_click(BlockList, offset=(2, 4))

        assert app.chosen == ["k1"]


@pytest.mark.parametrize("count", [0, 1])
async def test_few_entries_or_none_are_no_trouble(count: int) -> None:
    app = Shown()
    async with app.run_test(size=(30, 9)) as pilot:
        found = await shown(pilot, count)
        await pilot.press("j", "k", "G", "g", "pagedown", "pageup", "enter")

        assert found.selected == ("k0" if count else "")
        assert app.chosen == ["k0"] * count
