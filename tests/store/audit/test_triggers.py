"""No SQL changes what was recorded; who takes the protection away is noticed."""
# ruff: noqa: S608 - the only name that is put into a statement is our own table's

import sqlite3
from datetime import timedelta

import pytest

from integration_tui.domain.audit.log import Action, AuditFilter
from integration_tui.domain.errors import StoreError
from integration_tui.domain.ids import TenantId
from integration_tui.store.audit.triggers import TRIGGERS
from integration_tui.store.database import Database
from integration_tui.store.migrations import runner
from integration_tui.store.sqlite_file import prepare
from tests.store.fixtures import NOON, World, act

LOG = "integration_audit_logs"
COLUMNS = "tenant_id, seq, at, action, actor, object, outcome, body, hash"
COUNT = 5


def forged(seq: object, conflict: str = "", after: str = "") -> str:
    """Spell an entry that copies the second one under another number."""
    return (
        f"INSERT {conflict} INTO {LOG} ({COLUMNS}) SELECT tenant_id, {seq}, at, action,"
        f" 'nobody', object, outcome, body, hash FROM {LOG} WHERE seq = 2 {after}"
    )


REFUSED = {
    "update": f"UPDATE {LOG} SET actor = 'nobody' WHERE seq = 2",
    "update or replace": f"UPDATE OR REPLACE {LOG} SET seq = 3 WHERE seq = 2",
    "update or ignore": f"UPDATE OR IGNORE {LOG} SET actor = 'nobody'",
    "update from": f"UPDATE {LOG} SET actor = x.a FROM (SELECT 'nobody' AS a) x",
    "move the number": f"UPDATE {LOG} SET seq = seq + 100",
    "move the tenant": f"UPDATE {LOG} SET tenant_id = 'elsewhere'",
    "delete": f"DELETE FROM {LOG} WHERE seq = 2",
    "delete all": f"DELETE FROM {LOG}",
    "delete the newest": f"DELETE FROM {LOG} WHERE seq = {COUNT}",
    "replace": f"REPLACE INTO {LOG} SELECT * FROM {LOG} WHERE seq = 2",
    "replace all": f"REPLACE INTO {LOG} SELECT * FROM {LOG}",
    **{
        f"insert {way}": forged(2, way)
        for way in ("", "OR REPLACE", "OR IGNORE", "OR FAIL", "OR ABORT", "OR ROLLBACK")
    },
    "replace the newest": forged(COUNT, "OR REPLACE"),
    "replace by text": forged("'2'", "OR REPLACE"),
    "replace by a fraction": forged("2.0", "OR REPLACE"),
    "upsert": forged(2, after="ON CONFLICT DO UPDATE SET actor = 'nobody'"),
    "upsert on the key": forged(
        2, after="ON CONFLICT (tenant_id, seq) DO UPDATE SET actor = excluded.actor"
    ),
    "upsert nothing": forged(2, after="ON CONFLICT DO NOTHING"),
    "before the first": forged(0),
    "a negative number": forged(-1),
    "behind a gap": forged(COUNT + 2),
    "no number": forged("NULL"),
    "a word as a number": forged("'x'"),
    "another tenant's chain begun in the middle": (
        f"INSERT INTO {LOG} ({COLUMNS}) SELECT 'other', 7, at, action, actor, object, outcome,"
        f" body, hash FROM {LOG} WHERE seq = 2"
    ),
    "through a view": "INSERT INTO door SELECT * FROM door WHERE seq = 2",
    "through another trigger": "INSERT INTO lever VALUES (2)",
}
PREPARED = f"""
CREATE TEMP VIEW door AS SELECT * FROM {LOG};
CREATE TEMP TRIGGER through INSTEAD OF INSERT ON door BEGIN
    INSERT OR REPLACE INTO {LOG} VALUES (NEW.tenant_id, NEW.seq, NEW.at, NEW.action, 'nobody',
        NEW.object, NEW.outcome, NEW.body, NEW.hash);
END;
CREATE TEMP TABLE lever (seq);
CREATE TEMP TRIGGER pulled AFTER INSERT ON lever BEGIN
    DELETE FROM {LOG} WHERE seq = NEW.seq;
END;
"""
NOTICED = {
    "a trigger dropped": f"DROP TRIGGER {LOG}_refuse_update",
    "all triggers dropped": "".join(f"DROP TRIGGER {name};" for name in TRIGGERS),
    "a trigger that does nothing": (
        f"DROP TRIGGER {LOG}_refuse_delete;"
        f"CREATE TRIGGER {LOG}_refuse_delete BEFORE DELETE ON {LOG} WHEN 0"
        " BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END"
    ),
    "a trigger out of the schema": (
        f"PRAGMA writable_schema = ON;DELETE FROM sqlite_master WHERE name = '{LOG}_refuse_insert'"
    ),
    "a trigger rewritten in the schema": (
        "PRAGMA writable_schema = ON;"
        "UPDATE sqlite_master SET sql = replace(sql, 'BEFORE DELETE', 'BEFORE UPDATE')"
        f" WHERE name = '{LOG}_refuse_delete'"
    ),
    "a trigger that swallows entries": (
        f"CREATE TRIGGER t BEFORE INSERT ON {LOG} BEGIN SELECT RAISE(IGNORE); END"
    ),
    "an index that entries can be replaced by": f"CREATE UNIQUE INDEX x ON {LOG} (hash)",
    "a column more": f"ALTER TABLE {LOG} ADD COLUMN extra",
    "a column called otherwise": f"ALTER TABLE {LOG} RENAME COLUMN seq TO number",
    "another table in its place": (
        f"ALTER TABLE {LOG} RENAME TO old; CREATE TABLE {LOG} AS SELECT * FROM old"
    ),
    "a view in its place": (
        f"ALTER TABLE {LOG} RENAME TO old; CREATE VIEW {LOG} AS SELECT * FROM old"
    ),
    "no table": f"DROP TABLE {LOG}",
}


@pytest.fixture
async def log(database: Database) -> Database:
    async with database.transaction() as transaction:
        for number in range(COUNT):
            at = NOON + timedelta(minutes=number)
            await transaction.audit.add([act(Action.STOP, detail=f"{number}")], at=at)
    return database


@pytest.mark.parametrize("recursive", ["OFF", "ON"])
async def test_no_statement_changes_what_was_recorded(
    log: Database, world: World, recursive: str
) -> None:
    with world.by_other_means() as other:
        before = other.execute(f"SELECT * FROM {LOG}").fetchall()
        other.execute(f"PRAGMA recursive_triggers = {recursive}")
        other.executescript(PREPARED)
        for name, statement in REFUSED.items():
            with pytest.raises(sqlite3.IntegrityError, match="never changed"):
                other.execute(statement)
            assert other.execute(f"SELECT * FROM {LOG}").fetchall() == before, name

    assert (await log.verify_audit()).intact


async def test_its_rows_cannot_be_reached_without_their_table(log: Database, world: World) -> None:
    with world.by_other_means() as other:
        for name in ("rowid", "oid", "_rowid_"):
            with pytest.raises(sqlite3.OperationalError, match="no such column"):
                other.execute(f"UPDATE {LOG} SET {name} = 9")
        with pytest.raises(sqlite3.OperationalError, match="without rowid"):
            other.blobopen(LOG, "body", 1)

    assert (await log.verify_audit()).intact


async def test_a_copy_that_is_attached_is_protected_as_well(log: Database, world: World) -> None:
    with sqlite3.connect(":memory:") as other:
        other.execute("ATTACH ? AS store", (str(world.path),))
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            other.execute(f"REPLACE INTO store.{LOG} SELECT * FROM store.{LOG}")
        other.rollback()
        other.execute("DETACH store")
    other.close()


@pytest.mark.parametrize("change", sorted(NOTICED))
async def test_verification_notices_that_the_protection_is_gone(
    log: Database, world: World, change: str
) -> None:
    with world.by_other_means() as other:
        other.executescript(NOTICED[change])

    verification = await log.verify_audit()

    assert not verification.intact
    assert "trigger" in verification.problem or "table" in verification.problem


async def test_what_replaces_through_an_index_of_its_own_is_noticed(
    log: Database, world: World
) -> None:
    with world.by_other_means() as other:
        other.execute(f"CREATE UNIQUE INDEX x ON {LOG} (hash)")
        other.execute(forged(COUNT + 1, "OR REPLACE"))
        other.execute("DROP INDEX x")

    assert (await log.verify_audit()).first_broken == 2


async def test_an_act_whose_entry_is_swallowed_is_not_done(log: Database, world: World) -> None:
    with world.by_other_means() as other:
        other.execute(f"CREATE TRIGGER t BEFORE INSERT ON {LOG} BEGIN SELECT RAISE(IGNORE); END")

    with pytest.raises(StoreError, match="audit entry could not be written: nothing was changed"):
        async with log.transaction() as transaction:
            await transaction.audit.add([act(detail="unseen")], at=NOON)

    async with log.reading() as rows:
        assert len(await rows.audit.page(AuditFilter(), limit=99)) == COUNT


async def test_other_tenants_begin_chains_of_their_own(log: Database, world: World) -> None:
    neighbour = world.database(tenant=TenantId("neighbour"))
    await neighbour.open()
    async with neighbour.transaction() as transaction:
        added = await transaction.audit.add([act(), act()], at=NOON)
    await neighbour.close()

    assert [entry.seq for entry in added] == [1, 2]


async def test_a_store_from_before_is_protected_when_it_is_opened(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(world.path, read_only=False)
    monkeypatch.setattr(runner, "NEWEST", 5)
    runner.upgrade(world.path)
    monkeypatch.undo()
    with world.by_other_means() as other:
        entry = "('local', 1, '2026-03-02 12:00:00.000000', 'a', 'b', 'c', 'done', x'00', 'h')"
        other.execute(f"INSERT INTO {LOG} ({COLUMNS}) VALUES {entry}")
        other.execute(f"REPLACE INTO {LOG} ({COLUMNS}) VALUES {entry}")

        database = world.database()
        await database.open()
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            other.execute(f"REPLACE INTO {LOG} ({COLUMNS}) VALUES {entry}")

    assert (await database.verify_audit()).unguarded == ""
    await database.close()
