"""Google Classroom's cheapest question, and how Google says no.

Sources: discovery document classroom.v1; the shapes of throttling as GAM (Apache-2.0) lists them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from integration_tui.domain.errors import ProviderError
from integration_tui.domain.time import Clock
from integration_tui.providers.http.decode import read_json
from integration_tui.providers.http.errors import throttled
from integration_tui.providers.http.line import Manners
from integration_tui.providers.http.messages import Answer, Request
from integration_tui.providers.http.probe import Probe

_THROTTLING: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"})
_AS_TEXT: Final = (b"Request rate higher than configured", b"Quota exceeded for quota metric")


class _Courses(msgspec.Struct):
    """An empty list is left out altogether, as proto3's JSON does it."""

    courses: Sequence[msgspec.Raw] = ()


class _Detail(msgspec.Struct):
    reason: str = ""


class _Error(msgspec.Struct):
    status: str = ""
    errors: Sequence[_Detail] = ()


class _Refusal(msgspec.Struct):
    error: _Error


def _read(answer: Answer, request: Request) -> Mapping[str, str]:
    read_json(answer, request, _Courses)
    return {}


def _dialect(answer: Answer, request: Request, clock: Clock) -> ProviderError | None:
    """Google throttles with 403 too: by a reason in JSON, or in plain text."""
    if answer.status == 403 and (answer.body.startswith(_AS_TEXT) or _is_throttling(answer.body)):
        return throttled(answer, request, clock=clock)
    return None


def _is_throttling(body: bytes) -> bool:
    try:
        error = msgspec.json.decode(body, type=_Refusal).error
    except (msgspec.DecodeError, RecursionError):
        return False
    return error.status == "RESOURCE_EXHAUSTED" or any(
        detail.reason in _THROTTLING for detail in error.errors
    )


PROBE: Final = Probe(
    product="Google Classroom",
    version="Classroom API v1",
    path="/v1/courses",
    params={"pageSize": 1, "fields": "courses(id)"},
    read=_read,
    manners=Manners(
        scopes=(
            "https://www.googleapis.com/auth/classroom.courses.readonly",
            "https://www.googleapis.com/auth/classroom.rosters.readonly",
        ),
        dialect=_dialect,
    ),
)
