"""Writes: what goes over the wire, what is repeated, and what is left to whoever asked."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from integration_tui.domain.errors import (
    CredentialsError,
    IncompatibleError,
    ProviderError,
    RetryableError,
    ThrottledError,
)
from integration_tui.providers.http.session import HttpSession
from integration_tui.testing.http_server import Reply, ScriptedServer, serve
from tests.providers.http.auth.test_base import line
from tests.providers.http.fixtures import CANARY, Here, Talk, raw_server, read_request

KEY = {"type": "api_key", "key": "env:SIS_SECRET"}
USER = {"user": {"sourcedId": "u1", "givenName": "Zoë"}}


@asynccontextmanager
async def patient(address: str, here: Here, *, repeats: int = 3) -> AsyncGenerator[HttpSession]:
    async with line(address, {**KEY}, here, repeats=repeats) as one:
        yield one


async def test_a_write_sends_json_with_proof() -> None:
    app = ScriptedServer(Reply(201))

    async with serve(app) as address, patient(address, Here()) as one:
        answer, _ = await one.write("PUT", f"{address}/users/u1", USER, repeatable=True)

    seen = app.seen[0]
    assert answer.status == 201
    assert (seen.method, seen.path) == ("PUT", "/users/u1")
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["x-api-key"] == CANARY
    assert json.loads(seen.body) == USER


async def test_a_delete_has_no_body_and_takes_an_empty_answer() -> None:
    app = ScriptedServer(Reply(204, b"", {}))

    async with serve(app) as address, patient(address, Here()) as one:
        answer, _ = await one.write("DELETE", f"{address}/users/u1", repeatable=True)

    assert (answer.status, answer.body) == (204, b"")
    assert app.seen[0].body == b""
    assert "content-type" not in app.seen[0].headers


async def test_a_refused_proof_is_renewed_once_and_the_write_sent_again() -> None:
    app = ScriptedServer(Reply(401), Reply())
    here = Here(KEY="old")

    async with (
        serve(app) as address,
        line(address, {"type": "api_key", "key": "env:KEY"}, here) as one,
    ):
        await one.authenticate()
        here.secrets["KEY"] = "new"
        await one.write("POST", f"{address}/users", USER, repeatable=False)

    assert [seen.headers["x-api-key"] for seen in app.seen] == ["old", "new"]
    assert app.seen[0].body == app.seen[1].body


async def test_a_proof_that_is_refused_for_good_ends_the_write() -> None:
    app = ScriptedServer(Reply(401))

    async with serve(app) as address, patient(address, Here()) as one:
        with pytest.raises(CredentialsError, match="refused the credentials"):
            await one.write("POST", f"{address}/users", USER, repeatable=True)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_what_may_be_repeated_is_repeated_like_a_read(status: int) -> None:
    app = ScriptedServer(Reply(status), Reply(status), Reply())

    async with serve(app) as address, patient(address, Here()) as one:
        answer, _ = await one.write("PUT", f"{address}/users/u1", USER, repeatable=True)

    assert answer.status == 200
    assert len(app.seen) == 3


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
async def test_what_the_server_may_have_done_is_not_repeated(status: int) -> None:
    app = ScriptedServer(Reply(status), Reply())

    async with serve(app) as address, patient(address, Here()) as one:
        with pytest.raises(RetryableError) as caught:
            await one.write("POST", f"{address}/users", USER, repeatable=False)

    assert len(app.seen) == 1
    assert not caught.value.unprocessed


@pytest.mark.parametrize(
    "reply", [Reply(429), Reply(503, headers={"retry-after": "2"})], ids=["429", "503"]
)
async def test_what_the_server_certainly_did_not_do_is_repeated(reply: Reply) -> None:
    app = ScriptedServer(reply, Reply())

    async with serve(app) as address, patient(address, Here()) as one:
        answer, _ = await one.write("POST", f"{address}/users", USER, repeatable=False)

    assert answer.status == 200
    assert len(app.seen) == 2


async def test_a_write_that_ends_without_an_answer_is_not_repeated_and_says_so() -> None:
    asked: list[bytes] = []

    async def hang_up(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        asked.append(await read_request(reader))

    error = await fails_after_repeats(hang_up, repeatable=False)

    assert len(asked) == 1
    assert not error.unprocessed
    assert "closed the connection" in error.message


async def test_a_repeatable_write_that_ends_without_an_answer_is_repeated() -> None:
    asked: list[bytes] = []

    async def hang_up(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        asked.append(await read_request(reader))

    await fails_after_repeats(hang_up, repeatable=True)

    assert len(asked) == 4


async def fails_after_repeats(talk: Talk, *, repeatable: bool) -> RetryableError:
    async with raw_server(talk) as address, patient(address, Here()) as one:
        with pytest.raises(RetryableError) as caught:
            await one.write("PUT", f"{address}/users/1", USER, repeatable=repeatable)
    return caught.value


async def test_a_refused_connection_is_tried_again_since_nothing_was_sent() -> None:
    async with serve(ScriptedServer()) as gone:
        pass
    here = Here()

    async with patient(gone, here) as one:
        with pytest.raises(RetryableError, match="refused the connection"):
            await one.write("POST", f"{gone}/users", USER, repeatable=False)

    assert len(here.clock.slept) == 3


async def test_a_token_endpoint_that_fails_leaves_the_write_unsent_and_is_asked_again() -> None:
    token = Reply(body=b'{"access_token": "t", "token_type": "Bearer"}')
    endpoint, app = ScriptedServer(Reply(500), token), ScriptedServer()
    auth = {
        "type": "oauth2_client_credentials",
        "client_id": "console",
        "client_secret": "env:SIS_SECRET",
    }

    async with (
        serve(endpoint) as token_url,
        serve(app) as address,
        line(address, {**auth, "token_url": token_url}, Here(), repeats=1) as one,
    ):
        await one.write("POST", f"{address}/users", USER, repeatable=False)

    assert (len(endpoint.seen), len(app.seen)) == (2, 1)


@pytest.mark.parametrize(
    ("method", "status", "said"),
    [
        ("POST", 409, "reports a conflict with an existing record (HTTP 409)"),
        ("PUT", 422, "rejected the record (HTTP 422)"),
        ("DELETE", 422, "rejected the request (HTTP 422)"),
        ("PATCH", 405, "rejected the request (HTTP 405)"),
    ],
)
async def test_a_refused_record_is_told_by_its_status_and_not_in_the_servers_words(
    method: str, status: int, said: str
) -> None:
    app = ScriptedServer(Reply(status, b'{"imsx_description": "u1 exists"}'))

    async with serve(app) as address, patient(address, Here()) as one:
        with pytest.raises(IncompatibleError) as caught:
            await one.write(method, f"{address}/users/u1", {}, repeatable=True)  # type: ignore[arg-type]  # from the table

    assert caught.value.message == f"{address.removeprefix('http://')} {said}"
    assert caught.value.advice
    assert len(app.seen) == 1


async def test_a_secret_in_the_body_is_not_repeated_when_the_server_echoes_it() -> None:
    signing = "canary-s1gning"
    app = ScriptedServer(Reply(422, json.dumps({"message": f"bad secret {signing}"}).encode()))

    async with serve(app) as address, patient(address, Here()) as one:
        with pytest.raises(ProviderError) as caught:
            await one.write(
                "POST", f"{address}/hooks", {"s": signing}, repeatable=False, secrets=[signing]
            )

    assert "HTTP 422" in caught.value.message
    assert signing not in f"{caught.value}{caught.value!r}"


async def test_a_write_waits_as_long_as_the_server_says() -> None:
    app = ScriptedServer(Reply(429, headers={"retry-after": "20"}), Reply())
    here = Here()

    async with serve(app) as address, patient(address, here) as one:
        await one.write("POST", f"{address}/users", USER, repeatable=False)

    assert sum(here.clock.slept) >= 20


async def test_a_write_is_given_up_where_the_server_wants_too_long_a_wait() -> None:
    app = ScriptedServer(Reply(429, headers={"retry-after": "61"}))

    async with serve(app) as address, patient(address, Here()) as one:
        with pytest.raises(ThrottledError) as caught:
            await one.write("POST", f"{address}/users", USER, repeatable=True)

    assert caught.value.retry_after_s == 61


async def test_a_redirected_write_is_sent_again_only_where_the_method_stays() -> None:
    app = ScriptedServer(Reply(308, headers={"location": "/users/u1/"}), Reply())

    async with serve(app) as address, patient(address, Here()) as one:
        await one.write("PUT", f"{address}/users/u1", USER, repeatable=True)

    assert [(seen.method, seen.path) for seen in app.seen] == [
        ("PUT", "/users/u1"),
        ("PUT", "/users/u1/"),
    ]
    assert json.loads(app.seen[1].body) == USER
