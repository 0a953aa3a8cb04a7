"""The rows of the health screen: how an integration stands, and its figures over a window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from integration_tui.domain.health.status import HealthStatistics
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus
from integration_tui.tui.widgets.formats import latency, share
from integration_tui.tui.widgets.status_icon import glyph, status_cell
from integration_tui.tui.widgets.table.cells import Cell, CellStyle, Column, TableRow, TableRows

if TYPE_CHECKING:
    from integration_tui.domain.integration_overview import Overview

COLUMNS: Final = (
    Column(title="", name="status", width=1),
    Column(title="Name", least=16, middle=True),
    Column(title="p95", width=6, right=True, rank=1),
    Column(title="Uptime", width=6, right=True),
    Column(title="p50", width=6, right=True, rank=2),
    Column(title="Checks", width=8, right=True, rank=4),
    Column(title="Failed", width=7, right=True, rank=3),
    Column(title="p99", width=6, right=True, rank=5),
    Column(title="Reconnects", width=10, right=True, rank=6),
)
_S: Final = IntegrationStatus
_WORST_FIRST: Final = (_S.ERROR, _S.DEGRADED, _S.CONNECTING, _S.ACTIVE, _S.INACTIVE, _S.DISABLED)
_WELL: Final = 0.999
_BADLY: Final = 0.95


class StatusRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one row is made of; `stood` is how it was then, where that is not now."""

    overview: Overview
    figures: HealthStatistics | None
    stood: IntegrationStatus | None
    is_live: bool


class HealthStatusView(msgspec.Struct):
    """What the rows are made of. What has not changed stays the same object: it is not remade."""

    figures: Mapping[IntegrationId, HealthStatistics] = msgspec.field(
        default_factory=dict[IntegrationId, HealthStatistics]
    )
    stood: Mapping[IntegrationId, IntegrationStatus] | None = None
    _kept: dict[IntegrationId, StatusRow] = msgspec.field(
        default_factory=dict[IntegrationId, StatusRow]
    )

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

    def status_of(self, overview: Overview) -> IntegrationStatus | None:
        """Return how an integration stood at the time that is shown, where that is known."""
        integration = overview.integration
        return integration.status if self.stood is None else self.stood.get(integration.id)

    def rows(self, overviews: Sequence[Overview], *, is_still: bool = False) -> TableRows:
        """Return a row for each integration, the worst first; `is_still`: none changes place."""
        places = {name: place for place, name in enumerate(self._kept)} if is_still else {}
        stands = sorted(
            (self._stand(overview) for overview in overviews),
            key=lambda stand: (
                places.get(stand.overview.integration.id, len(places)),
                *_rank(stand),
            ),
        )
        self._kept = {stand.overview.integration.id: stand for stand in stands}
        keys = [stand.overview.integration.id for stand in stands]
        return TableRows(keys=keys, make=lambda place: _row(stands[place]), seeds=stands)

    def _stand(self, overview: Overview) -> StatusRow:
        integration = overview.integration
        figures = self.figures.get(integration.id)
        stood, is_live = self.status_of(overview), self.stood is None
        kept = self._kept.get(integration.id)
        is_same = (
            kept is not None
            and kept.figures is figures
            and (kept.stood, kept.is_live) == (stood, is_live)
            and kept.overview.integration.changed_at == integration.changed_at
        )
        if kept is not None and is_same:
            return kept
        return StatusRow(overview=overview, figures=figures, stood=stood, is_live=is_live)


def _rank(stand: StatusRow) -> tuple[int, str]:
    place = _WORST_FIRST.index(stand.stood) if stand.stood else len(_WORST_FIRST)
    return place, stand.overview.integration.id


def _kept(before: HealthStatistics | None, now: HealthStatistics) -> HealthStatistics:
    return before if before is not None and before == now else now


def _row(stand: StatusRow) -> TableRow:
    integration, stood = stand.overview.integration, stand.stood
    return TableRow(
        key=integration.id,
        cells=(
            _glyph(stood),
            Cell(integration.id),
            *(_figures(stand.figures, stood) if stand.figures else [_NOTHING] * 7),
        ),
    )


_NOTHING: Final = Cell("-", CellStyle.QUIET)


def _glyph(stood: IntegrationStatus | None) -> Cell:
    if stood is None:
        return Cell("·", CellStyle.QUIET, by=len(_WORST_FIRST))
    return Cell(glyph(stood), status_cell(stood).tone, by=_WORST_FIRST.index(stood))


def _figures(figures: HealthStatistics, stood: IntegrationStatus | None) -> list[Cell]:
    p50, p95, p99 = (
        Cell(latency(value), CellStyle.QUIET, by=value)
        for value in (figures.p50_ms, figures.p95_ms, figures.p99_ms)
    )
    if stood is _S.DEGRADED:
        p95 = Cell(p95.text, CellStyle.WEAK, by=p95.by)
    failed = CellStyle.BAD if figures.failures else CellStyle.QUIET
    return [
        p95,
        _uptime(figures.uptime),
        p50,
        Cell(f"{figures.checks:,}", CellStyle.QUIET, by=figures.checks),
        Cell(f"{figures.failures:,}", failed, by=figures.failures),
        p99,
        Cell(f"{figures.reconnects:,}", CellStyle.QUIET, by=figures.reconnects),
    ]


def uptime_role(uptime: float | None) -> str:
    """Return how an uptime is meant: well, weak or bad."""
    if uptime is None or uptime >= _WELL:
        return "muted"
    return "warn" if uptime >= _BADLY else "bad"


def _uptime(uptime: float | None) -> Cell:
    tones = {"muted": CellStyle.QUIET, "warn": CellStyle.WEAK, "bad": CellStyle.BAD}
    return Cell(share(uptime, decimals=2), tones[uptime_role(uptime)], by=uptime)
