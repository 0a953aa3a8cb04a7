"""One integration at a glance: how it stands, its newest report, its figures of a day."""

from dataclasses import dataclass

from integration_tui.domain.health import HealthReport, HealthStatistics
from integration_tui.domain.integration import Integration


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """`report` and `statistics` are `None` where there is nothing to report yet."""

    integration: Integration
    report: HealthReport | None = None
    statistics: HealthStatistics | None = None
