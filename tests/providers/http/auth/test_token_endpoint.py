"""Token endpoints as they are: Basic without percent-encoding, replies in other forms than JSON."""

import base64
import codecs
import json

import pytest

from integration_tui.domain.errors import CredentialsError
from integration_tui.testing.http_server import Reply
from tests.providers.http.auth.test_oauth2 import TOKEN, Asked, granted
from tests.providers.http.fixtures import CANARY

SECRET = "abc/def+gh=="
AUTH = {"client_id": "console"}
REFUSED = Reply(401, b'{"error":"invalid_client"}')


def credentials_sent(asked: Asked) -> list[str]:
    basics = [
        received_request.headers["authorization"].removeprefix("Basic ")
        for received_request in asked.endpoint.seen
    ]
    return [base64.b64decode(basic).decode() for basic in basics]


async def test_a_refused_basic_is_sent_once_more_as_it_is_and_that_is_remembered() -> None:
    asked = Asked(REFUSED, granted(), granted(), system=(Reply(401), Reply()))
    asked.here.secrets["SIS_SECRET"] = SECRET

    await asked.ask(AUTH)

    plain = f"console:{SECRET}"
    assert credentials_sent(asked) == ["console:abc%2Fdef%2Bgh%3D%3D", plain, plain]


async def test_where_both_forms_are_refused_the_advice_names_client_auth_and_token_url() -> None:
    asked = Asked(REFUSED)
    asked.here.secrets["SIS_SECRET"] = SECRET

    with pytest.raises(CredentialsError, match="invalid_client") as caught:
        await asked.ask(AUTH)

    assert len(asked.endpoint.seen) == 2
    assert "client_auth: body" in caught.value.advice
    assert "token_url" in caught.value.advice
    assert "base_url" not in str(caught.value)


@pytest.mark.parametrize(
    ("secret", "auth", "refusal"),
    [
        (CANARY, AUTH, REFUSED),  # both forms are the same
        (SECRET, AUTH | {"client_auth": "body"}, REFUSED),
        (SECRET, AUTH, Reply(400, b'{"error":"invalid_grant"}')),  # the client is accepted
        (SECRET, {"client_id": "a:b"}, REFUSED),  # as it is, the id would end at its colon
    ],
)
async def test_nothing_is_sent_twice_where_that_changes_nothing(
    secret: str, auth: dict[str, str], refusal: Reply
) -> None:
    asked = Asked(refusal)
    asked.here.secrets["SIS_SECRET"] = secret

    with pytest.raises(CredentialsError):
        await asked.ask(auth)

    assert len(asked.endpoint.seen) == 1


REPLY = json.dumps({"access_token": TOKEN, "token_type": "bearer", "expires_in": 3600}).encode()
FORM = f"access_token={TOKEN}&token_type=bearer&expires_in=3600".encode()


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (codecs.BOM_UTF8 + REPLY, "application/json"),
        (codecs.BOM_UTF16_LE + REPLY.decode().encode("utf-16-le"), "application/json"),
        (b"\r\n " + REPLY, "text/html"),
        (REPLY, "text/plain"),
        (REPLY, "text/plain; charset=iso-8859-1"),
        (REPLY, ""),
        (FORM, "application/x-www-form-urlencoded"),
        (FORM, "text/plain"),
        (codecs.BOM_UTF8 + FORM, "text/html"),
    ],
)
async def test_a_token_is_read_from_every_form_of_reply(body: bytes, media_type: str) -> None:
    asked = Asked(Reply(200, body, {"content-type": media_type} if media_type else {}))

    await asked.ask()

    assert asked.system.seen[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    "body",
    [b"error=invalid_client", codecs.BOM_UTF8 + b'{"error":"invalid_client"}'],
)
async def test_a_refusal_is_read_from_every_form_of_reply(body: bytes) -> None:
    asked = Asked(Reply(400, body, {"content-type": "text/plain"}))

    with pytest.raises(CredentialsError, match="invalid_client"):
        await asked.ask()
