"""Who may come in, as whom, and what they may: tokens, rights, masquerading, refusals."""

import asyncio
from urllib.parse import urlencode

import msgspec
import pytest

from integration_tui.providers.http.models import Response
from integration_tui.sandbox.canvas.access import TOKEN_PATH
from integration_tui.sandbox.canvas.system import (
    OF_A_SCHOOL,
    OF_A_TEACHER,
    REFRESH_TOKEN,
    WITHOUT_SIS,
)
from integration_tui.sandbox.faults import Fault, FaultRule
from integration_tui.sandbox.served_system import CLIENT, SECRET
from tests.sandbox.canvas.fixtures import Campus, campus

CONSENT = {
    "grant_type": "refresh_token",
    "client_id": CLIENT,
    "client_secret": SECRET,
    "refresh_token": REFRESH_TOKEN,
}


async def refreshed(one: Campus, **changed: str) -> Response:
    return await one.ask(
        f"{one.address}{TOKEN_PATH}",
        token="",
        method="POST",
        body=urlencode({**CONSENT, **changed}).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )


async def test_a_refresh_token_gives_a_token_for_an_hour_and_no_other_refresh_token() -> None:
    async with campus() as one:
        given = msgspec.json.decode((await refreshed(one)).body)
        token = given["access_token"]
        fresh = await one.ask("/users/self", token=token)
        one.clock.advance(3599)
        late = await one.ask("/users/self", token=token)
        one.clock.advance(1)
        over = await one.ask("/users/self", token=token)
        again = msgspec.json.decode((await refreshed(one)).body)

    assert given["expires_in"] == 3600
    assert "refresh_token" not in given
    assert given["user"]["name"] == "Roster Integration"
    assert [fresh.status, late.status, over.status] == [200, 200, 401]
    assert again["access_token"] != token


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"refresh_token": "dead"}, 400, "invalid_request"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
async def test_the_token_endpoint_refuses_as_oauth_does(
    changed: dict[str, str], status: int, code: str
) -> None:
    async with campus() as one:
        answer = await refreshed(one, **changed)

    assert answer.status == status
    assert msgspec.json.decode(answer.body)["error"] == code


async def test_a_token_can_be_given_back() -> None:
    async with campus() as one:
        token = msgspec.json.decode((await refreshed(one)).body)["access_token"]
        await one.ask(f"{one.address}{TOKEN_PATH}", method="DELETE", token=token)
        after = await one.ask("/users/self", token=token)

    assert after.status == 401


@pytest.mark.parametrize("token", ["", "unknown"])
async def test_without_a_good_token_there_is_a_challenge(token: str) -> None:
    async with campus() as one:
        answer = await one.ask("/users/self", token=token)

    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="canvas-lms"'
    assert b'"errors":[{"message":' in answer.body


async def test_what_a_good_token_may_not_has_no_challenge() -> None:
    async with campus() as one:
        answer = await one.ask("/accounts/1/users", token=OF_A_TEACHER)

    assert answer.status == 401
    assert "www-authenticate" not in answer.headers
    assert msgspec.json.decode(answer.body)["status"] == "unauthorized"


async def test_a_missing_scope_is_told_and_the_named_ones_work() -> None:
    async with campus() as one:
        one.control("PUT", "rights", {"scopes": ["url:GET|/api/v1/accounts/:id/users"]})
        good = await one.ask("/accounts/1/users?sort=id")
        bad = await one.ask("/accounts/1/courses")

    assert [good.status, bad.status] == [200, 401]
    assert b"Insufficient scopes on access token." in bad.body


async def test_a_request_must_say_which_program_sent_it() -> None:
    async with campus() as one:
        _, _, place = one.address.partition("//")
        reader, writer = await asyncio.open_connection(*place.split(":"))
        lines = ("GET /api/v1/users/self HTTP/1.1", f"Host: {place}", "Connection: close",
                 f"Authorization: Bearer {SECRET}", "", "")  # fmt: skip
        writer.write("\r\n".join(lines).encode())
        answer = await reader.read()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"content-type: application/json" in answer
    assert b"User-Agent header is required" in answer


async def test_the_token_of_a_school_sees_that_school_only() -> None:
    async with campus() as one:
        accounts = await one.listed("/accounts", token=OF_A_SCHOOL)
        root = await one.ask("/accounts/self", token=OF_A_SCHOOL)
        terms = await one.ask("/accounts/1/terms", token=OF_A_SCHOOL)
        users = await one.listed("/accounts/2/users?sort=id&per_page=100", token=OF_A_SCHOOL)
        everybody = await one.listed("/accounts/1/users?sort=id&per_page=100")

    assert [row["id"] for row in accounts] == [2]
    assert [root.status, terms.status] == [401, 200]
    assert len(users) == len(everybody) - 1  # the sandbox's own administrator


async def test_whoever_poses_as_another_may_what_the_other_may() -> None:
    async with campus() as one:
        teacher = "as_user_id=sis_user_id:usr-0000002"
        itself = await one.read(f"/users/self?{teacher}")
        courses = await one.ask(f"/accounts/1/courses?{teacher}")
        principal = await one.listed("/accounts?as_user_id=sis_user_id:usr-0000001")

    assert itself["id"] == 21070000000000002
    assert courses.status == 401
    assert [row["id"] for row in principal] == [2]


@pytest.mark.parametrize(
    ("token", "whom"), [(SECRET, "999"), (OF_A_SCHOOL, "21070000000000002"), (SECRET, "x")]
)
async def test_nobody_poses_as_whom_they_may_not(token: str, whom: str) -> None:
    async with campus() as one:
        answer = await one.ask(f"/users/self?as_user_id={whom}", token=token)

    assert answer.status == 401
    assert answer.body == b'{"errors":"Invalid as_user_id"}'


async def test_who_administers_what_is_told() -> None:
    async with campus() as one:
        root = await one.listed("/accounts/1/admins")
        school = await one.listed("/accounts/2/admins")

    assert [row["user"]["login_id"] for row in root] == ["integration-tui"]
    assert [row["user"]["sis_user_id"] for row in school] == ["usr-0000001"]


async def test_rights_can_be_taken_and_a_reset_gives_them_back() -> None:
    async with campus() as one:
        one.control("PUT", "rights", {"sees_sis_ids": False, "account": 2})
        narrowed = await one.listed("/accounts")
        one.system.reset()
        whole = await one.listed("/accounts")

    assert [row["id"] for row in narrowed] == [2]
    assert "sis_account_id" not in narrowed[0]
    assert [row["id"] for row in whole] == [1]
    assert "sis_account_id" in whole[0]


async def test_a_course_can_be_forbidden_and_the_edge_can_fail() -> None:
    refused = '{"status":"unauthorized","errors":[{"message":"user not authorized"}]}'
    async with campus() as one:
        one.system.faults.play(
            FaultRule(
                fault=Fault.STATUS, path="*/courses/11000/*", status=401, body=refused, times=None
            ),
            FaultRule(
                fault=Fault.STATUS, path="*/terms", status=502, media_type="text/html",
                body="<html><h1>502 Bad Gateway</h1></html>", times=None,
            ),
            FaultRule(fault=Fault.LOGIN_PAGE, path="*/admins", times=None),
        )  # fmt: skip
        forbidden = await one.ask("/courses/11000/sections")
        other = await one.ask("/courses/11001/sections")
        edge = await one.ask("/accounts/1/terms")
        page = await one.ask("/accounts/1/admins")
        browser = await one.ask(f"{one.address}/login", token="")

    assert [forbidden.status, other.status, edge.status, page.status] == [401, 200, 502, 200]
    assert edge.body.startswith(b"<html>")
    assert page.headers["content-type"].startswith("text/html")
    assert b"Log in to Canvas" in browser.body


async def test_reports_and_imports_need_their_rights() -> None:
    async with campus() as one:
        report = await one.ask(
            "/accounts/1/reports/provisioning_csv?parameters[users]=1",
            method="POST",
            token=WITHOUT_SIS,
        )
        upload = await one.ask("/accounts/1/sis_imports", method="POST", token=WITHOUT_SIS)

    assert [report.status, upload.status] == [401, 401]
    assert "www-authenticate" not in report.headers
