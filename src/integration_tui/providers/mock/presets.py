"""Ready-made mock districts for demos and tests, as documents a person could have written.

The five of the demo differ in character, and their health moves within ten seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from integration_tui.providers.mock.config import MockConfig

_LINCOLN = """\
# A healthy student information system: quick, complete, always there.
name: lincoln-sis
type: mock
title: Lincoln High School SIS
district: mid_district
seed: 1861
latency:
  median_ms: 45
  spread: 0.25
changes_per_hour: 720     # one every five seconds
health:
  interval_ms: 2000
  degraded_latency_ms: 400
auth:
  kind: oauth2
  lifetime_s: 600         # renewed by itself, nobody notices
"""

_ROOSEVELT = """\
# A slow learning platform: every answer comes, most of them late. Degraded.
name: roosevelt-lms
type: mock
title: Roosevelt Middle School LMS
seed: 1933
latency:
  median_ms: 900
  spread: 0.4
health:
  interval_ms: 3000
  degraded_latency_ms: 500
auth:
  kind: api_key
"""

_WASHINGTON = """\
# Comes and goes: away for five of every fourteen seconds.
name: washington-sis
type: mock
title: Washington Elementary SIS
seed: 1789
scenario: flapping
latency:
  median_ms: 80
health:
  interval_ms: 1000
  failures_before_down: 2
  successes_before_up: 2
reconnect:
  base_s: 1
  max_s: 4
"""

_JEFFERSON = """\
# Its credentials have expired: a person has to act, so it is not tried again.
name: jefferson-roster
type: mock
title: Jefferson roster service
seed: 1801
scenario: auth_expired
latency:
  median_ms: 60
health:
  interval_ms: 2000
auth:
  kind: jwt
"""

_MADISON = """\
# Down since the start: tried again and again, with growing delay.
name: madison-legacy
type: mock
title: Madison legacy roster server
seed: 1809
scenario: down
latency:
  median_ms: 30
health:
  interval_ms: 2000
reconnect:
  base_s: 1
  max_s: 8
"""

DEMO_DOCUMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "lincoln-sis": _LINCOLN,
        "roosevelt-lms": _ROOSEVELT,
        "washington-sis": _WASHINGTON,
        "jefferson-roster": _JEFFERSON,
        "madison-legacy": _MADISON,
    }
)
"""Name and commented YAML of the demo's five integrations."""

Option = str | int | float | bool | None | Mapping[str, "Option"] | list["Option"]


def mock(name: str = "mock-district", /, **options: Option) -> MockConfig:
    """Return a valid config; `options` are its keys. Raises pydantic's `ValidationError`."""
    return MockConfig.model_validate({"name": name, "type": "mock", **options})


def quick(name: str = "mock-district", /, **options: Option) -> MockConfig:
    """Return a config that answers at once and asks for no token."""
    return mock(name, **{"latency": {"median_ms": 0}, "auth": {"kind": "none"}, **options})


def document(name: str = "mock-district", /, **options: Option) -> str:
    """Return the YAML text of a mock integration; `options` are its keys."""
    return "".join(_lines({"name": name, "type": "mock", **options}))


def _lines(section: Mapping[str, Option], indent: str = "") -> list[str]:
    lines: list[str] = []
    for key, value in section.items():
        if isinstance(value, Mapping) and value:
            lines += [f"{indent}{key}:\n", *_lines(value, f"{indent}  ")]
        else:
            lines.append(f"{indent}{key}: {_flow(value)}\n")
    return lines


def _flow(value: Option) -> str:
    """JSON is YAML, too."""
    return msgspec.json.encode(value).decode()
