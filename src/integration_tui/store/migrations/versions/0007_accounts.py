"""Every row that a listing brought is counted: as a record, as quarantined or as a duplicate.

What was lost while records were read is kept. The tables as they were in schema 7: this file
does not change when they do.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"

STATEMENTS = (
    """ALTER TABLE sync_listings RENAME COLUMN put_aside TO quarantined""",
    # Until now the records were all that were listed, and what a plan held back was among them.
    """UPDATE sync_listings SET quarantined = quarantined + ifnull(json_extract(counts, '$.quarantine'), 0)""",
    """UPDATE sync_listings SET records = max(records - quarantined, 0)""",
    """ALTER TABLE sync_listings ADD COLUMN duplicates INTEGER DEFAULT '0' NOT NULL""",
    """ALTER TABLE sync_listings ADD COLUMN differing INTEGER DEFAULT '0' NOT NULL""",
    """ALTER TABLE sync_listings ADD COLUMN doubled JSON DEFAULT '[]' NOT NULL""",
    """ALTER TABLE sync_listings ADD COLUMN with_loss INTEGER DEFAULT '0' NOT NULL""",
    """CREATE TABLE sync_read_findings ( tenant_id TEXT NOT NULL, run_id INTEGER NOT NULL, collection TEXT NOT NULL, rule TEXT NOT NULL, field TEXT NOT NULL, message TEXT NOT NULL, is_loss BOOLEAN NOT NULL, count INTEGER NOT NULL, samples JSON DEFAULT '[]' NOT NULL, CONSTRAINT pk_sync_read_findings PRIMARY KEY (tenant_id, run_id, collection, rule, field), CONSTRAINT fk_sync_read_findings_run_id FOREIGN KEY(tenant_id, run_id) REFERENCES sync_runs (tenant_id, id) ON DELETE CASCADE ) WITHOUT ROWID""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
