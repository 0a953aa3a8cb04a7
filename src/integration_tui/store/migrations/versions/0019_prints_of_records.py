"""Prints of records, so that one that came as it was is not read again; and ids in doubt.

Pages from before have no prints: their records are looked at again once.
"""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"

STATEMENTS = (
    "ALTER TABLE sync_pages ADD COLUMN prints BLOB",
    "CREATE TABLE sync_doubts ( tenant_id TEXT NOT NULL, run_id INTEGER NOT NULL, collection TEXT NOT NULL, external_id TEXT NOT NULL, CONSTRAINT pk_sync_doubts PRIMARY KEY (tenant_id, run_id, collection, external_id), CONSTRAINT fk_sync_doubts_run_id FOREIGN KEY(tenant_id, run_id) REFERENCES sync_runs (tenant_id, id) ON DELETE CASCADE ) WITHOUT ROWID",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
