"""The integrations of a demo, as documents a person could have written, and what befalls them.

Moments are simulated seconds since the start; the same seed gives the same people and trouble.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from integration_tui.domain.ids import IntegrationId

START: Final = datetime(2026, 10, 5, 13, 0, tzinfo=UTC)
"""A Monday in the first semester of the mock district's school year."""
SEED: Final = 1861
LAST_SEED: Final = 2**32 - 10
"""Each system has a seed of its own, counted from this one."""
LINCOLN: Final = IntegrationId("lincoln-sis")
MADISON: Final = IntegrationId("madison-legacy")
ROOSEVELT: Final = IntegrationId("roosevelt-lms")
JEFFERSON: Final = IntegrationId("jefferson-roster")
OTHERS: Final = (ROOSEVELT, IntegrationId("washington-sis"), JEFFERSON)
"""They are synced once, before their trouble begins."""
CHANGES_PER_HOUR: Final = 1440

MOMENTS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "throttled": 12.0,
        "outage": 20.0,
        "vanished": 25.0,
        "expired": 35.0,
        "held": 40.0,
        "disputed": 45.0,
        "back": 50.0,
    }
)
"""When what happens: names are those of the tour's steps."""

LATENCIES: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        ROOSEVELT: {"median_ms": 35.0, "spread": 0.3},
        JEFFERSON: {"median_ms": 55.0, "spread": 0.2},
    }
)
"""How long a system that is served takes to answer."""
TROUBLE: Final[Mapping[str, tuple[Mapping[str, object], ...]]] = MappingProxyType(
    {
        ROOSEVELT: (
            {
                "kind": "throttled",
                "start_s": MOMENTS["throttled"],
                "duration_s": 30,
                "every_s": 180,
                "retry_after_s": 6,
            },
            {"kind": "slow_drip", "start_s": 90, "duration_s": 30, "every_s": 180, "delay_s": 3},
        ),
        JEFFERSON: (
            {
                "kind": "auth_expired",
                "start_s": MOMENTS["expired"],
                "duration_s": MOMENTS["back"] - MOMENTS["expired"],
            },
        ),
    }
)
"""What befalls a system that is served, as a mock system's `incidents`."""


class Size(StrEnum):
    """How big the largest district is; the names are what `--district` takes."""

    SMALL = "small"
    MID = "mid"
    LARGE = "large"


_SIZES: Final = {
    Size.SMALL: "small_school",
    Size.MID: "mid_district",
    Size.LARGE: "large_district",
}


class DemoDistricts(msgspec.Struct, frozen=True, kw_only=True):
    """Which districts are on the stage."""

    size: Size = Size.SMALL
    seed: int = SEED

    def documents(self, served: Mapping[str, str]) -> dict[str, str]:
        """Return name and YAML of each integration.

        `served` are addresses and secrets of the systems that are spoken to over HTTP.
        """
        return {
            name: _filled(text, self.seed_of(name), self, served) for name, text in _TEXTS.items()
        }

    def seed_of(self, name: str) -> int:
        """Return the seed of one system's district."""
        return self.seed + list(_TEXTS).index(name)

    @property
    def district(self) -> str:
        """What the mock provider calls the size."""
        return _SIZES[self.size]


def _filled(text: str, seed: int, cast: DemoDistricts, served: Mapping[str, str]) -> str:
    values = {
        "district": cast.district,
        "seed": seed,
        "start": START.isoformat(),
        "changes": CHANGES_PER_HOUR,
        **MOMENTS,
        **served,
    }
    for name, value in values.items():
        text = text.replace(f"<{name}>", f"{value:g}" if isinstance(value, float) else f"{value}")
    return text


_TEXTS: Final = {
    "lincoln-sis": """\
# A healthy student information system. A field is edited on both sides: a conflict.
name: lincoln-sis
type: mock
title: Lincoln High School SIS
district: <district>
seed: <seed>
latency: {median_ms: 45, spread: 0.25}
changes_per_hour: <changes>     # one every two and a half seconds
epoch: <start>
health:
  interval_ms: 2000
  degraded_latency_ms: 2000
auth:
  kind: oauth2
  lifetime_s: 600         # renewed by itself, nobody notices
""",
    "roosevelt-lms": """\
# A Canvas, served on this machine. Rate limited now and then (429, with a pause), and slow:
# degraded, never down.
name: roosevelt-lms
type: canvas
title: Roosevelt Middle School LMS
base_url: <canvas_url>
auth: {type: jwt, token: <secret>}
rate_limit: {requests: 200}
sync: {way: listing}
health:
  interval_ms: 3000
  degraded_latency_ms: 2000
  failures_before_down: 20
""",
    "washington-sis": """\
# Goes away for half a minute: down, tried again later each time, and back.
name: washington-sis
type: mock
title: Washington Elementary SIS
seed: <seed>
latency: {median_ms: 80}
starts_at: <start>
incidents:
  - {kind: outage, start_s: <outage>, duration_s: 30, every_s: 180}
health:
  interval_ms: 1000
  failures_before_down: 2
  successes_before_up: 2
reconnect: {base_s: 2, max_s: 16}
""",
    "jefferson-roster": """\
# A Google Classroom, served on this machine. Its consent is revoked. A person has to act:
# once an administrator has consented again, reconnecting obtains a new token.
name: jefferson-roster
type: google_classroom
title: Jefferson Google Classroom
base_url: <google_url>
directory_url: <google_url>
schools: ["/Schools/*"]
rate_limit: {requests: 200}
health:
  interval_ms: 2000
auth:
  type: oauth2_authorization_code
  token_url: <google_token_url>
  client_id: integration-tui
  client_secret: <secret>
  refresh_token: <refresh_token>
""",
    "madison-legacy": """\
# Suddenly lists only half of its students: the safety check holds the plan.
name: madison-legacy
type: mock
title: Madison legacy roster server
seed: <seed>
latency: {median_ms: 30}
starts_at: <start>
incidents:
  - {kind: vanished, start_s: <vanished>, share: 0.5}
health:
  interval_ms: 2000
  degraded_latency_ms: 1000     # its nightly backup slows it down
sync:
  grace: {sweeps: 1, days: 0}     # people not listed count as missing at once
""",
}
