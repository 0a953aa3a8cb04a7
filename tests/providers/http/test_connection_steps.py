"""A connection tested step by step: what each step tells, and how each one fails."""

import json
import ssl
from collections.abc import Generator, Mapping
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from integration_tui.domain.errors import (
    CredentialsError,
    ForbiddenError,
    IncompatibleError,
    ProviderError,
    RetryableError,
)
from integration_tui.providers.http.config import HttpConfig
from integration_tui.providers.http.session import HttpSession, SessionOptions
from integration_tui.providers.http.tls import shared_tls
from integration_tui.testing.http_server import Reply, ScriptedServer, serve
from tests.providers.http.auth.test_base import KINDS
from tests.providers.http.auth.test_oauth2 import CLIENT, TOKEN, granted
from tests.providers.http.fixtures import CANARY, Here, raw_server
from tests.providers.http.test_tls import NOW, Authority, secure_server


def line(
    address: str, auth: Mapping[str, object] | None = None, here: Here | None = None, **more: object
) -> HttpSession:
    config = HttpConfig.model_validate(
        {"name": "lincoln", "type": "any", "base_url": address, "auth": auth or KINDS["api_key"]}
        | more
    )
    here = here or Here(KEY=CANARY)
    return HttpSession(config, here.context(), SessionOptions(scopes=("a", "b")))


async def walked(one: HttpSession) -> dict[str, str]:
    """Return what each step says."""
    try:
        return {step.name: await step.run() for step in one.steps()}
    finally:
        await one.close()


async def failing(one: HttpSession) -> tuple[str, ProviderError]:
    """Return the step that fails, and how."""
    at = ""
    try:
        for step in one.steps():
            at = step.name
            await step.run()
    except ProviderError as error:
        return at, error
    finally:
        await one.close()
    raise AssertionError("no step fails")


async def test_plain_http_on_this_machine_is_told_as_such() -> None:
    app = ScriptedServer()

    async with serve(app) as address:
        said = await walked(line(address))

    assert said == {
        "DNS": "127.0.0.1",
        "TLS": "none: plain http on this machine",
        "credentials": "api_key, no expiry given",
        "scopes": "",
    }
    assert app.seen == []


async def test_making_the_steps_does_nothing_yet() -> None:
    here = Here(KEY=CANARY)

    steps = line("https://sis.invalid", here=here).steps()

    assert [step.name for step in steps] == ["DNS", "TLS", "credentials", "scopes"]
    assert here.resolved == []


async def test_the_line_is_open_after_the_steps() -> None:
    app = ScriptedServer()

    async with serve(app) as address:
        one = line(address)
        for step in one.steps():
            await step.run()
        answer, _ = await one.ask(f"{address}/orgs")
        await one.close()

    assert answer.status == 200


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ({"expires_in": 3600}, "good for 60 min"),
        ({"expires_in": 5}, "good for 5 s"),
        ({"expires_in": 86400}, "good for 24 h"),
        ({}, "no expiry given"),
    ],
)
async def test_a_token_is_told_with_its_kind_and_life(
    reply: Mapping[str, object], said: str
) -> None:
    found = await token_steps(reply)

    assert found["token"] == f"oauth2_client_credentials, {said}"
    assert TOKEN not in str(found)


async def token_steps(
    reply: Mapping[str, object], auth: Mapping[str, object] | None = None
) -> dict[str, str]:
    async with serve(ScriptedServer(granted(**reply))) as token_url:
        return await walked(line(token_url, {**CLIENT, "token_url": token_url, **(auth or {})}))


@pytest.mark.parametrize(
    ("scope", "asked", "said"),
    [
        ("a b", None, "all 2 granted: a b"),
        ("b a more", None, "all 2 granted: b a more"),
        ("b", None, "1 of 2 granted; NOT granted: a"),
        ("x", None, "0 of 2 granted; NOT granted: a b"),
        (None, None, "as requested: a b"),
        ("x y", [], "none requested; granted: x y"),
        (None, [], ""),
        ("b \x1b]52;c;x\x07", None, "1 of 2 granted; NOT granted: a"),
        ("x\x1b[2J anna@example.org", [], ""),
    ],
)
async def test_scopes_are_told_by_what_was_granted_of_what_was_asked(
    scope: str | None, asked: list[str] | None, said: str
) -> None:
    auth = {} if asked is None else {"scopes": asked}

    found = await token_steps({} if scope is None else {"scope": scope}, auth)

    assert found["scopes"] == said


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (Reply(401, b'{"error": "invalid_client"}'), CredentialsError, "refused the credentials ("),
        (Reply(400, b'{"error": "invalid_scope"}'), ForbiddenError, "does not grant"),
        (Reply(200, b"<html>"), IncompatibleError, "a web page"),
        (Reply(503), RetryableError, "a server error"),
    ],
)
async def test_a_refused_token_ends_the_way_at_its_step(
    reply: Reply, kind: type[ProviderError], said: str
) -> None:
    async with serve(ScriptedServer(reply)) as token_url:
        at, error = await failing(line(token_url, {**CLIENT, "token_url": token_url}))

    assert at == "token"
    assert type(error) is kind
    assert said in error.message
    assert CANARY not in str(error)


async def test_an_empty_secret_ends_the_way_at_the_credentials() -> None:
    async with serve(ScriptedServer()) as address:
        at, error = await failing(line(address, here=Here(KEY="")))

    assert at == "credentials"
    assert error.advice
    assert "env:KEY is empty" in error.message


async def test_a_name_that_is_not_known_ends_the_way_at_once() -> None:
    at, error = await failing(line("https://sis.invalid"))

    assert at == "DNS"
    assert "name not found: sis.invalid" in error.message


@pytest.mark.parametrize("host", ["10.1.2.3", "192.168.0.1", "[fd00::1]"])
async def test_a_private_address_ends_the_way_unless_it_is_allowed(host: str) -> None:
    at, error = await failing(line(f"https://{host}"))
    allowed = await line(f"https://{host}", allow_private_network=True).steps()[0].run()

    assert at == "DNS"
    assert "private network" in error.message
    assert "allow_private_network" in error.advice
    assert allowed == host.strip("[]")


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Authority]:
    """An authority that this process trusts, as an administrator makes it trust one."""
    one = Authority.new()
    file = tmp_path / "authority.pem"
    file.write_bytes(one.certificate.public_bytes(Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    shared_tls.cache_clear()
    yield one
    shared_tls.cache_clear()


def at_real_time(days: float = 0) -> Here:
    """Certificates are judged by the real clock, so the steps need it too."""
    here = Here(KEY=CANARY)
    here.clock.elapsed_s = (NOW + timedelta(days=days) - here.context().clock()).total_seconds()
    return here


@pytest.mark.parametrize(
    ("days", "passed", "said"), [(98, 0.5, "97 days"), (2, 0.5, "1 day"), (1, 0.5, "0 days")]
)
async def test_a_certificate_is_told_by_its_name_and_end(
    days: int, passed: float, said: str, authority: Authority, tmp_path: Path
) -> None:
    context = authority.server(tmp_path, "localhost", days=days)

    async with secure_server(context) as port:
        said_of = await walked(line(f"https://localhost:{port}", here=at_real_time(passed)))

    until = (NOW + timedelta(days=days)).astimezone(UTC)
    assert said_of["TLS"] == (
        f"TLS 1.3, certificate of localhost valid until {until:%Y-%m-%d}, {said} left"
    )


@pytest.mark.parametrize(
    ("host", "days", "said"),
    [("localhost", -1, "has expired"), ("sis.example.org", 30, "for another name")],
)
async def test_a_wrong_certificate_ends_the_way_at_tls(
    host: str, days: int, said: str, authority: Authority, tmp_path: Path
) -> None:
    context = authority.server(tmp_path, host, days=days)

    async with secure_server(context) as port:
        at, error = await failing(line(f"https://localhost:{port}"))

    assert at == "TLS"
    assert said in error.message
    assert isinstance(error, IncompatibleError)


async def test_an_unknown_authority_ends_the_way_at_tls(tmp_path: Path) -> None:
    async with secure_server(Authority.new().server(tmp_path, "localhost")) as port:
        at, error = await failing(line(f"https://localhost:{port}"))

    assert at == "TLS"
    assert "unknown authority" in error.message
    assert isinstance(error.__cause__, ssl.SSLCertVerificationError)


async def test_a_server_without_tls_ends_the_way_at_tls() -> None:
    async with serve(ScriptedServer()) as address:
        at, error = await failing(line(address.replace("http://", "https://")))

    assert at == "TLS"
    assert "the server speaks plain HTTP" in error.message


@pytest.mark.parametrize("hangs", [True, False])
async def test_a_handshake_that_does_not_come_ends_the_way_at_tls(hangs: bool) -> None:
    async def talk(reader, _writer) -> None:  # type: ignore[no-untyped-def]  # as asyncio
        await reader.read(-1 if hangs else 1)

    async with raw_server(talk) as address:
        at, error = await failing(line(address.replace("http://", "https://")))

    assert at == "TLS"
    assert isinstance(error, RetryableError)
    assert ("no answer" if hangs else "while it was being secured") in error.message


async def test_a_refused_connection_ends_the_way_at_tls() -> None:
    async with serve(ScriptedServer()) as address:
        pass

    at, error = await failing(line(address.replace("http://", "https://")))

    assert at == "TLS"
    assert "refused the connection" in error.message


async def test_what_is_said_of_a_token_never_holds_it() -> None:
    found = await token_steps({"scope": f"a {json.dumps('b')}"})

    assert CANARY not in str(found)
    assert TOKEN not in str(found)
