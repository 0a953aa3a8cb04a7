"""Commit, then publish; all or nothing; and who else writes is seen."""

import asyncio
import sqlite3
import stat

import pytest
from sqlalchemy.exc import DBAPIError

from integration_tui.domain.errors import StoreError
from integration_tui.domain.events import AuditAppended, IntegrationChanged, StoreChanged
from integration_tui.store.database import Database
from integration_tui.store.migrations.runner import NEWEST
from tests.store.fixtures import LINCOLN, World, act, integration


async def test_events_are_published_after_the_commit_and_once(
    database: Database, world: World
) -> None:
    async with database.transaction() as transaction:
        await transaction.integrations.add(integration())
        transaction.emit(IntegrationChanged(LINCOLN))
        transaction.emit(AuditAppended())
        transaction.emit(IntegrationChanged(LINCOLN))
        before = list(world.published)

    assert before == []
    assert world.published == [IntegrationChanged(LINCOLN), AuditAppended()]


async def test_an_exception_undoes_everything_and_publishes_nothing(
    database: Database, world: World
) -> None:
    async def fail() -> None:
        async with database.transaction() as transaction:
            await transaction.integrations.add(integration())
            transaction.emit(IntegrationChanged(LINCOLN))
            raise KeyError

    with pytest.raises(KeyError):
        await fail()

    async with database.reading() as rows:
        assert await rows.integrations.all() == []
    assert world.published == []


async def test_a_cancelled_transaction_leaves_nothing_and_does_not_block_the_next(
    database: Database,
) -> None:
    inside = asyncio.Event()

    async def write() -> None:
        async with database.transaction() as transaction:
            await transaction.integrations.add(integration())
            inside.set()
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(write())
        await inside.wait()
        task.cancel()

    async with database.transaction() as transaction:
        assert await transaction.integrations.all() == []
        await transaction.integrations.add(integration())
    async with database.reading() as rows:
        assert await rows.integrations.find(LINCOLN) is not None


async def test_writers_of_one_process_wait_for_each_other(database: Database) -> None:
    async def write(number: int) -> None:
        async with database.transaction() as transaction:
            known = await transaction.integrations.all()
            await asyncio.sleep(0)
            await transaction.integrations.add(integration(f"one-{number}", revision=len(known)))

    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(write(number))

    async with database.reading() as rows:
        revisions = sorted(item.revision for item in await rows.integrations.all())
    assert revisions == list(range(20))


async def test_a_reader_sees_one_moment_and_keeps_no_writer_waiting(database: Database) -> None:
    async with database.reading() as rows:
        before = await rows.integrations.all()
        async with database.transaction() as transaction:
            await transaction.integrations.add(integration())
        during = await rows.integrations.all()
    async with database.reading() as rows:
        after = await rows.integrations.all()

    assert (len(before), len(during), len(after)) == (0, 0, 1)


async def test_many_readers_at_once_are_served(database: Database) -> None:
    async def read() -> int:
        async with database.reading() as rows:
            return len(await rows.integrations.all())

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(read()) for _ in range(40)]

    assert {task.result() for task in tasks} == {0}


async def test_a_reader_cannot_write(database: Database) -> None:
    async with database.reading() as rows:
        with pytest.raises(DBAPIError, match="readonly"):
            await rows.integrations.add(integration())


async def test_the_data_version_tells_of_others_and_never_of_ourselves(
    database: Database, world: World
) -> None:
    first = await database.data_version()
    async with database.transaction() as transaction:
        await transaction.integrations.add(integration())
    ours = await database.data_version()
    with world.by_other_means() as other:
        other.execute("UPDATE integrations SET title = 'other'")
    theirs = await database.data_version()
    async with database.transaction() as transaction:
        await transaction.audit.add([act()], at=integration().changed_at)
    quiet = await database.data_version()

    assert ours == first
    assert theirs != ours
    assert quiet == theirs


async def test_a_change_of_others_is_seen_though_we_wrote_after_it(
    database: Database, world: World
) -> None:
    first = await database.data_version()
    with world.by_other_means() as other:
        other.execute("INSERT INTO integration_revisions VALUES ('local', 7)")
    async with database.transaction() as transaction:
        await transaction.integrations.next_revision()

    assert await database.data_version() != first


async def test_every_connection_is_durable_and_guards_foreign_keys(database: Database) -> None:
    async def pragma(name: str, *, writing: bool) -> object:
        opened = database.transaction() if writing else database.reading()
        async with opened as rows:
            found = await rows.integrations._connection.exec_driver_sql(f"PRAGMA {name}")
            return found.scalar_one()

    for writing in (True, False):
        assert await pragma("synchronous", writing=writing) == 2
        assert await pragma("foreign_keys", writing=writing) == 1
        assert await pragma("journal_mode", writing=writing) == "wal"
        assert await pragma("busy_timeout", writing=writing) == 5000


async def test_files_and_folder_belong_to_their_owner_only(lincoln: Database, world: World) -> None:
    names = sorted(path.name for path in world.path.parent.iterdir())
    modes = {stat.S_IMODE(path.stat().st_mode) for path in world.path.parent.iterdir()}

    assert names == ["store.db", "store.db-shm", "store.db-wal"]
    assert modes == {0o600}
    assert stat.S_IMODE(world.path.parent.stat().st_mode) == 0o700


async def test_a_file_that_others_could_read_is_closed_to_them(world: World) -> None:
    database = world.database()
    await database.open()
    await database.close()
    world.path.chmod(0o644)

    await database.open()
    await database.close()

    assert stat.S_IMODE(world.path.stat().st_mode) == 0o600


async def test_a_closed_store_says_so(world: World) -> None:
    database = world.database()
    await database.open()
    await database.close()
    await database.close()

    with pytest.raises(StoreError, match="not open"):
        async with database.reading():
            pass


async def test_who_may_only_look_cannot_write(lincoln: Database, world: World) -> None:
    viewer = world.database(read_only=True)
    await viewer.open()

    async with viewer.reading() as rows:
        assert await rows.integrations.find(LINCOLN) is not None
    with pytest.raises(StoreError, match="open read-only"):
        async with viewer.transaction():
            pass
    first = await viewer.data_version()
    async with lincoln.transaction() as transaction:
        await transaction.integrations.next_revision()
    assert await viewer.data_version() != first
    await viewer.close()


async def test_examine_finds_damage(lincoln: Database, world: World) -> None:
    assert f"schema {NEWEST}" in await lincoln.examine()
    with world.by_other_means() as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = other.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'integrations'"
        ).fetchone()
    with world.path.open("r+b") as file:
        file.seek((root - 1) * 4096 + 8)
        file.write(b"\xff" * 200)

    fresh = world.database()
    await fresh.open()
    with pytest.raises(StoreError, match="damaged"):
        await fresh.examine()
    await fresh.close()


async def test_a_store_that_another_process_is_writing_to_says_so(
    lincoln: Database, world: World
) -> None:
    async with lincoln.transaction() as transaction:
        connection = transaction.integrations._connection
        await connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    with world.by_other_means() as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreError, match="another process is writing"):
            async with lincoln.transaction():
                pass
        async with lincoln.reading() as rows:
            assert await rows.integrations.find(LINCOLN) is not None

    async with lincoln.transaction() as transaction:
        assert await transaction.integrations.next_revision() == 1


async def test_a_full_disk_undoes_the_transaction_and_later_ones_go_on(lincoln: Database) -> None:
    async def limit(pages: int) -> None:
        async with lincoln.transaction() as transaction:
            connection = transaction.integrations._connection
            await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    async def fill() -> None:
        async with lincoln.transaction() as transaction:
            acts = [act(detail="x" * 9000) for _ in range(100)]
            await transaction.audit.add(acts, at=integration().changed_at)

    await limit(1)  # SQLite takes the size that there is

    with pytest.raises(StoreError, match="disk full"):
        await fill()

    await limit(1_000_000)
    async with lincoln.transaction() as transaction:
        assert await transaction.audit.head() == (0, "0" * 64)
        await transaction.audit.add([act()], at=integration().changed_at)
    assert (await lincoln.verify_audit()).checked == 1


async def test_a_publisher_may_open_the_next_transaction(world: World) -> None:
    seen: list[object] = []
    database = Database(
        f"sqlite:///{world.path}", publish=seen.append, clock=lambda: integration().changed_at
    )
    await database.open()

    async with database.transaction() as transaction:
        transaction.emit(StoreChanged())
    async with database.transaction() as transaction:
        transaction.emit(StoreChanged())
    await database.close()

    assert seen == [StoreChanged(), StoreChanged()]
    with sqlite3.connect(world.path) as other:
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    other.close()


async def test_a_store_that_was_moved_away_is_told_of_and_goes_on_when_it_is_back(
    lincoln: Database,
) -> None:
    away = lincoln.path.with_suffix(".away")
    lincoln.path.rename(away)

    with pytest.raises(StoreError, match="moved, deleted or replaced"):
        await lincoln.examine()
    with pytest.raises(StoreError, match="restore the same file, or restart the program"):
        async with lincoln.transaction() as transaction:
            await transaction.integrations.add(integration())

    away.rename(lincoln.path)
    async with lincoln.reading() as rows:
        assert [item.id for item in await rows.integrations.all()] == [LINCOLN]
