"""A plan: what a sync would change, before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from integration_tui.domain.ids import IntegrationId, RecordId, RunId
from integration_tui.domain.roster import Collection

Value = str | int | None
"""A field as it is stored: text, a number, lists as JSON, flags as 0 and 1, days as ISO text."""
Values = Mapping[str, Value]
Names = Mapping[Value, str]
"""What records are called, by the id that a field holds."""


class ChangeKind(StrEnum):
    """What is to happen with one record, or why nothing is."""

    CREATE = "create"
    LINK = "link"
    """Another system knows the same record: its id is noted, and what it may decide is taken."""
    UPDATE = "update"
    RETURN = "return"
    """Was gone, and is listed again: the same record, with its old id."""
    RELINK = "relink"
    """The system gave it another id."""
    ALIAS = "alias"
    """Another id of a person whom the system knows by a first one: one record for both."""
    DEACTIVATE = "deactivate"
    MISSING = "missing"
    """Is not listed any more; deactivated only after its grace."""
    REMOVE = "remove"
    """Has been inactive for long."""
    REFRESH = "refresh"
    """Reads differently, but nothing that we hold changes."""
    PROTECTED = "protected"
    """Would be deactivated, but is staff, pinned or local."""
    KEPT = "kept"
    """Is not listed, but that proves nothing: what it belongs to was not listed or read either."""
    QUARANTINE = "quarantine"
    """Cannot be taken as it is."""
    CONFLICT = "conflict"
    """Changed on both sides; somebody has to decide."""

    @classmethod
    def effective(cls) -> tuple[ChangeKind, ...]:
        """Return the kinds that change rows of the roster."""
        return (*cls.upserts(), cls.DEACTIVATE, cls.REMOVE)

    @classmethod
    def upserts(cls) -> tuple[ChangeKind, ...]:
        return (cls.CREATE, cls.LINK, cls.UPDATE, cls.RETURN, cls.RELINK)

    @classmethod
    def losses(cls) -> tuple[ChangeKind, ...]:
        """Return what the guard may forbid: whatever follows from somebody being gone."""
        return (cls.DEACTIVATE, cls.MISSING, cls.REMOVE)


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """Why a plan waits for a person. `is_loss`: only about those who would be deactivated.

    `brief` says the same in fewer words, where the plan's counts stand beside it.
    """

    sentence: str
    is_loss: bool = True
    brief: str = ""

    @property
    def short(self) -> str:
        """Return the hold in as few words as there are."""
        return self.brief or self.sentence


class PlannedChange(msgspec.Struct, frozen=True, kw_only=True):
    """One record of a plan. `before` and `after` hold the fields that change.

    `record_id` is ours; `None` where there is none yet. `label` is what people call it. `names`
    are those of the records that its fields lead to, by field. `transfer` says from which school
    to which one somebody goes, `role` as what a person is counted.
    """

    run_id: RunId
    collection: Collection
    external_id: str
    kind: ChangeKind
    record_id: RecordId | None = None
    label: str = ""
    before: Values = msgspec.field(default_factory=dict[str, Value])
    after: Values = msgspec.field(default_factory=dict[str, Value])
    note: str = ""
    transfer: str = ""
    role: str = ""
    names: Mapping[str, Names] = msgspec.field(default_factory=dict[str, Names])


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """A person's word that a plan of just this hash may be applied.

    `losses` is the number of deactivations that was typed; `until` is when it runs out.
    """

    run_id: RunId
    integration_id: IntegrationId
    plan_hash: str
    losses: int
    reason: str
    by: str
