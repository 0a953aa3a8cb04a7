"""Words of the store's own that columns hold. Who reads them needs no table for it."""

from __future__ import annotations

from enum import StrEnum


class LogKind(StrEnum):
    """The two kinds of rows in `integration_status_logs`."""

    CHECK = "check"
    TRANSITION = "transition"


class CollectionState(StrEnum):
    """What is known of a collection: what was seen last, and what it is compared with."""

    SEEN = "seen"
    ACCEPTED = "accepted"
