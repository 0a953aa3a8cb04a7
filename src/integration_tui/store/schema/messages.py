"""The tables of messages: what somebody should hear of, and up to which they were read."""

from __future__ import annotations

from integration_tui.domain.integration import Trouble
from integration_tui.domain.message import MessageKind
from integration_tui.store.schema.columns import (
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
from integration_tui.store.schema.core import table

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
    one_of("kind", MessageKind),
    one_of("trouble", Trouble),
    index("integration_id", "topic", "id"),
    index("at"),
)

# One row a tenant: the highest number that somebody marked as read.
message_marks = table("message_marks", whole("read_to"), key())
