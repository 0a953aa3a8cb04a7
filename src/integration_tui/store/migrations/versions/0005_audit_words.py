"""Audit entries are found by their words. Old ones are indexed later, bit by bit, by the engine.

The tables as they were in schema 5: this file does not change when they do.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = (
    """CREATE TABLE audit_indexed ( tenant_id TEXT NOT NULL, number INTEGER NOT NULL, low INTEGER NOT NULL, high INTEGER NOT NULL, CONSTRAINT pk_audit_indexed PRIMARY KEY (tenant_id) )""",
    """CREATE VIRTUAL TABLE audit_words USING fts5(words, content='', columnsize=0, detail=none, tokenize='ascii')""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
