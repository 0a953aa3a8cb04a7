"""Too many requests, said in every way that Google has: each is waited for, and asked again."""

import pytest

from integration_tui.domain.errors import ForbiddenError
from integration_tui.providers.google_classroom.errors import dialect_for
from integration_tui.providers.http.session import SessionOptions
from integration_tui.testing.http_server import Reply, ScriptedServer, serve
from tests.providers.google_classroom.fixtures import domain
from tests.providers.http.auth.test_base import line
from tests.providers.http.fixtures import Here

KEY = {"type": "api_key", "key": "env:SIS_SECRET"}
GOOGLE = SessionOptions(dialect=dialect_for("admin@school.example.org"))
TEXT = {"content-type": "text/plain; charset=utf-8"}
QUOTA = "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute per user'"


def refusal(code: int, message: str, **more: object) -> Reply:
    return Reply.json({"error": {"code": code, "message": message, **more}}, status=code)


def reason(name: str) -> Reply:
    errors = [{"message": "no", "domain": "usageLimits", "reason": name}]
    return refusal(403, "no", errors=errors)


WAYS = (
    refusal(429, QUOTA, status="RESOURCE_EXHAUSTED"),
    Reply(429, QUOTA.encode(), TEXT),
    reason("rateLimitExceeded"),
    reason("userRateLimitExceeded"),
    reason("quotaExceeded"),
    Reply(403, b"Request rate higher than configured", TEXT),
    refusal(503, "quota exceeded for the current request", status="UNAVAILABLE"),
    Reply(502, b"<!DOCTYPE html>\n<title>Error 502 (Server Error)!!1</title>", TEXT),
)


async def test_each_is_waited_for_longer_and_the_same_page_asked_for_again() -> None:
    app, here = ScriptedServer(*WAYS, Reply()), Here()

    async with (
        serve(app) as address,
        line(address, KEY, here, GOOGLE, repeats=len(WAYS), retry={"max_wait_s": 600}) as one,
    ):
        answer, _ = await one.read(f"{address}/v1/courses", {"pageToken": "n1"})

    assert answer.status == 200
    assert [seen.query for seen in app.seen] == ["pageToken=n1"] * (len(WAYS) + 1)
    assert here.clock.slept == sorted(here.clock.slept)
    assert here.clock.slept[-1] >= 15


@pytest.mark.parametrize(
    "reply",
    [
        refusal(403, "The caller does not have permission", status="PERMISSION_DENIED"),
        refusal(403, "@ClassroomDisabled no", status="PERMISSION_DENIED"),
        reason("domainPolicy"),
    ],
)
async def test_what_is_not_allowed_is_not_asked_for_again(reply: Reply) -> None:
    app, here = ScriptedServer(reply), Here()

    async with serve(app) as address, line(address, KEY, here, GOOGLE, repeats=6) as one:
        with pytest.raises(ForbiddenError):
            await one.read(f"{address}/v1/courses")

    assert len(app.seen) == 1
    assert here.clock.slept == []


async def test_a_minute_of_eager_asking_has_no_burst_on_top_of_its_pace() -> None:
    async with domain(more={"rate_limit": {"requests": 18}}) as one:
        await one.connector.connect()
        clock, before = one.here.clock, len(one.sandbox.asked("/v1/courses"))
        until = clock.elapsed_s + 60

        while clock.elapsed_s < until:
            await one.connector.check()  # one request for a course, one for a user

        asked = len(one.sandbox.asked("/v1/courses")) - before
    assert 1_060 <= 2 * asked <= 1_084
