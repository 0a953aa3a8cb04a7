"""What pulls saw is kept a collection at a time, apart from what it is compared with."""

from integration_tui.domain.ids import IntegrationId, TenantId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.volume import VolumeSnapshot
from integration_tui.domain.value import replace
from integration_tui.store.database import Database
from tests.store.fixtures import LINCOLN, NOON, World

ORGS = VolumeSnapshot(
    integration_id=LINCOLN, collection=Collection.ORGS, records=2, complete=True, at=NOON
)
USERS = VolumeSnapshot(
    integration_id=LINCOLN,
    collection=Collection.USERS,
    records=1232,
    complete=False,
    at=NOON,
    as_of=NOON,
    since=NOON,
    scopes=("roster-core.readonly",),
)


async def test_what_is_saved_comes_back_in_the_order_of_collections(lincoln: Database) -> None:
    async with lincoln.transaction() as transaction:
        await transaction.census.save([USERS, ORGS])

    async with lincoln.reading() as rows:
        assert await rows.census.seen(LINCOLN) == [ORGS, USERS]
        assert await rows.census.accepted(LINCOLN) == []
        assert await rows.census.seen(IntegrationId("another")) == []


async def test_the_latest_replaces_the_one_before_and_no_other_collection(
    lincoln: Database,
) -> None:
    fewer = replace(USERS, records=308)
    async with lincoln.transaction() as transaction:
        await transaction.census.save([ORGS, USERS])
        await transaction.census.accept([USERS])

    async with lincoln.transaction() as transaction:
        await transaction.census.save([fewer])

    async with lincoln.reading() as rows:
        assert await rows.census.seen(LINCOLN) == [ORGS, fewer]
        assert await rows.census.accepted(LINCOLN) == [USERS]


async def test_it_goes_with_its_integration(lincoln: Database) -> None:
    async with lincoln.transaction() as transaction:
        await transaction.census.save([ORGS])

    async with lincoln.transaction() as transaction:
        await transaction.integrations.remove(LINCOLN)

    async with lincoln.reading() as rows:
        assert await rows.census.seen(LINCOLN) == []


async def test_another_tenant_sees_nothing_of_it(lincoln: Database, world: World) -> None:
    async with lincoln.transaction() as transaction:
        await transaction.census.save([ORGS])
    other = world.database(tenant=TenantId("other"))
    await other.open()

    async with other.reading() as rows:
        found = await rows.census.seen(LINCOLN)

    await other.close()
    assert found == []
