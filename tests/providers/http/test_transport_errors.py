"""Every fault of a server ends in one sentence, and no secret is in it, behind it, or logged."""

import asyncio
import gzip
import json
import logging
import socket
import struct
import traceback
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration_tui import logging_setup
from integration_tui.domain.errors import (
    CredentialsError,
    ForbiddenError,
    IncompatibleError,
    ProviderError,
    RemoteNotFoundError,
    RetryableError,
    ThrottledError,
)
from integration_tui.providers.http.config import HttpConfig
from integration_tui.providers.http.json_decoding import read_json
from integration_tui.providers.http.session import HttpSession
from integration_tui.testing.http_server import Reply, ScriptedServer, serve
from tests.providers.http.auth.test_oauth2 import CLIENT, TOKEN, granted
from tests.providers.http.fixtures import CANARY, Here, Talk, raw_server

BEARER = f"Bearer {CANARY}"
JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What a server does, and what is told of it; `HOST` stands for its host."""

    does: Reply | Talk
    kind: type[ProviderError]
    said: str
    timeout_s: float = 5.0


def reply(status: int, body: bytes = b"", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, body, {"content-type": JSON, **named})


def page(body: bytes, status: int = 200, **headers: str) -> Reply:
    return reply(status, body, **{"content_type": "text/html; charset=utf-8", **headers})


def sends(*parts: bytes, pause_s: float = 0, ends: bool = True) -> Talk:
    """Return a server that sends this, the last part for ever where it does not end."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for part in parts:
            writer.write(part)
        while not ends:
            await writer.drain()
            await asyncio.sleep(pause_s)
            writer.write(parts[-1])

    return talk


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reset the connection (RST, not FIN) in the middle of a body."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEAD + b"Content-Length: 1000\r\n\r\n" + CANARY.encode())
    await writer.drain()
    plug: socket.socket = writer.get_extra_info("socket")
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def hangs(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"10000\r\n" + b"x" * 65536 + b"\r\n"
WORDS = json.dumps({"imsx_description": f"refused: {CANARY}"}).encode()
LOGIN = f"<!doctype html><form><input value='{CANARY}'></form>".encode()
SLOW_DOWN = f"<html>Too many requests with {CANARY}</html>".encode()
A_PAGE = "HOST returned a web page instead of data"
NO_JSON = "HOST returned invalid JSON: "
TOO_SOON = "HOST closed the connection before the answer was complete"
FEWER = "HOST is rate limiting requests (HTTP 429)"

FAULTS = {
    "gzip bomb": Fault(
        does=reply(200, gzip.compress(bytes(20 * 2**20)), content_encoding="gzip"),
        kind=IncompatibleError,
        said="HOST returned a response that expands more than 100 times",
    ),
    "endless and fast": Fault(
        does=sends(CHUNKED, CHUNK, ends=False),
        kind=IncompatibleError,
        said="HOST answered with more than 32 MB in one response",
    ),
    "endless and slow": Fault(
        does=sends(CHUNKED, b"1\r\nx\r\n", pause_s=0.02, ends=False),
        kind=RetryableError,
        said="no answer from HOST within 0.3 s",
        timeout_s=0.3,
    ),
    "headers that drip": Fault(
        does=sends(HEAD, b"X-A: b\r\n", pause_s=0.02, ends=False),
        kind=RetryableError,
        said="no answer from HOST within 0.3 s",
        timeout_s=0.3,
    ),
    "hang": Fault(
        does=hangs,
        kind=RetryableError,
        said="no answer from HOST within 0.2 s",
        timeout_s=0.2,
    ),
    "reset in a body": Fault(does=resets, kind=RetryableError, said=TOO_SOON),
    "end in a body": Fault(
        does=sends(HEAD + b"Content-Length: 9\r\n\r\n{"), kind=RetryableError, said=TOO_SOON
    ),
    "no http": Fault(
        does=sends(f"{CANARY}\r\n\r\n".encode()),
        kind=IncompatibleError,
        said="HOST did not answer in HTTP",
    ),
    "unknown encoding": Fault(
        does=reply(200, b"x", content_encoding=CANARY),
        kind=IncompatibleError,
        said="HOST answered with an unexpected encoding (unknown)",
    ),
    "wrong content type": Fault(
        does=reply(200, b"a,b", content_type="text/csv"),
        kind=IncompatibleError,
        said="HOST returned CSV instead of JSON",
    ),
    "content type with the secret": Fault(
        does=reply(200, b"{}", content_type=f"text/{CANARY}"),
        kind=IncompatibleError,
        said="HOST returned another type of content instead of JSON",
    ),
    "login page": Fault(does=page(LOGIN), kind=IncompatibleError, said=A_PAGE),
    "login page as json": Fault(does=reply(200, LOGIN), kind=IncompatibleError, said=A_PAGE),
    "truncated json": Fault(
        does=reply(200, b'{"users":[{"id":"' + CANARY.encode()),
        kind=IncompatibleError,
        said=f"{NO_JSON}cut off after {len(CANARY) + 17} bytes",
    ),
    "no json": Fault(
        does=reply(200, b'{"a":NaN}'),
        kind=IncompatibleError,
        said=f"{NO_JSON}damaged at byte 5 of 9 bytes",
    ),
    "deep json": Fault(
        does=reply(200, b"[" * 200_000),
        kind=IncompatibleError,
        said=NO_JSON + "nested too deeply (200,000 bytes)",
    ),
    "redirect loop": Fault(
        does=reply(302, location="/orgs"),
        kind=IncompatibleError,
        said="HOST redirects more than 3 times",
    ),
    "redirect elsewhere": Fault(
        does=reply(302, location="https://evil.example/"),
        kind=IncompatibleError,
        said="HOST redirects to evil.example; credentials not sent",
    ),
    "redirect to a host with the secret": Fault(
        does=reply(302, location=f"https://{CANARY}.evil.example/"),
        kind=IncompatibleError,
        said="HOST redirects to •••.evil.example; credentials not sent",
    ),
    "redirect to a file": Fault(
        does=reply(302, location="file:///etc/passwd"),
        kind=IncompatibleError,
        said="HOST redirects to no host; credentials not sent",
    ),
    "401": Fault(
        does=reply(401, WORDS),
        kind=CredentialsError,
        said="HOST refused the credentials (HTTP 401)",
    ),
    "403": Fault(
        does=reply(403, WORDS),
        kind=ForbiddenError,
        said="HOST denied access (HTTP 403)",
    ),
    "404": Fault(
        does=reply(404, WORDS),
        kind=RemoteNotFoundError,
        said="HOST found nothing at this URL (HTTP 404)",
    ),
    "409": Fault(
        does=reply(409, WORDS),
        kind=IncompatibleError,
        said="HOST reports a conflict with an existing record (HTTP 409)",
    ),
    "422": Fault(
        does=reply(422, WORDS),
        kind=IncompatibleError,
        said="HOST rejected the request (HTTP 422)",
    ),
    "500": Fault(
        does=reply(500, WORDS),
        kind=RetryableError,
        said="HOST returned a server error (HTTP 500)",
    ),
    "502 of a proxy": Fault(
        does=page(LOGIN, 502),
        kind=RetryableError,
        said="HOST returned a server error (HTTP 502)",
    ),
    **{
        f"429 for {text[:9]}": Fault(
            does=page(SLOW_DOWN, 429, retry_after=text), kind=ThrottledError, said=FEWER
        )
        for text in ("20", "-5", "1000000000", CANARY, "Mon, 02 Nov 2026 08:00:20 GMT")
    },
}


@asynccontextmanager
async def doing(does: Reply | Talk) -> AsyncGenerator[str]:
    if isinstance(does, Reply):
        async with serve(ScriptedServer(does)) as address:
            yield address
    else:
        async with raw_server(does) as address:
            yield address


async def ending(one: HttpSession, address: str) -> ProviderError:
    """Return how a read ends, as a connector reads."""
    one.open()
    try:
        answer, sent = await one.read(f"{address}/orgs")
        read_json(answer, sent, dict[str, object])
    except ProviderError as error:
        return error
    finally:
        await one.close()
    raise AssertionError("the read succeeds")


@pytest.fixture
def logged(tmp_path: Path) -> Generator[Path]:
    """The logging_setup file, at its most talkative."""
    path = tmp_path / "console.log"
    logging_setup.configure(path, "debug")
    yield path
    logging_setup.close()


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def leaks(error: ProviderError, logged: Path, *secrets: str) -> list[str]:
    """Return those of the secrets that can be found in anything that is shown or written."""
    try:
        raise error
    except ProviderError:
        logging_setup.get("integration_tui.engine").exception(
            "check failed", error=error, reason=str(error)
        )
    shown = [
        f"{base_exception}{base_exception!r}{base_exception.args}"
        for base_exception in chain(error)
    ]
    shown += traceback.format_exception(error)
    shown.append(logged.read_text())
    assert "check failed" in shown[-1]
    return [secret for secret in secrets if any(secret in text for text in shown)]


def config(address: str, auth: Mapping[str, object]) -> HttpConfig:
    return HttpConfig.model_validate(
        {"name": "lincoln", "type": "any", "base_url": address, "auth": auth}
    )


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_every_fault_has_its_sentence_and_gives_no_secret_away(
    fault: Fault, logged: Path
) -> None:
    async with doing(fault.does) as address:
        auth = {"type": "jwt", "token": "env:SIS_SECRET"}
        one = HttpSession(config(address, auth), Here().context(timeout_s=fault.timeout_s))
        error = await ending(one, address)

    assert type(error) is fault.kind
    assert error.message.replace(address.removeprefix("http://"), "HOST") == fault.said
    assert error.advice
    assert leaks(error, logged, CANARY, CANARY.lower()) == []


def refused(**reply: object) -> bytes:
    return json.dumps(reply).encode()


ENDPOINT_FAULTS = {
    "error json": (
        reply(401, refused(error="invalid_client", error_description=f"no {CANARY}")),
        CredentialsError,
        "HOST refused the credentials (invalid_client)",
    ),
    "error with the secret as its code": (
        reply(400, refused(error=CANARY)),
        CredentialsError,
        "HOST refused the credentials (HTTP 400)",
    ),
    "html": (page(LOGIN), IncompatibleError, A_PAGE),
    "html error": (
        page(LOGIN, 503),
        RetryableError,
        "HOST returned a server error (HTTP 503)",
    ),
    "truncated token": (
        reply(200, b'{"access_token":"' + TOKEN.encode()),
        IncompatibleError,
        f"HOST returned invalid JSON: cut off after {len(TOKEN) + 17} bytes",
    ),
    "token of a wrong type": (
        reply(200, refused(access_token=[TOKEN])),
        IncompatibleError,
        f"HOST returned invalid JSON: unexpected structure ({len(TOKEN) + 22} bytes)",
    ),
    "the token as its type": (
        granted(token_type=TOKEN),
        IncompatibleError,
        "HOST returned no bearer token (an unknown kind of token)",
    ),
    "a token that cannot be sent": (
        granted(access_token=f"{TOKEN}\n"),
        CredentialsError,
        "the secret for the header Authorization has invalid characters",
    ),
    "redirect elsewhere": (
        reply(307, location=f"https://{CANARY}.evil.example/"),
        IncompatibleError,
        "HOST redirects to •••.evil.example; credentials not sent",
    ),
    "throttled in html": (
        page(SLOW_DOWN, 429, retry_after="20"),
        ThrottledError,
        FEWER,
    ),
}


@pytest.mark.parametrize("client_auth", ["basic", "body"])
@pytest.mark.parametrize("name", ENDPOINT_FAULTS)
async def test_every_fault_of_a_token_endpoint_has_its_sentence_and_gives_no_secret_away(
    name: str, client_auth: str, logged: Path
) -> None:
    does, kind, sentence = ENDPOINT_FAULTS[name]

    async with serve(ScriptedServer(does)) as address:
        auth = {**CLIENT, "token_url": address, "client_auth": client_auth}
        error = await ending(HttpSession(config(address, auth), Here().context()), address)

    assert type(error) is kind
    assert error.message.replace(address.removeprefix("http://"), "HOST") == sentence
    assert error.advice
    assert leaks(error, logged, CANARY, TOKEN) == []


async def test_scopes_that_echo_secrets_are_told_without_them() -> None:
    async with serve(ScriptedServer(granted(scope=f"a {CANARY} {TOKEN}"))) as address:
        auth = {**CLIENT, "token_url": address}
        one = HttpSession(config(address, auth), Here().context())
        one.open()
        proof = await one.authenticate()
        await one.close()

    assert proof.scopes == ("a", "•••", "•••")


async def test_a_redirect_from_https_to_plain_http_sends_nothing_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.providers.http.test_tls import Authority, ask

    authority, thief = Authority.new(), ScriptedServer()

    async with serve(thief) as elsewhere:
        head = f"HTTP/1.1 302 Found\r\nLocation: {elsewhere}/\r\nContent-Length: 0\r\n\r\n"
        server = await asyncio.start_server(
            sends(head.encode()), "127.0.0.1", 0, ssl=authority.server(tmp_path, "127.0.0.1")
        )
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(IncompatibleError, match="; credentials not sent"):
            await ask(f"https://127.0.0.1:{port}/orgs", authority.trusted())
        server.close()

    assert thief.seen == []


def test_the_libraries_below_write_no_log_of_requests() -> None:
    levels = {name: logging.getLogger(name).getEffectiveLevel() for name in ("httpx", "httpcore")}

    assert min(levels.values()) >= logging.WARNING
