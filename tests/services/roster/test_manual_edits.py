"""Changes by hand: the audit log says how, the values stand where they can be erased."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from integration_tui.domain.audit.log import AuditFilter
from integration_tui.domain.roster import Collection
from integration_tui.domain.roster_view import ManualEdit, RecordEvent
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.services.sync.fixtures import SECRET, SIS, Syncing, syncing

C = Collection
VALUE = "anna.fernandez@example.org"


@pytest.fixture
async def school(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Syncing]:
    monkeypatch.setenv("SIS_SECRET", SECRET)
    async with syncing(settings) as one:
        await one.sync()
        yield one


async def edited(school: Syncing, value: str | None) -> RecordEvent:
    """Write an address by hand; return what the record's history says of it."""
    records = school.services.records
    record_id = await school.services.mappings.find(SIS, C.USERS, "u0003")
    assert record_id is not None
    wanted = ManualEdit(
        collection=C.USERS, id=record_id, field="email", value=value, reason="she asked"
    )
    await records.edit(wanted, actor=ANA)
    return (await records.get(C.USERS, record_id)).history[0]


async def test_the_log_says_how_a_field_changed_and_never_what_it_holds(school: Syncing) -> None:
    told = [dict((await edited(school, value)).change.after) for value in (VALUE, None, "b@c.de")]
    entries = await school.services.audit.page(AuditFilter(), limit=3)

    assert told == [{"email": VALUE}, {"email": None}, {"email": "b@c.de"}]
    assert [entry.act.after["email"] for entry in entries] == ["set", "cleared", "changed"]
    bodies = school.rows("SELECT CAST(body AS TEXT) FROM integration_audit_logs")
    assert not [body for (body,) in bodies if VALUE in body or "user3@example.org" in body]
    assert all("she asked" in body for (body,) in bodies[-3:])  # their own words are kept


async def test_the_values_are_forgotten_and_the_act_is_not(school: Syncing) -> None:
    event = await edited(school, VALUE)

    async with school.services.support.database.transaction() as transaction:
        assert await transaction.manual_edits.forget_before(event.at) == 0
        assert await transaction.manual_edits.forget_before(event.at + timedelta(seconds=1)) == 1

    (found,) = (await school.services.records.get(C.USERS, event.change.record_id)).history  # type: ignore[arg-type]  # it has one
    assert (found.by, found.change.note) == ("ana", "roster.edit: email changed: she asked")
    assert not found.change.before
    assert not found.change.after
