"""How Google refuses: too many requests come as 403 and 503 too, in JSON or in plain text.

Sources: discovery document classroom.v1; the reasons as GAM (Apache-2.0) lists them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from integration_tui.domain.clock import Clock
from integration_tui.domain.errors import ProviderError
from integration_tui.providers.http.errors import throttled
from integration_tui.providers.http.models import Request, Response

_REASONS: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"})
_IN_TEXT: Final = (
    b"Request rate higher than configured",
    b"Quota exceeded for quota metric",
    b"quota exceeded for the current request",
)


class _Detail(msgspec.Struct):
    reason: str = ""


class _Error(msgspec.Struct):
    message: str = ""
    status: str = ""
    errors: Sequence[_Detail] = ()


class _Refusal(msgspec.Struct):
    error: _Error


def meaning(answer: Response, request: Request, clock: Clock) -> ProviderError | None:
    """Return what a refusal means at Google; `None` where it means what it means elsewhere."""
    if answer.status in {403, 503} and (_is_text(answer.body) or _is_throttling(answer.body)):
        return throttled(answer, request, clock=clock)
    return None


def _is_text(body: bytes) -> bool:
    return body.lstrip().startswith(_IN_TEXT)


def _is_throttling(body: bytes) -> bool:
    try:
        error = msgspec.json.decode(body, type=_Refusal).error
    except (msgspec.DecodeError, RecursionError):
        return False
    return (
        error.status == "RESOURCE_EXHAUSTED"
        or _is_text(error.message.encode())
        or any(detail.reason in _REASONS for detail in error.errors)
    )
