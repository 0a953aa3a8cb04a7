"""Incidents: the times between working and working again, told from changes of status."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.integration import IntegrationStatus, Transition, Trouble

_S = IntegrationStatus
_BAD = (_S.DEGRADED, _S.ERROR)
"""From the better to the worse."""
CLEAR = frozenset({_S.ACTIVE, _S.INACTIVE, _S.DISABLED})
"""What ends an incident: it works again, or nobody wants it any more."""


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One time that an integration was degraded or in error.

    `worst` is the worst that it was, `reason` why it became so. `ended_at` and `ended_as` are
    `None` as long as it lasts. `steps` are its changes of status, oldest first.
    """

    integration_id: IntegrationId
    began_at: datetime
    worst: IntegrationStatus
    reason: str
    steps: tuple[Transition, ...]
    ended_at: datetime | None = None
    ended_as: IntegrationStatus | None = None

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None

    def length(self, now: datetime) -> timedelta:
        """Return how long it took, or has taken until now."""
        return (self.ended_at or now) - self.began_at


class Incidents(msgspec.Struct, frozen=True, kw_only=True):
    """Those of a window, newest first; `is_cut` where there were more than were asked for."""

    newest: tuple[Incident, ...]
    is_cut: bool = False


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why checks failed: `count` of them, `share` (0 to 1) of all failed ones that are kept."""

    trouble: Trouble | None
    detail: str
    count: int
    share: float
    latest_at: datetime


class IncidentSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Why checks of a window failed, most frequent first.

    `failures` counts all failed checks whose reason is still kept, those too whose reason is not
    among `reasons`.
    """

    failures: int
    reasons: tuple[Reason, ...]


def incidents_of(transitions: Iterable[Transition]) -> list[Incident]:
    """Return the incidents in changes of status of one integration, both oldest first."""
    found: list[Incident] = []
    steps: list[Transition] = []
    for transition in transitions:
        if steps or transition.after in _BAD:
            steps.append(transition)
        if steps and transition.after in CLEAR:
            found.append(_incident(steps))
            steps = []
    return [*found, _incident(steps)] if steps else found


def _incident(steps: Sequence[Transition]) -> Incident:
    last = steps[-1]
    is_over = last.after in CLEAR
    worst = max(
        (step for step in steps if step.after in _BAD),
        key=lambda transition: _BAD.index(transition.after),
    )
    return Incident(
        integration_id=last.integration_id,
        began_at=steps[0].at,
        worst=worst.after,
        reason=worst.reason,
        steps=tuple(steps),
        ended_at=last.at if is_over else None,
        ended_as=last.after if is_over else None,
    )
