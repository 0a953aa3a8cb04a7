"""The rows of the sync screen: integrations with their runs, progress, the plan, past runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.quantity import counted
from integration_tui.domain.roster import Collection
from integration_tui.domain.sync.actions import RunAction, available_actions
from integration_tui.domain.sync.plan import ChangeKind
from integration_tui.domain.sync.run import (
    CollectionProgress,
    Mode,
    Phase,
    Run,
    RunReport,
    RunStatus,
)
from integration_tui.tui.widgets.formats import moment
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow

NAMES = {
    Collection.ORGS: "Organizations",
    Collection.ACADEMIC_SESSIONS: "Sessions",
    Collection.COURSES: "Courses",
    Collection.CLASSES: "Classes",
    Collection.USERS: "People",
    Collection.ENROLLMENTS: "Enrollments",
    Collection.DEMOGRAPHICS: "Demographics",
}
ONE = {
    Collection.ORGS: "Organization",
    Collection.ACADEMIC_SESSIONS: "Session",
    Collection.COURSES: "Course",
    Collection.CLASSES: "Class",
    Collection.USERS: "Person",
    Collection.ENROLLMENTS: "Enrollment",
    Collection.DEMOGRAPHICS: "Demographics",
}
"""What one record of a collection is called."""
IN_COLUMN = Column(title="In", width=13, rank=1)

RUN_COLUMNS = (
    Column(title="Status", width=14),
    Column(title="Integration", width=17, middle=True),
    Column(title="Run", width=4, right=True, rank=2),
    Column(title="Began", width=9, rank=3),
    Column(title="Next step", least=14),
)
HISTORY_COLUMNS = (
    Column(title="Run", width=5, right=True),
    Column(title="Status", width=13),
    Column(title="Mode", width=13, rank=2),
    Column(title="Began", width=11, rank=1),
    Column(title="By", width=12, rank=3),
    Column(title="Problem", least=12),
)
MEANINGS = {
    ChangeKind.CREATE: "new",
    ChangeKind.LINK: "known from another system: ID added",
    ChangeKind.UPDATE: "changed in source",
    ChangeKind.RETURN: "back in source: reactivate",
    ChangeKind.RELINK: "ID changed in source; record kept",
    ChangeKind.ALIAS: "second ID of a known person",
    ChangeKind.DEACTIVATE: "missing from source: deactivate",
    ChangeKind.MISSING: "missing from source, still within the grace period",
    ChangeKind.REMOVE: "inactive past the retention time: remove",
    ChangeKind.REFRESH: "source text changed, value unchanged",
    ChangeKind.PROTECTED: "missing from source, but protected (staff, pinned or local)",
    ChangeKind.KEPT: "not listed, school or class not read: kept",
    ChangeKind.QUARANTINE: "refers to an unknown record: quarantined",
    ChangeKind.CONFLICT: "changed in source and locally: needs a decision",
}
SIGNS = {
    ChangeKind.CREATE: ("+", CellStyle.GOOD),
    ChangeKind.RETURN: ("+", CellStyle.GOOD),
    ChangeKind.LINK: ("~", CellStyle.DATA),
    ChangeKind.UPDATE: ("~", CellStyle.DATA),
    ChangeKind.RELINK: ("~", CellStyle.DATA),
    ChangeKind.DEACTIVATE: ("\N{MINUS SIGN}", CellStyle.BAD),
    ChangeKind.REMOVE: ("\N{MINUS SIGN}", CellStyle.BAD),
    ChangeKind.QUARANTINE: ("?", CellStyle.WEAK),
    ChangeKind.CONFLICT: ("▲", CellStyle.WEAK),
}
"""The others leave a record as it was."""
UNCHANGED = ("=", CellStyle.QUIET)


class RunState(NamedTuple):
    """How a run stands: by shape, by word and by tone."""

    glyph: str
    word: str
    tone: str
    rank: int
    """The lower, the more it needs somebody."""


_STATES = {
    RunStatus.HELD: RunState("▲", "Held", "bad", 0),
    RunStatus.FAILED: RunState("✗", "Failed", "bad", 1),
    RunStatus.PAUSED: RunState("○", "Paused", "warn", 2),
    RunStatus.PLANNED: RunState("◆", "Planned", "info", 3),
    RunStatus.RUNNING: RunState("◌", "Running", "info", 4),
    RunStatus.STALE: RunState("⊘", "Outdated", "warn", 5),
    RunStatus.APPLIED: RunState("✓", "Applied", "ok", 6),
    RunStatus.CANCELLED: RunState("⊘", "Canceled", "off", 6),
}
_INTERRUPTED = RunState("✗", "Interrupted", "bad", 1)
_APPROVED = RunState("✓", "Approved", "ok", 2)
_NEVER = RunState("·", "Never synced", "off", 7)
_NEEDING: Final = 2
"""Up to this rank, a run waits for a person."""
_CELLS = {
    "ok": CellStyle.GOOD,
    "info": CellStyle.DATA,
    "warn": CellStyle.WEAK,
    "bad": CellStyle.BAD,
    "off": CellStyle.QUIET,
}


class RunStatusView(msgspec.Struct, frozen=True, kw_only=True):
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
    def is_approved(self) -> bool:
        """Whether its held plan may be applied: held and approved never stand together."""
        return (
            self.report is not None
            and self.report.run.status is RunStatus.HELD
            and self.report.approved_until is not None
        )

    @property
    def needs_somebody(self) -> bool:
        """Whether nothing goes on with it before a person acts."""
        return self.run is not None and run_state(self).rank <= _NEEDING

    @property
    def is_open(self) -> bool:
        """Whether something can still be done with its run."""
        return self.run is not None and self.run.is_open

    @property
    def is_under_way(self) -> bool:
        """Whether a process works on it right now."""
        return (
            self.run is not None
            and self.run.status is RunStatus.RUNNING
            and not self.is_interrupted
        )

    @property
    def actions(self) -> frozenset[RunAction]:
        """What can be done with it as it stands."""
        found = available_actions(self.report, is_interrupted=self.is_interrupted)
        return found - {RunAction.PLAN} if self.obstacle else found


def run_state(run_status: RunStatusView) -> RunState:
    """Return how the run of an integration stands."""
    run = run_status.run
    if run is None:
        return _NEVER
    if run_status.is_approved:
        return _APPROVED
    return _INTERRUPTED if run_status.is_interrupted else _STATES[run.status]


def state_cell(state: RunState) -> Cell:
    """Return the glyph and word of a run's state."""
    return Cell(f"{state.glyph} {state.word}", _CELLS[state.tone], by=state.rank)


def state_of(run: Run) -> RunState:
    """Return how a past run ended."""
    return _STATES[run.status]


def next_step(run_status: RunStatusView) -> str:
    """Return what has to happen next; empty where nothing has to."""
    run = run_status.run
    if run is None:
        return f"Cannot sync: {run_status.obstacle}" if run_status.obstacle else "Plan"
    actions = run_status.actions
    if RunAction.RESUME in actions:
        return "Resume"
    if RunAction.APPLY in actions:
        return "Apply"
    if RunAction.APPROVE in actions:
        return "Approve"
    if run.status is RunStatus.RUNNING:
        return _DOING[run.phase]
    return "Plan again" if run.status is RunStatus.STALE else ""


def why_not(run_status: RunStatusView) -> str:
    """Return in one sentence how an integration stands, for a key that does nothing now."""
    name, run, waits = run_status.integration_id, run_status.run, next_step(run_status)
    if run_status.obstacle:
        return f"{name} cannot be synced: {run_status.obstacle}."
    if run is None:
        return f"{name} was never synced. p plans a first sync."
    state = run_state(run_status).word.lower()
    return f"Run {run.id} of {name} is {state}." + (f" Next step: {waits}." if waits else "")


_DOING = {Phase.PULL: "Reading", Phase.PLAN: "Planning", Phase.APPLY: "Applying"}


def sorted_runs(run_statuses: Sequence[RunStatusView]) -> list[RunStatusView]:
    """Return open runs first, those that need somebody at the top; then the newest."""

    def place(run_status: RunStatusView) -> tuple[int, float]:
        run = run_status.run
        began_s = run.started_at.timestamp() if run else 0.0
        return run_state(run_status).rank, -began_s

    return sorted(run_statuses, key=place)


def integration_row(run_status: RunStatusView, *, now: datetime) -> TableRow:
    """Return the row of an integration with its open or newest run."""
    run, state, step = run_status.run, run_state(run_status), next_step(run_status)
    share = _share(run_status.report)
    percent = f": {share:.0%}" if share is not None and step in _DOING.values() else ""
    problem = run.problem if run is not None and run.status is RunStatus.FAILED else ""
    tone = CellStyle.QUIET if state.rank > _STATES[RunStatus.RUNNING].rank else _CELLS[state.tone]
    return TableRow(
        key=run_status.integration_id,
        cells=(
            state_cell(state),
            Cell(run_status.integration_id),
            Cell(f"{run.id}" if run else "-", CellStyle.QUIET, by=run.id if run else -1),
            Cell(
                began(run.started_at, now) if run else "-",
                CellStyle.QUIET,
                by=run.started_at.timestamp() if run else 0,
            ),
            Cell(
                f"{step}{percent}{': ' if problem else ''}{problem}" or "-",
                tone if step else CellStyle.FAINT,
                brief=f"{step}{percent}" if problem else "",
            ),
        ),
    )


def began(at: datetime, now: datetime) -> str:
    """Return when a run began, without seconds."""
    shown = moment(at, now)
    return shown[:5] if shown.count(":") > 1 else shown


def _share(report: RunReport | None) -> float | None:
    """Return how far a run is, where all of it is known."""
    if report is None:
        return None
    if report.run.phase is Phase.APPLY:
        done = sum(listing.applied for listing in report.listings)
        whole = report.changes
    else:
        done = sum(listing.listed for listing in report.listings)
        known = [
            listing.expected if listing.expected is not None else listing.known
            for listing in report.listings
        ]
        whole = sum(known) if all(known) else 0
    return min(done / whole, 0.99) if whole else None


def run_row(run: Run, *, now: datetime) -> TableRow:
    """Return the row of a past run."""
    mode = {Mode.INCREMENTAL: "changes only"}.get(run.mode, run.mode.value)
    return TableRow(
        key=f"{run.id}",
        cells=(
            Cell(f"{run.id}"),
            state_cell(state_of(run)),
            Cell(f"undo of {run.undoes}" if run.undoes else mode),
            Cell(began(run.started_at, now), CellStyle.QUIET),
            Cell(run.started_by, CellStyle.QUIET),
            Cell(run.problem, CellStyle.BAD if run.status is RunStatus.FAILED else CellStyle.QUIET),
        ),
    )


def beside_records(listing: CollectionProgress) -> str:
    """Say how many of the rows that came are no records; empty where all are."""
    quarantined = f", {listing.quarantined:,} quarantined" if listing.quarantined else ""
    duplicates = f", {counted(listing.duplicates, 'duplicate')}" if listing.duplicates else ""
    skipped = f", {counted(listing.skipped, 'part')} skipped" if listing.skipped else ""
    return quarantined + duplicates + skipped
