"""The lines of the providers screen: what stands in them, made again only where it is other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from integration_tui.domain.integration import IntegrationStatus
from integration_tui.tui.screens.integrations.details import time_of_day
from integration_tui.tui.widgets.sparkline import sparkline
from integration_tui.tui.widgets.status_icon import status_cell, word_cell
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow, TableRows

if TYPE_CHECKING:
    from integration_tui.domain.ids import IntegrationId
    from integration_tui.domain.integration_overview import LastSync, Overview
    from integration_tui.tui.services import ConsoleServices

CHECKS: Final = 12
"""So many checks are in the line of latencies."""
COLUMNS: Final = (
    Column(title="Status", width=12),
    Column(title="Name", width=16),
    Column(title="Title", width=20, from_width=150),
    Column(title="Type", width=16, from_width=134),
    Column(title="Environment", width=11, from_width=172),
    Column(title="Latency", width=CHECKS, from_width=90),
    Column(title="ms", width=5, right=True),
    Column(title="Uptime", width=6, right=True, from_width=54),
    Column(title="Last sync", width=21, from_width=112),
    Column(title="Check/next", width=10, from_width=76),
    Column(title="Problem"),
)
_S = IntegrationStatus
_WORST_FIRST: Final = (_S.ERROR, _S.DEGRADED, _S.CONNECTING, _S.ACTIVE, _S.INACTIVE, _S.DISABLED)


@dataclass(frozen=True, slots=True)
class IntegrationRow:
    """All that one line shows."""

    overview: Overview
    latencies: tuple[float | None, ...] = ()
    sync: LastSync | None = None


class IntegrationRows:
    """Remembers what it has read; asks again only about integrations that were checked since."""

    def __init__(self) -> None:
        self._lines: dict[IntegrationId, IntegrationRow] = {}
        self._latencies: dict[IntegrationId, tuple[float | None, ...]] = {}
        self._syncs: Mapping[IntegrationId, LastSync] = {}

    def rows(self, overviews: Sequence[Overview]) -> TableRows:
        """Return the rows of these, each the same as long as nothing about it is other."""
        self._lines = {overview.integration.id: self._line(overview) for overview in overviews}
        lines = [*self._lines.values()]
        return TableRows(keys=[*self._lines], make=lambda place: _row(lines[place]), seeds=lines)

    async def read_latencies(
        self, services: ConsoleServices, overviews: Sequence[Overview]
    ) -> None:
        """Read what the newest checks took, of those that were checked since last time."""
        news = {overview.integration.id for overview in overviews if self._has_changed(overview)}
        if news:
            only = None if len(news) == len(overviews) else news
            self._latencies |= await services.integrations.latencies(CHECKS, only)

    async def read_syncs(self, services: ConsoleServices) -> None:
        """Read how all last syncs stand."""
        self._syncs = await services.integrations.last_syncs()

    def _has_changed(self, overview: Overview) -> bool:
        if overview.report is None:
            return False
        name = overview.integration.id
        known = self._lines.get(name)
        return (
            name not in self._latencies or known is None or known.overview.report != overview.report
        )

    def _line(self, overview: Overview) -> IntegrationRow:
        name = overview.integration.id
        line = IntegrationRow(overview, self._latencies.get(name, ()), self._syncs.get(name))
        known = self._lines.get(name)
        return line if known is None or known != line else known


def _row(line: IntegrationRow) -> TableRow:
    overview = line.overview
    integration, report = overview.integration, overview.report
    latency = report.latency_ms if report else None
    return TableRow(
        key=integration.id,
        cells=(
            replace(status_cell(integration.status), by=_WORST_FIRST.index(integration.status)),
            Cell(integration.id),
            Cell(integration.title),
            Cell(integration.provider),
            Cell(integration.environment),
            Cell(sparkline(line.latencies, CHECKS), CellStyle.QUIET),
            Cell("-") if latency is None else Cell(f"{latency:.0f}", by=latency),
            _uptime(overview),
            _last_sync(line.sync),
            _when(overview),
            _problem(overview),
        ),
    )


def _uptime(overview: Overview) -> Cell:
    share = overview.statistics.uptime if overview.statistics else None
    if share is None or not overview.is_checked:
        return Cell("-")
    return Cell("100%" if share == 1 else f"{share:.1%}", by=100 * share)


def _last_sync(sync: LastSync | None) -> Cell:
    if sync is None:
        return Cell("-", CellStyle.QUIET)
    cell = word_cell(sync.status)
    at = f"{sync.at.astimezone():%m-%d %H:%M}"
    return replace(cell, text=f"{at} {cell.text}", by=sync.at.timestamp())


def _when(overview: Overview) -> Cell:
    if at := overview.integration.next_attempt_at:
        return Cell(f"→{time_of_day(at)}", CellStyle.WEAK, at.timestamp())
    at = overview.report.checked_at if overview.report else None
    return Cell(time_of_day(at), by=at.timestamp() if at else None)


def _problem(overview: Overview) -> Cell:
    problem = overview.integration.problem
    if problem is not None:
        said = "; ".join(filter(None, (problem.message, overview.reason)))
        return Cell(said, CellStyle.BAD)
    if overview.reason:
        return Cell(overview.reason, CellStyle.WEAK)
    return Cell(overview.report.detail if overview.report else "", CellStyle.QUIET)
