"""What pulls saw of each collection.

The table as it was in schema 3: this file does not change when it does.
"""

from __future__ import annotations

from functools import partial

from alembic import op
from sqlalchemy import MetaData

from integration_tui.store.schema import columns
from integration_tui.store.schema.columns import (
    NAMES,
    at,
    belongs_to,
    json,
    key,
    maybe_at,
    one_of,
    whole,
    words,
    yes_no,
)

revision = "0003"
down_revision = "0002"

metadata = MetaData(naming_convention=NAMES)
table = partial(columns.table, metadata)


def upgrade() -> None:
    roster_census.create(op.get_bind(), checkfirst=False)


table("integrations", words("id"), key("id"))  # is there already; a row of ours goes with its row

roster_census = table(
    "roster_census",
    words("integration_id"),
    words("collection"),
    words("standing"),
    whole("records"),
    yes_no("complete"),
    at("at"),
    maybe_at("as_of"),
    maybe_at("since"),
    json("scopes", "[]"),
    key("integration_id", "collection", "standing"),
    belongs_to("integrations", "integration_id"),
    one_of(
        "collection",
        ("orgs", "academic_sessions", "courses", "classes", "users", "enrollments", "demographics"),
    ),
    one_of("standing", ("seen", "accepted")),
)
