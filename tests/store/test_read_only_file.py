"""A store that is opened briefly: read over Python's own driver, as it would be over SQLAlchemy."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator

import pytest

from integration_tui.domain.errors import StoreError, StoreLostError
from integration_tui.store.database import Database
from integration_tui.store.read_only_file import ReadOnlyFile
from integration_tui.store.repositories import Repositories
from tests.store.fixtures import LINCOLN, World, integration, version

KILLED = """
import os, signal, sqlite3, sys

store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("PRAGMA wal_autocheckpoint = 0")
store.execute("UPDATE integrations SET title = 'from the -wal file'")
store.execute("BEGIN IMMEDIATE")
store.execute("UPDATE integrations SET title = 'never committed'")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
async def brief(world: World, lincoln: Database) -> AsyncGenerator[Database]:
    """A store with one integration in it, opened for a command that only looks."""
    await lincoln.close()
    database = world.database()
    await database.open(briefly=True)
    yield database
    await database.close()


async def title(rows: Repositories) -> str:
    return (await rows.integrations.get(LINCOLN)).title


def beside(world: World) -> set[str]:
    return {path.name for path in world.path.parent.iterdir()} - {world.path.name}


async def test_a_look_sees_one_moment_while_others_write(brief: Database, world: World) -> None:
    with world.by_other_means() as other:
        async with brief.reading() as before:
            assert await title(before) == "Lincoln"
            other.execute("UPDATE integrations SET title = 'Other'")
            assert await title(before) == "Lincoln"
            async with brief.reading() as after:
                assert await title(after) == "Other"
            assert await title(before) == "Lincoln"


async def test_a_writer_at_work_is_in_nobodys_way(brief: Database, world: World) -> None:
    with world.by_other_means() as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE integrations SET title = 'Other'")

        async with brief.reading() as rows:
            assert await title(rows) == "Lincoln"


async def test_what_a_killed_writer_committed_is_there(lincoln: Database, world: World) -> None:
    await lincoln.close()
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, world.path)
    assert await killed.wait() == -signal.SIGKILL
    assert f"{world.path.name}-wal" in beside(world)

    for read_only in (True, False):
        database = world.database(read_only=read_only)
        await database.open(briefly=True)
        async with database.reading() as rows:
            assert await title(rows) == "from the -wal file"
        await database.close()


async def test_nothing_is_left_beside_the_store(brief: Database, world: World) -> None:
    async with brief.reading() as rows:
        assert await title(rows) == "Lincoln"

    await brief.close()

    assert beside(world) == set()


async def test_who_looks_may_write_after_all_and_reads_it_back(brief: Database) -> None:
    async with brief.transaction() as transaction:
        await transaction.integrations.add(integration("roosevelt", revision=2))
        await transaction.configs.add(version(name="roosevelt"))

    async with brief.reading() as rows:
        assert [one.id for one in await rows.integrations.all()] == [LINCOLN, "roosevelt"]


async def test_who_may_only_look_cannot_write(lincoln: Database, world: World) -> None:
    await lincoln.close()
    database = world.database(read_only=True)
    await database.open(briefly=True)

    with pytest.raises(StoreError, match="read-only"):
        async with database.transaction():
            pass
    async with database.reading() as rows:
        with pytest.raises(StoreError, match="read-only"):
            async with database.reading() as others:
                await others.integrations.next_revision()
        assert await title(rows) == "Lincoln"
    await database.close()


async def test_a_store_that_was_lost_is_not_read_on(brief: Database, world: World) -> None:
    world.path.unlink()

    with pytest.raises(StoreLostError, match="moved, deleted or replaced"):
        async with brief.reading():
            pass
    with pytest.raises(StoreLostError, match="moved, deleted or replaced"):
        await brief.close()


async def test_many_may_look_at_once(brief: Database) -> None:
    async def look() -> str:
        async with brief.reading() as rows:
            await asyncio.sleep(0)
            return await title(rows)

    async with asyncio.TaskGroup() as group:
        looks = [group.create_task(look()) for _ in range(20)]

    assert {one.result() for one in looks} == {"Lincoln"}


async def test_rows_have_the_names_of_their_columns(world: World, lincoln: Database) -> None:
    await lincoln.close()
    file = ReadOnlyFile(world.path, writes=True)
    async with file.reading() as connection:
        found = await connection.exec_driver_sql("SELECT 1 AS one, 2 AS two, 3 AS one")
        none = await connection.exec_driver_sql("SELECT 1 AS one WHERE false")
        two = await connection.exec_driver_sql("SELECT value FROM json_each('[7, 8]')")
    file.close()

    row = found.one()
    assert [row.one, row.two] == [1, 2]
    assert list(row) == [1, 2, 3]
    assert found.mappings().one_or_none() == {"one": 3, "two": 2}
    assert (none.first(), none.scalar(), none.scalar_one_or_none()) == (None, None, None)
    assert (two.scalars().all(), two.scalar()) == ([7, 8], 7)
    with pytest.raises(AttributeError, match="no column 'three'"):
        row.three  # noqa: B018 - asked for in vain
    with pytest.raises(LookupError, match="none was found"):
        none.one()
    with pytest.raises(LookupError, match="2 were found"):
        two.scalar_one_or_none()
