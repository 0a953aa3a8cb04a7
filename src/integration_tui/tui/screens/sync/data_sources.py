"""Where the long lists of the sync screen come from: changes, conflicts, and so on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.domain.errors import UsageError
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.conflict import Conflict
from integration_tui.domain.sync.mapping import Match
from integration_tui.domain.sync.plan import ChangeKind, PlannedChange
from integration_tui.domain.sync.plan_tally import PEOPLE_FIRST
from integration_tui.domain.sync.quality import Quarantined
from integration_tui.domain.sync.run import CollectionProgress, Run
from integration_tui.tui.screens.sync.details import (
    change_content,
    conflict_content,
    field_label,
    field_value,
    quarantined_content,
    run_content,
)
from integration_tui.tui.screens.sync.matches import match_content, match_row
from integration_tui.tui.screens.sync.rows import ONE, SIGNS, UNCHANGED, run_row
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, TableRow
from integration_tui.tui.widgets.table.paging import PAGE, Feed, PagedScreen, Pages

if TYPE_CHECKING:
    from integration_tui.tui.services import ConsoleServices

_START = ("", "")
_K = ChangeKind


class ChangeFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which changes of a plan; `None` means any."""

    kind: ChangeKind | None = None
    collection: Collection | None = None

    def __str__(self) -> str:
        return " ".join(change_kind for change_kind in (self.kind, self.collection) if change_kind)


Group = tuple[Collection, ChangeKind]
"""Changes of one kind in one collection."""


class PlanSelection(msgspec.Struct, frozen=True, kw_only=True):
    """What a view is about. A plan that is made anew has another hash: it is another subject.

    `groups` are the changes that the plan has, in the order in which they are shown.
    """

    integration_id: IntegrationId
    run_id: RunId | None = None
    plan_hash: str = ""
    wanted: ChangeFilter = ChangeFilter()
    groups: tuple[Group, ...] = ()


_KINDS: Final = (
    (_K.UPDATE, _K.LINK, _K.RELINK, _K.CREATE, _K.RETURN, _K.DEACTIVATE, _K.REMOVE),
    (_K.QUARANTINE, _K.CONFLICT, _K.MISSING, _K.PROTECTED, _K.KEPT, _K.ALIAS, _K.REFRESH),
)
"""What changes the roster, and behind it what leaves it as it is."""


def change_groups(listings: Sequence[CollectionProgress]) -> tuple[Group, ...]:
    """Return which changes a plan has, people first."""
    by_collection = {listing.collection: listing for listing in listings}
    return tuple(
        (collection, kind)
        for kinds in _KINDS
        for collection in PEOPLE_FIRST
        for kind in kinds
        if collection in by_collection and by_collection[collection].count(kind)
    )


_WORDS: Final = {"people": "users", "organizations": "orgs", "sessions": "academic_sessions"}


def parse_change_filter(text: str) -> ChangeFilter:
    """Read words such as `deactivate users`. Raises `UsageError` for another word."""
    wanted = ChangeFilter()
    for word in text.lower().split():
        word = _WORDS.get(word, word)
        if word in set(ChangeKind):
            wanted = ChangeFilter(kind=ChangeKind(word), collection=wanted.collection)
        elif word in set(ROSTER):
            wanted = ChangeFilter(kind=wanted.kind, collection=Collection(word))
        else:
            raise UsageError(
                f'unknown word "{word}"',
                advice=f"kinds: {', '.join(ChangeKind)}; collections: {', '.join(ROSTER)}",
            )
    return wanted


def _changes(services: ConsoleServices, subject: PlanSelection) -> Pages[PlannedChange]:
    wanted, run_id = subject.wanted, subject.run_id
    groups = [
        (collection, kind)
        for collection, kind in subject.groups
        if wanted.collection in {None, collection} and wanted.kind in {None, kind}
    ]

    async def read(last: PlannedChange | None) -> Sequence[PlannedChange]:
        if run_id is None:
            return ()
        found: list[PlannedChange] = []
        reached = (last.collection, last.kind) if last else None
        for collection, kind in groups[groups.index(reached) if reached in groups else 0 :]:
            is_last = last is not None and reached == (collection, kind)
            found += await services.plans.changes(
                run_id,
                collection,
                kind=kind,
                after=last.external_id if last and is_last else "",
                limit=PAGE - len(found),
            )
            if len(found) >= PAGE:
                break
        return found

    return Pages(Feed(read=read, row=_change_row, details=change_content))


def _conflicts(services: ConsoleServices, subject: PlanSelection) -> Pages[Conflict]:
    async def read(last: Conflict | None) -> Sequence[Conflict]:
        after = last.id if last else 0
        return await services.conflicts.conflicts(subject.integration_id, after=after, limit=PAGE)

    return Pages(Feed(read=read, row=_conflict_row, details=conflict_content))


def _matches(services: ConsoleServices, subject: PlanSelection) -> Pages[Match]:
    async def read(last: Match | None) -> Sequence[Match]:
        return await services.mappings.matches(subject.integration_id, after=last, limit=PAGE)

    return Pages(Feed(read=read, row=match_row, details=match_content))


def _quarantined(services: ConsoleServices, subject: PlanSelection) -> Pages[Quarantined]:
    async def read(last: Quarantined | None) -> Sequence[Quarantined]:
        after = (last.collection.value, last.external_id) if last else _START
        return await services.plans.quarantined(subject.integration_id, after=after, limit=PAGE)

    return Pages(Feed(read=read, row=_quarantined_row, details=quarantined_content))


def _history(services: ConsoleServices, subject: PlanSelection) -> Pages[Run]:
    async def read(last: Run | None) -> Sequence[Run]:
        return await services.sync.runs(
            integration_id=subject.integration_id, before=last.id if last else None, limit=PAGE
        )

    def row(run: Run) -> TableRow:
        return run_row(run, now=services.clock())

    return Pages(Feed(read=read, row=row, details=run_content))


LISTS: Final[Mapping[str, Callable[[ConsoleServices, PlanSelection], PagedScreen]]] = {
    "changes": _changes,
    "conflicts": _conflicts,
    "matches": _matches,
    "quarantine": _quarantined,
    "history": _history,
}


def _change_row(change: PlannedChange) -> TableRow:
    sign, tone = SIGNS.get(change.kind, UNCHANGED)
    return TableRow(
        key=f"{change.collection}/{change.external_id}",
        cells=(
            Cell(sign, tone),
            Cell(change.label or change.external_id),
            Cell(change.role.capitalize() or ONE[change.collection], CellStyle.QUIET),
            Cell(_outline(change), CellStyle.QUIET),
        ),
    )


def _outline(change: PlannedChange) -> str:
    """Return in few words what changes."""
    if change.kind in _OUTLINES:
        return _OUTLINES[change.kind]
    if change.note:
        return change.note
    names = dict.fromkeys([*change.before, *change.after])
    return ", ".join(field_label(name).lower() for name in names) or change.kind.value


_OUTLINES: Final = {
    _K.CREATE: "new",
    _K.RETURN: "back in source",
    _K.DEACTIVATE: "missing from source",
    _K.MISSING: "missing, in grace",
    _K.REMOVE: "past retention",
    _K.REFRESH: "value unchanged",
}


def _conflict_row(conflict: Conflict) -> TableRow:
    return TableRow(
        key=f"{conflict.id}",
        cells=(
            Cell(ONE[conflict.collection]),
            Cell(conflict.label or conflict.external_id),
            Cell(field_label(conflict.field)),
            Cell(field_value(conflict.base, conflict.names), CellStyle.QUIET),
            Cell(field_value(conflict.ours, conflict.names)),
            Cell(field_value(conflict.theirs, conflict.names), CellStyle.WEAK),
        ),
    )


def _quarantined_row(quarantined: Quarantined) -> TableRow:
    return TableRow(
        key=f"{quarantined.collection}/{quarantined.external_id}",
        cells=(
            Cell(ONE[quarantined.collection]),
            Cell(quarantined.external_id),
            Cell(f"{quarantined.times:,}"),
            Cell(quarantined.rule),
            Cell(quarantined.reason),
            Cell(quarantined.advice, CellStyle.QUIET),
        ),
    )
