"""One integration at a glance: how it stands, its newest reports, its last sync, its figures."""

from dataclasses import dataclass
from datetime import datetime

from integration_tui.domain.health import HealthReport, HealthStatistics
from integration_tui.domain.integration import Integration


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """`report` and `statistics` are `None` where there is nothing to report yet."""

    integration: Integration
    report: HealthReport | None = None
    statistics: HealthStatistics | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSync:
    """The newest run of an integration.

    `status` is the word for how it stands, `interrupted` where nobody works on it any more;
    `at` is when it ended, or began where it has not.
    """

    status: str
    at: datetime
    problem: str = ""
