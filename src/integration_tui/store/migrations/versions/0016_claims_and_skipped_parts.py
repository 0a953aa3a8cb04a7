"""What systems say that others call their records, and the parts that a run could not read.

A record without claims reads as before, so nothing has to be looked at again.
"""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"

TABLES = (
    "organizations",
    "organization_changes",
    "academic_sessions",
    "academic_session_changes",
    "courses",
    "course_changes",
    "classes",
    "class_changes",
    "users",
    "user_changes",
)
STATEMENTS = (
    *(f"ALTER TABLE {table} ADD COLUMN claims JSON DEFAULT '[]' NOT NULL" for table in TABLES),
    *(
        f"CREATE INDEX ix_{table}_claims ON {table} (tenant_id, {key}) WHERE claims <> '[]'"
        for table, key in zip(TABLES, ("id", "run_id, external_id") * 5, strict=True)
    ),
    "ALTER TABLE sync_listings ADD COLUMN skipped INTEGER DEFAULT '0' NOT NULL",
    """CREATE TABLE sync_skipped ( tenant_id TEXT NOT NULL, run_id INTEGER NOT NULL, collection TEXT NOT NULL, owner_collection TEXT NOT NULL, owner_id TEXT NOT NULL, reason TEXT NOT NULL, CONSTRAINT pk_sync_skipped PRIMARY KEY (tenant_id, run_id, collection, owner_collection, owner_id), CONSTRAINT fk_sync_skipped_run_id FOREIGN KEY(tenant_id, run_id) REFERENCES sync_runs (tenant_id, id) ON DELETE CASCADE ) WITHOUT ROWID""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
