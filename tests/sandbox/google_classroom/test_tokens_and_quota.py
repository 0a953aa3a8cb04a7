"""The token endpoint, the quotas, and every way to say that there were too many requests."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from joserfc import jwt

from integration_tui.providers.http.models import Request
from integration_tui.sandbox.google_classroom import scopes
from integration_tui.sandbox.google_classroom.system import GoogleClassroomKind
from integration_tui.sandbox.google_classroom.throttling import SHAPES
from integration_tui.sandbox.google_classroom.token_endpoint import GOOGLES_AUDIENCE, REFRESH_TOKEN
from integration_tui.sandbox.served_system import CLIENT, SECRET
from tests.sandbox.google_classroom.fixtures import Domain, domain, real_now

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
COURSES = "v1/courses"


async def asked(one: Domain, form: dict[str, str]) -> tuple[int, Any]:
    answer = await one.http.send(Request.form(one.connection.token_url, form))
    return answer.status, msgspec.json.decode(answer.body)


async def signed(one: Domain, **claims: object) -> tuple[int, Any]:
    """Ask for a token by an assertion; `claims` replace those of a good one."""
    account, now = one.system.account, int(real_now().timestamp())
    good = {
        "iss": account.email,
        "sub": one.administrator,
        "aud": one.connection.token_url,
        "scope": scopes.whole(["classroom.courses.readonly"])[0],
        "iat": now,
        "exp": now + 3600,
    }
    assertion = jwt.encode({"alg": "RS256"}, good | claims, account.key)
    return await asked(one, {"grant_type": GRANT, "assertion": assertion})


async def test_both_audiences_are_good_and_a_token_says_how_long_it_lives() -> None:
    async with domain() as one:
        own = await signed(one)
        googles = await signed(one, aud=GOOGLES_AUDIENCE)
        headers = {"Authorization": f"Bearer {googles[1]['access_token']}"}
        answer = await one.http.send(
            Request(method="GET", url=f"{one.base_url}/{COURSES}", headers=headers)
        )

    assert own[0] == googles[0] == answer.status == 200
    assert (own[1]["token_type"], own[1]["expires_in"]) == ("Bearer", 3599)
    assert "refresh_token" not in own[1]


@pytest.mark.parametrize(
    ("claims", "error", "text"),
    [
        ({"aud": "https://elsewhere.example/token"}, "invalid_grant", "audience"),
        ({"iss": "nobody@x.iam.gserviceaccount.com"}, "invalid_grant", "account not found"),
        ({"sub": "nobody@prairieview.example"}, "invalid_grant", "Invalid email or User ID"),
        ({"iat": 1, "exp": 3000}, "invalid_grant", "reasonable timeframe"),
        ({"exp": 2**33}, "invalid_grant", "short-lived token"),
        ({"scope": ""}, "invalid_scope", "Invalid OAuth scope"),
        ({"scope": "https://www.googleapis.com/auth/drive"}, "unauthorized_client", "unauthorized"),
    ],
)
async def test_an_assertion_that_is_refused(
    claims: dict[str, object], error: str, text: str
) -> None:
    async with domain() as one:
        status, body = await signed(one, **claims)

    assert status in {400, 401}
    assert body["error"] == error
    assert text in body["error_description"]


async def test_nobody_acts_for_a_suspended_account() -> None:
    async with domain() as one:
        one.with_conditions(suspended=["usr-0000001"])
        _, body = await signed(one)

    assert body["error_description"] == "Invalid email or User ID"


async def test_another_key_is_a_wrong_signature() -> None:
    async with domain() as one, domain(kind=GoogleClassroomKind()) as other:
        status, body = await signed(other)
        foreign = jwt.encode(
            {"alg": "RS256"}, {"iss": one.system.account.email}, other.system.account.key
        )
        refused = await asked(one, {"grant_type": GRANT, "assertion": foreign})
        garbage = await asked(one, {"grant_type": GRANT, "assertion": "a.b.c"})

    assert status == 200, body
    assert refused[1]["error_description"] == "Invalid JWT Signature."
    assert garbage[1]["error_description"] == "Invalid JWT Signature."


async def test_a_consent_is_refreshed_until_it_is_revoked() -> None:
    form = {
        "grant_type": "refresh_token",
        "client_id": CLIENT,
        "client_secret": SECRET,
        "refresh_token": REFRESH_TOKEN,
    }

    async with domain() as one:
        good = await asked(one, form)
        one.with_conditions(consent_revoked=True)
        dead = await asked(one, form)
        unknown = await asked(one, form | {"client_secret": "x"})

    assert good[1]["access_token"]
    assert dead == (
        400,
        {"error": "invalid_grant", "error_description": "Token has been expired or revoked."},
    )
    assert unknown[0] == 401


async def test_a_token_lives_as_long_as_it_says() -> None:
    now = [0.0]

    async with domain(monotonic=lambda: now[0]) as one:
        before = await one.call("GET", COURSES)
        now[0] = 3599.0
        after = await one.call("GET", COURSES)

    assert (before.status, after.status) == (200, 401)


async def test_requests_are_counted_by_the_minute_and_the_subject() -> None:
    now = [0.0]

    async with domain(monotonic=lambda: now[0]) as one:
        one.with_conditions(quota_per_user=5)
        teacher = one.sign_in("100000000000000000005")
        statuses = [(await one.call("GET", COURSES)).status for _ in range(6)]
        other = await teacher.call("GET", COURSES)
        now[0] = 59.9
        still = await one.call("GET", COURSES)
        now[0] = 60.1
        again = await one.call("GET", COURSES)
        report = await one.control("GET", "quota")
        cleared = await one.control("DELETE", "quota")

    assert statuses == [200] * 5 + [429]
    assert (other.status, still.status, again.status) == (200, 429, 200)
    mine = next(row for row in report if row["subject"] == one.administrator)
    assert mine == {
        "api": "classroom.googleapis.com",
        "subject": one.administrator,
        "peak_per_minute": 5,
        "total": 6,
        "refused": 2,
    }
    assert cleared == []


async def test_the_project_has_a_quota_too_and_the_directory_its_own() -> None:
    async with domain() as one:
        one.with_conditions(quota_per_project=2, directory_quota=1)
        await one.get(COURSES)
        await one.sign_in("100000000000000000005").get(COURSES)
        project = await one.refusal("GET", COURSES)
        await one.get("admin/directory/v1/users", customer="my_customer")
        directory = await one.refusal("GET", "admin/directory/v1/users", customer="my_customer")

    assert project["details"][0]["metadata"]["quota_limit"] == "DefaultPerMinutePerProject"
    assert (directory["code"], directory["errors"][0]["reason"]) == (403, "userRateLimitExceeded")


async def test_every_shape_of_a_throttle_comes_in_its_turn() -> None:
    async with domain() as one:
        await one.control("PUT", "throttle", {"shapes": SHAPES, "path": "*/students"})
        path = "v1/courses/600000000000/students"
        answers = [await one.call("GET", path) for _ in range(len(SHAPES) + 1)]
        others = await one.call("GET", COURSES)

    assert [answer.status for answer in answers] == [
        *(int(shape.partition("_")[0]) for shape in SHAPES),
        200,
    ]
    assert others.status == 200
    texts = dict(zip(SHAPES, (answer.body for answer in answers), strict=False))
    assert texts["429_text"].startswith(b"Quota exceeded for quota metric")
    assert b"userRateLimitExceeded" in texts["403_user_rate"]
    assert texts["502_html"].startswith(b"<!DOCTYPE html>")


async def test_a_shape_that_is_not_known_names_those_that_are() -> None:
    async with domain() as one:
        request = Request(
            method="PUT",
            url=f"{one.address}/_control/google_classroom/throttle",
            headers={"Authorization": f"Bearer {one.control_key}"},
            body=b'{"shapes": ["418_teapot"]}',
        )
        answer = await one.http.send(request)

    assert answer.status == 400
    assert "429_json" in msgspec.json.decode(answer.body)["error"]


async def test_answers_carry_the_time_of_the_server() -> None:
    async with domain() as one:
        answer = await one.call("GET", COURSES)

    assert answer.headers["date"].endswith("GMT")


async def test_many_at_once_are_all_answered() -> None:
    async with domain() as one:
        answers = await asyncio.gather(*(one.call("GET", COURSES) for _ in range(20)))

    assert {answer.status for answer in answers} == {200}
    assert urlsplit(one.base_url).hostname == "127.0.0.1"
