"""Old audit entries become searchable by their words while the engine runs."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

from integration_tui.config.secret_resolver import SecretResolver
from integration_tui.domain.actor import ENGINE
from integration_tui.domain.audit.log import Action, AuditRecord
from integration_tui.domain.audit.query import parse_filter
from integration_tui.engine.background.audit_indexer import ENTRIES, AuditIndexer
from integration_tui.engine.context import Runtime
from integration_tui.store.database import Database

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


async def test_a_store_from_before_the_index_is_indexed_to_its_first_entry(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    database = Database(f"sqlite:///{path}", publish=lambda _: None, clock=lambda: NOW)
    await database.open()
    act = AuditRecord(action=Action.START, actor=ENGINE, object="lincoln", detail="oldest")
    rest = [AuditRecord(action=Action.STOP, actor=ENGINE, object="lincoln")] * (2 * ENTRIES)
    async with database.transaction() as transaction:
        await transaction.audit.add([act, *rest], at=NOW)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("DELETE FROM audit_indexed")
    other.execute("INSERT INTO audit_words(audit_words) VALUES ('delete-all')")
    other.close()
    is_done = asyncio.Event()

    async def sleep(seconds: float) -> None:
        if seconds > 1:
            is_done.set()
        await asyncio.sleep(min(seconds, 60.0))

    host = Runtime(
        clock=lambda: NOW,
        monotonic=time.monotonic,
        sleep=sleep,
        chance=random.random,
        secret=SecretResolver(environ={}).resolve,
    )
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        task = group.create_task(AuditIndexer(database, host=host, every_s=3600).run())
        await is_done.wait()
        task.cancel()

    async with database.reading() as rows:
        found = await rows.audit.page(parse_filter("oldest"), limit=9)
    assert [found_one.seq for found_one in found] == [1]
    await database.close()
