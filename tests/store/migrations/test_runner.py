"""The migrations make what the schema says, whole or not at all."""

import re
import signal
import sqlite3
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import NullPool, create_engine

from integration_tui.store.migrations import runner
from integration_tui.store.roster.fields import SHAPES
from integration_tui.store.schema import core, messages, quality, roster, sync
from integration_tui.store.schema.core import metadata
from integration_tui.store.sqlite_file import prepare, schema_of
from tests.orphans import orphans
from tests.store.fixtures import World

SEED_TABLES = {
    "integrations",
    "integration_configurations",
    "integration_status_logs",
    "external_system_mappings",
    "integration_webhooks",
    "integration_webhook_events",
    "integration_audit_logs",
    "organizations",
    "academic_sessions",
    "courses",
    "users",
    "classes",
    "enrollments",
}
ROSTER = ("organizations", "academic_sessions", "courses", "users", "classes", "enrollments")
PRAGMAS = (
    *("application_id", "user_version", "journal_mode", "page_size", "encoding", "auto_vacuum"),
    *("foreign_key_check", "integrity_check"),
)
WORDS = {"audit_words", "audit_words_config", "audit_words_data", "audit_words_idx"}
"""The index of words, and the tables that SQLite keeps it in."""
OURS = {
    "audit_indexed",
    "integration_revisions",
    "integration_status_hours",
    "message_marks",
    "messages",
    "roster_census",
    "roster_edits",
    "roster_ids",
    "roster_revisions",
    "shared_external_ids",
    "store_identity",
    "sync_approvals",
    "sync_conflicts",
    "sync_findings",
    "sync_found",
    "sync_listings",
    "sync_marks",
    "sync_matches",
    "sync_doubts",
    "sync_pages",
    "sync_quarantine",
    "sync_skipped",
    "sync_read_findings",
    "sync_runs",
    "sync_scores",
    "sync_shared_ids",
    *(shape.changes for shape in SHAPES.values()),
}

# Each child of this process is killed at another of the statements that make a store.
KILLED = """
import os, signal, sys
from pathlib import Path
from alembic import command
from sqlalchemy import Engine, event
from integration_tui.store.migrations import runner

make = getattr(runner, sys.argv[1])

def die_at(statement):
    left = statement

    def count(*_):
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def look(_, kind, called):
        if kind == "c_call" and called.__name__ == "execute":
            count()

    if make is runner.upgrade:
        event.listen(Engine, "before_cursor_execute", count)
    else:
        sys.setprofile(look)

for path in sys.argv[2:]:
    child = os.fork()
    if not child:
        die_at(int(Path(path).stem))
        make(Path(path))
        os._exit(0)
    print(os.waitpid(child, 0)[1])
"""
STATEMENTS = {
    "create": (1, 3, 4, 5, 6, 40, 80, 119, 120, 121, 122, 123),
    "upgrade": (
        *(1, 5, 9, 17, 25, 26, 33, 40, 47, 51, 60, 75, 90, 105, 120, 126, 140, 165, 203, 240, 284),
        *(309, 325, 340, 355, 370, 383),
    ),
}
"""By what makes a store. The last one is the last statement that may be lost."""


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """An empty store, made by the migrations."""
    path = tmp_path / "store.db"
    path.write_bytes(migrated_store())
    return path


@cache
def migrated_store() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        prepare(path, read_only=False)
        runner.upgrade(path)
        return path.read_bytes()


def contents(path: Path) -> tuple[dict[str, tuple[str, str, str]], dict[str, object]]:
    """Return how everything in a store is made, apart from white space, and all else it holds."""
    store = sqlite3.connect(path)
    made = store.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master")
    found = {name: (kind, table, unspaced(sql)) for kind, name, table, sql in made}
    tables = store.execute("SELECT name FROM pragma_table_list WHERE type IN ('table', 'shadow')")
    held: dict[str, object] = {
        table: store.execute(f'SELECT * FROM "{table}"').fetchall()  # noqa: S608 - our own names
        for (table,) in tables.fetchall()
        if not table.startswith("sqlite_")
    }
    (own_id,) = store.execute("SELECT id FROM store_identity").fetchone()
    held["store_identity"] = [("local", re.sub("[0-9a-f]", "x", own_id))]
    for pragma in PRAGMAS:
        held[pragma] = store.execute(f"PRAGMA {pragma}").fetchall()
    store.close()
    return found, held


def unspaced(sql: str) -> str:
    """Return a statement with one way to write what stands between its words."""
    return re.sub(r" ?([(),]) ?", r"\1", " ".join(sql.split()))


def spelled(connection: sqlite3.Connection) -> dict[str, str]:
    """Return how everything in a database is made, apart from white space."""
    found = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
        " AND name != 'alembic_version'"
    )
    return {name: " ".join(sql.split()) for name, sql in found}


def test_the_migrations_make_exactly_the_schema(made: Path, tmp_path: Path) -> None:
    assert all(module.table is core.table for module in (messages, quality, roster, sync))
    engine = create_engine(f"sqlite:///{made}", poolclass=NullPool)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    planned = create_engine(f"sqlite:///{tmp_path}/planned.db", poolclass=NullPool)
    metadata.create_all(planned)

    known = ("alembic_version", "audit_words")  # the latter is no table of the metadata
    assert [
        difference
        for difference in differences
        if not any(name in str(difference) for name in known)
    ] == []
    migrated, wanted = sqlite3.connect(made), sqlite3.connect(tmp_path / "planned.db")
    assert spelled(migrated) == spelled(wanted)
    migrated.close()
    wanted.close()


def test_a_new_store_is_what_the_migrations_make(made: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.db"
    prepare(new, read_only=False)

    assert runner.create(new)

    assert contents(new) == contents(made), "run scripts/schema"


def test_a_store_that_is_there_is_not_made_again(made: Path) -> None:
    before = contents(made)

    assert not runner.create(made)

    assert contents(made) == before


def test_every_file_of_the_migrations_is_known() -> None:
    names = sorted(path.name for path in (runner.FOLDER / "versions").glob("*.py"))

    assert [int(name[:4]) for name in names] == list(range(1, runner.NEWEST + 1))


def test_the_tables_are_those_of_the_seed_system(made: Path) -> None:
    store = sqlite3.connect(made)
    names = {name for name in spelled(store) if not re.match("ix_|uq_", name)}
    columns = {
        table: {row[1] for row in store.execute(f"PRAGMA table_info({table})")} for table in ROSTER
    }
    store.close()

    assert names == SEED_TABLES | OURS | WORDS
    for table in ROSTER:
        assert columns[table] >= {
            "external_id",
            "external_system_id",
            "sync_status",
            "last_sync_at",
            "sync_version",
            "sync_metadata",
        }


def test_every_key_begins_with_the_tenant() -> None:
    for table in metadata.tables.values():
        assert next(iter(table.primary_key.columns)).name == "tenant_id", table.name
        for index in table.indexes:
            assert next(iter(index.columns)).name == "tenant_id", index.name
        for key in table.foreign_key_constraints:
            assert key.column_keys[0] == "tenant_id", key.name
            assert next(iter(key.elements)).column.name == "tenant_id", key.name


def test_every_reference_has_an_index_to_follow_it_back(made: Path) -> None:
    references = [
        (table.name, key.column_keys[1])
        for table in metadata.tables.values()
        for key in table.foreign_key_constraints
    ] + [
        (shape.table, field.local_column) for shape in SHAPES.values() for field in shape.references
    ]
    store = sqlite3.connect(made)
    for table, column in references:
        plan = store.execute(
            f"EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE tenant_id = ? AND {column} = ?",  # noqa: S608 - ours
            ("a", "b"),
        ).fetchall()
        assert "SEARCH" in plan[0][3], (table, column)
        assert f"{column}=?" in plan[0][3], (table, plan)
    store.close()


def test_the_roster_has_no_foreign_keys(made: Path) -> None:
    store = sqlite3.connect(made)
    for table in (*ROSTER, "external_system_mappings"):
        assert store.execute(f"PRAGMA foreign_key_list({table})").fetchall() == []
    store.close()


def test_a_roster_with_foreign_keys_keeps_its_rows_and_indexes_without_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store.db"
    prepare(path, read_only=False)
    monkeypatch.setattr(runner, "NEWEST", 17)
    runner.upgrade(path)
    monkeypatch.undo()
    store = sqlite3.connect(path)
    for table in ROSTER:
        _insert_one(store, table)
    _insert_one(store, "external_system_mappings")
    before = _rows_and_indexes(store)
    store.commit()

    runner.upgrade(path)

    assert _rows_and_indexes(store) == before
    assert all(rows for rows, _ in before.values())
    store.close()


def _insert_one(store: sqlite3.Connection, table: str) -> None:
    """Put a row in a table: 1 for what has to be there, but for words that it checks."""
    usual = {"tenant_id": "local", "status": "active", "sync_status": "synced"}
    usual |= {"collection": "enrollments", "bond": "created"}
    needed = [row[1] for row in store.execute(f"PRAGMA table_info({table})") if row[3]]
    values = [usual.get(name, 1) for name in needed]
    store.execute(
        f"INSERT INTO {table} ({', '.join(needed)}) VALUES ({', '.join('?' * len(needed))})",  # noqa: S608 - ours
        values,
    )


def _rows_and_indexes(store: sqlite3.Connection) -> dict[str, tuple[object, object]]:
    """Return what is in the tables that were made anew, and what leads to it."""
    return {
        table: (
            store.execute(f"SELECT * FROM {table}").fetchall(),  # noqa: S608 - ours
            store.execute(
                "SELECT name, sql FROM sqlite_master WHERE tbl_name = ? AND type = 'index'"
                " ORDER BY name",
                (table,),
            ).fetchall(),
        )
        for table in (*ROSTER, "external_system_mappings")
    }


def test_a_second_process_finds_nothing_left_to_do(made: Path) -> None:
    before = made.read_bytes()

    runner.upgrade(made)

    assert schema_of(made, newest=runner.NEWEST) == runner.NEWEST
    assert spelled(sqlite3.connect(made))
    assert len(made.read_bytes()) == len(before)


@pytest.mark.parametrize("make", STATEMENTS)
def test_two_processes_may_make_the_same_store(make: str, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    prepare(path, read_only=False)
    code = (
        "import sys; from pathlib import Path; from integration_tui.store.migrations import runner;"
        "getattr(runner, sys.argv[1])(Path(sys.argv[2]))"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, make, str(path)]) for _ in range(2)]

    assert [popen.wait(30) for popen in both] == [0, 0]
    assert schema_of(path, newest=runner.NEWEST) == runner.NEWEST


@pytest.mark.parametrize("make", STATEMENTS)
def test_killed_at_any_statement_the_store_is_as_before(make: str, tmp_path: Path) -> None:
    paths = [tmp_path / f"{statement}.db" for statement in STATEMENTS[make]]
    for path in paths:
        prepare(path, read_only=False)

    done = subprocess.run(
        [sys.executable, "-c", KILLED, make, *map(str, paths)], capture_output=True, text=True
    )

    assert done.stdout.split() == [str(int(signal.SIGKILL))] * len(paths)
    assert {schema_of(path, newest=runner.NEWEST) for path in paths} == {0}
    getattr(runner, make)(paths[-1])
    assert schema_of(paths[-1], newest=runner.NEWEST) == runner.NEWEST


def test_a_store_of_the_first_schema_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store.db"
    prepare(path, read_only=False)
    monkeypatch.setattr(runner, "NEWEST", 1)
    runner.upgrade(path)
    monkeypatch.undo()
    store = sqlite3.connect(path)
    store.execute("INSERT INTO integration_revisions VALUES ('local', 7)")
    store.commit()

    runner.upgrade(path)

    assert store.execute("SELECT revision FROM integration_revisions").fetchone() == (7,)
    assert "users" in spelled(store)
    store.close()


def test_a_roster_of_an_older_schema_keeps_its_rows_without_what_nothing_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store.db"
    prepare(path, read_only=False)
    monkeypatch.setattr(runner, "NEWEST", 7)
    runner.upgrade(path)
    monkeypatch.undo()
    store = sqlite3.connect(path)
    org = "INSERT INTO organizations (tenant_id, id, external_system_id, external_id, status,"
    store.execute(
        f"{org} sync_status, timeback_id, name, type, sync_version)"
        " VALUES ('local', 1, 'sis', 'org-1', 'active', 'conflict', 'tb-1', 'North', 'district', 7)"
    )
    store.execute(
        f"{org} sync_status, name, type, parent_id)"
        " VALUES ('local', 2, 'sis', 'org-2', 'inactive', 'skipped', 'East', 'school', 1)"
    )
    store.commit()

    runner.upgrade(path)

    rows = "SELECT id, external_id, status, sync_status, name, sync_version, parent_id"
    assert store.execute(f"{rows} FROM organizations ORDER BY id").fetchall() == [
        (1, "org-1", "active", "conflict", "North", 7, None),
        (2, "org-2", "inactive", "synced", "East", 0, 1),
    ]
    assert "timeback_id" not in spelled(store)["organizations"]
    assert orphans(store) == []
    store.close()


def test_listings_of_an_older_store_are_counted_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store.db"
    prepare(path, read_only=False)
    monkeypatch.setattr(runner, "NEWEST", 6)
    runner.upgrade(path)
    monkeypatch.undo()
    store = sqlite3.connect(path)
    store.execute(
        "INSERT INTO integrations (tenant_id, id, provider, title, environment, enabled, intent,"
        " status, config_version, revision, changed_at) VALUES"
        " ('local', 'sis', 'mock', '', 'production', 1, 'run', 'active', 1, 1, '2026-01-01')"
    )
    store.execute(
        "INSERT INTO sync_runs (tenant_id, id, integration_id, mode, trigger, started_by,"
        " started_at, status, phase, applies, spares, relinks, config_version, updated_at) VALUES"
        " ('local', 1, 'sis', 'full', 'hand', 'ana', '2026-01-01', 'applied', 'apply', 0, 0, 0, 1,"
        " '2026-01-01')"
    )
    store.execute(
        "INSERT INTO sync_listings (tenant_id, run_id, collection, place, records, put_aside,"
        " is_over, complete, counts) VALUES ('local', 1, 'users', 4, 10, 2, 1, 1, ?)",
        ('{"create": 7, "quarantine": 1}',),
    )
    store.commit()

    runner.upgrade(path)

    found = store.execute("SELECT records, quarantined, duplicates, doubled FROM sync_listings")
    assert found.fetchone() == (7, 3, 0, "[]")
    store.close()


async def test_an_older_store_is_not_changed_for_somebody_who_may_only_look(world: World) -> None:
    from integration_tui.domain.errors import StoreError

    prepare(world.path, read_only=False)

    with pytest.raises(StoreError, match="schema 0 and needs"):
        await world.database(read_only=True).open()

    assert world.path.read_bytes() == b""


@pytest.mark.parametrize("name", ["store.db", "new.db"])
def test_alembic_is_imported_only_when_a_store_is_behind(made: Path, name: str) -> None:
    code = f"""
import asyncio, sys
from integration_tui.store.database import Database
async def main():
    database = Database("sqlite:///{made.with_name(name)}", publish=print, clock=print)
    await database.open()
    await database.close()
asyncio.run(main())
assert "alembic" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("table", sorted(SEED_TABLES | OURS))
def test_unknown_words_are_refused_by_the_tables_themselves(made: Path, table: str) -> None:
    store = sqlite3.connect(made)
    (sql,) = store.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    store.close()

    enums = {"status", "intent", "trouble", "sync_status", "kind", "outcome", "format"}
    named = {column.name for column in metadata.tables[table].columns}
    for column in enums & named - ({"status"} if table == "integration_status_logs" else set()):
        assert re.search(rf"CHECK \({column} (= '\w+' OR {column} )?IN \(", sql)
