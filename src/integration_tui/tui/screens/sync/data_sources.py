"""Where the long lists of the sync screen come from: changes, conflicts, and so on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from integration_tui.domain.errors import UsageError
from integration_tui.domain.ids import IntegrationId, RunId
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.conflict import Conflict
from integration_tui.domain.sync.mapping import Match
from integration_tui.domain.sync.plan import ChangeKind, Names, PlannedChange, Value
from integration_tui.domain.sync.quality import Quarantined
from integration_tui.domain.sync.run import Run
from integration_tui.tui.screens.sync.details import (
    change_content,
    conflict_content,
    quarantined_content,
    run_content,
    value_text,
)
from integration_tui.tui.screens.sync.matches import match_content, match_row
from integration_tui.tui.screens.sync.rows import NAMES, run_row
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, TableRow
from integration_tui.tui.widgets.table.paging import PAGE, Feed, PagedScreen, Pages

if TYPE_CHECKING:
    from integration_tui.tui.services import ConsoleServices

_START = ("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFilter:
    """Which changes of a plan; `None` means any."""

    kind: ChangeKind | None = None
    collection: Collection | None = None

    def __str__(self) -> str:
        return " ".join(change_kind for change_kind in (self.kind, self.collection) if change_kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSelection:
    """What a view is about. A plan that is made anew has another hash: it is another subject."""

    integration_id: IntegrationId
    run_id: RunId | None = None
    plan_hash: str = ""
    wanted: ChangeFilter = ChangeFilter()


def parse_change_filter(text: str) -> ChangeFilter:
    """Read words such as `deactivate users`. Raises `UsageError` for another word."""
    wanted = ChangeFilter()
    for word in text.lower().split():
        if word in set(ChangeKind):
            wanted = ChangeFilter(kind=ChangeKind(word), collection=wanted.collection)
        elif word in set(ROSTER):
            wanted = ChangeFilter(kind=wanted.kind, collection=Collection(word))
        else:
            raise UsageError(
                f"{word} is no kind of change and no collection",
                advice=f"kinds are {', '.join(ChangeKind)}; collections {', '.join(ROSTER)}",
            )
    return wanted


def _changes(services: ConsoleServices, subject: PlanSelection) -> Pages[PlannedChange]:
    wanted, run_id = subject.wanted, subject.run_id

    async def read(last: PlannedChange | None) -> Sequence[PlannedChange]:
        if run_id is None:
            return ()
        found: list[PlannedChange] = []
        of: Sequence[Collection] = [wanted.collection] if wanted.collection else list(ROSTER)
        for collection in of[of.index(last.collection) if last else 0 :]:
            is_last = last is not None and collection is last.collection
            found += await services.plans.changes(
                run_id,
                collection,
                kind=wanted.kind,
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


def _runs(services: ConsoleServices, subject: PlanSelection) -> Pages[Run]:
    async def read(last: Run | None) -> Sequence[Run]:
        return await services.sync.runs(
            integration_id=subject.integration_id, before=last.id if last else None, limit=PAGE
        )

    return Pages(Feed(read=read, row=run_row, details=run_content))


LISTS: Final[Mapping[str, Callable[[ConsoleServices, PlanSelection], PagedScreen]]] = {
    "changes": _changes,
    "conflicts": _conflicts,
    "matches": _matches,
    "quarantine": _quarantined,
    "runs": _runs,
}


def _change_row(change: PlannedChange) -> TableRow:
    return TableRow(
        key=f"{change.collection}/{change.external_id}",
        cells=(
            Cell(change.kind),
            Cell(NAMES[change.collection]),
            Cell(change.external_id),
            Cell(change.label or change.external_id),
            Cell(_outline(change), CellStyle.QUIET),
        ),
    )


def _outline(change: PlannedChange) -> str:
    """Return in one line what changes: new records tell what they are, others what differs."""
    if change.transfer or change.note:
        return change.transfer or change.note
    names = dict.fromkeys([*change.before, *change.after])
    return ", ".join(
        f"{name} {_arrow(change, name)}"
        for name in names
        if change.after.get(name) is not None or change.before.get(name) is not None
    )


def _arrow(change: PlannedChange, name: str) -> str:
    called = change.names.get(name, {})
    before, after = (_short(side.get(name), called) for side in (change.before, change.after))
    return f"{before} → {after}" if change.before else after


def _short(value: Value, names: Names) -> str:
    return names.get(value) or value_text(value)


def _conflict_row(one: Conflict) -> TableRow:
    return TableRow(
        key=f"{one.id}",
        cells=(
            Cell(NAMES[one.collection]),
            Cell(one.label or one.external_id),
            Cell(one.field),
            Cell(_short(one.base, one.names), CellStyle.QUIET),
            Cell(_short(one.ours, one.names)),
            Cell(_short(one.theirs, one.names), CellStyle.WEAK),
        ),
    )


def _quarantined_row(one: Quarantined) -> TableRow:
    return TableRow(
        key=f"{one.collection}/{one.external_id}",
        cells=(
            Cell(NAMES[one.collection]),
            Cell(one.external_id),
            Cell(f"{one.times:,}"),
            Cell(one.rule),
            Cell(one.reason),
            Cell(one.advice, CellStyle.QUIET),
        ),
    )
