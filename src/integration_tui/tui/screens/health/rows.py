"""The rows of the health screen: how an integration stands, and its figures over a window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from integration_tui.domain.health.status import HealthStatistics, percentage
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus
from integration_tui.tui.screens.integrations.details import moment
from integration_tui.tui.widgets.status_icon import status_cell
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow, TableRows

if TYPE_CHECKING:
    from integration_tui.domain.integration_overview import Overview

COLUMNS = (
    Column(title="Status", width=12),
    Column(title="Name"),
    Column(title="Since", width=19, from_width=110),
    Column(title="Uptime", width=7, right=True),
    Column(title="p50", width=6, right=True, from_width=56),
    Column(title="p95", width=6, right=True),
    Column(title="p99", width=6, right=True, from_width=70),
    Column(title="Checks", width=7, right=True, from_width=100),
    Column(title="Failed", width=6, right=True, from_width=62),
    Column(title="Reconn", width=6, right=True, from_width=78),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRow:
    """What one row is made of; `stood` is how it was then, where that is not now."""

    overview: Overview
    figures: HealthStatistics | None
    stood: IntegrationStatus | None
    is_live: bool


@dataclass(slots=True)
class HealthStatusView:
    """What the rows are made of. What has not changed stays the same object: it is not remade."""

    figures: Mapping[IntegrationId, HealthStatistics] = field(
        default_factory=dict[IntegrationId, HealthStatistics]
    )
    stood: Mapping[IntegrationId, IntegrationStatus] | None = None
    _kept: dict[IntegrationId, StatusRow] = field(default_factory=dict[IntegrationId, StatusRow])

    def take(
        self,
        figures: Sequence[HealthStatistics],
        stood: Mapping[IntegrationId, IntegrationStatus] | None,
    ) -> None:
        """Take other figures; those that are equal stay the same object."""
        before = self.figures
        self.figures = {
            figure.integration_id: _kept(before.get(figure.integration_id), figure)
            for figure in figures
        }
        self.stood = stood

    def rows(self, overviews: Sequence[Overview]) -> TableRows:
        """Return a row for each integration."""
        stands = [self._stand(overview) for overview in overviews]
        self._kept = {stand.overview.integration.id: stand for stand in stands}
        keys = [stand.overview.integration.id for stand in stands]
        return TableRows(keys=keys, make=lambda place: _row(stands[place]), seeds=stands)

    def _stand(self, overview: Overview) -> StatusRow:
        integration = overview.integration
        figures = self.figures.get(integration.id)
        stood = integration.status if self.stood is None else self.stood.get(integration.id)
        kept, is_live = self._kept.get(integration.id), self.stood is None
        is_same = (
            kept is not None
            and kept.figures is figures
            and (kept.stood, kept.is_live) == (stood, is_live)
            and kept.overview.integration.changed_at == integration.changed_at
        )
        if kept is not None and is_same:
            return kept
        return StatusRow(overview=overview, figures=figures, stood=stood, is_live=is_live)


def _kept(before: HealthStatistics | None, now: HealthStatistics) -> HealthStatistics:
    return before if before is not None and before == now else now


def _row(stand: StatusRow) -> TableRow:
    integration = stand.overview.integration
    return TableRow(
        key=integration.id,
        cells=(
            status_cell(stand.stood) if stand.stood else Cell("? not known", CellStyle.QUIET),
            Cell(integration.id),
            Cell(moment(integration.changed_at) if stand.is_live else "-"),
            *(_figures(stand.figures) if stand.figures else [Cell("-")] * 7),
        ),
    )


def _figures(figures: HealthStatistics) -> list[Cell]:
    counts = (figures.checks, figures.failures, figures.reconnects)
    latencies = (figures.p50_ms, figures.p95_ms, figures.p99_ms)
    return [
        Cell(percentage(figures.uptime)),
        *(Cell(latency(number)) for number in latencies),
        *(Cell(str(count)) for count in counts),
    ]


def latency(latency_ms: float | None) -> str:
    """Return milliseconds without their unit."""
    return "-" if latency_ms is None else f"{latency_ms:.0f}"
