"""Several ids of one system may be one person's, and a listing counts transfers.

The tables of changes know one more kind. They are made anew from what they are, since SQLite
changes no check of a table.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Connection

revision = "0014"
down_revision = "0013"

TABLES = (
    "organization_changes",
    "academic_session_changes",
    "course_changes",
    "class_changes",
    "user_changes",
    "enrollment_changes",
)
KINDS = "'relink', 'deactivate'"
MORE = "'relink', 'alias', 'deactivate'"
STATEMENTS = (
    "ALTER TABLE sync_listings ADD COLUMN transfers INTEGER DEFAULT '0' NOT NULL",
    """CREATE TABLE shared_external_ids ( tenant_id TEXT NOT NULL, integration_id TEXT NOT NULL, collection TEXT NOT NULL, external_id TEXT NOT NULL, internal_id INTEGER NOT NULL, listed BOOLEAN NOT NULL, roles JSON DEFAULT '[]' NOT NULL, home TEXT, bond TEXT NOT NULL, CONSTRAINT pk_shared_external_ids PRIMARY KEY (tenant_id, integration_id, collection, external_id), CONSTRAINT fk_shared_external_ids_integration_id FOREIGN KEY(tenant_id, integration_id) REFERENCES integrations (tenant_id, id) ON DELETE CASCADE ) WITHOUT ROWID""",
    """CREATE INDEX ix_shared_external_ids_collection ON shared_external_ids (tenant_id, collection, internal_id)""",
    """CREATE TABLE sync_shared_ids ( tenant_id TEXT NOT NULL, integration_id TEXT NOT NULL, run_id INTEGER NOT NULL, external_id TEXT NOT NULL, internal_id INTEGER NOT NULL, listed BOOLEAN NOT NULL, roles JSON DEFAULT '[]' NOT NULL, home TEXT, bond TEXT NOT NULL, CONSTRAINT pk_sync_shared_ids PRIMARY KEY (tenant_id, run_id, external_id), CONSTRAINT fk_sync_shared_ids_run_id FOREIGN KEY(tenant_id, run_id) REFERENCES sync_runs (tenant_id, id) ON DELETE CASCADE ) WITHOUT ROWID""",
)


def upgrade() -> None:
    connection = op.get_bind()
    for statement in STATEMENTS:
        connection.exec_driver_sql(statement)
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
    connection.exec_driver_sql(own.replace(KINDS, MORE))
    listed = ", ".join(
        f'"{row[1]}"' for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")
    )
    connection.exec_driver_sql(
        f"INSERT INTO {table} ({listed}) SELECT {listed} FROM {table}_before"  # noqa: S608 - our own names
    )
    connection.exec_driver_sql(f"DROP TABLE {table}_before")
    for _, sql in others:
        connection.exec_driver_sql(sql)
