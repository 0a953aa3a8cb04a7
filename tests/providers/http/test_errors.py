"""What an answer that is no success tells an administrator, and what it never tells."""

import base64
import json
from datetime import timedelta
from email.utils import format_datetime
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_tui.domain.errors import (
    CredentialsError,
    ForbiddenError,
    IncompatibleError,
    ProviderError,
    RemoteNotFoundError,
    RetryableError,
    ThrottledError,
)
from integration_tui.domain.redaction import MASK
from integration_tui.domain.value import replace
from integration_tui.providers.http.error_bodies import server_text
from integration_tui.providers.http.errors import (
    MAX_RETRY_AFTER_S,
    not_json,
    retry_after_s,
    status_error,
)
from integration_tui.providers.http.json_decoding import read_json
from integration_tui.providers.http.models import AuthHeaders, Request, Response, mask_secrets
from tests.providers.http.fixtures import CANARY, NOW

REQUEST = Request.get("https://sis.example.org/orgs").proven(
    AuthHeaders(headers={"Authorization": f"Bearer {CANARY}"}, hidden=(CANARY, f"Bearer {CANARY}"))
)


def answer(status: int = 200, body: bytes = b"", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status=status, headers=named, body=body, url=REQUEST.url)


def error(status: int, body: bytes = b"", **headers: str) -> ProviderError:
    return status_error(answer(status, body, **headers), REQUEST, clock=lambda: NOW)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, IncompatibleError),
        (401, CredentialsError),
        (403, ForbiddenError),
        (404, RemoteNotFoundError),
        (408, RetryableError),
        (409, IncompatibleError),
        (422, IncompatibleError),
        (429, ThrottledError),
        (500, RetryableError),
        (501, IncompatibleError),
        (502, RetryableError),
        (503, RetryableError),
        (504, RetryableError),
        (520, RetryableError),
    ],
)
def test_a_status_says_what_to_do_next(status: int, kind: type[ProviderError]) -> None:
    found = error(status)

    assert type(found) is kind
    assert found.advice
    assert "sis.example.org" in found.message
    assert str(status) in found.message


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("1000000000", MAX_RETRY_AFTER_S),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0.0),
        (format_datetime(NOW + timedelta(days=9), usegmt=True), MAX_RETRY_AFTER_S),
        ("Mon, 99 Foo 2026 08:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_every_form(text: str, seconds: float | None) -> None:
    assert retry_after_s(answer(429, retry_after=text), clock=lambda: NOW) == seconds


@given(st.text())
def test_no_retry_after_is_longer_than_a_quarter_of_an_hour(text: str) -> None:
    seconds = retry_after_s(answer(429, retry_after=text), clock=lambda: NOW)

    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER_S


def test_throttling_says_how_long_to_wait() -> None:
    found = error(429, retry_after="30")

    assert isinstance(found, ThrottledError)
    assert found.retry_after_s == 30


SAID = "the filter is wrong"


@pytest.mark.parametrize(
    "body",
    [
        {"imsx_codeMajor": "failure", "imsx_description": SAID, "imsx_CodeMinor": {}},
        {"imsx_StatusInfo": {"imsx_codeMajor": "failure", "imsx_description": SAID}},
        {"imsx_statusInfo": {"imsx_description": SAID}},
        {"statusInfoSet": [{"imsx_description": SAID}]},
        {"error": {"code": 400, "message": SAID, "status": "INVALID_ARGUMENT"}},
        {"error": "invalid_request", "error_description": SAID},
        {"errors": [{"message": SAID}]},
        {"errors": {"name": [{"message": SAID}]}, "message": SAID},
        {"errors": SAID},
        {"error": SAID},
        {"message": SAID},
        {"type": "about:blank", "title": "Bad", "detail": SAID},
        SAID,
    ],
)
def test_the_servers_own_words_are_found_in_every_shape_and_never_repeated(body: object) -> None:
    told = json.dumps(body).encode()

    assert server_text(answer(400, told, content_type="application/json")) == SAID
    assert SAID not in str(error(400, told, content_type="application/json"))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"null", b"[[[[[[[1]]]]]]]", b"<html>no</html>", b"[" * 100_000]
)
def test_a_server_without_words_has_none(body: bytes) -> None:
    assert server_text(answer(500, body)) == ""


@pytest.mark.parametrize("media_type", ["text/plain", "text/html", "application/json", ""])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500, 503])
def test_no_sentence_of_a_server_is_repeated(status: int, media_type: str) -> None:
    found = error(status, b"Anna Muster is locked", content_type=media_type)

    assert "Anna" not in f"{found}{found!r}{found.args}"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": "invalid_client", "error_description": SAID}, "invalid_client"),
        ({"error": {"code": 403, "status": "PERMISSION_DENIED"}}, "PERMISSION_DENIED"),
        ({"error": {"errors": [{"reason": "dailyLimitExceeded"}]}}, "dailyLimitExceeded"),
        ({"imsx_codeMinor": "invalid_data"}, "invalid_data"),
        (
            {"imsx_CodeMinor": {"imsx_codeMinorField": [
                {"imsx_codeMinorFieldName": "x", "imsx_codeMinorFieldValue": "unknownobject"}
            ]}},
            "unknownobject",
        ),
        ({"imsx_StatusInfo": {"imsx_CodeMinor": {"imsx_codeMinorField": [
            {"imsx_codeMinorFieldValue": "INVALIDDATA"}]}}}, "invaliddata"),
        ({"error": "Anna Muster"}, ""),
        ({"message": "invalid_client"}, ""),
        ([], ""),
    ],
)  # fmt: skip
def test_a_refusals_code_is_told_where_it_is_a_known_one(body: object, code: str) -> None:
    found = error(400, json.dumps(body).encode())

    assert f"(HTTP 400{', ' if code else ''}{code})" in found.message


def test_the_code_of_a_bearer_challenge_is_told() -> None:
    challenge = 'Bearer realm="Anna", error="invalid_token", error_description="of Anna"'

    assert "(HTTP 401, invalid_token)" in error(401, www_authenticate=challenge).message
    assert "Anna" not in str(error(401, www_authenticate=challenge))


@pytest.mark.parametrize(
    "phrase",
    ["The plain HTTP request was sent to HTTPS port",
     "Reason: You're speaking plain HTTP to an SSL-enabled server port.",
     "Client sent an HTTP request to an HTTPS server."],
)  # fmt: skip
def test_plain_http_to_a_port_for_tls_is_told(phrase: str) -> None:
    request = Request.get("http://127.0.0.1:8443/orgs")
    refused = Response(status=400, headers={}, body=phrase.encode(), url=request.url)

    found = status_error(refused, request, clock=lambda: NOW)

    assert found.message == "127.0.0.1:8443 requires TLS on this port (HTTP 400)"
    assert found.advice == "use https:// in base_url"


@pytest.mark.parametrize("setting", ["base_url", "token_url"])
@pytest.mark.parametrize("status", [400, 404])
def test_advice_names_the_setting_that_the_address_is_from(status: int, setting: str) -> None:
    request = replace(REQUEST, setting=setting)

    assert setting in status_error(answer(status), request, clock=lambda: NOW).advice


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"users":[{"givenName":"Anna"', "cut off after 29 bytes"),
        (b'{"givenName":"Anna",}', "damaged at byte 20 of 21 bytes"),
        (b'{"givenName":"Anna"} x', "damaged at byte 22 of 22 bytes"),
        (b'{"givenName":"\xc4nna"}', "byte 14 of 20 bytes is not UTF-8"),
        (b'["Anna"]', "unexpected structure (8 bytes)"),
        (b"[" * 100_000, "nested too deeply (100,000 bytes)"),
        (b"  ", "empty"),
    ],
)
def test_damage_is_told_by_its_kind_and_place_and_never_quoted(body: bytes, said: str) -> None:
    found = not_json(answer(200, body), REQUEST)

    assert found.message == f"sis.example.org returned invalid JSON: {said}"


def test_an_answer_without_content_blames_no_setting() -> None:
    found = not_json(answer(204, b""), REQUEST)

    assert found.message == "sis.example.org returned no content (HTTP 204)"
    assert (
        found.advice == "report it to the server's administrator: an empty list must be JSON, too"
    )


async def test_nothing_behind_an_error_holds_a_part_of_the_page() -> None:
    body = b'{"givenName":"Anna \xff"}'

    with pytest.raises(IncompatibleError) as caught:
        read_json(answer(200, body), REQUEST, dict[str, str])

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("secret", ["s3cret/with+signs==", "p@ss w\xf6rd", CANARY])
def test_a_secret_is_masked_in_every_dress(secret: str) -> None:
    basic = f"client:{secret}".encode()
    coded = [
        base64.b64encode(basic).decode(),
        base64.b64encode(f"Authorization: Bearer {secret}".encode()).decode(),
        base64.urlsafe_b64encode(secret.encode()).decode(),
        quote_plus(base64.b64encode(f"xy{secret}".encode()).decode()),
    ]

    for text in (secret, quote(secret, safe=""), quote_plus(secret), *coded):
        shown = mask_secrets(f"before {text} behind", [secret])

        assert MASK in shown
        assert text not in shown
        assert len(shown) < len(f"before {text} behind")


def test_what_a_server_says_is_bounded_and_harmless() -> None:
    hostile = json.dumps({"message": "\x1b]52;c;x\x07" + "x" * 10_000 + "\u202e"}).encode()

    message = error(500, hostile).message

    assert len(message) < 300
    assert message.isprintable()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize(
    "echoed", [CANARY, f"Authorization: Bearer {CANARY}", f"token={CANARY}", CANARY * 20]
)
def test_an_echoed_secret_is_not_repeated(status: int, echoed: str) -> None:
    found = error(status, json.dumps({"message": f"no entry for {echoed} here"}).encode())

    assert CANARY not in str(found)
    assert CANARY[:10] not in str(found)


def test_a_login_page_is_told_as_such() -> None:
    page = answer(200, b"<!DOCTYPE html><title>Sign in</title>", content_type="text/html")

    with pytest.raises(IncompatibleError, match="a web page instead of data") as caught:
        read_json(page, REQUEST, dict[str, object])

    assert "login page" in caught.value.advice


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b'{"orgs":[{"na', "application/json"),
        (b"", "application/json"),
        (b'{"a":NaN}', "application/json"),
        (b"[" * 200_000, "application/json"),
        (b"[]", "application/json"),
        (b'{"a":"' + CANARY.encode(), "application/json"),
        (b"{}", "text/csv"),
        (b"{}", "application/" + CANARY),
    ],
)
def test_what_is_not_the_json_that_was_asked_for_is_refused(body: bytes, media_type: str) -> None:
    with pytest.raises(IncompatibleError) as caught:
        read_json(answer(200, body, content_type=media_type), REQUEST, dict[str, object])

    assert caught.value.advice
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    "media_type", ["", "application/json; charset=utf-8", "application/a+json"]
)
def test_json_under_its_names_is_read(media_type: str) -> None:
    found = read_json(answer(200, b'{"a":1}', content_type=media_type), REQUEST, dict[str, int])

    assert found == {"a": 1}


def test_neither_requests_nor_answers_show_what_they_hold() -> None:
    shown = f"{REQUEST!r}{answer(200, CANARY.encode())!r}{AuthHeaders(headers={'a': CANARY})!r}"

    assert CANARY not in shown
