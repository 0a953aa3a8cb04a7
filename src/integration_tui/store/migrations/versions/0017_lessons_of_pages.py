"""What connectors learned from pages, so that a run that was killed does not read them again.

A page from before has none: its listing is learned from anew.
"""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE sync_pages ADD COLUMN lesson TEXT")
