"""The rows of the sync screen: integrations with their runs, progress, the plan, past runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.quantity import counted
from integration_tui.domain.roster import ROSTER, Collection
from integration_tui.domain.sync.actions import RunAction, available_actions
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import CollectionProgress, Phase, Run, RunReport, RunStatus
from integration_tui.tui.screens.integrations.details import moment
from integration_tui.tui.screens.sync.progress import CollectionThroughput
from integration_tui.tui.widgets.status_icon import status_cell
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow

NAMES = {
    Collection.ORGS: "Orgs",
    Collection.ACADEMIC_SESSIONS: "Sessions",
    Collection.COURSES: "Courses",
    Collection.CLASSES: "Classes",
    Collection.USERS: "People",
    Collection.ENROLLMENTS: "Enrolled",
    Collection.DEMOGRAPHICS: "Demogr.",
}
_BAR = 12
_LONGEST_S = 999 * 86_400.0

RUN_COLUMNS = (
    Column(title="Run", width=5, right=True),
    Column(title="Status", width=13),
    Column(title="Mode", width=11),
    Column(title="Started", width=19),
    Column(title="By", width=12, from_width=72),
    Column(title="Plan", width=12, from_width=110),
    Column(title="Problem"),
)
INTEGRATION_COLUMNS = (
    Column(title="Status", width=13),
    Column(title="Name", width=16),
    Column(title="Run", width=4, right=True),
    Column(title="Mode", width=11, from_width=120),
    Column(title="Started", width=19, from_width=100),
    Column(title="Records", width=9, right=True, from_width=76),
    Column(title="Changes", width=9, right=True, from_width=66),
    Column(title="Waits for"),
)
PROGRESS_COLUMNS = (
    Column(title="Collection", width=10),
    Column(title="", width=_BAR, from_width=60),
    Column(title="Done", width=9, right=True),
    Column(title="Of", width=9, right=True),
    Column(title="a s", width=7, right=True),
    Column(title="Left", width=6, right=True),
    Column(title="Listing"),
)
PLAN_COLUMNS = (
    Column(title="Plan", width=11),
    *(Column(title=NAMES[collection], width=9, right=True) for collection in ROSTER),
    Column(title="All", width=10, right=True, from_width=96),
    Column(title="", from_width=110),
)
MEANINGS = {
    ChangeKind.CREATE: "are new",
    ChangeKind.LINK: "are known from another system: their id is noted",
    ChangeKind.UPDATE: "say something else than before",
    ChangeKind.RETURN: "were gone, and are listed again",
    ChangeKind.RELINK: "have another id, and keep their record",
    ChangeKind.ALIAS: "are further ids of people who are known",
    ChangeKind.DEACTIVATE: "are gone: deactivated",
    ChangeKind.MISSING: "are not listed; deactivated only after their grace",
    ChangeKind.REMOVE: "have been inactive for long: removed",
    ChangeKind.REFRESH: "read differently, and nothing we hold changes",
    ChangeKind.PROTECTED: "would be deactivated, but are staff, pinned or local",
    ChangeKind.KEPT: "are not listed, and that proves nothing",
    ChangeKind.QUARANTINE: "of the quarantined name what nobody knows: held back",
    ChangeKind.CONFLICT: "changed on both sides: somebody has to decide",
}
_TONES = {
    ChangeKind.CREATE: CellStyle.GOOD,
    ChangeKind.DEACTIVATE: CellStyle.BAD,
    ChangeKind.REMOVE: CellStyle.BAD,
    ChangeKind.MISSING: CellStyle.WEAK,
    ChangeKind.QUARANTINE: CellStyle.WEAK,
    ChangeKind.CONFLICT: CellStyle.WEAK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatusView:
    """One integration with its open or newest run. `is_interrupted`: nobody works on it.

    `obstacle` says why it cannot be synced at all.
    """

    integration_id: IntegrationId
    report: RunReport | None = None
    is_interrupted: bool = False
    obstacle: str = ""

    @property
    def run(self) -> Run | None:
        return self.report.run if self.report else None

    @property
    def actions(self) -> frozenset[RunAction]:
        """What can be done with it as it stands."""
        found = available_actions(self.report, is_interrupted=self.is_interrupted)
        return found - {RunAction.PLAN} if self.obstacle else found


def status_of(run: Run, *, is_interrupted: bool = False) -> Cell:
    """Return the glyph and word of a run's status."""
    return status_cell("interrupted" if is_interrupted else run.status)


def next_step(run_status: RunStatusView) -> str:
    """Say what has to happen next; empty where nothing has to."""
    run = run_status.run
    if run is None:
        return f"nothing: {run_status.obstacle}" if run_status.obstacle else "a first plan"
    actions = run_status.actions
    if RunAction.RESUME in actions:
        return "resume: nobody works on it" if run_status.is_interrupted else "resume"
    if RunAction.APPLY in actions:
        return "apply: it is approved" if run.status is RunStatus.HELD else "apply"
    if RunAction.APPROVE in actions:
        return "approval"
    if run.status is RunStatus.RUNNING:
        return f"nothing: {_DOING[run.phase]}"
    return "a new plan" if run.status is RunStatus.STALE else ""


def status_sentence(run_status: RunStatusView) -> str:
    """Say how an integration stands, behind its name."""
    if waits := next_step(run_status):
        return f"waits for {waits}"
    return (
        f"has nothing to do: run {run_status.run.id} is {run_status.run.status}"
        if run_status.run
        else ""
    )


_DOING = {Phase.PULL: "it is read", Phase.PLAN: "it is planned", Phase.APPLY: "it is applied"}


def integration_row(run_status: RunStatusView) -> TableRow:
    """Return the row of an integration."""
    report, name = run_status.report, run_status.integration_id
    if report is None:
        cells = [status_cell("never"), Cell(name), *[Cell("")] * 5, Cell(next_step(run_status))]
        return TableRow(key=name, cells=tuple(cells))
    run = report.run
    told = run.problem if run.status is RunStatus.FAILED else ""
    waiting = f"{next_step(run_status)}{': ' if told else ''}{told}"
    return TableRow(
        key=name,
        cells=(
            status_of(run, is_interrupted=run_status.is_interrupted),
            Cell(name),
            Cell(f"{run.id}"),
            Cell(run.mode),
            Cell(moment(run.started_at)),
            Cell(f"{sum(listing.records for listing in report.listings):,}"),
            Cell(f"{report.changes:,}"),
            Cell(waiting, CellStyle.BAD if run.status is RunStatus.FAILED else CellStyle.PLAIN),
        ),
    )


def run_row(run: Run) -> TableRow:
    """Return the row of a past run."""
    return TableRow(
        key=f"{run.id}",
        cells=(
            Cell(f"{run.id}"),
            status_of(run),
            Cell(f"{run.mode} {run.undoes}" if run.undoes else run.mode),
            Cell(moment(run.started_at)),
            Cell(run.started_by),
            Cell(run.plan_hash[:12]),
            Cell(run.problem, CellStyle.BAD if run.status is RunStatus.FAILED else CellStyle.QUIET),
        ),
    )


def progress_rows(
    steps: Sequence[CollectionThroughput], listings: Sequence[CollectionProgress]
) -> list[TableRow]:
    """Return how far each collection has come."""
    told = {listing.collection: listing for listing in listings}
    return [_progress_row(step, told[step.collection]) for step in steps]


def _progress_row(one: CollectionThroughput, listing: CollectionProgress) -> TableRow:
    return TableRow(
        key=one.collection,
        cells=(
            Cell(NAMES[one.collection]),
            Cell(bar(one.share), CellStyle.GOOD if one.is_over else CellStyle.WEAK),
            Cell(f"{one.done:,}"),
            Cell("?" if one.whole is None else f"{one.whole:,}"),
            Cell("" if one.rate is None else f"{one.rate:,.0f}"),
            Cell(duration(one.left_s)),
            _listing_cell(listing),
        ),
    )


def _listing_cell(listing: CollectionProgress) -> Cell:
    beside = beside_records(listing)
    if not listing.is_over:
        return Cell(f"page {listing.pages:,}{beside}", CellStyle.QUIET)
    if listing.complete:
        return Cell(
            f"✓ complete{beside}", CellStyle.WEAK if listing.quarantined else CellStyle.GOOD
        )
    return Cell(f"▲ not complete{beside}: {listing.reason}", CellStyle.WEAK)


def beside_records(listing: CollectionProgress) -> str:
    """Say how many of the rows that came are no records; empty where all are."""
    quarantined = f", {listing.quarantined:,} quarantined" if listing.quarantined else ""
    duplicates = f", {counted(listing.duplicates, 'duplicate')}" if listing.duplicates else ""
    return quarantined + duplicates


def bar(share: float | None, *, width: int = _BAR) -> str:
    """Return a bar of `width` cells; dots where the whole is not known."""
    if share is None:
        return "·" * width
    full = int(share * width)
    return "█" * full + "░" * (width - full)


def duration(seconds: float | None) -> str:
    """Return a stretch of time in as few cells as it takes."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(min(seconds, _LONGEST_S)), 60)
    if minutes >= 100 * 60:
        return f"{minutes // (24 * 60)}d"
    if minutes >= 60:
        return f"{minutes // 60}h{minutes % 60:02}"
    return f"{minutes}m{rest:02}" if minutes else f"{rest}s"


def plan_rows(listings: Sequence[CollectionProgress]) -> list[TableRow]:
    """Return the counts of a plan, a line for each kind of change that it has."""
    by_collection = {listing.collection: listing for listing in listings}
    rows = [
        _counts("records", [listing.records for listing in listings], by_collection, "were read"),
        _counts(
            "quarantined",
            [listing.quarantined for listing in listings],
            by_collection,
            "cannot be taken as they are, and are kept out",
            CellStyle.WEAK,
        ),
        _counts(
            "duplicates",
            [listing.duplicates for listing in listings],
            by_collection,
            "came again under an id that is listed already",
            CellStyle.WEAK,
        ),
        _counts(
            "unchanged", [listing.same for listing in listings], by_collection, "are unchanged"
        ),
    ]
    for kind in ChangeKind:
        counts = [listing.count(kind) for listing in listings]
        if any(counts):
            tone = _TONES.get(kind, CellStyle.PLAIN)
            rows.append(_counts(kind, counts, by_collection, MEANINGS[kind], tone))
    return rows


def _counts(
    key: str,
    counts: Sequence[int],
    listings: dict[Collection, CollectionProgress],
    meaning: str,
    tone: CellStyle = CellStyle.PLAIN,
) -> TableRow:
    by_collection = dict(zip(listings, counts, strict=True))
    return TableRow(
        key=key,
        cells=(
            Cell(key, tone),
            *(_count(by_collection.get(collection), tone) for collection in ROSTER),
            Cell(f"{sum(counts):,}", tone),
            Cell(meaning, CellStyle.QUIET),
        ),
    )


def _count(count: int | None, tone: CellStyle) -> Cell:
    if count is None:
        return Cell("-", CellStyle.QUIET)
    return Cell(f"{count:,}", tone) if count else Cell("·", CellStyle.QUIET)
