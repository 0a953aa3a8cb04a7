"""What an answer says about how soon to ask again. Pure; junk is ignored, nothing exceeds 15 min.

Read are `Retry-After`, `RateLimit` in the forms of the IETF's drafts (three fields; one list; one
structured list, draft-ietf-httpapi-ratelimit-headers-10), `X-RateLimit-*`, and Canvas' budget.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from integration_tui.domain.clock import Clock
from integration_tui.domain.rate_limits import RateLimitHint
from integration_tui.providers.http.errors import MAX_RETRY_AFTER_S, retry_after_s
from integration_tui.providers.http.models import Response

_PREFIXES: Final = ("ratelimit-", "x-ratelimit-", "x-rate-limit-")
_LIST: Final = "ratelimit"
_POLICY: Final = "ratelimit-policy"
_BUDGET: Final = "x-rate-limit-remaining"
_COST: Final = "x-request-cost"
_ANY: Final = frozenset({*(f"{prefix}remaining" for prefix in _PREFIXES), _LIST, "retry-after"})
_LONGEST: Final = 1000
"""Characters of a field that are looked at."""

_EPOCH_FROM: Final = 1e9
"""A reset above this is a moment (seconds since 1970), below it a number of seconds."""
_MILLIS_FROM: Final = 1e12
_LOW_SHARE: Final = 0.2
_LOW: Final = 10
"""So many requests are few where nobody says out of how many."""
_SOONEST_S: Final = 1.0
"""A reset of 0 means "within this second"."""
_LONGEST_STEP_S: Final = 30.0

_AMPLE: Final = 450.0
_PLENTY: Final = 300.0
_FULL_ENOUGH: Final = 150.0
_LEAK_PER_S: Final = 10.0
_EMPTIEST: Final = -800.0
"""Canvas' bucket: each running request holds 50 of about 600, and 10 a second flow back."""


class _Quota(msgspec.Struct, frozen=True):
    remaining: float | None
    reset_s: float | None
    limit: float | None


def rate_limit_hint(answer: Response, *, clock: Clock) -> RateLimitHint | None:
    """Return what the answer asks for; `None` where it says nothing that can be understood."""
    headers = answer.headers
    if _ANY.isdisjoint(headers):
        return None
    now = clock().timestamp()
    paces = [pace for quota in _quotas(headers, now) if (pace := _pace(quota)) is not None]
    if (budget := _budget_pace(headers)) is not None:
        paces.append(budget)
    if answer.status in {429, 503} and (wait_s := retry_after_s(answer, clock=clock)) is not None:
        paces.append(RateLimitHint(pause_s=wait_s))
    return _strictest(paces) if paces else None


def _strictest(paces: list[RateLimitHint]) -> RateLimitHint:
    slowest = max(paces, key=lambda pace: pace.step_s)
    return RateLimitHint(
        pause_s=max(pace.pause_s for pace in paces),
        step_s=slowest.step_s,
        slow_s=slowest.slow_s,
        alone=any(pace.alone for pace in paces),
    )


def _pace(quota: _Quota) -> RateLimitHint | None:
    if quota.remaining is None or quota.reset_s is None:
        return None
    reset_s = min(quota.reset_s, MAX_RETRY_AFTER_S)
    if quota.remaining < 1:
        return RateLimitHint(pause_s=max(reset_s, _SOONEST_S))
    low = _LOW if quota.limit is None else quota.limit * _LOW_SHARE
    if quota.remaining >= low:
        return RateLimitHint()
    return RateLimitHint(step_s=min(reset_s / quota.remaining, _LONGEST_STEP_S), slow_s=reset_s)


def _budget_pace(headers: Mapping[str, str]) -> RateLimitHint | None:
    """Canvas: pour in no more than flows back, one thing at a time, or nothing for a while.

    So by how much is left. Its numbers may be negative.
    """
    text = headers.get(_BUDGET, "")
    if "x-rate-limit-reset" in headers or not ("." in text or _COST in headers):
        return None
    if (left := _any_number(text)) is None:
        return None
    missing = max(0.0, _FULL_ENOUGH - max(left, _EMPTIEST))
    cost = max(0.0, _any_number(headers.get(_COST, "")) or 0.0)
    is_ample = left >= _AMPLE
    return RateLimitHint(
        pause_s=missing / _LEAK_PER_S,
        step_s=0.0 if is_ample else min(cost / _LEAK_PER_S, _LONGEST_STEP_S),
        slow_s=0.0 if is_ample else (_AMPLE - max(left, _EMPTIEST)) / _LEAK_PER_S,
        alone=left < _PLENTY,
    )


def _quotas(headers: Mapping[str, str], now: float) -> Iterator[_Quota]:
    for prefix in _PREFIXES:
        if f"{prefix}remaining" in headers:
            yield _Quota(
                _number(headers[f"{prefix}remaining"]),
                _seconds(headers.get(f"{prefix}reset", ""), now),
                _number(headers.get(f"{prefix}limit", "")),
            )
    if _LIST in headers:
        yield from _listed(headers[_LIST], headers.get(_POLICY, ""), now)


def _listed(text: str, policy: str, now: float) -> Iterator[_Quota]:
    policies = dict(_items(policy))
    plain: dict[str, str] = {}
    for name, told in _items(text):
        if "r" in told:
            wide = policies.get(name, {})
            reset = told.get("t", wide.get("w", ""))
            yield _Quota(_number(told["r"]), _seconds(reset, now), _number(wide.get("q", "")))
        key, _, value = name.partition("=")
        plain[key.strip().lower()] = value
    if "remaining" in plain:
        yield _Quota(
            _number(plain["remaining"]),
            _seconds(plain.get("reset", ""), now),
            _number(plain.get("limit", "")),
        )


def _items(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each item of a structured list (RFC 9651) with its parameters."""
    for item in text[:_LONGEST].split(","):
        name, *parameters = item.split(";")
        pairs = (parameter.partition("=") for parameter in parameters)
        yield name.strip().strip('"'), {key.strip(): value for key, _, value in pairs}


def _seconds(text: str, now: float) -> float | None:
    """Return seconds until a reset; `None` where it is past, or no number."""
    value = _number(text)
    if value is None or value < _EPOCH_FROM:
        return value
    moment = value / 1000 if value >= _MILLIS_FROM else value
    return moment - now if moment > now else None


def _number(text: str) -> float | None:
    """Return the number that a text begins with ("100, 100;w=60" is 100), if it is none below 0."""
    number = _any_number(text.partition(",")[0].partition(";")[0])
    return number if number is not None and number >= 0 else None


def _any_number(text: str) -> float | None:
    try:
        number = float(text[:_LONGEST])
    except ValueError:
        return None
    return number if math.isfinite(number) else None
