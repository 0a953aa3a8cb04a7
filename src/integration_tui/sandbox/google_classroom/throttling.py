"""Too many requests: counted by the minute, and every way in which Google was seen to say so.

Quotas: https://developers.google.com/workspace/classroom/reference/limits. The shapes of the
answers are those that GAM (Apache-2.0) recognizes.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from integration_tui.domain.clock import Monotonic
from integration_tui.sandbox.faults import Fault, FaultRule
from integration_tui.sandbox.google_classroom.refusals import (
    JSON_TYPE,
    PROJECT,
    GoogleApiName,
    GoogleRefusedError,
    RpcCode,
    error_info,
)

WINDOW_S: Final = 60.0


@dataclass(slots=True)
class _Count:
    """Requests of one subject. `peak` is the most within any minute."""

    recent: deque[float] = field(default_factory=deque[float])
    peak: int = 0
    total: int = 0
    refused: int = 0


class MinuteQuota:
    """Counts the requests of each subject and API over the latest 60 seconds."""

    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._counts: dict[tuple[GoogleApiName, str], _Count] = defaultdict(_Count)

    def take(self, api: GoogleApiName, subject: str, *, user: int, project: int) -> None:
        """Count a request. Raises `GoogleRefusedError` for one too many, which is not counted."""
        count, now = self._counts[api, subject], self._monotonic()
        recent = sum(self._recent(key, now) for key in self._counts if key[0] is api)
        if len(count.recent) >= user or recent >= project:
            count.refused += 1
            raise _too_many(api, is_user=len(count.recent) >= user)
        count.recent.append(now)
        count.total += 1
        count.peak = max(count.peak, len(count.recent))

    def report(self) -> Sequence[Mapping[str, object]]:
        """Return for each API and subject how many requests there were."""
        return [
            {
                "api": api,
                "subject": subject,
                "peak_per_minute": count.peak,
                "total": count.total,
                "refused": count.refused,
            }
            for (api, subject), count in self._counts.items()
        ]

    def clear(self) -> None:
        """Count from nought; what was asked within the minute is forgotten, too."""
        self._counts.clear()

    def _recent(self, key: tuple[GoogleApiName, str], now: float) -> int:
        recent = self._counts[key].recent
        while recent and recent[0] <= now - WINDOW_S:
            recent.popleft()
        return len(recent)


def _message(limit: str) -> str:
    return (
        f"Quota exceeded for quota metric 'Requests' and limit '{limit}' of service"
        f" 'classroom.googleapis.com' for consumer 'project_number:{PROJECT}'."
    )


def _too_many(api: GoogleApiName, *, is_user: bool) -> GoogleRefusedError:
    if api is GoogleApiName.DIRECTORY:
        reason, message = ("userRateLimitExceeded", "User Rate Limit Exceeded")
        if not is_user:
            reason, message = "rateLimitExceeded", "Rate Limit Exceeded"
        return GoogleRefusedError(RpcCode.RESOURCE_EXHAUSTED, message, reason=reason, status=403)
    limit, name = ("Requests per minute per user", "DefaultPerMinutePerUser")
    if not is_user:
        limit, name = "Requests per minute", "DefaultPerMinutePerProject"
    return GoogleRefusedError(
        RpcCode.RESOURCE_EXHAUSTED,
        _message(limit),
        details=(error_info("RATE_LIMIT_EXCEEDED", service=api, quota_limit=name),),
    )


class ThrottleRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which answers come instead of the next ones, one shape after the other.

    `path` is a pattern as in a fault; each shape comes `times` times.
    """

    shapes: tuple[str, ...]
    path: str = ""
    times: int = 1


def _json(status: int, message: str, reason: str, domain: str = "usageLimits") -> str:
    entry = {"message": message, "domain": domain, "reason": reason}
    body = {"error": {"code": status, "message": message, "errors": [entry]}}
    return msgspec.json.encode(body).decode()


_TEXT: Final = "text/plain; charset=utf-8"
_HTML: Final = "text/html; charset=UTF-8"
_PER_USER: Final = _message("Requests per minute per user")
_SHAPES: Final[Mapping[str, tuple[int, str, str]]] = {
    "429_json": (
        429,
        JSON_TYPE,
        msgspec.json.encode(
            {"error": {"code": 429, "message": _PER_USER, "status": RpcCode.RESOURCE_EXHAUSTED}}
        ).decode(),
    ),
    "429_text": (429, _TEXT, _PER_USER),
    "403_user_rate": (
        403,
        JSON_TYPE,
        _json(403, "User Rate Limit Exceeded", "userRateLimitExceeded"),
    ),
    "403_rate": (403, JSON_TYPE, _json(403, "Rate Limit Exceeded", "rateLimitExceeded")),
    "403_quota": (403, JSON_TYPE, _json(403, "Quota exceeded.", "quotaExceeded")),
    "403_text": (403, _TEXT, "Request rate higher than configured."),
    "503_quota": (
        503,
        JSON_TYPE,
        '{"error":{"code":503,"message":"quota exceeded for the current request",'
        '"status":"UNAVAILABLE"}}',
    ),
    "503_backend": (503, JSON_TYPE, _json(503, "Backend Error", "backendError", "global")),
    "502_html": (
        502,
        _HTML,
        "<!DOCTYPE html>\n<html lang=en>\n<title>Error 502 (Server Error)!!1</title>",
    ),
    "504_text": (504, _TEXT, "upstream request timeout"),
}
SHAPES: Final = tuple(_SHAPES)


def throttles(asked: ThrottleRequest) -> Sequence[FaultRule]:
    """Return the faults that answer as asked. Raises `KeyError` for a shape that is not known."""
    rules: list[FaultRule] = []
    for number, shape in enumerate(asked.shapes):
        status, media_type, body = _SHAPES[shape]
        rules.append(
            FaultRule(
                fault=Fault.STATUS, path=asked.path, after=number * asked.times,
                times=asked.times, status=status, media_type=media_type, body=body,
            )
        )  # fmt: skip
    return rules
