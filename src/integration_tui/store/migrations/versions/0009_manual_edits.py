"""Values that people changed by hand stand beside the audit log; quarantine keeps no content.

The tables as they were in schema 9: this file does not change when they do.
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"

STATEMENTS = (
    """CREATE TABLE roster_edits ( tenant_id TEXT NOT NULL, record TEXT NOT NULL, seq INTEGER NOT NULL, field TEXT NOT NULL, "before" TEXT NOT NULL, "after" TEXT NOT NULL, at DATETIME NOT NULL, CONSTRAINT pk_roster_edits PRIMARY KEY (tenant_id, record, seq, field) ) WITHOUT ROWID""",
    """CREATE INDEX ix_roster_edits_at ON roster_edits (tenant_id, at)""",
    """UPDATE sync_quarantine SET raw = ''""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
