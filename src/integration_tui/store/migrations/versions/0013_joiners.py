"""Indexes of names with joiners or soft hyphens in them: a search passes over those."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"

NAMES = {
    "organizations": ("name",),
    "academic_sessions": ("title",),
    "courses": ("title",),
    "classes": ("title",),
    "users": ("family_name", "given_name"),
}


def upgrade() -> None:
    for table, names in NAMES.items():
        whole = " || ".join(names)
        plain = whole
        for character in ("\u200c", "\u200d", "\u00ad"):
            plain = f"replace({plain}, '{character}', '')"
        op.get_bind().exec_driver_sql(
            f"CREATE INDEX ix_{table}_joined ON {table} (tenant_id, {', '.join(names)}, id)"
            f" WHERE {plain} <> {whole}"
        )
