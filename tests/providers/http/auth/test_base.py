"""Every way to prove who we are, as a server sees it; and that nobody else ever sees it."""

import base64
import hmac
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import get_args
from urllib.parse import parse_qsl, quote

import pytest

from integration_tui.domain.errors import CredentialsError, ProviderError
from integration_tui.providers.http.config import HttpConfig
from integration_tui.providers.http.models import WriteMethod
from integration_tui.providers.http.session import HttpSession, SessionOptions
from integration_tui.testing.http_server import ReceivedRequest, Reply, ScriptedServer, serve
from tests.providers.http.fixtures import CANARY, NOW, Here


@asynccontextmanager
async def line(
    address: str,
    auth: Mapping[str, object],
    here: Here,
    manners: SessionOptions | None = None,
    *,
    repeats: int = 0,
    **sections: object,
) -> AsyncGenerator[HttpSession]:
    config = HttpConfig.model_validate(
        {"name": "lincoln", "type": "any", "base_url": address, "auth": auth, **sections}
    )
    one = HttpSession(config, here.context(max_retries=repeats), manners)
    one.open()
    try:
        yield one
    finally:
        await one.close()


async def seen(
    auth: Mapping[str, object], query: Mapping[str, str] | None = None
) -> ReceivedRequest:
    """Return the request that a server gets."""
    app = ScriptedServer()
    async with serve(app) as address, line(address, auth, Here()) as one:
        await one.ask(f"{address}/orgs", query)
    return app.seen[0]


async def test_an_api_key_goes_into_its_header() -> None:
    plain = await seen({"type": "api_key", "key": "env:SIS_SECRET"})
    prefixed = await seen(
        {"type": "api_key", "key": "env:SIS_SECRET", "header": "Authorization", "prefix": "Token"}
    )

    assert plain.headers["x-api-key"] == CANARY
    assert prefixed.headers["authorization"] == f"Token {CANARY}"


async def test_user_and_password_go_as_basic() -> None:
    found = await seen({"type": "basic", "username": "ana", "password": "env:SIS_SECRET"})

    kind, _, both = found.headers["authorization"].partition(" ")
    assert (kind, base64.b64decode(both).decode()) == ("Basic", f"ana:{CANARY}")


async def test_a_ready_token_goes_as_bearer() -> None:
    found = await seen({"type": "jwt", "token": "env:SIS_SECRET"})

    assert found.headers["authorization"] == f"Bearer {CANARY}"


async def test_custom_headers_go_with_every_request() -> None:
    found = await seen({"type": "custom_headers", "headers": {"X-Tenant-Key": "env:SIS_SECRET"}})

    assert found.headers["x-tenant-key"] == CANARY


@pytest.mark.parametrize(("method", "digest"), [("HMAC-SHA1", "sha1"), ("HMAC-SHA256", "sha256")])
async def test_oauth1_signs_the_address_with_all_its_parameters(method: str, digest: str) -> None:
    auth = {
        "type": "oauth1",
        "consumer_key": "console",
        "consumer_secret": "env:SIS_SECRET",
        "signature_method": method,
    }

    found = await seen(auth, {"limit": "5", "filter": "familyName='O Neil & Söhne'"})

    assert _signature_is_right(found, digest)


@pytest.mark.parametrize("method", get_args(WriteMethod))
async def test_oauth1_signs_writes_without_their_json(method: WriteMethod) -> None:
    app = ScriptedServer()

    async with serve(app) as address, line(address, KINDS["oauth1"], Here(KEY=CANARY)) as one:
        await one.write(method, f"{address}/users/1?a=b", {"b": "ü&=1"}, repeatable=False)

    assert app.seen[0].method == method
    assert _signature_is_right(app.seen[0], "sha256")


def _signature_is_right(found: ReceivedRequest, digest: str) -> bool:
    """Compute the signature anew, by RFC 5849 section 3.4 alone."""
    kind, _, rest = found.headers["authorization"].partition(" ")
    assert kind == "OAuth"
    told = {
        name: value.strip('"')
        for name, _, value in (part.strip().partition("=") for part in rest.split(","))
    }
    signature = told.pop("oauth_signature")
    assert told["oauth_timestamp"] == str(int(NOW.timestamp()))
    pairs = [(quote(k, safe="~"), quote(v, safe="~")) for k, v in parse_qsl(found.query)]
    pairs += [(name, value) for name, value in told.items() if name != "realm"]
    parameters = "&".join(f"{name}={value}" for name, value in sorted(pairs))
    url = f"http://{found.headers['host']}{found.path}"
    base = "&".join(quote(part, safe="~") for part in (found.method, url, parameters))
    mine = hmac.new(f"{CANARY}&".encode(), base.encode(), digest).digest()
    return quote(base64.b64encode(mine), safe="~") == signature


async def test_a_refused_secret_is_read_again_in_case_it_was_changed() -> None:
    app = ScriptedServer(Reply(401), Reply())
    here = Here(KEY="the old one")

    async with (
        serve(app) as address,
        line(address, {"type": "api_key", "key": "env:KEY"}, here) as one,
    ):
        await one.authenticate()
        here.secrets["KEY"] = "the new one"
        answer, _ = await one.ask(f"{address}/orgs")

    assert answer.status == 200
    assert [seen.headers["x-api-key"] for seen in app.seen] == ["the old one", "the new one"]


KINDS: dict[str, Mapping[str, object]] = {
    "api_key": {"type": "api_key", "key": "env:KEY"},
    "basic": {"type": "basic", "username": "ana", "password": "env:KEY"},
    "jwt": {"type": "jwt", "token": "env:KEY"},
    "oauth1": {"type": "oauth1", "consumer_key": "console", "consumer_secret": "env:KEY"},
    "custom_headers": {"type": "custom_headers", "headers": {"X-A": "env:KEY"}},
}


@pytest.mark.parametrize("kind", KINDS)
async def test_the_same_secret_is_not_tried_twice(kind: str) -> None:
    app = ScriptedServer(Reply(401))

    async with (
        serve(app) as address,
        line(address, KINDS[kind], Here(KEY=CANARY)) as one,
    ):
        with pytest.raises(CredentialsError, match="refused the credentials"):
            await one.ask(f"{address}/orgs")

    assert len(app.seen) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_secret_is_read_at_its_first_use_and_not_before(kind: str) -> None:
    here = Here(KEY=CANARY)
    app = ScriptedServer()

    async with serve(app) as address, line(address, KINDS[kind], here) as one:
        before = list(here.resolved)
        await one.ask(f"{address}/orgs")
        await one.ask(f"{address}/orgs")

    assert before == []
    assert here.resolved == ["env:KEY"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_server_that_echoes_all_it_got_gives_nothing_away(kind: str) -> None:
    class Echo(ScriptedServer):
        async def __call__(self, scope, receive, send):  # type: ignore[no-untyped-def]  # as ASGI
            headers = b"; ".join(k + b": " + v for k, v in scope["headers"])
            self._replies = [Reply(400, headers, {"content-type": "text/plain"})]
            await super().__call__(scope, receive, send)

    async with (
        serve(Echo()) as address,
        line(address, KINDS[kind], Here(KEY=CANARY)) as one,
    ):
        with pytest.raises(ProviderError) as caught:
            await one.ask(f"{address}/orgs")

    sent = base64.b64encode(f"ana:{CANARY}".encode()).decode()
    shown = f"{caught.value}{caught.value!r}{one!r}"
    assert CANARY not in shown
    assert sent not in shown


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"basic", "oauth1"}])
@pytest.mark.parametrize(
    "value", [f"{CANARY}\n", f"{CANARY}\r\nX-Evil: 1", f"ключ{CANARY}", f"{CANARY} "]
)
async def test_a_secret_that_cannot_be_sent_is_told_without_it(kind: str, value: str) -> None:
    app = ScriptedServer()

    async with serve(app) as address, line(address, KINDS[kind], Here(KEY=value)) as one:
        with pytest.raises(CredentialsError, match="invalid characters") as caught:
            await one.ask(f"{address}/orgs")

    assert app.seen == []
    assert CANARY not in f"{caught.value}{caught.value!r}{caught.value.__context__!r}"


@pytest.mark.parametrize("kind", KINDS)
async def test_an_empty_secret_is_told_by_its_reference(kind: str) -> None:
    async with line("http://127.0.0.1:9", KINDS[kind], Here(KEY="")) as one:
        with pytest.raises(CredentialsError, match="env:KEY is empty"):
            await one.authenticate()


@pytest.mark.parametrize("kind", KINDS)
async def test_an_authentication_tells_its_kind_and_nothing_else(kind: str) -> None:
    async with line("http://127.0.0.1:9", KINDS[kind], Here(KEY=CANARY)) as one:
        first = await one.authenticate()
        second = await one.reauthenticate()

    assert first == second
    assert first.kind == kind
    assert first.expires_at is None
    assert CANARY not in repr(first)
