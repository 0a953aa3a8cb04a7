"""An audit entry can only be added behind the newest one.

The statements as they were in schema 6: this file does not change when they do.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS = (
    """CREATE TRIGGER integration_audit_logs_refuse_insert BEFORE INSERT ON integration_audit_logs WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM integration_audit_logs WHERE tenant_id = NEW.tenant_id) BEGIN SELECT RAISE(ABORT, 'the audit log is never changed, only added to at its end'); END""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
