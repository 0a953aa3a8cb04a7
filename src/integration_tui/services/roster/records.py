"""The roster as people look at it, and change it by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from integration_tui.domain.audit.log import Action, AuditEntry, AuditFilter, AuditRecord
from integration_tui.domain.ids import RecordId, RunId
from integration_tui.domain.roster_view import (
    ManualEdit,
    RecordCard,
    RecordEvent,
    RecordFilter,
    RecordLine,
    RecordView,
    Reference,
)
from integration_tui.domain.sync.manual_edit import apply_manual_edit
from integration_tui.domain.sync.plan import ChangeKind, PlannedChange, Values
from integration_tui.domain.value import replace
from integration_tui.services.authorization import require_admin
from integration_tui.services.roster.field_values import checked
from integration_tui.services.roster.labels import with_names
from integration_tui.services.roster.manual_edits import (
    EditRecord,
    edited,
    record,
    save_manual_edit,
)
from integration_tui.services.roster.record_card import read_card
from integration_tui.store.roster.fields import SHAPES
from integration_tui.store.roster.manual_edits import StoredManualEdit

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.clock import Clock
    from integration_tui.domain.roster import Collection
    from integration_tui.store.database import Database
    from integration_tui.store.repositories import Repositories
    from integration_tui.store.roster.records import Stored

_HISTORY: Final = 50
_NO_RUN: Final = RunId(0)


class RecordService:
    """The roster as people look at it, and change it by hand."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def browse(
        self, wanted: RecordFilter, *, after: str = "", limit: int = 100
    ) -> list[RecordLine]:
        """Return records by name, those behind the place `after`; enrollments by id.

        Raises `UsageError` where a filter does not fit the collection.
        """
        async with self._database.reading() as rows:
            return await rows.roster.browse(wanted, after=after, limit=limit)

    async def count(self, wanted: RecordFilter, *, at_most: int | None = None) -> int:
        """Return how many records a list has; counting ends with `at_most`."""
        async with self._database.reading() as rows:
            return await rows.roster.count(wanted, at_most=at_most)

    async def get(self, collection: Collection, record_id: RecordId) -> RecordView:
        """Return all that is known of a record. Raises `NotFoundError`."""
        async with self._database.reading() as rows:
            return await _view(rows, await rows.records.get(collection, record_id))

    async def card(self, collection: Collection, record_id: RecordId) -> RecordCard:
        """Return a record with what stands beside it. Raises `NotFoundError`."""
        async with self._database.reading() as rows:
            stored = await rows.records.get(collection, record_id)
            return await read_card(rows, stored, await _view(rows, stored))

    async def begin_export(self, what: str, *, actor: Actor, detail: str = "") -> None:
        """Record that records of people leave as data, before the first one does.

        `what` is a collection, a record or a list of them. Raises `NotAllowedError`.
        """
        require_admin(actor)
        act = AuditRecord(action=Action.EXPORT_ROSTER, actor=actor, object=what, detail=detail)
        async with self._database.transaction() as transaction:
            await transaction.audit.add([act], at=self._clock())

    async def edit(self, edit: ManualEdit, *, actor: Actor) -> None:
        """Change a field by hand. No system is taken to have changed its mind by it.

        Raises `NotFoundError` where there is no such record or field, `UsageError` where the
        value does not fit.
        """
        require_admin(actor)
        value = checked(edit.collection, edit.field, edit.value)
        async with self._database.transaction() as transaction:
            stored = await transaction.records.get(edit.collection, edit.id)
            before = stored.values[edit.field]
            if value == before:
                return
            now = self._clock()
            held = apply_manual_edit(stored.local_record, edit.field, value, now=now)
            await save_manual_edit(transaction, stored, held, by=actor.name, now=now)
            act = AuditRecord(
                action=Action.EDIT_RECORD,
                actor=actor,
                object=stored.name,
                detail=edit.reason,
            )
            deed = edited(act, {edit.field: before}, {edit.field: value})
            await record(transaction, [deed], stored.knowers, at=now)

    async def pin(
        self, collection: Collection, record_id: RecordId, *, pinned: bool, actor: Actor
    ) -> None:
        """Have no sync deactivate a record, or allow it again."""
        require_admin(actor)
        async with self._database.transaction() as transaction:
            stored = await transaction.records.get(collection, record_id)
            if stored.is_pinned == pinned:
                return
            await transaction.records.pin(stored, pinned=pinned)
            act = AuditRecord(
                action=Action.PIN_RECORD,
                actor=actor,
                object=stored.name,
                before={"pinned": f"{stored.is_pinned}"},
                after={"pinned": f"{pinned}"},
            )
            await record(transaction, [EditRecord(act=act)], stored.knowers, at=self._clock())


async def _view(rows: Repositories, stored: Stored) -> RecordView:
    line = await rows.roster.line(stored.collection, stored.id)
    assert line is not None  # noqa: S101 - the same moment of the store
    return RecordView(
        line=line,
        fields=stored.values,
        references=await _references(rows, stored),
        said=stored.base_values,
        mappings=tuple(await rows.mappings.of(stored.collection, stored.id)),
        history=await _history(rows, stored),
        created_run=stored.created_run,
        sync_status=stored.sync_status,
        last_sync_at=stored.last_sync_at,
    )


async def _references(rows: Repositories, stored: Stored) -> Mapping[str, Reference]:
    found: dict[str, Reference] = {}
    for field in SHAPES[stored.collection].references:
        named = stored.values[field.name]
        if field.to is None or not isinstance(named, int):
            continue
        id_ = RecordId(named)
        labels = await rows.roster.labels(field.to, [id_])
        found[field.name] = Reference(collection=field.to, id=id_, label=labels.get(id_, ""))
    return found


async def _history(rows: Repositories, stored: Stored) -> tuple[RecordEvent, ...]:
    """Return what runs and people did to a record, newest first."""
    runs = await rows.records.history(stored.collection, stored.id, limit=_HISTORY)
    acts = await rows.audit.page(AuditFilter(object=stored.name), limit=_HISTORY)
    edits = await rows.manual_edits.of(stored.name)
    by_hand = (_by_hand(stored, entry, edits.get(entry.seq)) for entry in acts)
    events = sorted([*runs, *by_hand], key=_when, reverse=True)
    changes = await with_names(rows, [event.change for event in events[:_HISTORY]])
    return tuple(replace(one, change=told) for one, told in zip(events, changes, strict=False))


def _when(event: RecordEvent) -> datetime:
    return event.at


def _by_hand(stored: Stored, entry: AuditEntry, edit: StoredManualEdit | None) -> RecordEvent:
    """Return what a person did, with the values where they are still kept.

    Entries from before have them themselves.
    """
    act = entry.act
    told = StoredManualEdit(
        before=_as_stored(stored, act.before), after=_as_stored(stored, act.after)
    )
    values = edit or (told if act.before else StoredManualEdit())
    fields = "" if values.after else ", ".join(f"{name} {how}" for name, how in act.after.items())
    change = PlannedChange(
        run_id=_NO_RUN,
        collection=stored.collection,
        external_id="",
        kind=ChangeKind.UPDATE,
        record_id=stored.id,
        before=values.before,
        after=values.after,
        note=": ".join(filter(None, (act.action.value, fields, act.detail))),
    )
    return RecordEvent(
        at=entry.at,
        change=change,
        by=act.actor.name,
        action=act.action.value,
        reason=act.detail,
    )


def _as_stored(stored: Stored, told: Mapping[str, str]) -> Values:
    """Return what an entry tells of fields: where these lead to records, by their ids."""
    leads = {reference.name for reference in SHAPES[stored.collection].references}
    return {
        name: int(text) if name in leads and text.isdecimal() else text
        for name, text in told.items()
    }
