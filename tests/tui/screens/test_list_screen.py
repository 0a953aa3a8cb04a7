"""In every list: narrowing, sorting, marking and copying, by key and by mouse."""

from __future__ import annotations

from textual.pilot import Pilot

from integration_tui.domain.events import StoreChanged
from integration_tui.tui.screens.list_screen import ListScreen
from integration_tui.tui.widgets.filter_input import FilterLine
from integration_tui.tui.widgets.table.table import RowTable
from tests.tui.fake_services import NAMES, console, world
from tests.tui.pilot import lines, running, seen, until, until_listed, until_seen, write


def listed(pilot: Pilot[None]) -> list[str]:
    """Return the names that are shown, in their order; a mark stays in front."""
    table = screen_of(pilot).listed
    return [f"{'■' if table.is_marked(key) else ''}{key}" for key in table.shown_keys]


def screen_of(pilot: Pilot[None]) -> ListScreen:
    assert isinstance(pilot.app.screen, ListScreen)
    return pilot.app.screen


async def test_a_list_is_narrowed_as_one_types_and_stays_so_while_rows_change() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_listed(pilot)
        await pilot.press("slash")
        await write(pilot, *"type:mock !name:adams")
        await until_seen(pilot, "5 of 6")
        await pilot.press("enter")
        assert isinstance(app.focused, RowTable)
        assert listed(pilot) == [literal for literal in NAMES if literal != "adams"]

        made.integrations = [each for each in made.integrations if each.integration.id != "madison"]
        made.bus.publish(StoreChanged())

        await until_seen(pilot, "4 of 5")
        await pilot.press("escape")
        await until(pilot, lambda: listed(pilot) == [*NAMES[:-1]])
        assert "of 5" not in seen(app)
        assert not app.screen.query_one(FilterLine).display


async def test_a_column_that_there_is_not_is_a_sentence() -> None:
    app = console(world())
    async with running(app) as pilot:
        await until_listed(pilot)
        await pilot.press("slash")
        await write(pilot, *"foo:[/x]")

        await until_seen(pilot, "there is no column foo; there are status, name")
        await write(pilot, "escape")
        await until(pilot, lambda: "no column" not in seen(app))
        assert isinstance(app.focused, RowTable)


async def test_nothing_fits_says_how_to_see_all_again() -> None:
    app = console(world())
    async with running(app) as pilot:
        await until_listed(pilot)
        await pilot.press("slash")
        await write(pilot, *"nobody", "down")

        await until_seen(pilot, "No match. esc clears the filter.")
        assert "0 of 6" in seen(app)
        await pilot.press("enter", "space", "s", "G", "escape")
        await until(pilot, lambda: listed(pilot) == [*NAMES])


async def test_a_letter_sorts_up_then_down_then_not_at_all() -> None:
    app = console(world())
    async with running(app) as pilot:
        await until_listed(pilot)
        seen_: list[tuple[str, list[str]]] = []
        for key in ("M", "M", "M", "N", "S"):
            await pilot.press(key)
            head = next(line for line in lines(app) if "Reason" in line)
            arrow = next(iter(set("↑↓") & set(head)), "")
            seen_.append((arrow, listed(pilot)))

        others = [name for name in NAMES if name != "lincoln"]  # nobody answered there
        assert seen_ == [
            ("↑", ["lincoln", *others]),
            ("↓", ["lincoln", *others]),
            ("", [*NAMES]),
            ("↑", sorted(NAMES)),
            ("↑", ["washington", "roosevelt", "adams", "lincoln", "jefferson", "madison"]),
        ]


async def test_a_click_on_a_title_sorts_and_the_cursor_stays_on_its_row() -> None:
    app = console(world())
    async with running(app) as pilot:
        await until_listed(pilot)
        await pilot.click("#integrations", offset=(22, 0))
        assert listed(pilot) == sorted(NAMES)
        assert screen_of(pilot).listed.selected == "lincoln"
        await pilot.click("#integrations", offset=(22, 0))

        assert listed(pilot) == sorted(NAMES, reverse=True)
        assert screen_of(pilot).sorted_by == "-name"


async def test_marks_stay_on_their_rows_and_go_with_them() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await until_listed(pilot)
        await pilot.press("space", "space")
        await until_seen(pilot, "2 marked")
        await pilot.click("#integrations", offset=(0, 3))
        assert screen_of(pilot).marked == ["lincoln", "roosevelt", "washington"]
        await pilot.press("N")
        assert [text for text in listed(pilot) if "■" in text] == [
            "■lincoln",
            "■roosevelt",
            "■washington",
        ]

        made.integrations = made.integrations[1:]
        made.bus.publish(StoreChanged())
        await until_seen(pilot, "2 marked")
        await pilot.press("slash")
        await write(pilot, *"name:wash", "enter")
        await until_seen(pilot, "1 of 5 · 2 marked, 1 unseen")
        await pilot.press("escape", "escape")
        assert screen_of(pilot).marked == []


async def test_all_that_are_shown_are_marked_or_none() -> None:
    app = console(world())
    async with running(app) as pilot:
        await until_listed(pilot)
        screen_of(pilot).narrow("madison")
        await pilot.press("ctrl+a")
        assert screen_of(pilot).marked == ["madison"]
        await pilot.press("ctrl+a")
        assert screen_of(pilot).marked == []


async def test_what_is_copied_is_what_stands_there() -> None:
    app = console(world(lambda said: f"[/x]\x1b[2J{said}"))
    async with running(app, width=80) as pilot:
        await until_seen(pilot, "lincoln")
        screen_of(pilot).sort("")
        first = screen_of(pilot).copied().split("\t")
        assert first[:2] == ["● Healthy", "lincoln"]
        assert "\x1b" not in screen_of(pilot).copied()
        await pilot.press("space", "j", "space")

        rows = screen_of(pilot).copied().split("\n")
        assert [row.split("\t")[1] for row in rows] == ["lincoln", "washington"]


async def test_filter_and_order_are_found_again() -> None:
    app = console(world())
    async with running(app) as pilot:
        await until_listed(pilot)
        screen_of(pilot).restore({"filter": "!madison", "sort": "-name"})
        await until_seen(pilot, "5 of 6")

        assert listed(pilot) == sorted(set(NAMES) - {"madison"}, reverse=True)
        assert screen_of(pilot).remember() == {"filter": "!madison", "sort": "-name"}
        screen_of(pilot).restore({"filter": "", "sort": "no such column"})
        assert screen_of(pilot).sorted_by == ""
