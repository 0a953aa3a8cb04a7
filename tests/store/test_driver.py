"""Statements run in a thread; the way there and back is gone once for each."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from integration_tui.store.connections import Connections
from integration_tui.store.sqlite_file import FileWatch, prepare

INSERT = text("INSERT INTO notes (id, body) VALUES (:id, :body)")
SELECT = text("SELECT id, body FROM notes ORDER BY id")
TWO = [{"id": 1, "body": "one"}, {"id": 2, "body": "two"}]


@pytest.fixture
async def lines(tmp_path: Path) -> AsyncGenerator[Connections]:
    path = tmp_path / "store.db"
    prepare(path, read_only=False)
    lines = Connections(path, read_only=False, watch=FileWatch(path))
    async with lines.writer.begin() as connection:
        await connection.execute(text("CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)"))
    yield lines
    await lines.close()


async def test_a_statement_is_one_trip_to_the_thread(
    lines: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    answered = loop.call_soon_threadsafe
    trips = 0

    def counted(*arguments: Any, **more: Any) -> asyncio.Handle:
        nonlocal trips
        trips += 1
        return answered(*arguments, **more)

    async with lines.writer.begin() as connection:
        monkeypatch.setattr(loop, "call_soon_threadsafe", counted)

        await connection.execute(INSERT, TWO)
        rows = (await connection.execute(SELECT)).all()

        assert trips == 2
    assert [tuple(row) for row in rows] == [(1, "one"), (2, "two")]


async def test_what_a_statement_changed_is_counted(lines: Connections) -> None:
    async with lines.writer.begin() as connection:
        made = await connection.execute(INSERT, TWO[1])
        changed = await connection.execute(text("UPDATE notes SET body = 'three'"))
        back = await connection.execute(text("DELETE FROM notes RETURNING body"))

        assert made.lastrowid == 2
        assert changed.rowcount == 1
        assert back.scalars().all() == ["three"]


async def test_a_statement_that_fails_says_so_and_the_connection_goes_on(
    lines: Connections,
) -> None:
    async with lines.writer.begin() as connection:
        await connection.execute(INSERT, TWO)

        with pytest.raises(IntegrityError):
            await connection.execute(INSERT, TWO[0])

        assert len((await connection.execute(SELECT)).all()) == 2
