"""The rows of the integrations: what stands in them, made again only where it is other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.domain.integration import IntegrationStatus
from integration_tui.domain.time_words import latency_words, short_time
from integration_tui.domain.value import replace
from integration_tui.tui.widgets.formats import share
from integration_tui.tui.widgets.status_icon import status_cell, word_cell
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow, TableRows

if TYPE_CHECKING:
    from integration_tui.domain.health.day import HealthDay
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.domain.integration_overview import LastSync, Overview
    from integration_tui.domain.problem_sentence import ProblemSentence, StoreProblems
    from integration_tui.tui.services import ConsoleServices

SPARK: Final = 12
"""Cells of the line of a day's p95."""
_ROOMY: Final = 140
_NARROW: Final = 96
"""Cells of table below which a state is its sign alone."""
_REASON: Final = (20, 36)
"""Cells that the reason has, at least and at most, before other columns have theirs."""
_NAME: Final = (8, 18, 28)
"""Cells of the name: at least, at most, and at most where there is much room."""
_S = IntegrationStatus
_WORST_FIRST: Final = (_S.ERROR, _S.DEGRADED, _S.CONNECTING, _S.ACTIVE, _S.INACTIVE, _S.DISABLED)
_AFTER: Final = 50
"""Problems are ranked below this number; what has none comes behind them."""
_IDLE: Final = 100


def columns(width: int, *, name: int = 18, reason: int = 36) -> tuple[Column, ...]:
    """Return the columns of a table of so many cells, for names and reasons of these lengths.

    More room shows finer strips and more figures, and never a shorter reason.
    """
    from integration_tui.tui.widgets.uptime_strip import cells_for

    is_narrow = width < _NARROW
    shortest, usual, longest = _NAME
    name = max(shortest, min(name, longest if width >= _ROOMY else usual))
    return (
        Column(title="Status", width=1 if is_narrow else 12),
        Column(title="Name", width=name, middle=True),
        Column(title="Type", width=16, rank=6),
        Column(title="24 h", width=cells_for(width)),
        Column(title="Uptime", width=7, right=True, rank=4),
        Column(title="p95, 24 h", width=SPARK, rank=3),
        Column(title="Now", width=6, right=True, rank=2),
        Column(title="Max", width=6, right=True, rank=7),
        Column(title="Last sync", width=20, rank=8),
        Column(title="Next sync", width=9, right=True, rank=5),
        Column(title="Reason", least=max(_REASON[0], min(reason, _REASON[1]))),
    )


class IntegrationRow(msgspec.Struct, frozen=True):
    """All that one row shows."""

    overview: Overview
    problem: ProblemSentence | None = None
    day: HealthDay | None = None
    sync: LastSync | None = None
    next_sync: datetime | None = None


class IntegrationRows(msgspec.Struct):
    """Remembers what was read last; what has not changed is not made again."""

    now: datetime | None = None
    cells: int = 0
    """Of a strip."""
    _rows: dict[IntegrationId, IntegrationRow] = msgspec.field(
        default_factory=dict["IntegrationId", IntegrationRow]
    )
    _days: Mapping[IntegrationId, HealthDay] = msgspec.field(
        default_factory=dict["IntegrationId", "HealthDay"]
    )
    _syncs: Mapping[IntegrationId, LastSync] = msgspec.field(
        default_factory=dict["IntegrationId", "LastSync"]
    )
    _next: Mapping[IntegrationId, datetime] = msgspec.field(
        default_factory=dict["IntegrationId", datetime]
    )
    problems: StoreProblems | None = None

    async def read(self, services: ConsoleServices, overviews: Sequence[Overview]) -> None:
        """Read what an overview does not hold."""
        self.now = services.clock()
        self._days = await services.health.days()
        self.problems = await services.problems.read(overviews)

    async def read_syncs(self, services: ConsoleServices) -> None:
        """Read how all last syncs stand, and when the next ones are due."""
        self._syncs = await services.integrations.last_syncs()
        self._next = await services.integrations.next_syncs()

    def rows(self, overviews: Sequence[Overview], cells: int) -> TableRows:
        """Return the rows of these, each the same as long as nothing about it is other."""
        if cells != self.cells:
            self._rows, self.cells = {}, cells
        self._rows = {overview.integration.id: self._row(overview) for overview in overviews}
        rows = [*self._rows.values()]
        return TableRows(keys=[*self._rows], make=lambda place: self._made(rows[place]), seeds=rows)

    @property
    def lengths(self) -> tuple[int, int]:
        """How long the longest name is, and the longest reason as the list shows it."""
        reasons = (
            row.problem.brief if row.problem else row.overview.reason for row in self._rows.values()
        )
        return max(map(len, self._rows), default=0), max(map(len, reasons), default=0)

    def row_of(self, integration_id: IntegrationId | None) -> IntegrationRow | None:
        """Return what is known of one integration."""
        return None if integration_id is None else self._rows.get(integration_id)

    def _row(self, overview: Overview) -> IntegrationRow:
        name = overview.integration.id
        row = IntegrationRow(
            overview,
            self.problems.of(name) if self.problems else None,
            self._days.get(name),
            self._syncs.get(name),
            self._next.get(name),
        )
        known = self._rows.get(name)
        return row if known is None or known != row else known

    def _made(self, row: IntegrationRow) -> TableRow:
        integration = row.overview.integration
        return TableRow(
            key=integration.id,
            cells=(
                _status(row),
                Cell(integration.id, CellStyle.STRONG),
                Cell(integration.provider, CellStyle.QUIET),
                _strip(row.day, self.cells),
                _uptime(row),
                _sparkline(row.day),
                _latency(row.day.p95_now_ms if row.day else None, CellStyle.PLAIN),
                _latency(row.day.p95_max_ms if row.day else None, CellStyle.QUIET),
                self._last_sync(row.sync),
                self._next_sync(row),
                self._reason(row),
            ),
        )

    def _last_sync(self, sync: LastSync | None) -> Cell:
        if sync is None:
            return Cell("-", CellStyle.QUIET)
        cell = word_cell(sync.status)
        at = short_time(sync.at, self.now or sync.at)
        return replace(cell, text=f"{at} {cell.text}", by=sync.at.timestamp())

    def _next_sync(self, row: IntegrationRow) -> Cell:
        if row.sync is not None and row.sync.status == "held":
            return Cell("held", CellStyle.BAD)
        if row.next_sync is None:
            return Cell("-", CellStyle.QUIET)
        at = short_time(row.next_sync, self.now or row.next_sync)
        return Cell(at, by=row.next_sync.timestamp())

    def _reason(self, row: IntegrationRow) -> Cell:
        problem = row.problem
        if problem is None:
            return Cell(row.overview.reason, CellStyle.WEAK)
        tone = CellStyle.BAD if problem.is_bad else CellStyle.WEAK
        tone = CellStyle.QUIET if problem.is_idle else tone
        return Cell(problem.brief, tone, by=float(problem.kind))


def _status(row: IntegrationRow) -> Cell:
    """Return the state; sorted by it, what has a problem comes first, the worst on top."""
    status = row.overview.integration.status
    cell = status_cell(status)
    rank = float(_AFTER + _WORST_FIRST.index(status))
    if row.problem is not None:
        rank = float(row.problem.kind) + (_IDLE if row.problem.is_idle else 0)
    return replace(cell, by=rank, brief=cell.text[:1])


def _strip(day: HealthDay | None, cells: int) -> Cell:
    if day is None:
        return Cell("·" * cells, CellStyle.FAINT)
    from integration_tui.tui.widgets.uptime_strip import strip_parts

    parts = strip_parts(day.states, cells)
    return Cell("".join(text for text, _ in parts), parts=parts)


def _sparkline(day: HealthDay | None) -> Cell:
    if day is None:
        return Cell("")
    from integration_tui.tui.widgets.sparkline import sparkline_parts

    parts = sparkline_parts(day.p95s_ms, SPARK)
    return Cell("".join(text for text, _ in parts), parts=parts)


def _latency(value_ms: float | None, tone: CellStyle) -> Cell:
    return Cell(latency_words(value_ms), tone, by=value_ms)


def _uptime(row: IntegrationRow) -> Cell:
    uptime = row.day.uptime if row.day else None
    if uptime is None or not row.overview.is_checked:
        return Cell("-", CellStyle.QUIET)
    tone = CellStyle.QUIET if uptime == 1 else CellStyle.WEAK
    return Cell(share(uptime, decimals=2), tone, by=100 * uptime)
