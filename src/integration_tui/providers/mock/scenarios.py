"""Ready scripts of incidents, by name. Times are simulated seconds since the start."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from integration_tui.providers.mock.incidents import Incident, IncidentKind


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


def incidents_of(scenario: Scenario) -> tuple[Incident, ...]:
    """Return the script behind a name."""
    return _SCRIPTS[scenario]


_K = IncidentKind
_FLAPPING = (Incident(kind=_K.OUTAGE, start_s=6, duration_s=5, every_s=14),)
_DIRTY = (
    Incident(kind=_K.MALFORMED, share=0.02),
    Incident(kind=_K.DUPLICATES, share=0.01),
    Incident(kind=_K.ORPHANS, share=0.01),
)
_STORMY = (
    Incident(kind=_K.OUTAGE, start_s=60, duration_s=20, every_s=300),
    Incident(kind=_K.THROTTLED, start_s=120, duration_s=30, every_s=300, retry_after_s=5),
    Incident(kind=_K.SLOW_DRIP, start_s=200, duration_s=40, every_s=300, delay_s=2),
    Incident(kind=_K.MID_PAGING_CHANGE, start_s=30, duration_s=10, every_s=150),
    *_DIRTY,
)
_SCRIPTS: Mapping[Scenario, tuple[Incident, ...]] = MappingProxyType(
    {
        Scenario.STEADY: (),
        Scenario.FLAPPING: _FLAPPING,
        Scenario.AUTH_EXPIRED: (Incident(kind=_K.AUTH_EXPIRED),),
        Scenario.DOWN: (Incident(kind=_K.OUTAGE),),
        Scenario.THROTTLED: (
            Incident(kind=_K.THROTTLED, start_s=5, duration_s=5, every_s=20, retry_after_s=3),
        ),
        Scenario.SLOW_DRIP: (
            Incident(kind=_K.SLOW_DRIP, start_s=5, duration_s=10, every_s=20, delay_s=2),
        ),
        Scenario.DIRTY_DATA: _DIRTY,
        Scenario.MOVING_TARGET: (Incident(kind=_K.MID_PAGING_CHANGE),),
        Scenario.STORMY: _STORMY,
    }
)
