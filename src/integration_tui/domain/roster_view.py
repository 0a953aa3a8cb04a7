"""Roster records as people look at them: in a list, and one with all that is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from integration_tui.domain.ids import RecordId, RunId
from integration_tui.domain.paging import SyncStatus
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.mapping import ExternalMapping
from integration_tui.domain.sync.merge import SaidBy
from integration_tui.domain.sync.plan import PlannedChange, Value, Values


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFilter:
    """Which records; `None` and empty mean any. Ids are ours.

    `search` is the beginning of a name, an e-mail address or an identifier.
    """

    collection: Collection
    search: str = ""
    status: str | None = None
    org: RecordId | None = None
    class_id: RecordId | None = None
    user_id: RecordId | None = None
    has_conflict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLine:
    """A record in a list. `place` is what to give back to list behind it."""

    collection: Collection
    id: RecordId
    label: str
    status: str
    origin: str
    place: str
    details: Mapping[str, str] = field(default_factory=dict[str, str])
    """The few fields that tell records of this collection apart, as text."""
    is_pinned: bool = False
    has_conflict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What a field names: another record, and what it is called."""

    collection: Collection
    id: RecordId
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEvent:
    """One thing that happened to a record: by which run, when, and what it changed."""

    at: datetime
    change: PlannedChange
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """All that is known of one record.

    `said` are the fields that a system tells otherwise. `history` is newest first; `created_run`
    brought it, and `last_sync_at` is when a run changed it last. `mappings` are its ids in every
    system that knows it.
    """

    line: RecordLine
    fields: Values
    references: Mapping[str, Reference]
    said: SaidBy
    mappings: tuple[ExternalMapping, ...]
    history: tuple[RecordEvent, ...] = ()
    created_run: RunId | None = None
    sync_status: SyncStatus = SyncStatus.SYNCED
    last_sync_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualEdit:
    """A field that a person changes by hand. `status` is a field, too."""

    collection: Collection
    id: RecordId
    field: str
    value: Value
    reason: str
