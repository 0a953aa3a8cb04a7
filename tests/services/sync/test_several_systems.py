"""Two systems that know the same people: found, linked, and who decides what."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from integration_tui.bootstrap import open_services
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.roster import Collection, Record
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.value import replace
from integration_tui.settings import Settings
from tests.conftest import ANA
from tests.services.sync.fixtures import (
    SECRET,
    SIS,
    District,
    Syncing,
    document,
    kinds,
    serving,
    user,
    write,
)

C, K = Collection, ChangeKind
LMS = IntegrationId("lms")
BASE = "grace: {sweeps: 1, days: 0}, quality: {max_drop: 100}"


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIS_SECRET", SECRET)


@asynccontextmanager
async def two_systems(
    settings: Settings, *, match: str = "rules: [identifier, email]", more: str = ""
) -> AsyncGenerator[tuple[Syncing, Syncing]]:
    """A student system, and a learning system with other ids for the same people."""
    ours, theirs = District(students=6), District(students=6)
    for number in range(6):
        old = theirs.records[C.USERS].pop(f"u{number:04}")
        theirs.put(C.USERS, _with(old, sourced_id=f"lms-{number}"))
        seat = theirs.records[C.ENROLLMENTS][f"e{number:04}"]
        theirs.records[C.ENROLLMENTS][seat.sourced_id] = _with(seat, user=f"lms-{number}")
    async with serving(ours) as (sis, sis_at), serving(theirs) as (lms, lms_at):
        second = f"sync: {{{BASE}, match: {{{match}}}{more}}}"
        write(settings, {SIS: document(SIS, sis_at, f"sync: {{{BASE}{more}}}")})
        write(settings, {LMS: document(LMS, lms_at, second)})
        async with open_services(settings, actor=ANA) as services:
            assert not services.files.problems, services.files.problems
            one = Syncing(ours, sis, services, settings)
            yield one, replace(one, district=theirs, sandbox=lms, name=LMS)


def _with(record: Record, **fields: Any) -> Record:
    return msgspec.structs.replace(record, **fields)


async def test_the_same_people_are_one_record_with_two_ids(settings: Settings) -> None:
    async with two_systems(settings) as (sis, lms):
        await sis.sync()

        report = await lms.sync()

        assert kinds(report)[K.LINK] == 8
        ids = sis.rows(
            "SELECT m.integration_id, m.external_id FROM external_system_mappings m JOIN users u"
            " ON u.id = m.internal_id WHERE m.collection = 'users' AND u.email ="
            " 'user3@example.org' ORDER BY 1"
        )
        assert ids == [("lms", "lms-3"), ("sis", "u0003")]
        assert sis.rows("SELECT count(*) FROM users") == [(8,)]


async def test_without_rules_every_system_has_its_own(settings: Settings) -> None:
    async with two_systems(settings, match="rules: []") as (sis, lms):
        await sis.sync()

        report = await lms.sync()

        assert kinds(report) == {K.CREATE: 8}


async def test_a_name_that_is_not_alike_is_asked_about(settings: Settings) -> None:
    async with two_systems(settings, match="rules: [email]") as (sis, lms):
        await sis.sync()
        lms.district.change(C.USERS, "lms-3", given_name="Quite", family_name="Another")

        report = await lms.sync()

        assert kinds(report) == {K.LINK: 7, K.CREATE: 1}
        (match,) = sis.rows("SELECT external_id, rule, status FROM sync_matches")
        assert match == ("lms-3", "email", "open")


async def test_who_left_one_system_stays_while_another_has_him(settings: Settings) -> None:
    async with two_systems(settings) as (sis, lms):
        await sis.sync()
        await lms.sync()
        sis.district.leave("u0003")

        await sis.sync()

        assert sis.rows("SELECT status FROM users WHERE email = 'user3@example.org'") == [
            ("active",)
        ]
        lms.district.leave("lms-3")
        await lms.sync()
        assert sis.rows("SELECT status FROM users WHERE email = 'user3@example.org'") == [
            ("inactive",)
        ]


async def test_what_both_changed_is_asked(settings: Settings) -> None:
    async with two_systems(settings) as (sis, lms):
        await sis.sync()
        await lms.sync()
        sis.district.change(C.USERS, "u0003", phone="111")
        await sis.sync()
        lms.district.change(C.USERS, "lms-3", phone="222")

        report = await lms.sync()

        assert kinds(report) == {K.CONFLICT: 1}
        assert sis.rows("SELECT phone FROM users WHERE email = 'user3@example.org'") == [("111",)]
        (conflict,) = sis.rows("SELECT integration_id, field, ours, theirs FROM sync_conflicts")
        assert conflict == ("lms", "phone", '"111"', '"222"')
        again = await lms.sync()
        assert kinds(again) == {}, "it is asked once"


async def test_the_system_of_record_decides(settings: Settings) -> None:
    owners = ", conflicts: {owners: {users.phone: sis}}"
    async with two_systems(settings, more=owners) as (sis, lms):
        await sis.sync()
        await lms.sync()
        lms.district.change(C.USERS, "lms-3", phone="222")
        assert kinds(await lms.sync()) == {K.REFRESH: 1}
        sis.district.change(C.USERS, "u0003", phone="111")

        await sis.sync()

        assert sis.rows("SELECT phone FROM users WHERE email = 'user3@example.org'") == [("111",)]


@pytest.mark.parametrize(
    ("rule", "phone"), [("system", "222"), ("local", "111"), ("newest", "222")]
)
async def test_a_rule_decides_what_both_changed(settings: Settings, rule: str, phone: str) -> None:
    rules = f", conflicts: {{default: {rule}}}"
    async with two_systems(settings, more=rules) as (sis, lms):
        await sis.sync()
        await lms.sync()
        sis.district.change(C.USERS, "u0003", phone="111")
        await sis.sync()
        lms.district.change(C.USERS, "lms-3", phone="222")

        await lms.sync()

        assert sis.rows("SELECT phone FROM users WHERE email = 'user3@example.org'") == [(phone,)]


async def test_a_reused_address_does_not_make_two_people_one(settings: Settings) -> None:
    async with two_systems(settings, match="rules: [email]") as (sis, lms):
        await sis.sync()
        lms.district.put(
            C.USERS, user(3, sourced_id="lms-new", given_name="Zoe", family_name="Quinn")
        )

        await lms.sync()

        people = sis.rows("SELECT count(*) FROM users WHERE email = 'user3@example.org'")
        assert people in ([(2,)], [(3,)]), "never merged by an address alone"
        assert ("Zoe",) in sis.rows("SELECT given_name FROM users")


async def test_a_plan_of_one_is_stale_when_another_changed_the_same_people(
    settings: Settings,
) -> None:
    async with two_systems(settings) as (sis, lms):
        await sis.sync()
        await lms.sync()
        lms.district.change(C.USERS, "lms-3", phone="222")
        planned = await lms.plan()
        sis.district.change(C.USERS, "u0003", phone="111")
        await sis.sync()

        done = await lms.apply(planned)

        assert done.run.status == "stale"
        assert "was applied since it was made" in done.run.problem
