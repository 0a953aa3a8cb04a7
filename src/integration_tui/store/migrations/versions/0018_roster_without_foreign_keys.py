"""The roster and its ids are checked by those who write them, once a batch, not row by row.

The tables are made anew from what they are, since SQLite drops no constraint of a table. Their
indexes are made after the rows are in.
"""

from __future__ import annotations

import re

from alembic import op
from sqlalchemy import Connection

revision = "0018"
down_revision = "0017"

TABLES = (
    "organizations",
    "academic_sessions",
    "courses",
    "classes",
    "users",
    "enrollments",
    "external_system_mappings",
)
FOREIGN_KEY = re.compile(
    r",\s*CONSTRAINT \w+ FOREIGN KEY\s*\([^)]*\) REFERENCES \w+ \([^)]*\)( ON DELETE CASCADE)?"
)


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
    connection.exec_driver_sql(FOREIGN_KEY.sub("", own))
    listed = ", ".join(
        f'"{row[1]}"' for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")
    )
    connection.exec_driver_sql(
        f"INSERT INTO {table} ({listed}) SELECT {listed} FROM {table}_before"  # noqa: S608 - our own names
    )
    connection.exec_driver_sql(f"DROP TABLE {table}_before")
    for _, sql in others:
        connection.exec_driver_sql(sql)
