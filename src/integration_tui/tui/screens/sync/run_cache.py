"""Every integration with its open or newest run, read again only where it is another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.sync.run import Run, RunReport, RunStatus
from integration_tui.domain.value import replace
from integration_tui.tui.screens.sync.rows import RunStatusView

if TYPE_CHECKING:
    from integration_tui.tui.services import ConsoleServices

_NEWEST = 200
"""Runs read at once; the newest of nearly every integration is among them."""
_MOVING = frozenset({RunStatus.RUNNING, RunStatus.HELD})
"""More is done, or an approval is given or runs out, and the run is the same."""


class RunCache:
    """Keeps the reports of runs that rest, and cannot have changed since."""

    def __init__(self) -> None:
        self._reports: dict[IntegrationId, RunReport] = {}

    async def read(
        self, services: ConsoleServices, names: Sequence[IntegrationId]
    ) -> list[RunStatusView]:
        """Return how these integrations stand, in their order."""
        newest, obstacles = await self._newest(services, names), await services.sync.obstacles()
        run_statuses = [await self._load(services, name, newest.get(name)) for name in names]
        return [
            replace(run_status, obstacle=obstacles.get(run_status.integration_id, ""))
            for run_status in run_statuses
        ]

    async def _newest(
        self, services: ConsoleServices, names: Sequence[IntegrationId]
    ) -> dict[IntegrationId, Run]:
        runs = await services.sync.runs(limit=_NEWEST)
        found: dict[IntegrationId, Run] = {}
        for run in runs:
            found.setdefault(run.integration_id, run)
        if len(runs) == _NEWEST:  # there are older ones
            for name in (name for name in names if name not in found):
                for run in await services.sync.runs(integration_id=name, limit=1):
                    found[name] = run
        return found

    async def _load(
        self, services: ConsoleServices, name: IntegrationId, run: Run | None
    ) -> RunStatusView:
        if run is None:
            return RunStatusView(integration_id=name)
        report = self._reports.get(name)
        if report is None or report.run != run or run.status in _MOVING:
            report = self._reports[name] = await services.sync.report(run.id)
        return RunStatusView(
            integration_id=name,
            report=report,
            is_interrupted=services.sync.is_interrupted(report.run),
        )
