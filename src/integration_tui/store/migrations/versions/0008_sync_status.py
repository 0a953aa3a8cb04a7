"""Of how a record stands, only what is said; `timeback_id`, which nothing ever filled, is gone.

The tables are made anew from what they are, since SQLite changes no check of a table. Their
indexes are made after the rows are in.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Connection

revision = "0008"
down_revision = "0007"

TABLES = (
    "organizations",
    "academic_sessions",
    "courses",
    "users",
    "classes",
    "enrollments",
)
CHECK = "sync_status IN ('pending', 'syncing', 'synced', 'conflict', 'error', 'skipped')"
NARROWER = "sync_status IN ('synced', 'conflict')"
COLUMN = "timeback_id TEXT, "


def upgrade() -> None:
    connection = op.get_bind()
    # Otherwise renaming a table would rewrite the foreign keys that lead to it.
    connection.exec_driver_sql("PRAGMA legacy_alter_table = ON")
    for table in TABLES:
        remake(connection, table)
    connection.exec_driver_sql("PRAGMA legacy_alter_table = OFF")


def remake(connection: Connection, table: str) -> None:
    made = connection.exec_driver_sql(
        "SELECT type, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL"
        " ORDER BY type <> 'table', name",
        (table,),
    ).all()
    (_, own), *others = made
    connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {table}_before")
    connection.exec_driver_sql(own.replace(CHECK, NARROWER).replace(COLUMN, ""))
    names = [row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")]
    listed = ", ".join(names)
    values = listed.replace("sync_status", STATUS)
    connection.exec_driver_sql(
        f"INSERT INTO {table} ({listed}) SELECT {values} FROM {table}_before"  # noqa: S608 - our own names
    )
    connection.exec_driver_sql(f"DROP TABLE {table}_before")
    for _, sql in others:
        connection.exec_driver_sql(sql)


STATUS = "iif(sync_status = 'conflict', 'conflict', 'synced')"
