"""One district in three systems: everybody is one record, nobody becomes another."""

import pytest

from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.run import RunReport, RunStatus
from integration_tui.settings import Settings
from tests.services.sync.fixtures import kinds
from tests.services.sync.three_systems import (
    LEARNING,
    ROSTER_TABLES,
    SIS,
    Estate,
    forbid_a_class,
    secrets,
    three_systems,
)

C = Collection


@pytest.fixture(autouse=True)
def secrets_of_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in secrets().items():
        monkeypatch.setenv(name, value)


def questions(one: Estate, collection: Collection) -> set[tuple[str, str]]:
    """Return what is asked about: the integration, and whom or what it calls so."""
    return {
        (integration, external)
        for integration, external in one.rows(
            "SELECT integration_id, external_id FROM sync_matches WHERE collection = ?",
            collection.value,
        )
    }


async def test_what_is_the_same_becomes_one_record_without_a_question(settings: Settings) -> None:
    async with three_systems(settings) as one:
        for name in one.names:
            await one.sync(name)

        ours = {collection: one.one_record(SIS, collection) for collection in C}
        for name in LEARNING:
            theirs = {collection: one.one_record(name, collection) for collection in C}
            renamed = set(one.differences(name)["renamed"])
            people = theirs[C.USERS]

            assert people.keys() == ours[C.USERS].keys()
            apart = {sis_id for sis_id in people if people[sis_id] != ours[C.USERS][sis_id]}
            assert apart == renamed
            assert 0 < len(apart) <= 0.01 * len(people)
            assert theirs[C.CLASSES] == ours[C.CLASSES]
            for collection in (C.ORGS, C.ACADEMIC_SESSIONS):
                assert theirs[collection].items() <= ours[collection].items()
            same = {seat for seat in one.seats() if seat[0] not in apart}
            assert (
                one.seat_records(name).items()
                >= {
                    seat: record for seat, record in one.seat_records(SIS).items() if seat in same
                }.items()
            )

        assert not questions(one, C.CLASSES) | questions(one, C.ENROLLMENTS)
        asked = {one.sis_id_of(*question) for question in questions(one, C.USERS)}
        assert asked == {sis_id for name in LEARNING for sis_id in one.differences(name)["renamed"]}
        assert max(map(len, one.merged_people().values())) == 1


@pytest.mark.parametrize("name", LEARNING)
async def test_a_sweep_writes_what_changed_only_and_a_forbidden_class_loses_nobody(
    name: str, settings: Settings
) -> None:
    async with three_systems(settings, SIS, name) as one:
        await one.sync(SIS)
        await one.sync(name)
        before, active = one.versions(*ROSTER_TABLES), one.active()
        people, classes = one.versions("users", "enrollments"), held_classes(one)

        same = await one.sync(name)

        assert one.versions(*ROSTER_TABLES) == before
        assert not any(kinds(same, collection) for collection in ROSTER)

        forbid_a_class(one, name)
        without_it = await one.plan(name)

        assert without_it.run.status is RunStatus.PLANNED
        assert skipped(one, without_it)
        await one.apply(without_it)
        assert one.active() == active
        assert one.missing(name) == 0
        assert one.versions("users", "enrollments") == people
        assert held_classes(one) == classes
        assert any("cls-0000007" in row for row in classes)


def held_classes(one: Estate) -> list[str]:
    """Return what the store holds of classes, and what others call them."""
    query = "SELECT id, title, status, sync_version, claims FROM classes ORDER BY id"
    return [f"{row}" for row in one.rows(query)]


def skipped(one: Estate, report: RunReport) -> set[str]:
    """Return the collections of which a run could not read a part."""
    query = "SELECT collection FROM sync_skipped WHERE run_id = ?"
    return {str(collection) for (collection,) in one.rows(query, report.run.id)}
