"""Brings a store's schema up to date, in one transaction: killed anywhere, it did not happen.

A new store is made by one script, which spares Alembic and three hundred statements.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from integration_tui.domain.errors import StoreError
from integration_tui.store.errors import translate_errors
from integration_tui.store.sqlite_file import APPLICATION_ID, BUSY_TIMEOUT_MS

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

NEWEST = 19
"""The schema that this program knows: the number of the last file in `migrations/versions`."""

FOLDER = Path(__file__).parent
SCRIPT: Final = FOLDER / "schema.sql"
"""Makes the newest schema in an empty file. Written by scripts/schema, never by hand."""

_PRAGMAS: Final = (
    f"busy_timeout = {BUSY_TIMEOUT_MS}",
    "journal_mode = WAL",  # stays with the file
    "synchronous = FULL",
)


def create(path: Path) -> bool:
    """Make the newest schema in an empty file; return whether the file was empty.

    Raises `StoreError`; then nothing was changed. Two processes may do it at once.
    """
    with translate_errors(path), closing(_connected(path)) as file:
        file.execute("BEGIN IMMEDIATE")
        is_empty = not file.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        if is_empty:
            for statement in statements():
                file.execute(statement)
            for pragma in _marks():
                file.execute(pragma)
        file.execute("COMMIT")
    return is_empty


def _connected(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, isolation_level=None)
    for pragma in _PRAGMAS:
        file.execute(f"PRAGMA {pragma}")
    return file


def statements() -> Iterator[str]:
    """Yield what makes the newest schema, one by one."""
    statement = ""
    for line in SCRIPT.read_text(encoding="utf-8").splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _marks() -> tuple[str, str]:
    """Return what tells a store from other databases, and which schema it has."""
    return f"PRAGMA application_id = {APPLICATION_ID}", f"PRAGMA user_version = {NEWEST}"


def upgrade(path: Path) -> None:
    """Run the migrations that are missing. Raises `StoreError`; then nothing was changed.

    Another process may do the same at once: whoever comes second finds nothing left to do.
    """
    from integration_tui.store.connections import driver_errors

    with translate_errors(path), driver_errors(), _engine(path).begin() as connection:
        _run(connection)
        if connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise StoreError(
                f"{path} has inconsistent rows; its schema cannot be upgraded",
                advice="restore the store from a backup",
            )
        for pragma in _marks():
            connection.exec_driver_sql(pragma)


def _run(connection: Connection) -> None:
    from alembic import command  # imported here only: it takes its time
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, f"{NEWEST:04}")


def _engine(path: Path) -> Engine:
    from sqlalchemy import URL, NullPool, create_engine, event

    url = URL.create("sqlite", database=path.as_uri(), query={"uri": "true", "mode": "rw"})
    # Foreign keys stay off, as a table can only be changed by making it anew.
    engine = create_engine(
        url, poolclass=NullPool, hide_parameters=True, connect_args={"isolation_level": None}
    )
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
