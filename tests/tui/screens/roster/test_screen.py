"""The roster screen: lists of which only what was scrolled to is read, and a card beside them."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from integration_tui.domain.errors import UsageError
from integration_tui.domain.events import RosterChanged
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import RecordFilter
from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.screens.roster.actions import EditDialog
from integration_tui.tui.screens.roster.fields import FieldsScreen
from integration_tui.tui.screens.roster.record import RecordScreen
from integration_tui.tui.screens.roster.screen import RosterScreen
from integration_tui.tui.widgets.block_list import BlockList
from integration_tui.tui.widgets.dialogs import TextDialog
from integration_tui.tui.widgets.select_list import ChoiceDialog
from integration_tui.tui.widgets.table.table import RowTable
from integration_tui.tui.widgets.table.virtual import PagedTable
from tests.tui.fake_services import VIEWER, World, console, world
from tests.tui.pilot import lines, running, seen, toasts, until, until_on, until_seen, write

C = Collection


def browsed(made: World) -> list[tuple[object, ...]]:
    """Return which pages were asked for."""
    return [call[1:] for call in made.calls if call[0] == "browse"]


async def on_roster(pilot: Pilot[None]) -> None:
    await pilot.press("5")
    await until_seen(pilot, "Park 9, Ada")


async def open_record(pilot: Pilot[None], block: str = "") -> None:
    """Open the first person, and put the cursor on an entry of it."""
    await on_roster(pilot)
    await pilot.press("enter")
    await until_on(pilot, RecordScreen)
    record = pilot.app.screen.query_one(BlockList)
    await until(pilot, lambda: bool(record.selected))
    record.select(block)
    await pilot.pause()


async def open_fields(pilot: Pilot[None], field: str) -> None:
    """Open all fields of the first person, and put the cursor on one."""
    await on_roster(pilot)
    await pilot.press("m")
    await until_on(pilot, FieldsScreen)
    await until_seen(pilot, "All fields of Ada Park 1")
    pilot.app.screen.query_one(RowTable).select(field)
    await pilot.pause()


def shown(app: ConsoleApp) -> str:
    """Return the edge that says which list this is."""
    return lines(app)[2]


# Lists


async def test_opening_reads_one_page_and_says_how_many_there_are() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await on_roster(pilot)

        assert browsed(made) == [(RecordFilter(collection=C.USERS), "")]
        await until(pilot, lambda: "People · 250" in shown(app))


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
        assert "← Enrollments" in seen(app)
        titles = ("Classes", "Schools", "Courses", "Sessions", "Enrollments", "People")
        for title in titles:
            assert f"→ {title}" in seen(app)
            await pilot.press("right")
            await until(pilot, lambda: f"─ {title} · " in shown(app))  # noqa: B023 - awaited in the loop

        await until_seen(pilot, "Park 9, Ada")


async def test_only_inactive_ones_are_shown_when_asked() -> None:
    app = console(world())
    async with running(app) as pilot:
        await on_roster(pilot)
        await pilot.press("i", "i")
        await until(pilot, lambda: "1 of 250, inactive only" in shown(app))
        await until(pilot, lambda: "Park 4, Ada" not in seen(app))

        assert "○  Park 3, Ada" in seen(app)


# Search while typing


async def test_search_narrows_while_typing_and_escape_clears_it() -> None:
    app = console(world())
    async with running(app) as pilot:
        await on_roster(pilot)
        await write(pilot, "slash", *"Park 24")
        await until(pilot, lambda: "11 of 250" in shown(app))
        await until(pilot, lambda: "Park 240, Ada" in seen(app) and "Park 9," not in seen(app))
        await pilot.press("enter", "j")

        assert app.screen.query_one("#users", PagedTable).selected == "240"
        await pilot.press("escape")
        await until_seen(pilot, "Park 9, Ada")
        assert not app.screen.query_one("#search").display


async def test_keys_typed_at_once_are_one_search_and_none_is_lost() -> None:
    made = world()
    app = console(made)
    async with running(app) as pilot:
        await on_roster(pilot)
        await write(pilot, "slash", *"Park 240", "enter")
        await until(pilot, lambda: "1 of 250" in shown(app))

        searched = [call[0].search for call in browsed(made) if isinstance(call[0], RecordFilter)]
        assert searched[-1] == "Park 240"
        assert len(searched) < 6
        assert app.screen.query_one("#users").has_focus


async def test_a_search_for_nobody_says_so() -> None:
    app = console(world())
    async with running(app) as pilot:
        await on_roster(pilot)
        await write(pilot, "slash", *"nobody", "enter")

        await until_seen(pilot, 'No match for "nobody". esc clears.')
        assert "0 of 250" in shown(app)


async def test_many_matches_are_not_counted_to_the_end() -> None:
    made = world()
    made.syncs.people = 5_000
    app = console(made)
    async with running(app) as pilot:
        await on_roster(pilot)
        await write(pilot, "slash", "P", "enter")

        await until(pilot, lambda: "more than 1,000 of 5,000" in shown(app))


# The card


async def test_the_card_is_a_person_and_not_a_row() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await on_roster(pilot)
        await until_seen(pilot, "CONFLICT")

        for text in (
            "─ Ada Park 1 · student ─",
            "│  A P  │",
            "Active",
            "Student, grade 6",
            "Lincoln High · Prairie View",
            "new@example.org ▲",
            "Elena Park (guardian)",
            "person 1",
            "Email was changed here and in lincoln.",
            "local   ours@example.org   o keep local",
            "source  theirs@example.org   t take source",
            "created by lincoln, run 1",
            "Known as · 1 system",
            "● Active",
            "Timeline · 3 changes",
            "Classes · 2",
        ):
            assert text in seen(app), text
        for text in ("enabled", "given_name", "[{", "_", "{"):
            assert text not in seen(app), text


async def test_the_card_follows_the_cursor() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await on_roster(pilot)
        await pilot.press("j", "j", "j", "j")

        await until_seen(pilot, "─ Ada Park 5 · ")


async def test_fast_moves_read_only_the_record_that_the_cursor_rests_on() -> None:
    made = world()
    app = console(made)
    async with running(app, width=160, height=45) as pilot:
        await on_roster(pilot)
        await until_seen(pilot, "CONFLICT")
        made.calls.clear()
        await write(pilot, *["j"] * 20)
        await until_seen(pilot, "─ Ada Park 21 · ")

        assert len([call for call in made.calls if call[0] == "card"]) < 5


async def test_the_other_collections_have_cards_of_their_own() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await on_roster(pilot)
        await pilot.press("right")
        await until_seen(pilot, "─ Classes 1 · class ─")
        await until_seen(pilot, "People · 2")
        assert "Students  2" in seen(app)
        assert "Lincoln High" in seen(app)
        await pilot.press("right")

        await until_seen(pilot, "─ Orgs 1 · type 1 ─")


@pytest.mark.parametrize(("key", "side"), [("o", "ours"), ("t", "theirs")])
async def test_a_conflict_is_resolved_on_the_card(key: str, side: str) -> None:
    made = world()
    app = console(made)
    async with running(app, width=160, height=45) as pilot:
        await on_roster(pilot)
        await until_seen(pilot, "CONFLICT")
        await pilot.press(key)
        await until(pilot, lambda: ("settle", (1,), side, "ana") in made.acts)
        await until(pilot, lambda: "CONFLICT" not in seen(app))

        assert "example.org" not in "".join(toasts(app))
        assert "keep local" not in lines(app)[-1]


async def test_every_pane_is_reached_by_tab_and_one_has_the_focus() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await on_roster(pilot)
        await until_seen(pilot, "CONFLICT")
        reached: list[str | None] = []
        for _ in range(5):
            reached.append(app.focused.id if app.focused else None)
            await pilot.press("tab")

        assert reached == ["users", "who", "systems", "history", "beside"]
        assert app.focused is not None
        assert app.focused.id == "users"


@pytest.mark.parametrize(
    ("size", "panes"),
    [
        ((80, 24), []),
        ((120, 24), ["card"]),
        ((120, 36), ["card", "timeline"]),
        ((160, 24), ["card", "known"]),
        ((160, 45), ["card", "known", "timeline", "related"]),
        ((200, 60), ["card", "known", "timeline", "related"]),
    ],
)
async def test_what_there_is_room_for_is_shown(size: tuple[int, int], panes: list[str]) -> None:
    app = console(world())
    async with running(app, width=size[0], height=size[1]) as pilot:
        await on_roster(pilot)
        await pilot.pause()
        names = ("card", "known", "timeline", "related")

        assert [name for name in names if app.screen.query_one(f"#{name}").size.width] == panes


async def test_a_pane_is_maximized_and_put_back() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await on_roster(pilot)
        await until_seen(pilot, "CONFLICT")
        app.screen.query_one("#history").focus()
        await pilot.press("z")
        await until(pilot, lambda: app.screen.query_one("#timeline").size.width > 150)
        assert "Timeline · 3 changes" in seen(app)
        await pilot.press("escape")

        await until(pilot, lambda: app.screen.query_one("#timeline").size.width < 90)


async def test_the_keys_that_matter_are_named_at_eighty_columns() -> None:
    app = console(world())
    async with running(app, width=80) as pilot:
        await on_roster(pilot)

        for key in ("⏎ open", "e edit…", "p pin", "m all fields", "/ search"):
            assert key in lines(app)[-1], key


async def test_a_class_beside_a_person_opens() -> None:
    app = console(world())
    async with running(app, width=160, height=45) as pilot:
        await on_roster(pilot)
        await until_seen(pilot, "Art 2")
        app.screen.query_one("#beside").focus()
        await pilot.press("j", "enter")
        await until_on(pilot, RecordScreen)

        await until_seen(pilot, "Classes 2 · class")


# The window of one record


async def test_a_record_in_one_window_tells_its_ids_and_its_history() -> None:
    app = console(world())
    async with running(app, width=80, height=60) as pilot:
        await open_record(pilot, "event/0")

        for text in ("created by lincoln, run 1", "x-1", "Email changed to new@example.org"):
            assert text in seen(app), text
        assert "Email in roosevelt  said@example.org" in seen(app)
        await pilot.press("enter")
        await until_on(pilot, TextDialog)
        assert "\N{MINUS SIGN} old@example.org" in seen(app)
        assert "+ new@example.org" in seen(app)


async def test_a_class_leads_to_its_record_and_escape_back() -> None:
    app = console(world())
    async with running(app, height=40) as pilot:
        await open_record(pilot, "classes/2")
        await pilot.press("enter")
        await until_seen(pilot, "Classes 2 · class")
        await pilot.press("escape")
        await until_seen(pilot, "Ada Park 1 · student")
        await pilot.press("escape")

        await until_on(pilot, RosterScreen)


async def test_a_person_leads_to_the_enrollments() -> None:
    made = world()
    app = console(made)
    async with running(app, height=40) as pilot:
        await open_record(pilot, "list/enrollments")
        await pilot.press("enter")
        await until_on(pilot, RosterScreen)
        await until(pilot, lambda: "of person 1" in shown(app))
        await until_seen(pilot, "class 2")
        assert browsed(made)[-1][0] == RecordFilter(collection=C.ENROLLMENTS, user_id=1)  # type: ignore[arg-type]  # an id
        await pilot.press("escape")

        await until_seen(pilot, "Park 9, Ada")


async def test_a_conflict_is_resolved_in_the_window_too() -> None:
    made = world()
    app = console(made)
    async with running(app, width=80) as pilot:
        await open_record(pilot)
        await pilot.press("t")

        await until(pilot, lambda: ("settle", (1,), "theirs", "ana") in made.acts)
        await until(pilot, lambda: "CONFLICT" not in seen(app))


# Changing by hand


async def test_a_field_is_chosen_and_edited_with_a_reason() -> None:
    made = world()
    app = console(made)
    async with running(app, height=34) as pilot:
        await on_roster(pilot)
        await pilot.press("e")
        await until_on(pilot, ChoiceDialog)
        await pilot.press(*"emai", "enter")
        await until_on(pilot, EditDialog)
        await until_seen(pilot, "Value in source: roosevelt: said@example.org")
        assert "Saved here only. Source systems are not changed." in seen(app)
        await pilot.press("end", *"x", "enter", "enter")
        await until(pilot, lambda: "Enter a reason." in "".join(toasts(app)))
        await pilot.press(*"typo", "enter")

        await until(
            pilot, lambda: ("edit", "email", "new@example.orgx", "typo", "ana") in made.acts
        )
        await until(pilot, lambda: "Email saved." in "".join(toasts(app)))
        assert "orgx" not in "".join(toasts(app))


async def test_all_fields_have_labels_and_are_edited_as_what_they_are() -> None:
    made = world()
    app = console(made)
    async with running(app, height=34) as pilot:
        await open_fields(pilot, "enabled")
        assert "Account enabled" in seen(app)
        assert "Student at Lincoln High" in seen(app)
        for field, keys, value in (
            ("enabled", ["end", "backspace", "0"], 0),
            ("email", ["ctrl+u"], None),
            ("grades", ["end", *", 07"], '["06","07"]'),
        ):
            app.screen.query_one(RowTable).select(field)
            await pilot.press("e")
            await until_on(pilot, EditDialog)
            await pilot.press(*keys, "enter", *"why", "enter")
            await until(pilot, lambda: ("edit", field, value, "why", "ana") in made.acts)  # noqa: B023 - awaited in the loop
            await until_on(pilot, FieldsScreen)


async def test_what_leads_to_another_record_is_not_edited_but_opened() -> None:
    app = console(world())
    async with running(app, height=34) as pilot:
        await open_fields(pilot, "school")
        await pilot.press("e")
        await until(
            pilot, lambda: "School is changed in the source system." in "".join(toasts(app))
        )
        assert isinstance(app.screen, FieldsScreen)
        await pilot.press("enter")
        await until_on(pilot, RecordScreen)

        await until_seen(pilot, "Orgs 1 · type 1")


async def test_what_cannot_be_written_is_said() -> None:
    made = world()
    made.failures["edit"] = UsageError("email is a text", advice="enter a value")
    app = console(made)
    async with running(app, height=34) as pilot:
        await open_fields(pilot, "email")
        await pilot.press("e")
        await until_on(pilot, EditDialog)
        await pilot.press("enter", *"why", "enter")

        await until(pilot, lambda: "email is a text" in "".join(toasts(app)))
        assert isinstance(app.screen, FieldsScreen)


async def test_a_pin_is_set_and_shown() -> None:
    made = world()
    app = console(made)
    async with running(app, width=160) as pilot:
        await on_roster(pilot)
        await pilot.press("j", "p")
        await until(pilot, lambda: ("pin", C.USERS, 2, True, "ana") in made.acts)
        assert toasts(app) == ["Pinned. No sync deactivates this person."]
        made.bus.publish(RosterChanged())

        await until_seen(pilot, " Pinned ")


@pytest.mark.parametrize("keys", [["p"], ["e"], ["o"], ["enter", "p"], ["enter", "t"], ["m", "e"]])
async def test_who_only_looks_changes_nothing(keys: list[str]) -> None:
    made = world()
    app = console(made, actor=VIEWER)
    async with running(app) as pilot:
        await on_roster(pilot)
        assert "p pin" not in lines(app)[-1]
        assert "e edit" not in lines(app)[-1]
        assert "keep local" not in seen(app)
        await pilot.press(*keys)
        await pilot.pause()

        assert made.acts == [("open",)]
        assert not isinstance(app.screen, EditDialog | ChoiceDialog)
