"""The sync and roster screens over real services and a real server: what is done there is done."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
from textual.pilot import Pilot

from integration_tui.bootstrap import open_services
from integration_tui.domain.ids import RecordId
from integration_tui.domain.roster import Collection, Role
from integration_tui.domain.roster_view import RecordView
from integration_tui.settings import Settings
from integration_tui.tui.app import ConsoleApp
from integration_tui.tui.screens.roster.actions import EditDialog
from integration_tui.tui.screens.roster.fields import FieldsScreen
from integration_tui.tui.screens.roster.record import RecordScreen
from integration_tui.tui.screens.sync.panes import ViewPane
from integration_tui.tui.screens.sync.windows import ApprovalDialog
from integration_tui.tui.widgets.block_list import BlockList
from integration_tui.tui.widgets.dialogs import Confirm, TextDialog
from integration_tui.tui.widgets.table.table import RowTable
from tests.services.sync.fixtures import (
    NO_GRACE,
    SECRET,
    SIS,
    District,
    Syncing,
    document,
    serving,
    write,
)
from tests.tui.fake_services import ADMIN
from tests.tui.pilot import real_services, running, seen, toasts, until, until_on, until_seen
from tests.tui.pilot import write as press_fast

C = Collection


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)


class Desk:
    """A district, its server, and a console with somebody in front of it."""

    def __init__(self, app: ConsoleApp, pilot: Pilot[None], sis: Syncing) -> None:
        self.app, self.pilot, self.sis = app, pilot, sis

    @property
    def district(self) -> District:
        return self.sis.district

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def write(self, text: str, *keys: str) -> None:
        await press_fast(self.pilot, *text, *keys)

    async def see(self, *texts: str) -> None:
        for text in texts:
            await until_seen(self.pilot, text)

    async def answer(self, kind: type[object], *keys: str) -> None:
        """Wait for a question, and answer it."""
        await until_on(self.pilot, kind)
        await press_fast(self.pilot, *keys)

    async def plan(self, *, status: str = "◆ Planned") -> None:
        """Have the server show the district as it is, and plan in the sync screen."""
        self.sis.publish()
        await self.press("4")
        await self.see("sis")
        number = self.newest
        await self.press("p")
        await until(self.pilot, lambda: self.newest == number + 1 and status in seen(self.app))

    async def apply(self) -> None:
        await until(self.pilot, lambda: " a apply…" in seen(self.app))
        await self.press("a")
        await self.answer(Confirm, "y")
        await self.see("✓ Applied")

    @property
    def newest(self) -> int:
        """The number of the run that is shown."""
        table = self.app.screen.query_one("#integrations", RowTable)
        row = table.row_at(table.cursor)
        return int(row.cells[2].text) if row and row.cells[2].text != "-" else 0

    async def view(self, name: str) -> None:
        """Go to a view of the run, into its list."""
        pane = self.app.screen.query_one(ViewPane)
        while pane.current != name:
            await self.press("right")
        pane.body.focus()
        await self.pilot.pause()

    async def changes(self) -> None:
        """Go to the changes of the run."""
        self.app.screen.query_one("#changes").focus()
        await self.pilot.pause()

    async def person(self, sought: str) -> None:
        """Look somebody up in the roster, and open the record."""
        await self.press("5", "slash")
        await self.write(sought, "enter")
        await self.see("1 of 14")
        await self.press("enter")
        await until_on(self.pilot, RecordScreen)
        await self.see(f"{sought} · student", "created by sis, run 1")

    async def edit(self, field: str, value: str, reason: str) -> None:
        await self.press("m")
        await until_on(self.pilot, FieldsScreen)
        await self.see("All fields")
        self.app.screen.query_one(RowTable).select(field)
        await self.press("e")
        await until_on(self.pilot, EditDialog)
        await self.write("", "ctrl+u")
        await self.write(value, "enter")
        await self.write(reason, "enter")
        await until_on(self.pilot, FieldsScreen)
        await until(self.pilot, lambda: "Source systems are not" in "".join(toasts(self.app)))
        await self.press("escape")
        await until_on(self.pilot, RecordScreen)


@pytest.fixture
async def shared(settings: Settings) -> AsyncGenerator[Desk]:
    """A console on a district that was never synced."""
    async with serving(district := District(students=12)) as (sandbox, address):
        write(settings, {SIS: document(SIS, address, NO_GRACE)})
        app = ConsoleApp(lambda: open_services(settings, actor=ADMIN), actor=ADMIN)
        async with running(app, width=140, height=40) as pilot:
            yield Desk(app, pilot, Syncing(district, sandbox, real_services(app), settings))


async def view_of(shared: Desk, external_id: str) -> RecordView:
    found = await shared.sis.services.mappings.find(SIS, C.USERS, external_id)
    return await shared.sis.services.records.get(C.USERS, found or RecordId(0))


async def test_a_transfer_is_shown_as_one(shared: Desk) -> None:
    await shared.sis.sync()
    shared.district.change(
        C.USERS, "u0000", roles=(Role(role="student", org="s2"),), primary_org="s2"
    )
    await shared.plan()

    await shared.see("1 person changes school.")
    await shared.see("Transfer from school 1 to school 2")


async def test_a_district_is_planned_looked_at_applied_and_a_run_taken_back(shared: Desk) -> None:
    await shared.plan()
    await shared.see("Not applied automatically: ", "PREVIEW", "Creates 14 people")
    assert shared.sis.active() == set()
    await shared.changes()
    await shared.see("Given0 Family0 ·")
    await shared.press("down", "down", "down")
    await shared.see("Given3 Family3 ·", "+ School 2")
    await shared.apply()
    assert len(shared.sis.active()) == 14

    shared.district.change(C.USERS, "u0003", given_name="Grace")
    shared.district.leave("u0004")
    await shared.plan()
    await shared.see("\N{MINUS SIGN} Given3", "+ Grace", "Given4 Family4")
    await shared.apply()
    assert len(shared.sis.active()) == 13

    await shared.view("history")
    await shared.see("2  ✓ Applied")
    await shared.press("u")
    await shared.answer(Confirm, "y")
    await shared.see("run 3, undo of run 2", "◆ Planned")
    await shared.apply()
    assert len(shared.sis.active()) == 14
    assert (await view_of(shared, "u0003")).fields["given_name"] == "Given3"


async def test_a_held_plan_is_approved_with_its_number_and_a_reason_and_then_applied(
    shared: Desk,
) -> None:
    await shared.plan()
    await shared.apply()
    shared.district.leave(*(f"u{number:04}" for number in range(8)))
    await shared.plan(status="▲ Held")
    await shared.see("Deactivates 8 of 14 people and 8 of 14 enrollments.", "57% of people missing")
    await shared.press("a", "Y")
    await until_on(shared.pilot, ApprovalDialog)
    await shared.write("16", "enter")
    await shared.write("they moved", "enter")
    await shared.see("APPROVED until", "Approved by ana")
    await shared.apply()

    assert len(shared.sis.active()) == 6


async def test_a_field_edited_by_hand_is_a_conflict_once_the_system_changes_it_and_settled(
    shared: Desk,
) -> None:
    await shared.plan()
    await shared.apply()
    await shared.person("Given3 Family3")
    await shared.edit("phone", "111", "she told me")
    await shared.see("she told me")
    await shared.press("q")
    shared.district.change(C.USERS, "u0003", phone="222")
    await shared.plan()
    await shared.apply()
    await shared.view("conflicts")
    await shared.see("Given3 Family3", "111", "222")
    await shared.press("t")
    await shared.see("No open conflicts.")
    found = await view_of(shared, "u0003")
    assert (found.fields["phone"], found.line.has_conflict) == ("222", False)

    await shared.press("5")
    await shared.press("enter")
    await until_on(shared.pilot, RecordScreen)
    await shared.see("Conflict resolved: phone", "took source value", "she told me")
    shared.app.screen.query_one(BlockList).select("event/0")
    await shared.press("enter")
    await until_on(shared.pilot, TextDialog)
    await shared.see("\N{MINUS SIGN} 111", "+ 222")


async def test_tonights_roster_is_brought_in_and_undone_in_six_keys_each(shared: Desk) -> None:
    await shared.sis.sync()
    shared.district.change(C.USERS, "u0003", given_name="Grace")
    shared.sis.publish()
    await shared.press("1")

    bring_in = ["4", "p", "a", "y"]
    assert len(bring_in) <= 6
    await shared.press("4")
    await shared.see("sis", "✓ Applied")
    await shared.press("p")
    await shared.see("◆ Planned", "Updates 1 person.")
    await shared.press("a")
    await shared.answer(Confirm, "y")
    await shared.see("✓ Applied")
    assert (await view_of(shared, "u0003")).fields["given_name"] == "Grace"
    await shared.press("1")

    undo = ["4", "u", "y", "a", "y"]
    assert len(undo) <= 6
    await shared.press("4")
    await shared.see("✓ Applied")
    await shared.press("u")
    await shared.answer(Confirm, "y")
    await shared.see("undo of run 2", "◆ Planned")
    await shared.press("a")
    await shared.answer(Confirm, "y")
    await shared.see("✓ Applied")
    assert (await view_of(shared, "u0003")).fields["given_name"] == "Given3"
