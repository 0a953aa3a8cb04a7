"""Brings a store's schema up to date, in one transaction: killed anywhere, it did not happen."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from integration_tui.domain.errors import StoreError
from integration_tui.store.connections import BUSY_TIMEOUT_MS
from integration_tui.store.errors import translate_errors
from integration_tui.store.sqlite_file import APPLICATION_ID

NEWEST = 17
"""The schema that this program knows: the number of the last file in `migrations/versions`."""

FOLDER = Path(__file__).parent


def upgrade(path: Path) -> None:
    """Run the migrations that are missing. Raises `StoreError`; then nothing was changed.

    Another process may do the same at once: whoever comes second finds nothing left to do.
    """
    with translate_errors(path), _engine(path).begin() as connection:
        _run(connection)
        if connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise StoreError(
                f"{path} has inconsistent rows; its schema cannot be upgraded",
                advice="restore the store from a backup",
            )
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version = {NEWEST}")


def _run(connection: Connection) -> None:
    from alembic import command  # imported here only: it takes its time
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, f"{NEWEST:04}")


def _engine(path: Path) -> Engine:
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
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")  # stays with the file
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
