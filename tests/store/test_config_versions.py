"""Versions count up without gaps, one is active, and none is lost."""

import pytest

from integration_tui.domain.errors import ConflictError, NotFoundError
from integration_tui.domain.ids import IntegrationId
from integration_tui.store.database import Database
from tests.store.fixtures import LINCOLN, World, integration, version


async def test_the_newest_version_is_the_active_one(lincoln: Database) -> None:
    async with lincoln.transaction() as transaction:
        await transaction.configs.add(version(2, text="two"))
        await transaction.configs.add(version(3, text="three"))

    async with lincoln.reading() as rows:
        active = await rows.configs.active(LINCOLN)
        history = await rows.configs.history(LINCOLN)
    assert active == version(3, text="three")
    assert [(config_version.number, config_version.active) for config_version in history] == [
        (3, True),
        (2, False),
        (1, False),
    ]


@pytest.mark.parametrize("number", [0, 1, 3, 99])
async def test_a_version_is_the_next_one_or_refused(lincoln: Database, number: int) -> None:
    async with lincoln.transaction() as transaction:
        with pytest.raises(ConflictError, match="cannot follow 1"):
            await transaction.configs.add(version(number))

    async with lincoln.reading() as rows:
        assert (await rows.configs.active(LINCOLN)).number == 1


async def test_one_version_is_read_as_it_was_written(lincoln: Database) -> None:
    async with lincoln.reading() as rows:
        assert await rows.configs.get(LINCOLN, 1) == version()


async def test_what_is_not_there_is_told(lincoln: Database) -> None:
    async with lincoln.reading() as rows:
        with pytest.raises(
            NotFoundError, match="lincoln has no version 7; see config history lincoln"
        ):
            await rows.configs.get(LINCOLN, 7)
        with pytest.raises(NotFoundError, match="unknown integration nobody"):
            await rows.configs.active(IntegrationId("nobody"))


async def test_history_is_bounded(lincoln: Database) -> None:
    async with lincoln.transaction() as transaction:
        for number in range(2, 12):
            await transaction.configs.add(version(number))

    async with lincoln.reading() as rows:
        assert [
            config_version.number for config_version in await rows.configs.history(LINCOLN, 3)
        ] == [11, 10, 9]


async def test_all_active_versions_come_by_name(lincoln: Database) -> None:
    async with lincoln.transaction() as transaction:
        await transaction.integrations.add(integration("adams"))
        await transaction.configs.add(version(name="adams"))
        await transaction.configs.add(version(2))

    async with lincoln.reading() as rows:
        active = await rows.configs.all_active()
    assert [
        (config_version.integration_id, config_version.number) for config_version in active
    ] == [("adams", 1), (LINCOLN, 2)]


async def test_two_active_versions_are_refused_by_the_table_itself(
    lincoln: Database, world: World
) -> None:
    async with lincoln.transaction() as transaction:
        await transaction.configs.add(version(2))

    with world.by_other_means() as other, pytest.raises(Exception, match="UNIQUE"):
        other.execute("UPDATE integration_configurations SET active = 1")
