"""The roster screen: only what was scrolled to is read, and every line leads somewhere."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from integration_tui.domain.errors import UsageError
from integration_tui.domain.events import RosterChanged
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import RecordFilter
from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.screens.roster.record import EditDialog, RecordScreen
from integration_tui.tui.screens.roster.screen import RosterScreen
from integration_tui.tui.widgets.dialogs import TextDialog
from integration_tui.tui.widgets.table.table import RowTable
from integration_tui.tui.widgets.table.virtual import PagedTable
from tests.tui.fake_services import VIEWER, World, console, world
from tests.tui.pilot import lines, running, seen, toasts, until, until_on, until_seen

C = Collection
TITLES = ["People", "Classes", "Organizations", "Courses", "Sessions", "Enrollments"]


def browsed(made: World) -> list[tuple[object, ...]]:
    """Return which pages were asked for."""
    return [call[1:] for call in made.calls if call[0] == "browse"]


async def on_roster(pilot: Pilot[None]) -> None:
    await pilot.press("5")
    await until_seen(pilot, "Ada Park 9")


async def open_record(pilot: Pilot[None], row: str) -> None:
    """Open the first person, and put the cursor on a line of it."""
    await on_roster(pilot)
    await pilot.press("enter")
    await until_on(pilot, RecordScreen)
    await until_seen(pilot, "person 1")
    pilot.app.screen.query_one(RowTable).select(row)
    await pilot.pause()


def shown(app: ConsoleApp) -> str:
    """Return the line that says which list this is."""
    return lines(app)[2]


async def test_opening_reads_one_page_and_says_how_many_there_are() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await on_roster(pilot)

        assert browsed(made) == [(RecordFilter(collection=C.USERS), "")]
        await until(pilot, lambda: "250" in shown(app))


async def test_the_end_is_reached_page_by_page() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await on_roster(pilot)
        table = app.screen.query_one("#users", PagedTable)
        for place in ("000100", "000200"):
            await pilot.press("G")
            await until(pilot, lambda: browsed(made)[-1][1] == place)  # noqa: B023 - awaited in the loop
            await pilot.pause()
        await pilot.press("G")

        await until(pilot, lambda: table.selected == "250")


async def test_arrows_switch_between_the_collections() -> None:
    app = console(world())
    async with running(app, width=120) as pilot:
        await on_roster(pilot)
        for collection in ("Classes", "Orgs", "Courses", "Academic_Sessions", "person"):
            await pilot.press("right")
            await until_seen(pilot, f"{collection} 1")
        await pilot.press("right")
        await until_seen(pilot, "Ada Park 1")

        assert [text for text in TITLES if text not in shown(app)] == []


async def test_search_narrows_the_list_and_escape_widens_it() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await on_roster(pilot)
        await pilot.press("slash", *"Park 24", "enter")
        await until(pilot, lambda: "“Park 24”" in shown(app))
        await until(pilot, lambda: "Ada Park 240" in seen(app) and "Ada Park 9 " not in seen(app))
        await pilot.press("escape")

        await until_seen(pilot, "Ada Park 9 ")


async def test_only_inactive_ones_are_shown_when_asked() -> None:
    app = console(world())
    async with running(app) as pilot:
        await on_roster(pilot)
        await pilot.press("i", "i")
        await until(pilot, lambda: "inactive" in shown(app))
        await until(pilot, lambda: "Ada Park 4" not in seen(app))

        assert "○  Ada Park 3" in seen(app)


async def test_a_record_tells_what_others_say_its_ids_and_its_history() -> None:
    app = console(world())
    async with running(app, width=150, height=30) as pilot:
        await open_record(pilot, "event/0")

        assert "brought by run 1" in seen(app)
        assert "roosevelt: said@example.org since 2026-11-23" in seen(app)
        assert "x-1" in seen(app)
        assert "update by run 2: email" in seen(app)
        await pilot.press("enter")
        await until_on(pilot, TextDialog)
        assert "- old@example.org" in seen(app)


async def test_a_reference_leads_to_its_record_and_escape_back() -> None:
    app = console(world())
    async with running(app, height=30) as pilot:
        await open_record(pilot, "field/school")
        await pilot.press("enter")
        await until_seen(pilot, "organization 1")
        await pilot.press("escape")
        await until_seen(pilot, "person 1")
        await pilot.press("escape")

        await until_on(pilot, RosterScreen)


async def test_a_person_leads_to_the_enrollments_and_these_to_a_class() -> None:
    made = world()
    app = console(made)
    async with running(app, height=30) as pilot:
        await open_record(pilot, "list/enrollments")
        await pilot.press("enter")
        await until_on(pilot, RosterScreen)
        await until(pilot, lambda: "of person 1" in shown(app))
        await until_seen(pilot, "class 2")
        assert browsed(made)[-1][0] == RecordFilter(collection=C.ENROLLMENTS, user_id=1)  # type: ignore[arg-type]  # an id
        await pilot.press("escape")

        await until_seen(pilot, "Ada Park 1")


async def test_a_field_is_edited_with_a_reason() -> None:
    made = world()
    app = console(made)
    async with running(app, height=34) as pilot:
        await open_record(pilot, "field/email")
        await pilot.press("e")
        await until_on(pilot, EditDialog)
        await until_seen(pilot, "Systems say otherwise: roosevelt")
        await pilot.press("end", *"x", "enter", "enter")
        await until(pilot, lambda: "a reason is needed" in "".join(toasts(app)))
        await pilot.press(*"typo", "enter")

        await until(
            pilot, lambda: ("edit", "email", "new@example.orgx", "typo", "ana") in made.acts
        )


async def test_nothing_and_numbers_are_edited_as_what_they_are() -> None:
    made = world()
    app = console(made)
    async with running(app, height=34) as pilot:
        await open_record(pilot, "field/enabled")
        await pilot.press("e")
        await until_on(pilot, EditDialog)
        await pilot.press("end", "backspace", *"0", "enter", *"why", "enter")

        await until(pilot, lambda: ("edit", "enabled", 0, "why", "ana") in made.acts)
        await until_on(pilot, RecordScreen)
        app.screen.query_one(RowTable).select("field/email")
        await pilot.press("e")
        await until_on(pilot, EditDialog)
        await pilot.press("ctrl+u", "enter", *"why", "enter")
        await until(pilot, lambda: ("edit", "email", None, "why", "ana") in made.acts)


async def test_what_leads_to_another_record_is_not_edited() -> None:
    app = console(world())
    async with running(app, height=34) as pilot:
        await open_record(pilot, "field/school")
        await pilot.press("e")
        await until(pilot, lambda: "its system has to change it" in "".join(toasts(app)))

        assert isinstance(app.screen, RecordScreen)


async def test_what_cannot_be_written_is_said() -> None:
    made = world()
    made.failures["edit"] = UsageError("email is a text", advice="say what it is")
    app = console(made)
    async with running(app, height=34) as pilot:
        await open_record(pilot, "field/email")
        await pilot.press("e")
        await until_on(pilot, EditDialog)
        await pilot.press("enter", *"why", "enter")

        await until(pilot, lambda: "email is a text" in "".join(toasts(app)))
        assert isinstance(app.screen, RecordScreen)


async def test_a_pin_is_set_and_shown() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await on_roster(pilot)
        await pilot.press("j", "p")
        await until(pilot, lambda: ("pin", C.USERS, 2, True, "ana") in made.acts)
        made.bus.publish(RosterChanged())

        await until(
            pilot, lambda: any("Ada Park 2 " in line and "pin" in line for line in lines(app))
        )


@pytest.mark.parametrize("keys", [["p"], ["enter", "p"], ["enter", "j", "j", "j", "e"]])
async def test_who_only_looks_changes_nothing(keys: list[str]) -> None:
    made = world()
    app = console(made, actor=VIEWER)
    async with running(app) as pilot:
        await on_roster(pilot)
        assert "pin/unpin" not in lines(app)[-1]
        await pilot.press(*keys)
        await pilot.pause()

        assert made.acts == [("open",)]
        assert not isinstance(app.screen, EditDialog)
