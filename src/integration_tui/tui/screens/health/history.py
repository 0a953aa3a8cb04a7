"""All that the health screen reads of one integration, and what follows from it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from integration_tui.domain.health.failure import in_words
from integration_tui.domain.health.week import Week
from integration_tui.tui.screens.health.time_range import TimeRange
from integration_tui.tui.widgets.chart import ChartData, chart_data

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from integration_tui.domain.health.incident import Incident, Incidents, IncidentSummary
    from integration_tui.domain.health.status import CheckPolicy, HealthReport, HealthStatistics
    from integration_tui.domain.health.timeseries import TimeSeries
    from integration_tui.domain.integration_overview import Overview


class HealthHistory(msgspec.Struct, frozen=True, kw_only=True):
    """One integration over a window. `incidents` are those of a week, or of a longer window."""

    overview: Overview
    look: TimeRange
    timeseries: TimeSeries
    incidents: Incidents
    breakdown: IncidentSummary
    policy: CheckPolicy
    week: Week = msgspec.field(default_factory=lambda: Week(days=()))
    report: HealthReport | None = None

    @property
    def until(self) -> datetime:
        return self.timeseries.until

    @property
    def chart(self) -> ChartData:
        """What the chart shows."""
        return chart_data(self.timeseries, self.incidents.newest, self.policy.slow_ms)

    @property
    def in_window(self) -> Sequence[Incident]:
        """The incidents that a part of lies in the window."""
        since = self.until - timedelta(seconds=self.look.length_s)
        return [
            incident
            for incident in self.incidents.newest
            if incident.ended_at is None or incident.ended_at > since
        ]

    @property
    def known_from(self) -> datetime | None:
        """When data begins, where that is within the window."""
        since = self.timeseries.known_since
        begins = self.timeseries.since + timedelta(seconds=self.timeseries.width_s)
        return since if since is not None and since > begins else None

    def failures(self) -> list[tuple[str, int]]:
        """Return why checks failed, the most frequent first; causes of the same words are one."""
        found = Counter[str]()
        for reason in self.breakdown.reasons:
            words = in_words(reason.detail, self.overview.integration.id) or "No reason recorded"
            found[words] += reason.count
        if rest := self.breakdown.failures - found.total():
            found["Other causes"] += rest
        return found.most_common()

    def same_time(self, other: HealthHistory | None) -> bool:
        """Return whether another one is of the same integration and the same window."""
        return other is not None and (
            (other.overview.integration.id, other.look) == (self.overview.integration.id, self.look)
        )


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of the window beside what they are compared with."""

    statistics: HealthStatistics | None
    history: HealthHistory | None
