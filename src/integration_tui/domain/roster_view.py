"""Roster records as people look at them: in a list, and one with all that is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from integration_tui.domain.ids import IntegrationId, RecordId, RunId
from integration_tui.domain.paging import SyncStatus
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.conflict import Conflict
from integration_tui.domain.sync.mapping import ExternalMapping
from integration_tui.domain.sync.merge import SaidBy
from integration_tui.domain.sync.plan import PlannedChange, Value, Values


class RecordFilter(msgspec.Struct, frozen=True, kw_only=True):
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


class RecordLine(msgspec.Struct, frozen=True, kw_only=True):
    """A record in a list. `place` is what to give back to list behind it.

    People have their two names besides, so that a list can be read by family.
    """

    collection: Collection
    id: RecordId
    label: str
    status: str
    origin: str
    place: str
    details: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    """The few fields that tell records of this collection apart, as text."""
    is_pinned: bool = False
    has_conflict: bool = False
    family_name: str = ""
    given_name: str = ""


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """What a field names: another record, and what it is called."""

    collection: Collection
    id: RecordId
    label: str


class RecordEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to a record: by which run, when, and what it changed.

    What a person did has the name of the act in the audit log, and the reason.
    """

    at: datetime
    change: PlannedChange
    by: str
    action: str = ""
    reason: str = ""


class RecordView(msgspec.Struct, frozen=True, kw_only=True):
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


class RelatedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record beside another one: a class of a person, a student of a class.

    `role` is what the two are to each other; `about` tells records of one name apart.
    """

    collection: Collection
    id: RecordId
    label: str
    status: str = "active"
    kind: str = ""
    role: str = ""
    about: str = ""
    periods: tuple[str, ...] = ()


class RecordCard(msgspec.Struct, frozen=True, kw_only=True):
    """A record with what is beside it, as it is read at one glance.

    `related` are the first of `related_count` records: the classes of a person, the people of a
    class. `named` are the records that lists in its fields lead to, by field: the guardians of a
    person. `orgs` are the names of its organizations, by the IDs that its system has for them.
    `last_seen` is when each system that lists it was last synced. `counts` are the parts of an
    organization by what they are.
    """

    view: RecordView
    related: tuple[RelatedRecord, ...] = ()
    related_count: int = 0
    counts: Mapping[str, int] = msgspec.field(default_factory=dict[str, int])
    named: Mapping[str, tuple[RelatedRecord, ...]] = msgspec.field(
        default_factory=dict[str, tuple[RelatedRecord, ...]]
    )
    orgs: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    district: str = ""
    conflicts: tuple[Conflict, ...] = ()
    created_at: datetime | None = None
    last_seen: Mapping[IntegrationId, datetime] = msgspec.field(
        default_factory=dict[IntegrationId, datetime]
    )


class ManualEdit(msgspec.Struct, frozen=True, kw_only=True):
    """A field that a person changes by hand. `status` is a field, too."""

    collection: Collection
    id: RecordId
    field: str
    value: Value
    reason: str
