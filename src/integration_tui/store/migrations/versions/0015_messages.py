"""Messages, and up to which they were read.

The tables as they were in schema 15: this file does not change when they do.
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
    index,
    key,
    maybe_whole,
    maybe_words,
    one_of,
    whole,
    words,
)

revision = "0015"
down_revision = "0014"

metadata = MetaData(naming_convention=NAMES)
table = partial(columns.table, metadata)


def upgrade() -> None:
    for made in (messages, message_marks):
        made.create(op.get_bind(), checkfirst=False)


table("integrations", words("id"), key("id"))  # is there already; a message goes with its row

messages = table(
    "messages",
    whole("id"),
    at("at"),
    at("first_at"),
    whole("times", "1"),
    words("kind"),
    words("integration_id"),
    maybe_whole("run_id"),
    maybe_words("trouble"),
    words("topic"),
    words("sentence"),
    words("advice", ""),
    key("id"),
    belongs_to("integrations", "integration_id"),
    one_of("kind", ("down", "degraded", "back", "held", "waiting", "failed", "conflicts")),
    one_of("trouble", ("credentials", "not_ready", "configuration")),
    index("integration_id", "topic", "id"),
    index("at"),
)
message_marks = table("message_marks", whole("read_to"), key())
