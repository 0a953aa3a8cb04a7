"""Grades are codes; what a system wrote for them stands beside them.

Every record reads differently from before, so pages from before are looked at again once.
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"

STATEMENTS = (
    "ALTER TABLE courses ADD COLUMN grades_as_sent JSON DEFAULT '[]' NOT NULL",
    "ALTER TABLE course_changes ADD COLUMN grades_as_sent JSON DEFAULT '[]' NOT NULL",
    "ALTER TABLE classes ADD COLUMN grades_as_sent JSON DEFAULT '[]' NOT NULL",
    "ALTER TABLE class_changes ADD COLUMN grades_as_sent JSON DEFAULT '[]' NOT NULL",
    "ALTER TABLE users ADD COLUMN grades_as_sent JSON DEFAULT '[]' NOT NULL",
    "ALTER TABLE user_changes ADD COLUMN grades_as_sent JSON DEFAULT '[]' NOT NULL",
    "UPDATE sync_pages SET digest = x''",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
