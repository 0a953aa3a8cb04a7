"""Integrations are found, changed and removed by name, each in its tenant."""

from datetime import timedelta

import pytest

from integration_tui.domain.errors import ConflictError, NotFoundError
from integration_tui.domain.ids import IntegrationId, TenantId
from integration_tui.domain.integration import IntegrationStatus, Intent, Problem, Trouble
from integration_tui.domain.value import replace
from integration_tui.store.database import Database
from tests.store.fixtures import LINCOLN, NOON, World, integration, report, transition, version

FULL = replace(
    integration(),
    changed_at=NOON + timedelta(seconds=1),
    status=IntegrationStatus.ERROR,
    problem=Problem(trouble=Trouble.CREDENTIALS, message="401", advice="renew the secret"),
    attempts=3,
    next_attempt_at=NOON,
    source_path="/etc/lincoln.yaml",
    source_checksum="d" * 64,
)


async def test_what_was_saved_is_what_is_found(database: Database) -> None:
    async with database.transaction() as transaction:
        await transaction.integrations.add(FULL)
        await transaction.integrations.add(integration("adams"))

    async with database.reading() as rows:
        assert await rows.integrations.get(LINCOLN) == FULL
        assert await rows.integrations.find(LINCOLN) == FULL
        assert await rows.integrations.find(IntegrationId("nobody")) is None
        assert [item.id for item in await rows.integrations.all()] == ["adams", LINCOLN]


async def test_a_name_is_taken_once(lincoln: Database) -> None:
    async with lincoln.transaction() as transaction:
        with pytest.raises(ConflictError, match="already exists: lincoln"):
            await transaction.integrations.add(integration())


async def test_a_missing_one_names_the_nearest(lincoln: Database) -> None:
    async with lincoln.reading() as rows:
        with pytest.raises(NotFoundError, match="did you mean lincoln"):
            await rows.integrations.get(IntegrationId("linconl"))
        with pytest.raises(NotFoundError, match="provider list"):
            await rows.integrations.get(IntegrationId("xyz"))


async def test_saving_changes_all_of_it(lincoln: Database) -> None:
    async with lincoln.transaction() as transaction:
        await transaction.integrations.save(FULL)

    async with lincoln.reading() as rows:
        assert await rows.integrations.get(LINCOLN) == FULL


async def test_a_removed_one_cannot_be_saved_or_removed_again(lincoln: Database) -> None:
    async with lincoln.transaction() as transaction:
        await transaction.integrations.remove(LINCOLN)

    async with lincoln.transaction() as transaction:
        with pytest.raises(NotFoundError):
            await transaction.integrations.save(FULL)
        with pytest.raises(NotFoundError):
            await transaction.integrations.remove(LINCOLN)


async def test_how_it_stands_is_saved_without_touching_what_is_wanted(lincoln: Database) -> None:
    async with lincoln.transaction() as transaction:
        await transaction.integrations.save(replace(integration(), intent=Intent.STOP, revision=9))
        gone = replace(FULL, id=IntegrationId("gone"))
        await transaction.integrations.save_status([FULL, gone])
        await transaction.integrations.save_status([])

    async with lincoln.reading() as rows:
        (stored,) = await rows.integrations.all()
    assert (stored.status, stored.problem) == (FULL.status, FULL.problem)
    assert (stored.attempts, stored.next_attempt_at) == (3, NOON)
    assert stored.changed_at == FULL.changed_at
    assert (stored.intent, stored.revision, stored.source_path) == (Intent.STOP, 9, "")


async def test_removal_takes_everything_that_belongs_to_it(lincoln: Database, world: World) -> None:
    async with lincoln.transaction() as transaction:
        await transaction.integrations.add(integration("adams"))
        await transaction.configs.add(version(name="adams"))
        await transaction.health.save([report(70), report(70, name="adams")])
        await transaction.health.add_transitions(
            [transition(IntegrationStatus.INACTIVE, IntegrationStatus.CONNECTING)]
        )
        await transaction.health.roll_up(now=NOON, keep_days=30)
    with world.by_other_means() as other:
        for name in ("adams", "lincoln"):
            other.execute(
                "INSERT INTO external_system_mappings (tenant_id, integration_id, collection,"
                " external_id, internal_id, fingerprint, listed, bond, mapped_at)"
                " VALUES ('local', ?, 'users', 'u', 1, 0, 1, 'created', '')",
                (name,),
            )
            other.execute(
                "INSERT INTO integration_webhooks VALUES ('local', ?, ?, 'u', '[]', 1, '')",
                (f"hook-{name}", name),
            )
            other.execute(
                "INSERT INTO integration_webhook_events (tenant_id, webhook_id, idempotency_key,"
                " event_type, status, received_at, body)"
                " VALUES ('local', ?, 'k', 't', 'received', '', '')",
                (f"hook-{name}",),
            )

    async with lincoln.transaction() as transaction:
        await transaction.integrations.remove(LINCOLN)

    with world.by_other_means() as other:
        tables = (
            "integration_configurations",
            "integration_status_logs",
            "integration_status_hours",
            "external_system_mappings",
            "integration_webhooks",
            "integration_webhook_events",
        )
        left = {
            table: other.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - ours
            for table in tables
        }
    assert left == dict.fromkeys(tables, 1)


async def test_revisions_grow_and_never_come_back(lincoln: Database) -> None:
    async with lincoln.transaction() as transaction:
        first = await transaction.integrations.next_revision()
        await transaction.integrations.add(integration("adams", revision=first))
        before = await transaction.integrations.revision()
        await transaction.integrations.remove(IntegrationId("adams"))
        second = await transaction.integrations.next_revision()
        await transaction.integrations.add(integration("brown", revision=second))
        after = await transaction.integrations.revision()

    assert second > first
    assert after != before


async def test_a_revision_that_was_undone_is_given_out_again(lincoln: Database) -> None:
    async def fail() -> None:
        async with lincoln.transaction() as transaction:
            await transaction.integrations.next_revision()
            raise KeyError

    with pytest.raises(KeyError):
        await fail()

    async with lincoln.transaction() as transaction:
        assert await transaction.integrations.next_revision() == 1


async def test_tenants_do_not_see_each_other(lincoln: Database, world: World) -> None:
    neighbour = world.database(tenant=TenantId("neighbour"))
    await neighbour.open()
    async with neighbour.transaction() as transaction:
        theirs = replace(integration(), title="theirs")
        await transaction.integrations.add(theirs)
        await transaction.configs.add(version(text="theirs"))
        await transaction.health.save([report(5, detail="theirs")])
        await transaction.health.roll_up(now=NOON, keep_days=30)
        await transaction.integrations.save(theirs)
        await transaction.integrations.save_status([replace(FULL, title="theirs")])

    async with lincoln.reading() as rows:
        assert await rows.integrations.all() == [integration()]
        assert [config_version.text for config_version in await rows.configs.all_active()] == [
            "name: lincoln\n"
        ]
        assert await rows.health.latest() == []
        (figures,) = await rows.health.statistics(window_s=86400, now=NOON)
        assert figures.checks == 0
        assert await rows.integrations.revision() == (0, 1)
    async with neighbour.transaction() as transaction:
        await transaction.integrations.remove(LINCOLN)
    async with lincoln.reading() as rows:
        assert len(await rows.integrations.all()) == 1
        assert len(await rows.configs.history(LINCOLN)) == 1
    await neighbour.close()
