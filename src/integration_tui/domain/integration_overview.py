"""One integration at a glance: how it stands, its newest reports, its last sync, its figures."""

from datetime import datetime
from typing import Final

import msgspec

from integration_tui.domain.health.status import HealthReport, HealthStatistics, HealthStatus
from integration_tui.domain.integration import Integration, IntegrationStatus
from integration_tui.domain.text import duration
from integration_tui.domain.value import replace

START_ENGINE: Final = (
    "start the engine: integration-tui run; or check once: integration-tui health --once"
)
"""What to do where nobody checks; said once, however many are not checked."""


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """`report` and `statistics` are `None` where there is nothing to report yet.

    `reason` says why it is degraded, or that nobody checks it although it should be checked:
    `is_checked` is off then, and what was found last is no longer shown as how it stands.
    """

    integration: Integration
    report: HealthReport | None = None
    statistics: HealthStatistics | None = None
    reason: str = ""
    is_checked: bool = True

    @property
    def has_trouble(self) -> bool:
        """Whether a person should look: it has a problem, or nobody knows."""
        return self.integration.problem is not None or not self.is_checked

    @property
    def is_forgotten(self) -> bool:
        """Whether it was checked once, and nobody checks it any more."""
        return not self.is_checked and self.report is not None

    @property
    def evaluated_at(self) -> datetime | None:
        """When the check was made that its status comes from; a stopping engine takes it back."""
        is_judged = self.integration.status is not IntegrationStatus.INACTIVE
        return self.report.checked_at if self.report and is_judged else None

    @property
    def sentence(self) -> str:
        """What is to be said of how it stands; empty where all is well."""
        problem = self.integration.problem
        said = f"{problem.message}; {problem.advice}".rstrip("; ") if problem else ""
        return "; ".join(filter(None, (said, self.reason)))


def degraded(overview: Overview, told: str) -> Overview:
    """Return one that is degraded with its reason; `told` is why it became so."""
    report = overview.report
    if overview.integration.problem is not None:
        return overview
    is_said = report is not None and report.status is HealthStatus.DEGRADED and report.detail
    return replace(overview, reason=report.detail if report and is_said else told)


def unwatched(overview: Overview, why: str, now: datetime) -> Overview:
    """Return it as it may be shown where nobody checks, as `why` says.

    One that nobody wants is stopped. One that worked is not known to work; one that was broken
    stays so until somebody looks. Nobody will try it again by itself.
    """
    stored = overview.integration
    is_broken = stored.status is IntegrationStatus.ERROR and stored.is_wanted
    shown = replace(
        stored,
        status=stored.status if is_broken else _resting(stored),
        problem=stored.problem if is_broken else None,
        attempts=0,
        next_attempt_at=None,
    )
    if not stored.is_wanted:
        return replace(overview, integration=shown, reason="")
    reason = f"{last_checked(overview.report, now)}: {why}"
    return replace(overview, integration=shown, reason=reason, is_checked=False)


def last_checked(report: HealthReport | None, now: datetime) -> str:
    """Return when somebody looked last, in words."""
    if report is None:
        return "never checked"
    return f"last checked {duration(max((now - report.checked_at).total_seconds(), 0))} ago"


def _resting(stored: Integration) -> IntegrationStatus:
    is_disabled = not stored.enabled or stored.status is IntegrationStatus.DISABLED
    return IntegrationStatus.DISABLED if is_disabled else IntegrationStatus.INACTIVE


class LastSync(msgspec.Struct, frozen=True, kw_only=True):
    """The newest run of an integration.

    `status` is the word for how it stands, `interrupted` where nobody works on it any more;
    `at` is when it ended, or began where it has not.
    """

    status: str
    at: datetime
    problem: str = ""
