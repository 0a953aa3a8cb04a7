"""A conflict: a field that a system and somebody else changed since their last agreement."""

from __future__ import annotations

from datetime import datetime

import msgspec

from integration_tui.domain.ids import IntegrationId, RecordId, RunId
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.merge import Side
from integration_tui.domain.sync.plan import Names, Value


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """One field of one record. `base` is what the system said before, `theirs` says now.

    `side` is what was decided; `None` while it is open. `names` are those of the records that
    the values lead to, where they lead to any.
    """

    id: int
    integration_id: IntegrationId
    collection: Collection
    record_id: RecordId
    external_id: str
    field: str
    base: Value
    ours: Value
    theirs: Value
    run_id: RunId
    raised_at: datetime
    label: str = ""
    side: Side | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    names: Names = msgspec.field(default_factory=dict[Value, str])
