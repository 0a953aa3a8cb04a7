"""Throttling: what is allowed, what is told about it, and when it is allowed again."""

from typing import Literal

import pytest

from integration_tui.sandbox.dialect import Dialect, RateLimitRule
from tests.sandbox.fixtures import asking, district

MATCHING = {"RateLimit-": "ratelimit-", "X-RateLimit-": "x-ratelimit-"}


@pytest.mark.parametrize("told", [*MATCHING])
async def test_what_is_left_is_told_with_every_answer(
    told: Literal["RateLimit-", "X-RateLimit-"],
) -> None:
    throttle = RateLimitRule(per_s=1, burst=4, header_prefix=told)

    async with asking(Dialect(throttle=throttle)) as one:
        answers = [await one.get("orgs") for _ in range(3)]

    prefix = MATCHING[told]
    assert [answer.headers[f"{prefix}remaining"] for answer in answers] == ["2", "1", "0"]
    assert answers[-1].headers[f"{prefix}limit"] == "4"
    assert answers[-1].headers[f"{prefix}reset"] == "4"


@pytest.mark.parametrize(
    ("kind", "told"),
    [("seconds", "20"), ("date", "Mon, 02 Nov 2026 08:00:20 GMT"), ("none", None)],
)
async def test_when_to_come_back_is_told_in_seconds_as_a_date_or_not_at_all(
    kind: Literal["seconds", "date", "none"], told: str | None
) -> None:
    throttle = RateLimitRule(per_s=0.05, burst=1, retry_after=kind)

    async with asking(Dialect(throttle=throttle), district()) as one:
        refused = await one.get("orgs")

    assert refused.status == 429
    assert refused.headers.get("retry-after") == told


async def test_who_waits_as_long_as_told_is_answered() -> None:
    throttle = RateLimitRule(per_s=0.5, burst=1)

    async with asking(Dialect(throttle=throttle)) as one:
        refused = await one.get("orgs")
        one.here.clock.elapsed_s += int(refused.headers["retry-after"]) - 1
        early = await one.get("orgs")
        one.here.clock.elapsed_s += 1
        answered = await one.get("orgs")

    assert [refused.status, early.status, answered.status] == [429, 429, 200]
