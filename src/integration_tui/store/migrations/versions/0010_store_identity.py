"""Each store has an id of its own, so that another one put in its place is told from it.

The table as it was in schema 10: this file does not change when it does.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"

STATEMENTS = (
    """CREATE TABLE store_identity ( tenant_id TEXT NOT NULL, id TEXT NOT NULL, CONSTRAINT pk_store_identity PRIMARY KEY (tenant_id) )""",
    """INSERT INTO store_identity VALUES ('local', lower(hex(randomblob(16))))""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
