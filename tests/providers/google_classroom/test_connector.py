"""Google Classroom: a real RS256 assertion, the check, and how Google says no."""

import json

import pytest

from integration_tui.domain.errors import (
    CredentialsError,
    ForbiddenError,
    ProviderError,
    RetryableError,
    ThrottledError,
)
from integration_tui.domain.health.status import HealthFinding
from integration_tui.providers.google_classroom.config import GoogleClassroomConfig
from integration_tui.sandbox.faults import Fault
from tests.providers.google_classroom.fake_server import Content
from tests.providers.google_classroom.fixtures import domain, pem, service_key


async def test_a_signed_assertion_gets_a_token_for_the_administrator() -> None:
    async with domain() as one:
        await one.connector.connect()

        proof = await one.connector.authenticate()

    assert one.sandbox.claims["sub"] == "admin@school.example.org"
    assert one.sandbox.claims["scope"] == " ".join(proof.scopes)
    assert one.sandbox.claims["exp"] == int(one.here.context().clock().timestamp()) + 3600
    assert proof.kind == "oauth2_jwt_bearer"
    assert proof.expires_at is not None


async def test_a_check_is_one_request_for_a_course_and_one_for_a_user() -> None:
    async with domain() as one:
        await one.connector.connect()
        await one.connector.check()
        one.sandbox.seen.clear()

        finding = await one.connector.check()

    assert finding == HealthFinding()
    assert sorted(one.sandbox.seen) == [
        "/admin/directory/v1/users?customer=my_customer&maxResults=1&fields=users%28id%29",
        "/v1/courses?pageSize=1&fields=courses%28id%29",
    ]
    assert one.sandbox.issuer.minted == 2


async def test_a_domain_without_courses_is_healthy() -> None:
    async with domain(Content(lists={"/v1/courses": ("courses", [])})) as one:
        await one.connector.connect()

        finding = await one.connector.check()

    assert finding.status == "healthy"
    assert finding.detail.startswith("no course is visible")


async def test_a_whole_key_file_is_taken_and_its_token_uri_is_not_called() -> None:
    async with domain() as one:
        key_file = {"private_key": pem(service_key()), "token_uri": "https://evil.example/token"}
        one.here.secrets["GOOGLE_KEY"] = json.dumps({"type": "service_account", **key_file})

        await one.connector.connect()

        assert one.sandbox.issuer.minted == 1


async def test_a_revoked_token_is_replaced_by_a_new_assertion() -> None:
    async with domain() as one:
        await one.connector.connect()
        await one.connector.check()
        one.sandbox.issuer.revoke()

        await one.connector.check()

    assert one.sandbox.issuer.minted == 4  # of Classroom and of the Directory


async def test_a_secret_that_is_no_key_is_not_repeated() -> None:
    async with domain() as one:
        one.here.secrets["GOOGLE_KEY"] = "canary-no-key"

        with pytest.raises(CredentialsError) as caught:
            await one.connector.connect()

    assert caught.value.message == "the secret env:GOOGLE_KEY is not a private RSA key"
    assert "canary" not in f"{caught.value!r}{caught.value.__cause__!r}"


@pytest.mark.parametrize(
    ("auth", "error", "sentence"),
    [
        ({"subject": "gone@school.example.org"}, CredentialsError, "invalid_grant"),
        (
            {"scopes": ["https://www.googleapis.com/auth/classroom.guardianlinks.me.readonly"]},
            CredentialsError,
            "unauthorized_client",
        ),
        (
            {"scopes": ["https://www.googleapis.com/auth/classroom.rosters.readonly"]},
            ForbiddenError,
            "the token lacks classroom.courses.readonly",
        ),
        (
            {"scopes": ["https://www.googleapis.com/auth/admin.directory.user.readonly"]},
            ForbiddenError,
            "auth.scopes names no scope for 127.0.0.1",
        ),
    ],
)
async def test_what_google_refuses_is_told_by_its_code(
    auth: dict[str, object], error: type[ProviderError], sentence: str
) -> None:
    async with domain(auth=auth) as one:
        with pytest.raises(ProviderError) as caught:
            await one.connector.connect()

    assert type(caught.value) is error
    assert sentence in caught.value.message
    assert caught.value.advice


@pytest.mark.parametrize(
    ("status", "body", "media_type"),
    [
        (429, b'{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}', "application/json"),
        (403, b'{"error":{"code":403,"errors":[{"reason":"rateLimitExceeded"}]}}', "text/json"),
        (403, b"Request rate higher than configured", "text/plain"),
        (403, b"Quota exceeded for quota metric 'Requests'", "text/plain"),
        (429, b"Quota exceeded for quota metric 'Requests'", "text/plain"),
        (403, b'{"error":{"code":403,"errors":[{"reason":"userRateLimitExceeded"}]}}', "text/json"),
        (403, b'{"error":{"code":403,"errors":[{"reason":"quotaExceeded"}]}}', "text/json"),
        (
            503,
            b'{"error":{"code":503,"message":"quota exceeded for the current request"}}',
            "application/json",
        ),
        (503, b"quota exceeded for the current request", "text/plain"),
    ],
)
async def test_every_way_to_throttle_is_told_as_that(
    status: int, body: bytes, media_type: str
) -> None:
    async with domain() as one:
        await one.connector.connect()
        faults = one.sandbox.faults
        faults.now, faults.status, faults.body = Fault.STATUS, status, body
        faults.media_type, faults.retry_after = media_type, "9"

        with pytest.raises(ThrottledError) as caught:
            await one.connector.check()

    assert caught.value.retry_after_s == 9


async def test_a_503_in_html_is_tried_again_and_not_shown_as_html() -> None:
    async with domain() as one:
        await one.connector.connect()
        faults = one.sandbox.faults
        faults.now, faults.status, faults.body = Fault.STATUS, 503, b"<!DOCTYPE html><p>x</p>"
        faults.media_type = "text/html"

        with pytest.raises(RetryableError) as caught:
            await one.connector.check()

    assert "<" not in caught.value.message


def test_the_address_is_googles_unless_the_file_says_another() -> None:
    field = GoogleClassroomConfig.model_fields["base_url"]

    assert field.default == "https://classroom.googleapis.com"
