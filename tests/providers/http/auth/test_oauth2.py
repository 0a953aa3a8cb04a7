"""Tokens: how they are asked for, kept, renewed and refused."""

import asyncio
import base64
import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

import pytest
from starlette.types import Message, Receive, Scope, Send

from integration_tui.domain.errors import (
    CredentialsError,
    ForbiddenError,
    IncompatibleError,
    ProviderError,
    RetryableError,
)
from integration_tui.providers.http.session import HttpSession, SessionOptions
from integration_tui.testing.http_server import Reply, ScriptedServer, serve
from tests.providers.http.auth.test_base import line
from tests.providers.http.fixtures import CANARY, Here

CLIENT = {
    "type": "oauth2_client_credentials",
    "client_id": "con sole:1",
    "client_secret": "env:SIS_SECRET",
}
TOKEN = "canary-T0KEN-value"


def granted(**reply: object) -> Reply:
    return Reply(200, json.dumps({"access_token": TOKEN, "token_type": "Bearer"} | reply).encode())


class Asked:
    """A token endpoint and a system, and a line to both."""

    def __init__(self, *tokens: Reply, system: tuple[Reply, ...] = ()) -> None:
        self.endpoint = ScriptedServer(*(tokens or (granted(),)))
        self.system = ScriptedServer(*system)
        self.here = Here()

    async def ask(self, auth: Mapping[str, object] | None = None, *, times: int = 1) -> None:
        async with (
            serve(self.endpoint) as token_url,
            serve(self.system) as address,
            line(
                address, {**CLIENT, "token_url": token_url, **(auth or {})}, self.here, MANNERS
            ) as one,
        ):
            for _ in range(times):
                await self.one_more(one, address)

    async def one_more(self, one: HttpSession, address: str) -> None:
        await one.ask(f"{address}/orgs")

    @property
    def fields(self) -> dict[str, str]:
        return dict(parse_qsl(self.endpoint.seen[0].body.decode()))


MANNERS = SessionOptions(scopes=("a", "b"))


async def test_basic_is_url_encoded_before_it_is_base64() -> None:
    asked = Asked()

    await asked.ask()

    kind, _, both = asked.endpoint.seen[0].headers["authorization"].partition(" ")
    assert (kind, base64.b64decode(both).decode()) == ("Basic", f"con+sole%3A1:{CANARY}")
    assert asked.fields == {"grant_type": "client_credentials", "scope": "a b"}
    assert asked.system.seen[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_client_and_secret_go_into_the_body_where_the_config_says_so() -> None:
    asked = Asked()

    await asked.ask({"client_auth": "body", "scopes": []})

    assert "authorization" not in asked.endpoint.seen[0].headers
    assert asked.fields == {
        "grant_type": "client_credentials",
        "client_id": "con sole:1",
        "client_secret": CANARY,
    }


async def test_a_token_is_kept_between_requests() -> None:
    asked = Asked(granted(expires_in=3600))

    await asked.ask(times=5)

    assert len(asked.endpoint.seen) == 1


@pytest.mark.parametrize(
    ("expires_in", "passed_s", "minted"),
    [
        (3600, 3500.0, 1),
        (3600, 3541.0, 2),
        ("3600", 3541.0, 2),
        (100, 89.0, 1),
        (100, 91.0, 2),
        (5, 4.4, 1),
        (5, 4.6, 2),
        (None, 1e9, 1),
        (0, 1e9, 1),
        (-5, 1e9, 1),
        ("soon", 1e9, 1),
    ],
)
async def test_a_token_is_renewed_shortly_before_it_runs_out(
    expires_in: object, passed_s: float, minted: int
) -> None:
    class Later(Asked):
        async def one_more(self, one: HttpSession, address: str) -> None:
            await super().one_more(one, address)
            self.here.clock.elapsed_s = passed_s

    asked = Later(granted(expires_in=expires_in) if expires_in is not None else granted())

    await asked.ask(times=2)

    assert len(asked.endpoint.seen) == minted


async def test_what_is_told_of_a_token_is_when_it_ends_and_what_it_allows() -> None:
    asked = Asked(granted(expires_in=3600, scope="a"))

    async with (
        serve(asked.endpoint) as token_url,
        line(token_url, {**CLIENT, "token_url": token_url}, asked.here, MANNERS) as one,
    ):
        proof = await one.authenticate()

    assert proof.kind == "oauth2_client_credentials"
    assert proof.scopes == ("a",)
    assert proof.expires_at is not None
    assert (proof.expires_at - asked.here.context().clock()).total_seconds() == 3600
    assert TOKEN not in repr(proof)


async def test_twenty_who_need_a_token_at_once_get_the_same_one() -> None:
    asked = Asked(granted(expires_in=3600))

    async with (
        serve(asked.endpoint) as token_url,
        serve(asked.system) as address,
        line(address, {**CLIENT, "token_url": token_url}, asked.here) as one,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(20):
            group.create_task(one.authenticate())

    assert len(asked.endpoint.seen) == 1


async def test_twenty_calls_with_a_token_that_ran_out_renew_it_once() -> None:
    asked = Asked(granted(expires_in=5, access_token="old"), granted(access_token="new"))

    async with (
        serve(asked.endpoint) as token_url,
        serve(asked.system) as address,
        line(address, {**CLIENT, "token_url": token_url}, asked.here) as one,
    ):
        await one.read(f"{address}/orgs")
        asked.here.clock.elapsed_s = 4.6
        async with asyncio.TaskGroup() as group:
            for _ in range(20):
                group.create_task(one.read(f"{address}/orgs"))

    sent = [seen.headers["authorization"] for seen in asked.system.seen]
    assert sent == ["Bearer old", *["Bearer new"] * 20]
    assert len(asked.endpoint.seen) == 2


async def test_a_token_that_runs_out_during_a_pause_is_renewed_before_it_is_sent() -> None:
    asked = Asked(
        granted(expires_in=5, access_token="old"),
        granted(expires_in=5, access_token="new"),
        system=(Reply(429, headers={"retry-after": "20"}), Reply()),
    )

    async with (
        serve(asked.endpoint) as token_url,
        serve(asked.system) as address,
        line(address, {**CLIENT, "token_url": token_url}, asked.here, repeats=1) as one,
    ):
        with pytest.raises(RetryableError):
            await one.ask(f"{address}/orgs")
        await one.read(f"{address}/orgs")

    sent = [seen.headers["authorization"] for seen in asked.system.seen]
    assert sent == ["Bearer old", "Bearer new"]


async def test_those_who_waited_for_a_refused_token_do_not_ask_again() -> None:
    asked = Asked(Reply(500))
    refused: list[ProviderError] = []

    async def ask(one: HttpSession) -> None:
        try:
            await one.authenticate()
        except ProviderError as error:
            refused.append(error)

    async with (
        serve(asked.endpoint) as token_url,
        line(token_url, {**CLIENT, "token_url": token_url}, asked.here) as one,
    ):
        async with asyncio.TaskGroup() as group:
            for _ in range(10):
                group.create_task(ask(one))
        await ask(one)

    assert len(refused) == 11
    assert len(asked.endpoint.seen) == 2


class Ageing:
    """Refuses the old token, to so many requests at the same time."""

    def __init__(self, workers: int) -> None:
        self._all = asyncio.Barrier(workers)
        self.asked: list[tuple[str, str]] = []

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        token = dict(scope["headers"])[b"authorization"].decode()
        self.asked.append((scope["path"], token))
        if is_old := token == "Bearer old":
            await self._all.wait()
        status = 401 if is_old else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


async def test_a_refused_token_is_renewed_once_for_all_workers_of_a_walk() -> None:
    """Each asks for the same page again, and no other one asks for a token."""
    asked, system = Asked(granted(access_token="old"), granted(access_token="new")), Ageing(8)

    async with (
        serve(asked.endpoint) as token_url,
        serve(system) as address,
        line(
            address,
            {**CLIENT, "token_url": token_url},
            asked.here,
            SessionOptions(at_once=8),
        ) as one,
        asyncio.timeout(30),
    ):
        await one.authenticate()
        async with asyncio.TaskGroup() as group:
            for number in range(8):
                group.create_task(one.read(f"{address}/page/{number}"))

    pages = [f"/page/{number}" for number in range(8)]
    assert sorted(system.asked) == sorted(
        (page, token) for page in pages for token in ("Bearer old", "Bearer new")
    )
    assert len(asked.endpoint.seen) == 2


async def test_a_new_token_that_is_refused_too_is_the_end() -> None:
    asked = Asked(system=(Reply(401),))

    with pytest.raises(CredentialsError, match="refused the credentials"):
        await asked.ask()

    assert len(asked.endpoint.seen) == 2
    assert len(asked.system.seen) == 2


def refusal(code: str, **more: str) -> bytes:
    return json.dumps({"error": code, "error_description": "because"} | more).encode()


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (Reply(401, refusal("invalid_client")), CredentialsError, "invalid_client"),
        (Reply(400, refusal("invalid_grant")), CredentialsError, "invalid_grant"),
        (Reply(400, refusal("unauthorized_client")), CredentialsError, "unauthorized_client"),
        (Reply(401, b""), CredentialsError, "HTTP 401"),
        (Reply(400, refusal("invalid_scope")), ForbiddenError, "invalid_scope"),
        (Reply(403, refusal("access_denied")), ForbiddenError, "access_denied"),
        (Reply(400, refusal("unsupported_grant_type")), IncompatibleError, "auth.type"),
        (Reply(400, refusal("temporarily_unavailable")), RetryableError, "at the moment"),
        (Reply(400, b"no"), IncompatibleError, "HTTP 400"),
        (Reply(404), IncompatibleError, "check token_url"),
        (Reply(405), IncompatibleError, "check token_url"),
        (Reply(503), RetryableError, "HTTP 503"),
        (Reply(200, b"<html>", {"content-type": "text/html"}), IncompatibleError, "web page"),
        (Reply(200, b"{}"), IncompatibleError, "invalid JSON"),
        (Reply(200, b'{"access_token":7}'), IncompatibleError, "invalid JSON"),
        (Reply(200, b'{"access_token":""}'), IncompatibleError, "empty token"),
        (granted(token_type="mac"), IncompatibleError, "mac token"),
        (granted(access_token="a\nb"), ProviderError, "invalid characters"),
    ],
    ids=lambda value: None if isinstance(value, str) else getattr(value, "__name__", "reply"),
)
async def test_a_refused_token_is_told_with_the_way_out(
    reply: Reply, kind: type[ProviderError], said: str
) -> None:
    asked = Asked(reply)

    with pytest.raises(kind) as caught:
        await asked.ask()

    assert said in str(caught.value)
    assert caught.value.advice
    assert asked.system.seen == []
    assert CANARY not in str(caught.value)
    assert "because" not in str(caught.value)


@pytest.mark.parametrize("client_auth", ["basic", "body"])
async def test_an_endpoint_that_echoes_what_it_got_gives_nothing_away(client_auth: str) -> None:
    class Echo(ScriptedServer):
        async def __call__(self, scope, receive, send):  # type: ignore[no-untyped-def]  # as ASGI
            message: Message = await receive()
            headers = b"; ".join(k + b": " + v for k, v in scope["headers"])
            echo = refusal("invalid_client", error_description=f"{headers!r}{message['body']!r}")
            self._replies = [Reply(400, echo)]

            async def again() -> Message:
                return message

            await super().__call__(scope, again, send)

    asked = Asked()
    asked.endpoint = Echo()

    with pytest.raises(CredentialsError) as caught:
        await asked.ask({"client_auth": client_auth})

    shown = f"{caught.value}{caught.value!r}"
    assert CANARY not in shown
    assert base64.b64encode(f"con+sole%3A1:{CANARY}".encode()).decode() not in shown


REFRESH = {
    "type": "oauth2_authorization_code",
    "client_id": "console",
    "refresh_token": "env:REFRESH",
}


async def test_a_refresh_token_stays_good_where_the_server_gives_no_other() -> None:
    asked = Asked(system=(Reply(401),))
    asked.here.secrets["REFRESH"] = "from the consent"

    with pytest.raises(CredentialsError):
        await asked.ask(REFRESH)

    sent = [
        dict(parse_qsl(received_request.body.decode()))["refresh_token"]
        for received_request in asked.endpoint.seen
    ]
    assert sent == ["from the consent"] * 2


async def test_a_newer_refresh_token_is_used_from_then_on() -> None:
    asked = Asked(granted(refresh_token="newer"), granted(), granted())
    asked.here.secrets["REFRESH"] = "from the consent"

    async with (
        serve(asked.endpoint) as token_url,
        line(token_url, {**CLIENT, **REFRESH, "token_url": token_url}, asked.here) as one,
    ):
        await one.authenticate()
        await one.reauthenticate()
        await one.reauthenticate()

    sent = [dict(parse_qsl(seen.body.decode()))["refresh_token"] for seen in asked.endpoint.seen]
    assert sent == ["from the consent", "newer", "newer"]
