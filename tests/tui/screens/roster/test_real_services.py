"""The roster over the real services, store and a real server: what is seen is what is held."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest
from textual.pilot import Pilot

from integration_tui.bootstrap import open_services
from integration_tui.domain.audit.log import Action, AuditFilter
from integration_tui.domain.ids import RecordId
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import ManualEdit, RecordFilter
from integration_tui.settings import Settings
from integration_tui.tui.app import ConsoleApp
from tests.services.sync.fixtures import (
    NO_GRACE,
    SECRET,
    SIS,
    District,
    Syncing,
    document,
    serving,
    user,
    write,
)
from tests.tui.fake_services import ADMIN
from tests.tui.pilot import real_services, running, seen, toasts, until, until_seen
from tests.tui.pilot import write as type_keys

C = Collection


@dataclass
class Shown:
    """A console on a district that was synced."""

    app: ConsoleApp
    pilot: Pilot[None]
    sis: Syncing


@pytest.fixture
async def shown(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Shown]:
    monkeypatch.setenv("SIS_SECRET", SECRET)
    district = District(students=12)
    guardian = user(500, role="guardian", given_name="Elena", family_name="Rivera")
    district.put(C.USERS, guardian)
    district.change(C.USERS, "u0003", agents=("u0500",), phone="111")
    async with serving(district) as (sandbox, address):
        write(settings, {SIS: document(SIS, address, NO_GRACE)})
        app = ConsoleApp(lambda: open_services(settings, actor=ADMIN), actor=ADMIN)
        async with running(app, width=160, height=45) as pilot:
            sis = Syncing(district, sandbox, real_services(app), settings)
            await sis.sync()
            yield Shown(app, pilot, sis)


async def find(shown: Shown, typed: str) -> RecordId:
    """Search for one person while typing; return the local ID."""
    await shown.pilot.press("5")
    await until_seen(shown.pilot, "People · 15")
    await type_keys(shown.pilot, "slash", *typed, "enter")
    await until_seen(shown.pilot, "1 of 15")
    wanted = RecordFilter(collection=C.USERS, search=typed)
    (line,) = await shown.sis.services.records.browse(wanted)
    return line.id


@pytest.mark.parametrize("typed", ["family3", "given3 fam", "Family3, Giv", "user3@", "id-3"])
async def test_a_person_is_found_by_the_beginning_of_a_name_an_address_or_an_id(
    shown: Shown, typed: str
) -> None:
    await find(shown, typed)

    await until_seen(shown.pilot, "─ Given3 Family3 · student ─")
    for text in (
        "Student, grade 5",
        "School 2 · District",
        "user3@example.org",
        "Elena Rivera (guardian)",
        "created by sis, run 1",
        "OneRoster",
        "u0003",
        "● Active",
        "Classes · 1",
        "Maths 2",
        "Given9002 Family9002",
        "Created",
    ):
        await until_seen(shown.pilot, text)


async def test_a_conflict_is_decided_on_the_card_and_no_value_is_told_elsewhere(
    shown: Shown,
) -> None:
    record_id = await find(shown, "family3")
    edit = ManualEdit(
        collection=C.USERS, id=record_id, field="phone", value="222", reason="she told me"
    )
    await shown.sis.services.records.edit(edit, actor=ADMIN)
    shown.sis.district.change(C.USERS, "u0003", phone="333")
    await shown.sis.sync()
    await until_seen(shown.pilot, "Phone was changed here and in sis.")
    await until_seen(shown.pilot, "Conflict: phone also changed here")
    await shown.pilot.press("t")
    await until_seen(shown.pilot, "took source value")
    await until(shown.pilot, lambda: "CONFLICT" not in seen(shown.app))

    card = await shown.sis.services.records.card(C.USERS, record_id)
    assert card.view.fields["phone"] == "333"
    assert "Took source value of phone." in toasts(shown.app)
    entries = await shown.sis.services.audit.page(AuditFilter(action=Action.SETTLE_CONFLICT))
    for value in ("111", "222", "333"):
        assert value not in "".join(toasts(shown.app))
        assert value not in str([entry.act for entry in entries])
