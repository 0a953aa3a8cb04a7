"""Scripted trouble: which incidents are active at a moment of simulated time, and as what error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from pydantic import Field, model_validator

from integration_tui.domain.config.policies import Policy
from integration_tui.domain.errors import (
    CredentialsError,
    ProviderError,
    RetryableError,
    ThrottledError,
)


class IncidentKind(StrEnum):
    """What goes wrong. The first three refuse requests, the others spoil their answers."""

    OUTAGE = "outage"
    AUTH_EXPIRED = "auth_expired"
    THROTTLED = "throttled"
    SLOW_DRIP = "slow_drip"
    MALFORMED = "malformed"
    DUPLICATES = "duplicates"
    ORPHANS = "orphans"
    MID_PAGING_CHANGE = "mid_paging_change"
    VANISHED = "vanished"


class ScriptedIncident(Policy):
    """One thing that goes wrong for a while, counted from the start of the script."""

    kind: IncidentKind = Field(description="Kind of incident.")
    start_s: float = Field(
        default=0.0, ge=0, le=31_536_000, description="First start, in simulated seconds."
    )
    duration_s: float | None = Field(
        default=None,
        gt=0,
        le=31_536_000,
        description="Duration, in simulated seconds. Empty: permanent.",
    )
    every_s: float | None = Field(
        default=None,
        gt=0,
        le=31_536_000,
        description="Repeat interval, in simulated seconds. Empty: once.",
    )
    share: float = Field(
        default=0.02, gt=0, le=1, description="Share of records damaged or missing (0-1)."
    )
    retry_after_s: float = Field(
        default=5.0, ge=0, le=3600, description="Retry-After of rate limits, in seconds."
    )
    delay_s: float = Field(
        default=3.0, ge=0, le=600, description="Additional response time, in real seconds."
    )

    until_reconnect: bool = Field(default=False, description="New connections are not affected.")

    @model_validator(mode="after")
    def _fits_into_its_period(self) -> Self:
        if self.every_s is not None and (self.duration_s or self.every_s) >= self.every_s:
            raise ValueError("a repeated incident needs a duration_s shorter than every_s")
        return self


def is_active(incident: ScriptedIncident, elapsed_s: float) -> bool:
    """Return whether it is going on, `elapsed_s` simulated seconds after the start."""
    since_first_s = elapsed_s - incident.start_s
    if since_first_s < 0 or incident.duration_s is None:
        return since_first_s >= 0
    if incident.every_s is not None:
        since_first_s %= incident.every_s
    return since_first_s < incident.duration_s


def begun_s(incident: ScriptedIncident, elapsed_s: float) -> float:
    """Return when an incident that is going on began, in simulated seconds since the start."""
    if incident.every_s is None:
        return incident.start_s
    turns = (elapsed_s - incident.start_s) // incident.every_s
    return incident.start_s + turns * incident.every_s


def active(incidents: Iterable[ScriptedIncident], elapsed_s: float) -> tuple[ScriptedIncident, ...]:
    """Return those that are going on, in the order of the script."""
    return tuple(incident for incident in incidents if is_active(incident, elapsed_s))


def refusal(incidents: Iterable[ScriptedIncident], *, address: str) -> ProviderError | None:
    """Return the error that a request meets under these incidents; the first one speaks."""
    for incident in incidents:
        if error := _error_of(incident, address):
            return error
    return None


def _error_of(incident: ScriptedIncident, address: str) -> ProviderError | None:
    match incident.kind:
        case IncidentKind.OUTAGE:
            return RetryableError(
                f"{address} does not answer: connection refused",
                advice="often temporary; if not, ask the server's administrator",
            )
        case IncidentKind.AUTH_EXPIRED:
            return CredentialsError(
                f"{address} refused the credentials: expired",
                advice="store a new secret, then start the integration",
            )
        case IncidentKind.THROTTLED:
            return ThrottledError(
                f"{address} is rate limiting requests (429), with a pause"
                f" of {incident.retry_after_s:g} s",
                advice="wait; raise health.interval_ms to check less often",
                retry_after_s=incident.retry_after_s,
            )
        case _:
            return None


class Scenario(StrEnum):
    """What a district goes through."""

    STEADY = "steady"
    FLAPPING = "flapping"
    AUTH_EXPIRED = "auth_expired"
    DOWN = "down"
    THROTTLED = "throttled"
    SLOW_DRIP = "slow_drip"
    DIRTY_DATA = "dirty_data"
    MOVING_TARGET = "moving_target"
    STORMY = "stormy"


def incidents_of(scenario: Scenario) -> tuple[ScriptedIncident, ...]:
    """Return the script behind a name."""
    return _SCRIPTS[scenario]


_K = IncidentKind
_FLAPPING = (ScriptedIncident(kind=_K.OUTAGE, start_s=6, duration_s=5, every_s=14),)
_DIRTY = (
    ScriptedIncident(kind=_K.MALFORMED, share=0.02),
    ScriptedIncident(kind=_K.DUPLICATES, share=0.01),
    ScriptedIncident(kind=_K.ORPHANS, share=0.01),
)
_STORMY = (
    ScriptedIncident(kind=_K.OUTAGE, start_s=60, duration_s=20, every_s=300),
    ScriptedIncident(kind=_K.THROTTLED, start_s=120, duration_s=30, every_s=300, retry_after_s=5),
    ScriptedIncident(kind=_K.SLOW_DRIP, start_s=200, duration_s=40, every_s=300, delay_s=2),
    ScriptedIncident(kind=_K.MID_PAGING_CHANGE, start_s=30, duration_s=10, every_s=150),
    *_DIRTY,
)
_SCRIPTS: Mapping[Scenario, tuple[ScriptedIncident, ...]] = MappingProxyType(
    {
        Scenario.STEADY: (),
        Scenario.FLAPPING: _FLAPPING,
        Scenario.AUTH_EXPIRED: (ScriptedIncident(kind=_K.AUTH_EXPIRED),),
        Scenario.DOWN: (ScriptedIncident(kind=_K.OUTAGE),),
        Scenario.THROTTLED: (
            ScriptedIncident(
                kind=_K.THROTTLED, start_s=5, duration_s=5, every_s=20, retry_after_s=3
            ),
        ),
        Scenario.SLOW_DRIP: (
            ScriptedIncident(kind=_K.SLOW_DRIP, start_s=5, duration_s=10, every_s=20, delay_s=2),
        ),
        Scenario.DIRTY_DATA: _DIRTY,
        Scenario.MOVING_TARGET: (ScriptedIncident(kind=_K.MID_PAGING_CHANGE),),
        Scenario.STORMY: _STORMY,
    }
)
