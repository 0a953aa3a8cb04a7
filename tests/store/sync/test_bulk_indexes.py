"""Indexes made after many rows: nobody sees a table without them, whoever is killed."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from integration_tui.store.connections import Connections
from integration_tui.store.database import Database
from integration_tui.store.sqlite_file import FileWatch
from integration_tui.store.sync.bulk_indexes import HELD_TO_NEW, LEAST, indexes_after
from tests.orphans import orphans
from tests.store.fixtures import World
from tests.store.roster_fixtures import Desk, school, user
from tests.stores import empty_store

ADD = """
WITH RECURSIVE numbers (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})
INSERT INTO organizations (tenant_id, id, external_system_id, external_id, status, sync_status,
    name, type) SELECT 'local', n, 'sis', n, 'active', 'synced', 'School ' || n, 'school'
FROM numbers
"""
NAMED = (
    "SELECT count(*) FROM organizations INDEXED BY ix_organizations_name"
    " WHERE tenant_id = 'local' AND name >= 'School'"
)
INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' ORDER BY name"
KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from integration_tui.store.connections import Connections
from integration_tui.store.sqlite_file import FileWatch
from integration_tui.store.sync.bulk_indexes import indexes_after
from tests.store.sync.test_bulk_indexes import ADD, LEAST

async def main():
    path = Path(sys.argv[1])
    lines = Connections(path, read_only=False, watch=FileWatch(path))
    async with lines.writer.begin() as connection:
        async with indexes_after(connection, "organizations", new=LEAST):
            await connection.exec_driver_sql(ADD.format(first=1, last=LEAST))
            os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def look(path: Path) -> tuple[int, int, int]:
    """Return the number of indexes, of rows by an index, and of the schema's changes."""
    store = sqlite3.connect(path)
    (indexes,) = store.execute(
        "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name = 'organizations'"
    ).fetchone()
    (rows,) = store.execute(NAMED).fetchone()
    (changes,) = store.execute("PRAGMA schema_version").fetchone()
    store.close()
    return indexes, rows, changes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "store.db"
    path.write_bytes(empty_store())
    return path


@pytest.fixture
async def lines(path: Path) -> AsyncGenerator[Connections]:
    lines = Connections(path, read_only=False, watch=FileWatch(path))
    yield lines
    await lines.close()


async def add(lines: Connections, first: int, last: int) -> None:
    async with (
        lines.writer.begin() as connection,
        indexes_after(connection, "organizations", new=last - first + 1),
    ):
        await connection.exec_driver_sql(ADD.format(first=first, last=last))


async def test_others_see_all_or_nothing(lines: Connections, path: Path) -> None:
    indexes, _, _ = before = look(path)

    async with lines.writer.begin() as connection:
        async with indexes_after(connection, "organizations", new=LEAST):
            await connection.exec_driver_sql(ADD.format(first=1, last=LEAST))
            assert look(path) == before
        assert look(path) == before

    assert look(path)[:2] == (indexes, LEAST)
    async with lines.readers.begin() as connection:
        assert (await connection.exec_driver_sql(NAMED)).scalar_one() == LEAST


async def test_indexes_are_made_anew_only_where_that_is_quicker(
    lines: Connections, path: Path
) -> None:
    changes: list[int] = []
    many = (HELD_TO_NEW + 1) * LEAST
    for first, last in ((1, LEAST - 1), (LEAST, many), (many + 1, many + LEAST)):
        await add(lines, first, last)
        changes.append(look(path)[2])

    few, more, beside_many = changes
    assert few < more == beside_many
    assert look(path)[1] == many + LEAST


async def test_what_fails_on_its_way_leaves_every_index(lines: Connections, path: Path) -> None:
    await add(lines, 1, LEAST)
    before = look(path)

    with pytest.raises(IntegrityError):
        await add(lines, 2, LEAST + 1)

    assert look(path) == before
    await add(lines, LEAST + 1, 2 * LEAST)
    assert look(path)[:2] == (before[0], 2 * LEAST)


def test_who_is_killed_on_the_way_leaves_every_index(path: Path) -> None:
    before = look(path)

    done = subprocess.run([sys.executable, "-c", KILLED, str(path)])

    assert done.returncode == -signal.SIGKILL
    assert look(path) == before


async def test_a_plan_of_many_new_records_is_applied_with_every_index(
    lincoln: Database, world: World
) -> None:
    people = [user(f"u{number}") for number in range(LEAST + 5)]
    desk = Desk(lincoln)
    with world.by_other_means() as store:
        indexes = store.execute(INDEXES).fetchall()

    await desk.apply(await desk.read([*school().values(), *people]))

    with world.by_other_means() as store:
        assert store.execute(INDEXES).fetchall() == indexes
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert orphans(store) == []
        (held,) = store.execute(
            "SELECT count(*) FROM users INDEXED BY ix_users_email WHERE tenant_id = 'local'"
            " AND email LIKE '%'"
        ).fetchone()
    assert held == 3 + len(people)
