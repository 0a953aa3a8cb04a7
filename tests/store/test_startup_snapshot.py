"""A glance shows what the open store would show, and is nothing where there is nothing to see."""

from pathlib import Path

from integration_tui.store.startup_snapshot import load_snapshot
from tests.store.fixtures import LINCOLN, World, integration, report


async def test_a_glance_sees_what_was_stored(world: World) -> None:
    store = world.database()
    await store.open()
    async with store.transaction() as transaction:
        await transaction.integrations.add(integration())
        await transaction.health.save([report()])
    async with store.reading() as rows:
        stored = await rows.integrations.get(LINCOLN)
        latest = await rows.health.latest()
    await store.close()

    (seen,) = load_snapshot(f"sqlite:///{world.path}")

    assert seen.integration == stored
    assert [seen.report] == latest


async def test_an_integration_that_was_never_checked_has_no_report(world: World) -> None:
    store = world.database()
    await store.open()
    async with store.transaction() as transaction:
        await transaction.integrations.add(integration())
    await store.close()

    (seen,) = load_snapshot(f"sqlite:///{world.path}")

    assert seen.report is None


def test_there_is_nothing_to_see_where_there_is_no_store(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"SQLite format 3\0" + b"?" * 4096)
    empty = tmp_path / "empty.db"
    empty.touch()

    for path in (tmp_path / "missing.db", tmp_path, damaged, empty):
        assert load_snapshot(f"sqlite:///{path}") == []
    assert load_snapshot("postgresql://u:p@h/db") == []
