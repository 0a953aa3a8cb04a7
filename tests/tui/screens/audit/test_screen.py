"""The audit screen: only what was scrolled to is read, and the cursor stays."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from integration_tui.domain.audit.log import Action, ActionOutcome, AuditFilter
from integration_tui.domain.errors import StoreError
from integration_tui.domain.events import AuditAppended
from integration_tui.domain.value import replace
from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.screens.audit.screen import AuditScreen
from integration_tui.tui.widgets.dialogs import Confirm, SafeInput, TextDialog, TextPrompt
from integration_tui.tui.widgets.table.virtual import PagedTable
from tests.tui.fake_services import VIEWER, World, append, console, world
from tests.tui.pilot import lines, running, seen, toasts, until, until_on, until_seen, write

REFUSED = ActionOutcome.REFUSED


def table(app: ConsoleApp) -> PagedTable:
    return app.screen.query_one(PagedTable)


def asked(made: World) -> list[int | None]:
    """Return before which numbers pages were asked for."""
    return [call[2] for call in made.calls if call[0] == "page"]  # type: ignore[misc]  # as recorded


async def test_opening_reads_one_page() -> None:
    made = world(entries=5_000)
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "entry 5000")

        assert asked(made) == [None]


async def test_the_oldest_entry_is_two_pages_away() -> None:
    made = world(entries=5_000)
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "entry 5000")
        await pilot.press("G")
        await until(pilot, lambda: table(app).selected == "1")

        assert len(asked(made)) <= 3
        await pilot.press("g")
        await until_seen(pilot, "entry 5000")


async def test_new_entries_come_in_above_and_the_cursor_stays() -> None:
    made = world(entries=300)
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "entry 300")
        await pilot.press("j", "j")
        assert table(app).selected == "298"

        append(made, 5)
        made.bus.publish(AuditAppended())

        await until_seen(pilot, "entry 305")
        assert table(app).selected == "298"


async def test_new_entries_do_not_move_what_is_being_read() -> None:
    made = world(entries=300)
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "entry 300")
        await pilot.press(*["ctrl+d"] * 3)
        await until(pilot, lambda: "···" not in seen(app))
        before = lines(app)[3:37]

        append(made, 5)
        made.bus.publish(AuditAppended())
        await until(pilot, lambda: table(app).count == 305)
        await pilot.pause()

        assert [line[:60] for line in lines(app)[3:37]] == [line[:60] for line in before]


async def test_a_filter_shows_what_matches_and_escape_shows_all() -> None:
    made = world(entries=30)
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "entry 30")
        await pilot.press("slash")
        await write(pilot, *"outcome=failed", "enter")

        await until(pilot, lambda: "Done" not in seen(app) and "Failed" in seen(app))
        assert ("page", AuditFilter(outcome=ActionOutcome.FAILED), None) in made.calls
        assert table(app).count == 10

        await pilot.press("escape")
        await until_seen(pilot, "30 entries")


async def test_a_filtered_log_goes_on_as_it_is_scrolled() -> None:
    made = world(entries=1_000)
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "entry 1000")
        await pilot.press("slash")
        await write(pilot, *"outcome=done", "enter")
        await until(pilot, lambda: table(app).count == 101)
        for _ in range(3):
            await pilot.press(*["pagedown"] * 14)
            await until(pilot, lambda: table(app).count > 101)

        await pilot.press("G")
        await until(pilot, lambda: table(app).selected == "1")


async def test_a_wrong_filter_is_a_sentence_and_changes_nothing() -> None:
    app = console(world(entries=30))
    async with running(app) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "entry 30")
        await pilot.press("slash")
        await write(pilot, *"who=ana", "enter")

        await until(pilot, lambda: 'unknown filter "who=ana"' in "".join(toasts(app)))
        assert "entry 30" in seen(app)


async def test_nothing_matches_says_so() -> None:
    app = console(world(entries=3))
    async with running(app) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "entry 3")
        await pilot.press("slash")
        await write(pilot, *"actor=bob", "enter")

        await until_seen(pilot, "No entry matches. esc clears the filter.")


async def test_enter_shows_before_and_after() -> None:
    app = console(world(entries=3))
    async with running(app) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "entry 3")
        await pilot.press("j", "enter")
        await until_on(pilot, TextDialog)

        for text in ("Entry 2", "auth.client_id", "\N{MINUS SIGN} old", "+ new", "ana (admin)"):
            assert text in seen(app)


async def test_verify_says_the_verdict() -> None:
    made = world(entries=3)
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "entry 3")
        await pilot.press("V")

        await until_seen(pilot, "✓ Chain intact to entry 3")
        await until(pilot, lambda: toasts(app) == ["Chain intact: 3 entries verified."])


async def test_a_page_that_cannot_be_read_is_a_sentence_and_comes_with_the_next_try() -> None:
    made = world(entries=1_000)
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "entry 1000")
        made.failures["page"] = StoreError("the disk is gone")
        await pilot.press("G")
        await until(pilot, lambda: toasts(app) == ["the disk is gone"])

        made.failures.clear()
        made.bus.publish(AuditAppended())

        await until(pilot, lambda: table(app).selected == "1")


async def test_an_empty_log_bears_every_key() -> None:
    app = console(world(entries=0))
    async with running(app) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "No entries yet.")
        await write(pilot, "enter", "G", "j", "g", "V")
        await pilot.press("escape")

        assert "No entries yet." in seen(app)


async def test_following_keeps_the_newest_in_view_until_somebody_moves_away() -> None:
    made = world(entries=300)
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "entry 300")
        await pilot.press("j", "f")
        await until_seen(pilot, "Following")
        append(made, 5)
        made.bus.publish(AuditAppended())
        await until(pilot, lambda: table(app).selected == "305")

        await pilot.press("j")
        await until(pilot, lambda: "Following" not in seen(app))


async def test_a_rare_entry_is_searched_for_in_parts_and_from_both_ends() -> None:
    made = world(entries=1_000)
    made.patience = 100
    made.entries[9] = replace(made.entries[9], act=replace(made.entries[9].act, outcome=REFUSED))
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "entry 1000")
        screen = app.screen
        assert isinstance(screen, AuditScreen)
        screen.narrow("outcome=refused")
        await until_seen(pilot, "1 found")

        assert screen.narrowed == "outcome=refused"
        assert table(app).row_at(0) is not None
        append(made, 3)
        made.bus.publish(AuditAppended())
        await until(pilot, lambda: ("page", AuditFilter(outcome=REFUSED), -1_000) in made.calls)
        assert table(app).selected == "10"


async def test_an_export_asks_before_it_replaces_a_file_and_can_be_stopped(tmp_path: Path) -> None:
    made = world(entries=3)
    made.slow_chain = asyncio.Event()
    file = tmp_path / "a.csv"
    file.write_text("mine")
    app = console(made)
    async with running(app) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "entry 3")
        await pilot.press("E")
        await until_on(pilot, TextPrompt)
        app.screen.query_one(SafeInput).value = str(file)
        await pilot.press("enter")
        await until_on(pilot, Confirm)
        await pilot.press("y")
        await until_seen(pilot, "Exporting: 1 of 2 entries  esc stops")

        await pilot.press("escape")
        await until_seen(pilot, "Export was stopped; no file was written")
        exports = [call for call in made.calls if call[0] == "export"]
        assert exports[-1] == ("export", file, AuditFilter(), "ana", True)


async def test_who_may_only_look_cannot_export() -> None:
    app = console(world(entries=3), actor=VIEWER)
    async with running(app) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "entry 3")
        await pilot.press("E")

        assert not app.screen.is_modal
        assert "export…" not in seen(app)


async def test_the_entry_beside_the_log_is_that_of_the_cursor() -> None:
    app = console(world(entries=30))
    async with running(app, width=160, height=45) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "Entry · 30")
        await pilot.press("j")
        await until_seen(pilot, "Entry · 29")

        assert "auth.client_id" in seen(app)
        assert "✗ Failed" in seen(app) or "✓ Done" in seen(app)


async def test_at_80_columns_the_detail_is_seen_without_a_key() -> None:
    app = console(world(entries=30))
    async with running(app, width=80, height=24) as pilot:
        await pilot.press("7")

        await until_seen(pilot, "Entry · 30")
        await until(pilot, lambda: any(re.search(r"Detail +entry 30", line) for line in lines(app)))


async def test_a_system_that_went_down_is_no_green_done() -> None:
    made = world(entries=3)
    went = replace(made.entries[2].act, action=Action.WENT_DOWN, outcome=ActionOutcome.DONE)
    made.entries[2] = replace(made.entries[2], act=went)
    app = console(made)
    async with running(app, width=160, height=45) as pilot:
        await pilot.press("7")

        await until_seen(pilot, "Went down  ✗ Down")
        row = next(line for line in lines(app) if "Went down" in line and "lincoln" in line)
        assert "✗" in row
        assert "Done" not in row.split("│")[1]


async def test_the_filter_line_shows_what_it_takes() -> None:
    app = console(world(entries=3))
    async with running(app) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "entry 3")
        await pilot.press("slash")

        await until_seen(pilot, "text=words")
        await pilot.press("escape")
        await until(pilot, lambda: "text=words" not in seen(app))


async def test_today_is_counted_by_hour_and_hours_that_are_over_once() -> None:
    made = world(entries=30)
    app = console(made)
    async with running(app, width=160, height=45) as pilot:
        await pilot.press("7")
        await until_seen(pilot, "30 entries today")
        first = [call[1] for call in made.calls if call[0] == "activity"]
        append(made, 5)
        made.bus.publish(AuditAppended())
        await until_seen(pilot, "35 entries today")

        counts = [call[1] for call in made.calls if call[0] == "activity"]
        assert isinstance(first[0], int)
        assert first[0] > 2
        assert set(counts[1:]) == {2}
