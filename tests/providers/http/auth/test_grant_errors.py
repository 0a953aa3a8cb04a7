"""A refused grant is told by what has to be changed: delegation, account, clock or consent."""

import json
from collections.abc import Mapping
from datetime import timedelta
from email.utils import format_datetime
from functools import cache

import pytest
from joserfc.jwk import RSAKey

from integration_tui.domain.errors import CredentialsError, ForbiddenError
from integration_tui.providers.http.session import SessionOptions
from integration_tui.testing.http_server import Reply, ScriptedServer, serve
from tests.providers.http.auth.test_base import line
from tests.providers.http.auth.test_oauth2 import granted
from tests.providers.http.fixtures import CANARY, NOW, Here

COURSES = "https://www.googleapis.com/auth/classroom.courses.readonly"
USERS = "https://www.googleapis.com/auth/admin.directory.user.readonly"
ISSUER = "roster@school-project.iam.gserviceaccount.com"
CLIENT_ID = "105739182736455000001"
SUBJECT = "admin@school.example.org"
ASSERTION = {
    "type": "oauth2_jwt_bearer",
    "issuer": ISSUER,
    "subject": SUBJECT,
    "private_key": "env:KEY",
}
CONSENT = {
    "type": "oauth2_authorization_code",
    "client_id": "console",
    "client_secret": "env:SIS_SECRET",
    "refresh_token": "env:REFRESH",
}
JWT_TIME = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
    " Check your iat and exp values in the JWT claim."
)
JSON = {"content-type": "application/json"}


def refusal(code: str, text: object, status: int = 400, **headers: str) -> Reply:
    body = json.dumps({"error": code, "error_description": text}).encode()
    return Reply(status, body, JSON | headers)


@cache
def pem() -> str:
    """Return one key for all tests: making one takes a while."""
    return RSAKey.generate_key(2048).as_pem(private=True).decode()


def key_file() -> str:
    return json.dumps({"type": "service_account", "private_key": pem(), "client_id": CLIENT_ID})


async def refused(
    reply: Reply,
    auth: Mapping[str, object] | None = None,
    *,
    key: str = "",
    scopes: tuple[str, ...] = (COURSES, USERS),
) -> CredentialsError:
    """Return the error of a line whose token is refused so."""
    here = Here(KEY=key or key_file(), REFRESH=CANARY)
    options = SessionOptions(scopes=scopes)
    async with serve(ScriptedServer(reply)) as address:
        proof = {**(auth or ASSERTION), "token_url": f"{address}/token"}
        async with line(address, proof, here, options) as one:
            with pytest.raises(CredentialsError) as caught:
                await one.authenticate()
    error = caught.value
    shown = f"{error}{error!r}{error.__cause__!r}"
    assert CANARY not in shown
    assert "PRIVATE KEY" not in shown
    return error


UNAUTHORIZED = refusal(
    "unauthorized_client",
    "Client is unauthorized to retrieve access tokens using this method, or client not authorized"
    " for any of the scopes requested.",
    401,
)


async def test_a_missing_delegation_names_client_subject_scopes_and_the_way() -> None:
    error = await refused(UNAUTHORIZED)

    assert error.message == (
        f"Google does not let {ISSUER} act for {SUBJECT}: domain-wide delegation or one of these"
        f" scopes is missing: {COURSES} {USERS} (unauthorized_client)"
    )
    assert error.advice == (
        "in the admin console: Security, API controls, domain-wide delegation,"
        f" client id {CLIENT_ID}"
    )
    assert not isinstance(error, ForbiddenError)  # that would be said of one class or page


async def test_without_a_client_id_in_the_key_the_account_is_named() -> None:
    error = await refused(UNAUTHORIZED, key=pem())

    assert error.advice.endswith(f"domain-wide delegation, client id of {ISSUER}")


async def test_many_scopes_are_named_in_short() -> None:
    many = tuple(f"https://www.googleapis.com/auth/classroom.part{n}.readonly" for n in range(8))

    error = await refused(UNAUTHORIZED, scopes=many)

    assert "classroom.part0.readonly" in error.message
    assert "classroom.part7.readonly" in error.message
    assert len(error.message) < 512


async def test_not_authorized_at_all_reads_the_same() -> None:
    error = await refused(refusal("access_denied", "Requested client not authorized.", 403))

    assert "domain-wide delegation" in error.message


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("invalid_grant", "Invalid email or User ID"),
        ("invalid_grant", "Not a valid email."),
        ("invalid_grant", "The account has been deleted."),
        ("invalid_request", 'Invalid impersonation "sub" field: x'),
    ],
)
async def test_a_subject_that_is_not_there_is_named(code: str, text: str) -> None:
    error = await refused(refusal(code, text))

    assert error.message == f"no active account {SUBJECT} ({code})"
    assert error.advice == "set auth.subject to an administrator"
    assert SUBJECT in error.accounts
    assert error.names == {code}


@pytest.mark.parametrize(
    ("off", "said"),
    [
        (timedelta(minutes=75), "this machine's clock is 75 minutes off (invalid_grant)"),
        (timedelta(minutes=-9), "this machine's clock is 9 minutes off (invalid_grant)"),
        (timedelta(seconds=62), "this machine's clock is 1 minute off (invalid_grant)"),
        (timedelta(seconds=20), "this machine's clock may be off"),
    ],
)
async def test_a_wrong_clock_is_told_with_how_far_it_is_off(off: timedelta, said: str) -> None:
    date = format_datetime(NOW + off, usegmt=True)

    error = await refused(refusal("invalid_grant", JWT_TIME, date=date))

    assert said in error.message
    assert "synchronize the clock" in error.advice


async def test_a_wrong_clock_is_told_where_the_server_shows_none() -> None:
    error = await refused(refusal("invalid_grant", JWT_TIME, date="the day before"))

    assert "this machine's clock may be off" in error.message


async def test_a_deleted_key_and_an_unknown_account_are_told_apart() -> None:
    key = await refused(refusal("invalid_grant", "Invalid JWT Signature."))
    account = await refused(refusal("invalid_grant", "Invalid grant: account not found"))

    assert f"does not know the key that {ISSUER} signs with" in key.message
    assert "store it in env:KEY" in key.advice
    assert f"unknown service account {ISSUER}" in account.message


@pytest.mark.parametrize("text", ["because", 7, None, ["Invalid email or User ID"]])
async def test_an_unknown_text_is_told_by_its_code(text: object) -> None:
    error = await refused(refusal("invalid_grant", text))

    assert error.message.endswith("refused the credentials (invalid_grant)")
    assert "because" not in str(error)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (json.dumps({"type": "authorized_user", "refresh_token": CANARY}), "authorized_user"),
        (json.dumps({"type": "external_account"}), "external_account"),
        (json.dumps({"type": CANARY}), "another kind"),
        (json.dumps({"installed": {"client_secret": CANARY}}), "OAuth client"),
        (json.dumps({"web": {"client_secret": CANARY}}), "OAuth client"),
    ],
)
async def test_a_key_file_of_another_kind_is_told_by_its_kind(text: str, kind: str) -> None:
    error = await refused(granted(), key=text)

    assert error.message == f"env:KEY is a key file of type {kind}"
    assert error.advice == "download a service account key file"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("invalid_grant", "Token has been expired or revoked."),
        ("invalid_grant", "Bad Request"),
        ("invalid_request", "refresh_token not found"),
    ],
)
async def test_a_dead_refresh_token_asks_for_another_consent(code: str, text: str) -> None:
    error = await refused(refusal(code, text), CONSENT)

    assert error.message == f"the consent was revoked or has expired ({code})"
    assert error.advice == "have an administrator consent again, then store the new refresh token"


async def test_two_lines_with_scopes_of_their_own_have_tokens_of_their_own() -> None:
    """What is not delegated to one of them costs that one only."""
    endpoint = ScriptedServer(granted(access_token="of-the-first"), UNAUTHORIZED)
    here = Here(KEY=key_file())
    system = ScriptedServer()
    async with serve(endpoint) as token_url, serve(system) as address:
        proof = {**ASSERTION, "token_url": token_url}
        first, second = (SessionOptions(scopes=(scope,)) for scope in (COURSES, USERS))
        async with (
            line(address, proof, here, first) as classroom,
            line(address, proof, here, second) as directory,
        ):
            await classroom.read(f"{address}/v1/courses")
            with pytest.raises(CredentialsError) as caught:
                await directory.read(f"{address}/admin/directory/v1/users")
            await classroom.read(f"{address}/v1/courses")

    assert USERS in caught.value.message
    assert COURSES not in caught.value.message
    assert len(endpoint.seen) == 2
    assert [seen.headers["authorization"] for seen in system.seen] == ["Bearer of-the-first"] * 2
