"""Which fields a listing and each of its pages had: absent is not empty.

Pages from before are looked at again once, since nobody noted what they had.
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"

STATEMENTS = (
    "ALTER TABLE sync_listings ADD COLUMN fields TEXT",
    "ALTER TABLE sync_pages ADD COLUMN fields TEXT",
    "UPDATE sync_pages SET digest = x''",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
